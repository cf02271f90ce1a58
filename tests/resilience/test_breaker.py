"""The four ways to use a breaker, under trio."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import trio
import trio.lowlevel
from trio.testing import MockClock

from seawall.resilience import (
    Breaker,
    BreakerOpened,
    BreakerSettings,
    BreakerState,
    CircuitOpen,
    Verdict,
    classify,
)


def state_of(breaker: Breaker) -> BreakerState:
    """The state, in a way that no type checker takes for constant."""
    return breaker.state


Use = Callable[[Breaker, Callable[[], Awaitable[object]]], Awaitable[object]]


async def by_call(breaker: Breaker, function: Callable[[], Awaitable[object]]) -> object:
    return await breaker.call(function)


async def by_block(breaker: Breaker, function: Callable[[], Awaitable[object]]) -> object:
    with breaker.guard():
        return await function()


async def by_decorator(breaker: Breaker, function: Callable[[], Awaitable[object]]) -> object:
    @breaker
    async def guarded() -> object:
        return await function()

    return await guarded()


async def by_two_steps(breaker: Breaker, function: Callable[[], Awaitable[object]]) -> object:
    permit = breaker.acquire()
    try:
        result = await function()
    except BaseException as error:
        permit.settle_by(error)
        raise
    permit.settle_by(result)
    return result


every_way = pytest.mark.parametrize("use", [by_call, by_block, by_decorator, by_two_steps])


async def refused() -> None:
    await trio.lowlevel.checkpoint()
    raise ConnectionRefusedError


async def answered() -> str:
    await trio.lowlevel.checkpoint()
    return "answer"


async def open_it(breaker: Breaker) -> None:
    for _ in range(breaker.settings.failure_threshold):
        with suppress(OSError):
            await breaker.call(refused)


@every_way
async def test_the_fifth_failure_is_itself_and_the_sixth_call_is_not_made(use: Use) -> None:
    """The call that opens the breaker raises its own error; the next raises CircuitOpen without running."""
    breaker = Breaker("rest")
    ran = 0

    async def fails() -> None:
        nonlocal ran
        ran += 1
        await refused()

    for _ in range(5):
        with pytest.raises(ConnectionRefusedError):
            await use(breaker, fails)
    with pytest.raises(CircuitOpen):
        await use(breaker, fails)

    assert ran == 5


@every_way
async def test_a_success_passes_its_result_and_zeroes_the_count(use: Use) -> None:
    breaker = Breaker("rest")
    for _ in range(4):
        with pytest.raises(OSError):  # noqa: PT011 - which one is not the point here
            await use(breaker, refused)

    assert await use(breaker, answered) == "answer"
    assert breaker.statistics().failures_in_a_row == 0
    assert breaker.statistics().successes == 1


@every_way
async def test_cancelled_calls_count_for_nothing(use: Use, autojump_clock: MockClock) -> None:
    """A shutdown that cancels a hundred calls opens nothing, and no cancellation is swallowed."""
    breaker = Breaker("rest")
    for _ in range(100):
        with trio.move_on_after(1) as scope:
            await use(breaker, trio.sleep_forever)
        assert scope.cancelled_caught

    assert state_of(breaker) is BreakerState.CLOSED
    assert breaker.statistics().failures == 0
    assert breaker.statistics().neutrals == 100


@every_way
async def test_a_cancellation_between_failures_neither_adds_nor_resets(use: Use, autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    for _ in range(4):
        with suppress(OSError):
            await use(breaker, refused)
    with trio.move_on_after(1):
        await use(breaker, trio.sleep_forever)

    assert breaker.statistics().failures_in_a_row == 4
    with suppress(OSError):
        await use(breaker, refused)
    assert state_of(breaker) is BreakerState.OPEN


async def test_a_wall_clock_that_jumps_changes_nothing(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = Breaker("rest")
    await open_it(breaker)
    for wall_s in (-1e9, 0.0, 1e12):
        monkeypatch.setattr(time, "time", lambda wall_s=wall_s: wall_s)
        monkeypatch.setattr(time, "time_ns", lambda wall_s=wall_s: int(wall_s * 1e9))
        assert breaker.peek() == pytest.approx(60.0)

    await trio.sleep(60.0)
    assert await breaker.call(answered) == "answer"
    assert state_of(breaker) is BreakerState.CLOSED


@every_way
async def test_a_cancelled_probe_gives_its_place_back(use: Use, autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    await open_it(breaker)
    await trio.sleep(60)

    with trio.move_on_after(1):
        await use(breaker, trio.sleep_forever)

    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert await use(breaker, answered) == "answer"
    assert state_of(breaker) is BreakerState.CLOSED


@every_way
async def test_of_many_calls_at_once_one_is_the_probe(use: Use, autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    await open_it(breaker)
    await trio.sleep(60)
    ran = rejected = 0

    async def probe() -> None:
        nonlocal ran
        ran += 1
        await trio.sleep(1)

    async def caller() -> None:
        nonlocal rejected
        try:
            await use(breaker, probe)
        except CircuitOpen:
            rejected += 1

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(caller)

    assert (ran, rejected) == (1, 19)
    assert state_of(breaker) is BreakerState.CLOSED


@every_way
async def test_an_interrupt_records_nothing(use: Use) -> None:
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1))

    async def interrupted() -> None:
        await trio.lowlevel.checkpoint()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await use(breaker, interrupted)

    assert state_of(breaker) is BreakerState.CLOSED


@pytest.mark.parametrize("use", [by_call, by_decorator, by_two_steps])
async def test_a_result_can_be_a_failure(use: Use) -> None:
    """An exchange may answer 200 with an error inside: nothing was raised, and it counts."""

    def by_status(outcome: object) -> Verdict:
        return Verdict.FAILURE if outcome == 503 else classify(outcome)

    breaker = Breaker("rest", classify=by_status)

    async def unavailable() -> int:
        await trio.lowlevel.checkpoint()
        return 503

    for _ in range(5):
        assert await use(breaker, unavailable) == 503

    with pytest.raises(CircuitOpen):
        await use(breaker, unavailable)


async def test_an_open_inner_breaker_is_no_failure_of_the_outer() -> None:
    """Nor does it reset the outer's count: nothing was asked."""
    inner, outer = Breaker("inner"), Breaker("outer")
    inner.force_open()

    async def through_inner() -> None:
        await inner.call(answered)

    for _ in range(20):
        with pytest.raises(CircuitOpen) as caught:
            await outer.call(through_inner)
        assert caught.value.name == "inner"

    assert state_of(outer) is BreakerState.CLOSED
    assert outer.statistics().failures == 0


