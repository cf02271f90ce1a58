import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

import attrs
import pytest
import trio
from trio.testing import MockClock

from seawall.resilience import (
    Advice,
    Backoff,
    BadSetting,
    Breaker,
    BreakerSettings,
    CircuitOpen,
    GaveUp,
    RetryBudget,
    RetryPolicy,
    RetryRefused,
    RetryScheduled,
    WaitTooLong,
    advice_of,
    none,
    retry,
    retry_after_of,
)

PLAIN = RetryPolicy(attempts=4, backoff=Backoff(base_s=1.0, max_s=8.0, jitter=none))


class Said(Exception):
    """A failure that carries advice, from a package that knows nothing of ours."""

    def __init__(self, advice: Advice, retry_after_s: object = None) -> None:
        super().__init__(advice)
        self.advice = advice
        self.retry_after_s = retry_after_s


@attrs.define
class Script:
    """Fails as told, attempt by attempt, then answers; remembers when it was called."""

    failures: Sequence[BaseException]
    calls: list[float] = attrs.field(factory=list)

    async def __call__(self) -> str:
        await trio.lowlevel.checkpoint()
        self.calls.append(trio.current_time())
        if len(self.calls) <= len(self.failures):
            raise self.failures[len(self.calls) - 1]
        return "answer"


async def repeat(function: Callable[[], Awaitable[object]]) -> None:
    await retry(function, repeatable=True, policy=PLAIN, rng=Random(1))


async def test_a_failure_that_says_retry_is_repeated_after_growing_delays(autojump_clock: MockClock) -> None:
    script = Script([Said("retry"), Said("retry"), Said("retry")])

    assert await retry(script, repeatable=True, policy=PLAIN, rng=Random(1)) == "answer"
    assert script.calls == [0.0, 1.0, 3.0, 7.0]


async def test_when_attempts_run_out_the_last_error_comes_out_as_raised(autojump_clock: MockClock) -> None:
    """Not wrapped, with its own traceback; the first attempt counts as one."""
    failures = [Said("retry") for _ in range(9)]
    script = Script(failures)

    with pytest.raises(Said) as caught:
        await retry(script, repeatable=True, policy=PLAIN, rng=Random(1))

    assert caught.value is failures[3]
    assert len(script.calls) == 4
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "__call__"


@pytest.mark.parametrize("error", [Said("give up"), TypeError("a bug"), GaveUp("feed", 6)])
async def test_what_repeating_does_not_change_is_raised_at_once(error: Exception) -> None:
    script = Script([error])

    with pytest.raises(type(error)):
        await retry(script, repeatable=True, policy=PLAIN, rng=Random(1))

    assert len(script.calls) == 1


@pytest.mark.parametrize("error", [Said("ask"), OSError("reset"), trio.TooSlowError(), trio.BrokenResourceError()])
async def test_an_unknown_outcome_is_repeated_only_when_that_does_no_harm(error: Exception, autojump_clock: MockClock) -> None:
    """An order that timed out may rest at the exchange: it is not sent again."""
    order, question = Script([error]), Script([error])

    with pytest.raises(type(error)):
        await retry(order, repeatable=False, policy=PLAIN, rng=Random(1))
    assert await retry(question, repeatable=True, policy=PLAIN, rng=Random(1)) == "answer"

    assert (len(order.calls), len(question.calls)) == (1, 2)


async def test_what_certainly_did_nothing_is_repeated_even_if_twice_would_harm(autojump_clock: MockClock) -> None:
    script = Script([Said("retry"), Said("wait", 2.0)])

    assert await retry(script, repeatable=False, policy=PLAIN, rng=Random(1)) == "answer"


@pytest.mark.parametrize(
    ("retry_after_s", "waited_s"),
    [(5.0, 5.0), (0.25, 1.0), (1e9, 300.0), (-7.0, 1.0), (float("nan"), 1.0), (None, 1.0), ("soon", 1.0), (True, 1.0)],
)
async def test_a_wait_that_is_asked_for_is_kept_within_limits(
    retry_after_s: object, waited_s: float, autojump_clock: MockClock
) -> None:
    """The longer of it and the backoff; what is hostile or nonsense is cut or ignored."""
    script = Script([Said("wait", retry_after_s)])

    await retry(script, repeatable=True, policy=PLAIN, rng=Random(1))

    assert script.calls == [0.0, waited_s]


@pytest.mark.parametrize("deadline_s", [0.5, 1.0])
async def test_no_wait_reaches_into_the_deadline(deadline_s: float, autojump_clock: MockClock) -> None:
    """The error comes out at once: the caller can use the time that is left."""
    script = Script([Said("retry")])

    with trio.fail_after(deadline_s), pytest.raises(Said):
        await retry(script, repeatable=True, policy=PLAIN, rng=Random(1))

    assert trio.current_time() == 0.0


async def test_a_wait_that_ends_before_the_deadline_is_made(autojump_clock: MockClock) -> None:
    script = Script([Said("retry")])

    with trio.fail_after(1.5):
        assert await retry(script, repeatable=True, policy=PLAIN, rng=Random(1)) == "answer"


async def test_a_cancellation_passes(autojump_clock: MockClock) -> None:
    """Both in an attempt and in a wait, at once."""
    for function in (trio.sleep_forever, Script([Said("wait", 100.0)] * 3)):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(repeat, function)
                await trio.sleep(10)
                scope.cancel()
        assert scope.cancelled_caught
    assert trio.current_time() == 20.0


