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
from seawall.resilience.checks import above_zero, count, switch
from seawall.resilience.errors import Advice, CircuitOpen, WaitTooLong
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
    wait_open: bool = attrs.field(default=False, validator=switch)
    """Whether to wait out an open breaker, once a call. Not by default: whoever calls had better know."""
    advise: Callable[[BaseException], Advice] = advice_of

    def refusal(self, error: Exception, *, repeatable: bool) -> str | None:
        """Why a call that failed so is never to be repeated, or None when it may be."""
        advice = self.advise(error)
        if advice == "give up":
            return "the failure says: give up"
        if advice == "ask" and not repeatable:
            return "its outcome is unknown, and it must not be done twice"
        return "a breaker is open" if _holds(error, CircuitOpen) and not self.wait_open else None

    def delay_s(self, error: Exception, attempt: int, rng: Random) -> float:
        """The wait after attempt number `attempt`: the backoff, or what the failure asks for if that is longer."""
        backoff_s = self.backoff.delay_s(attempt - 1, rng)
        return max(backoff_s, retry_after_of(error, self.retry_after_cap_s) or 0.0)


def _holds(error: Exception, kinds: type[Exception] | tuple[type[Exception], ...]) -> bool:
    return any(isinstance(leaf, kinds) for leaf in leaves(error))


@attrs.define
class _Course:
    """One call's way through its policy. Each call has its own."""

    policy: RetryPolicy
    repeatable: bool
    budget: RetryBudget | None
    rng: Random
    attempt: int = 1
    waited_open: bool = False

    def after(self, error: Exception, left_s: float) -> float | str:
        """The wait before the next attempt, or why there is none. `left_s` is the time until the caller's deadline."""
        refusal = self.policy.refusal(error, repeatable=self.repeatable)
        if refusal is not None:
            return refusal
        # The budget measures the other side: it counts what could be repeated whether or not it will be, and never what
        # did not leave this process.
        spent = self.budget is not None and not _holds(error, (CircuitOpen, WaitTooLong)) and not self.budget.failed()
        if self.attempt >= self.policy.attempts:
            return "no attempts are left"
        if spent:
            return "the retry budget is spent"
        if _holds(error, CircuitOpen):
            if self.waited_open:
                return "a breaker is open still"
            self.waited_open = True
        delay_s = self.policy.delay_s(error, self.attempt, self.rng)
        if delay_s >= left_s:
            return "the deadline comes first"
        self.attempt += 1
        return delay_s


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
    course: _Course | None = None  # most calls need none
    while True:
        try:
            result = await function(*args)
        except Exception as error:
            course = course or _Course(policy, repeatable, budget, rng)
            attempt, label = course.attempt, name or str(getattr(function, "__qualname__", function))
            decision = course.after(error, trio.current_effective_deadline() - trio.current_time())
            if isinstance(decision, str):
                tell(probe, RetryRefused(label, attempt, decision, error))
                raise
            tell(probe, RetryScheduled(label, attempt, decision, error))
        else:
            if budget is not None:
                budget.succeeded()
            return result
        await trio.sleep(decision)
