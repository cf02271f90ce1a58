import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import BadSetting, ConnectionBudget, TurnRefused, WaitTooLong


async def test_no_more_dials_than_allowed_in_any_window(autojump_clock: MockClock) -> None:
    """150 at once, then each when one has left the window: the window rolls, it does not start anew."""
    budget = ConnectionBudget()
    for _ in range(100):
        await budget.take()
    await trio.sleep(300)
    for _ in range(50):
        await budget.take()
    assert trio.current_time() == 300.0

    await budget.take()
    assert trio.current_time() == 600.0
    for _ in range(100):
        await budget.take()

    assert trio.current_time() == 900.0


@settings(max_examples=50, deadline=None)
@given(pauses=st.lists(st.integers(0, 7), min_size=1, max_size=40))
def test_any_window_holds_no_more_than_allowed(pauses: list[int]) -> None:
    taken: list[float] = []

    async def main() -> None:
        budget = ConnectionBudget(4, 10.0)

        async def dial() -> None:
            taken.append(await budget.take())

        async with trio.open_nursery() as nursery:
            for pause_s in pauses:
                await trio.sleep(pause_s)
                nursery.start_soon(dial)

    trio.run(main, clock=MockClock(autojump_threshold=0))

    assert len(taken) == len(pauses)
    for stamp in taken:
        assert sum(stamp <= other < stamp + 10.0 for other in taken) <= 4


async def test_an_unused_leave_is_given_back(autojump_clock: MockClock) -> None:
    budget = ConnectionBudget(2, 600.0)
    await budget.take()
    stamp = await budget.take()
    assert budget.statistics().left == 0

    budget.refund(stamp)
    budget.refund(stamp + 1.0)  # never taken: nothing to give back

    assert budget.statistics().left == 1
    assert budget.statistics().taken == 1


async def test_a_refund_lets_the_next_in_line_go(autojump_clock: MockClock) -> None:
    budget = ConnectionBudget(1, 600.0)
    stamp = await budget.take()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(budget.take)
        await trio.sleep(5)
        budget.refund(stamp)

    assert trio.current_time() == 5.0


async def test_cancelled_it_takes_nothing(autojump_clock: MockClock) -> None:
    """Neither in the line nor at the door."""
    budget = ConnectionBudget(1, 600.0)
    with trio.CancelScope() as scope:
        scope.cancel()
        await budget.take()
    assert budget.statistics().left == 1

    await budget.take()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(budget.take)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert budget.statistics().taken == 1
    assert budget.statistics().waiting == 0


async def test_a_turn_beyond_the_deadline_is_refused_at_once(autojump_clock: MockClock, notices: list[object]) -> None:
    """The estimate knows those ahead, and that each of them fills a place for a window."""
    budget = ConnectionBudget(2, 600.0, probe=notices.append)
    assert budget.expected_wait_s() == 0.0
    await budget.take()
    await trio.sleep(100)
    await budget.take()

    async with trio.open_nursery() as nursery:
        for expected_s in (500.0, 600.0, 1100.0, 1200.0):
            assert budget.expected_wait_s() == pytest.approx(expected_s)
            nursery.start_soon(budget.take)
            await wait_all_tasks_blocked()
        with trio.fail_after(1699), pytest.raises(WaitTooLong) as caught:
            await budget.take()
        nursery.cancel_scope.cancel()

    assert caught.value.expected_wait_s == pytest.approx(1700.0)
    assert notices == [TurnRefused("connections", "dial", 1.0, caught.value.expected_wait_s)]
    assert trio.current_time() == 100.0


async def test_a_full_line_takes_no_more(autojump_clock: MockClock) -> None:
    budget = ConnectionBudget(1, 600.0, max_waiting=1)
    await budget.take()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(budget.take)
        await wait_all_tasks_blocked()
        with pytest.raises(WaitTooLong):
            await budget.take()
        nursery.cancel_scope.cancel()


async def test_dials_of_an_earlier_trio_run_count_as_if_made_now(autojump_clock: MockClock) -> None:
    """Each run's clock begins elsewhere: how long ago they were is not known, and a ban is dear."""
    now = 1e6
    budget = ConnectionBudget(2, 600.0, clock=lambda: now)
    await budget.take()
    now = 1e3

    assert budget.statistics().left == 1
    await budget.take()
    assert budget.expected_wait_s() == pytest.approx(600.0)


@pytest.mark.parametrize(("name", "value"), [("dials", 0), ("dials", True), ("dials", 1.5), ("window_s", float("nan"))])
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"ConnectionBudget.{name}"):
        ConnectionBudget(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case


def test_the_repr_tells_what_one_wants_to_know() -> None:
    assert repr(ConnectionBudget()) == "<ConnectionBudget 'connections' 0 of 150 in 600 s when last asked, 0 waiting>"