async def test_a_timeout_inside_is_a_failure(autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")

    async def bounded() -> None:
        with trio.fail_after(1):
            await trio.sleep_forever()

    for _ in range(5):
        with pytest.raises(trio.TooSlowError):
            await breaker.call(bounded)

    assert state_of(breaker) is BreakerState.OPEN


async def test_a_timeout_outside_is_neutral(autojump_clock: MockClock) -> None:
    """The breaker sees a cancellation, which may be anybody's."""
    breaker = Breaker("rest")
    for _ in range(10):
        with pytest.raises(trio.TooSlowError), trio.fail_after(1):
            await breaker.call(trio.sleep_forever)

    assert state_of(breaker) is BreakerState.CLOSED


async def test_a_timeout_outside_counts_if_asked_and_slow_enough(autojump_clock: MockClock) -> None:
    """Only a deadline counts, and only when it left the call the time that a call needs."""
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1, slow_s=5.0, count_outer_deadline=True))

    with trio.move_on_after(4.9):
        await breaker.call(trio.sleep_forever)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(breaker.call, trio.sleep_forever)
            await trio.sleep(10)
            scope.cancel()
    assert breaker.statistics().failures == 0

    with trio.move_on_after(5.1):
        await breaker.call(trio.sleep_forever)

    assert state_of(breaker) is BreakerState.OPEN
    assert breaker.statistics().slow == 2


async def test_slow_calls_are_counted(autojump_clock: MockClock) -> None:
    breaker = Breaker("rest", BreakerSettings(slow_s=2.0))
    for seconds in (1.9, 2.0, 30.0):
        await breaker.call(trio.sleep, seconds)

    assert breaker.statistics().slow == 2
    assert breaker.statistics().successes == 3


async def test_a_group_is_judged_by_what_it_holds() -> None:
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1))

    async def two_at_once() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(refused)
            nursery.start_soon(trio.sleep, 0)

    with pytest.RaisesGroup(ConnectionRefusedError):
        await breaker.call(two_at_once)

    assert state_of(breaker) is BreakerState.OPEN


async def test_a_bug_passes_and_is_neutral() -> None:
    breaker = Breaker("rest", BreakerSettings(failure_threshold=1))

    async def buggy() -> None:
        await trio.lowlevel.checkpoint()
        raise TypeError("a bug")

    with pytest.raises(TypeError, match="a bug"):
        await breaker.call(buggy)

    assert state_of(breaker) is BreakerState.CLOSED


async def test_a_classifier_that_fails_leaks_no_probe(autojump_clock: MockClock) -> None:
    """Its error comes out, since it is a bug; the probe's place is free again."""

    def broken(outcome: object) -> Verdict:
        if outcome == "answer":
            raise ZeroDivisionError
        return classify(outcome)

    breaker = Breaker("rest", classify=broken)
    await open_it(breaker)
    await trio.sleep(60)

    with pytest.raises(ZeroDivisionError):
        await breaker.call(answered)

    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert breaker.peek() == 0.0