async def test_an_open_breaker_is_not_retried() -> None:
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1))
    breaker.acquire().failure()
    script = Script([])

    with pytest.raises(CircuitOpen):
        await retry(lambda: breaker.call(script), repeatable=True, policy=PLAIN, rng=Random(1))

    assert script.calls == []


async def test_an_open_breaker_may_be_waited_out_once(autojump_clock: MockClock) -> None:
    patient = attrs.evolve(PLAIN, wait_open=True)
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1))
    breaker.acquire().failure()
    script = Script([])

    assert await retry(lambda: breaker.call(script), repeatable=True, policy=patient, rng=Random(1)) == "answer"
    assert script.calls == [60.0]

    shut = Script([CircuitOpen("rest", 10.0), CircuitOpen("rest", 10.0)])
    with pytest.raises(CircuitOpen):
        await retry(shut, repeatable=True, policy=patient, rng=Random(1))
    assert len(shut.calls) == 2


async def test_the_budget_stops_retries_when_most_calls_fail(autojump_clock: MockClock) -> None:
    """One budget for all: it falls with each failure that could be repeated; first attempts are never held back."""
    budget = RetryBudget(max_tokens=10, per_success=0.1)
    persistent = attrs.evolve(PLAIN, attempts=100)
    storm = Script([Said("retry")] * 100)

    with pytest.raises(Said):
        await retry(storm, repeatable=True, policy=persistent, rng=Random(1), budget=budget)
    assert len(storm.calls) == 5  # the fifth failure leaves half of the tokens

    calm = Script([])
    assert await retry(calm, repeatable=True, policy=persistent, rng=Random(1), budget=budget) == "answer"
    assert budget.statistics().tokens == pytest.approx(5.1)
    assert budget.allows


@pytest.mark.parametrize("error", [Said("give up"), CircuitOpen("rest", 1.0), WaitTooLong("rest", 0.1)])
async def test_the_budget_is_not_charged_for_what_says_nothing_about_the_other_side(
    error: Exception, autojump_clock: MockClock
) -> None:
    budget = RetryBudget()
    with suppress(Said, CircuitOpen):
        await retry(Script([error]), repeatable=True, policy=PLAIN, rng=Random(1), budget=budget)

    assert budget.tokens == 10.0


async def test_calls_at_once_share_a_policy_and_not_their_attempts(autojump_clock: MockClock) -> None:
    scripts = [Script([Said("retry")] * 3) for _ in range(5)]

    async with trio.open_nursery() as nursery:
        for script in scripts:
            nursery.start_soon(repeat, script)

    assert [len(script.calls) for script in scripts] == [4] * 5


async def test_what_an_attempt_opens_is_closed_before_the_next(autojump_clock: MockClock) -> None:
    """A response that will not be used does not stay open through the wait."""
    open_now, most_open, attempts = 0, 0, 0

    async def fetch() -> None:
        nonlocal open_now, most_open, attempts
        attempts += 1
        send, receive = trio.open_memory_channel[None](0)
        async with send, receive:
            open_now += 1
            most_open = max(most_open, open_now)
            try:
                await trio.sleep(0.1)
                if attempts < 3:
                    raise Said("retry")
            finally:
                open_now -= 1

    await retry(fetch, repeatable=True, policy=PLAIN, rng=Random(1))

    assert (attempts, most_open, open_now) == (3, 1, 0)


async def test_each_decision_is_told(notices: list[object], autojump_clock: MockClock) -> None:
    first, second = Said("retry"), Said("give up")

    with pytest.raises(Said):
        await retry(Script([first, second]), repeatable=True, policy=PLAIN, rng=Random(1), name="balances", probe=notices.append)

    assert notices == [
        RetryScheduled("balances", 1, 1.0, first),
        RetryRefused("balances", 2, "the failure says: give up", second),
    ]


async def test_arguments_are_passed() -> None:
    async def add(left: int, right: int) -> int:
        await trio.lowlevel.checkpoint()
        return left + right

    assert await retry(add, 1, 2, repeatable=True, policy=PLAIN, rng=Random(1)) == 3


def test_of_several_failures_the_most_cautious_advice_holds() -> None:
    assert advice_of(ExceptionGroup("", [Said("retry"), Said("wait", 3.0)])) == "wait"
    assert advice_of(ExceptionGroup("", [Said("retry"), ExceptionGroup("", [OSError()])])) == "ask"
    assert advice_of(ExceptionGroup("", [Said("ask"), TypeError()])) == "give up"


def test_of_several_waits_the_longest_holds() -> None:
    group = ExceptionGroup("", [Said("wait", 3.0), Said("wait", -1.0), Said("wait", 1e9), OSError()])

    assert retry_after_of(group, 60.0) == 60.0
    assert retry_after_of(OSError(), 60.0) is None


def test_an_advice_that_is_no_word_of_ours_is_no_advice() -> None:
    error = OSError()
    error.advice = "panic"  # type: ignore[attr-defined]  # another package's attribute of that name

    assert advice_of(error) == "ask"


@pytest.mark.parametrize(
    ("name", "value"), [("attempts", 0), ("attempts", True), ("attempts", 1.5), ("retry_after_cap_s", 0.0), ("wait_open", 1)]
)
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"RetryPolicy.{name}"):
        RetryPolicy(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case
