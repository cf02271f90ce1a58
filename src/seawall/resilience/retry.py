"""Trying again, when that is safe, useful and in time.

    balances = await retry(fetch_balances, policy=RetryPolicy(), rng=rng, repeatable=True, budget=budget)

What is repeated is decided by the failure's own word, its `advice`; how soon by the backoff and by the failure's
`retry_after_s`; whether at all also by the caller's deadline and by a budget that all calls to one place share.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar, TypeVarTuple

import attrs
import trio

from seawall.resilience.advice import advice_of, retry_after_of
from seawall.resilience.backoff import Backoff
from seawall.resilience.checks import above_zero, count
from seawall.resilience.errors import Advice, CircuitOpen
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.retry_budget import RetryBudget
from seawall.resilience.verdicts import leaves

__all__ = ["RetryPolicy", "RetryRefused", "RetryScheduled", "retry"]

_T = TypeVar("_T")
_Args = TypeVarTuple("_Args")


@attrs.frozen
class RetryScheduled:
    """Attempt number `attempt` of `name` failed; the next comes in `delay_s`."""

    name: str
    attempt: int
    delay_s: float
    error: Exception


@attrs.frozen
class RetryRefused:
    """Attempt number `attempt` of `name` failed and was the last. `reason` is short and stable."""

    name: str
    attempt: int
    reason: str
    error: Exception


@attrs.frozen
class RetryPolicy:
    """How often and how soon. Has no state, so calls that run at once share one and not their attempts."""

    attempts: int = attrs.field(default=3, validator=count)
    """The first one included."""
    backoff: Backoff = attrs.field(factory=lambda: Backoff(base_s=0.25, max_s=10.0))
    retry_after_cap_s: float = attrs.field(default=300.0, validator=above_zero)
    """Nobody may ask for a longer wait than this."""
    wait_open: bool = False
    """Whether to wait out an open breaker, once a call. Not by default: whoever calls had better know."""
    advise: Callable[[BaseException], Advice] = advice_of

    def refusal(self, error: Exception, attempt: int, *, repeatable: bool) -> str | None:
        """Why there is no attempt after number `attempt`, or None when there may be one."""
        advice = self.advise(error)
        if advice == "give up":
            return "the failure says: give up"
        if advice == "ask" and not repeatable:
            return "its outcome is unknown, and it must not be done twice"
        if any(isinstance(leaf, CircuitOpen) for leaf in leaves(error)) and not self.wait_open:
            return "a breaker is open"
        return "no attempts are left" if attempt >= self.attempts else None

    def delay_s(self, error: Exception, attempt: int, rng: Random) -> float:
        """The wait after attempt number `attempt`: the backoff, or what the failure asks for if that is longer."""
        backoff_s = self.backoff.delay_s(attempt - 1, rng)
        return max(backoff_s, retry_after_of(error, self.retry_after_cap_s) or 0.0)


async def retry(
    function: Callable[[*_Args], Awaitable[_T]],
    *args: *_Args,
    repeatable: bool,
    policy: RetryPolicy,
    rng: Random,
    budget: RetryBudget | None = None,
    name: str | None = None,
    probe: Probe = ignore,
) -> _T:
    """`await function(*args)`, again if it fails and that makes sense; else its own last error, as it was raised.

    `repeatable` says whether doing it twice does no harm: it only reads, or it carries an id that makes it one. If not,
    it is repeated only when the failure itself says that nothing was done (`retry`, `wait`).

    No wait reaches into the deadline around it: the error is raised at once instead. Cancellation passes. What one
    attempt opens it must close itself; nothing of it is kept when the next begins.
    """
    label = name or str(getattr(function, "__qualname__", function))
    attempt = waited_open = 0
    while True:
        attempt += 1
        try:
            result = await function(*args)
        except Exception as error:
            refusal = policy.refusal(error, attempt, repeatable=repeatable)
            shut = any(isinstance(leaf, CircuitOpen) for leaf in leaves(error))
            if refusal is None and shut and waited_open:
                refusal = "a breaker is open still"
            waited_open += shut
            delay_s = policy.delay_s(error, attempt, rng) if refusal is None else 0.0
            refusal = refusal or _no_means(delay_s, None if shut else budget)
            if refusal is not None:
                tell(probe, RetryRefused(label, attempt, refusal, error))
                raise
            tell(probe, RetryScheduled(label, attempt, delay_s, error))
        else:
            if budget is not None:
                budget.succeeded()
            return result
        await trio.sleep(delay_s)


def _no_means(delay_s: float, budget: RetryBudget | None) -> str | None:
    # The budget counts each failure that could be repeated, also when time forbids it: it measures the other side.
    if budget is not None and not budget.failed():
        return "the retry budget is spent"
    if trio.current_time() + delay_s >= trio.current_effective_deadline():
        return "the deadline comes first"
    return None