async def test_a_call_admitted_before_the_opening_counts_for_nothing_after_it(autojump_clock: MockClock) -> None:
    """On the fast way too: a success that ends late does not close the breaker, nor does a failure disturb a probe."""
    breaker = Breaker("rest")

    async def answer_in(seconds: float) -> None:
        await trio.sleep(seconds)

    async def fail_in(seconds: float) -> None:
        await trio.sleep(seconds)
        raise OSError

    async def caught(seconds: float) -> None:
        with suppress(OSError):
            await breaker.call(fail_in, seconds)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(breaker.call, answer_in, 30)
        nursery.start_soon(caught, 65)
        await open_it(breaker)
        await trio.sleep(31)
        assert state_of(breaker) is BreakerState.OPEN
        await trio.sleep(30)
        await breaker.call(trio.sleep, 10)

    assert state_of(breaker) is BreakerState.CLOSED
    assert breaker.statistics().late == 2


async def test_fifty_tasks_failing_together_open_it_once(autojump_clock: MockClock, notices: list[object]) -> None:
    breaker = Breaker("rest", probe=notices.append)

    async def fail_later() -> None:
        await trio.sleep(1)
        raise OSError

    async def caller() -> None:
        with suppress(OSError):
            await breaker.call(fail_later)

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(caller)

    assert sum(isinstance(notice, BreakerOpened) for notice in notices) == 1


async def test_blocks_of_interleaved_tasks_keep_their_own_permits(autojump_clock: MockClock) -> None:
    """Also when nested in one task: the inner ends first, and each settles what it took."""
    breaker = Breaker("rest")
    order: list[str] = []

    async def use(name: str, seconds: float) -> None:
        with breaker.guard() as permit:
            await trio.sleep(seconds)
            permit.neutral() if name == "b" else permit.success()
            order.append(f"{name} {permit.settled}")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use, "a", 3)
        nursery.start_soon(use, "b", 2)
        nursery.start_soon(use, "c", 1)

    with breaker.guard() as outer:
        with pytest.raises(OSError, match="inner"), breaker.guard() as inner:
            raise OSError("inner")
        assert (outer.settled, inner.settled) == (None, Verdict.FAILURE)

    assert order == ["c Verdict.SUCCESS", "b Verdict.NEUTRAL", "a Verdict.SUCCESS"]
    assert outer.settled is Verdict.SUCCESS
    assert breaker.statistics().failures_in_a_row == 0


def test_a_guard_is_for_one_block() -> None:
    guard = Breaker("rest").guard()
    with guard, pytest.raises(RuntimeError, match="each"), guard:
        pass


def test_only_async_functions_can_be_decorated() -> None:
    """The call of any other would end before its work does, and the breaker would never open."""
    with pytest.raises(TypeError, match="async"):
        Breaker("rest")(trio.open_nursery)  # type: ignore[arg-type]  # the wrong type is the case


async def test_a_decorated_function_keeps_its_name_and_its_arguments() -> None:
    breaker = Breaker("rest")

    @breaker
    async def add(left: int, *, right: int) -> int:
        """Adds."""
        await trio.lowlevel.checkpoint()
        return left + right

    assert await add(1, right=2) == 3
    assert (add.__name__, add.__doc__) == ("add", "Adds.")


async def test_waiting_until_a_call_may_pass(autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    await open_it(breaker)
    start = trio.current_time()

    await breaker.wait_passable()

    assert trio.current_time() - start == pytest.approx(60.0)
    assert state_of(breaker) is BreakerState.OPEN  # it was looked at, no more


async def test_waiting_ends_when_an_operator_closes_it(autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    breaker.force_open()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(breaker.wait_passable)
        await trio.sleep(1000)
        breaker.reset()

    assert trio.current_time() == pytest.approx(1000.0)


async def test_waiting_ends_when_a_probes_place_is_free(autojump_clock: MockClock) -> None:
    breaker = Breaker("rest")
    await open_it(breaker)
    await trio.sleep(60)
    probe = breaker.acquire()
    start = trio.current_time()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(breaker.wait_passable)
        await trio.sleep(5)
        probe.neutral()

    assert trio.current_time() - start == pytest.approx(5.0)


def test_a_breaker_used_in_two_trio_runs_does_not_stay_open(manual: MockClock) -> None:
    """Each run's clock begins elsewhere, here far behind the first's."""
    breaker = Breaker("rest")
    first, second = MockClock(autojump_threshold=0), MockClock(autojump_threshold=0)
    first.jump(1e6)
    trio.run(open_it, breaker, clock=first)

    async def later() -> None:
        await trio.lowlevel.checkpoint()
        with pytest.raises(CircuitOpen) as caught:
            breaker.acquire()
        assert caught.value.retry_after_s == 60.0
        await trio.sleep(60)
        assert await breaker.call(answered) == "answer"

    trio.run(later, clock=second)

    assert state_of(breaker) is BreakerState.CLOSED
