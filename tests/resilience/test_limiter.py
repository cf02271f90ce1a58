import math

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import BadSetting, Lane, Limiter, LimiterPaused, TurnRefused, WaitTooLong


def rest(**changes: object) -> Limiter:
    """Five at once, one a second; two of the five are kept for cancels."""
    lanes = [Lane("cancel", reserved=2.0), Lane("order"), Lane("query")]
    return Limiter("rest", **{"capacity": 5.0, "refill_per_s": 1.0, "lanes": lanes, **changes})  # type: ignore[arg-type]  # tests vary them


def plain(capacity: float = 3.0, refill_per_s: float = 2.0) -> Limiter:
    return Limiter("plain", capacity=capacity, refill_per_s=refill_per_s)


async def note(served: list[tuple[str, float]], limiter: Limiter, name: str, lane: str, weight: float = 1.0) -> None:
    await limiter.take(lane, weight)
    served.append((name, trio.current_time()))


async def test_a_burst_then_exact_spacing(autojump_clock: MockClock) -> None:
    limiter, times = plain(), []
    for _ in range(7):
        await limiter.take()
        times.append(trio.current_time())

    assert times == pytest.approx([0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0])


async def test_a_long_silence_earns_one_burst(autojump_clock: MockClock) -> None:
    limiter, times = plain(), []
    await trio.sleep(10_000)
    for _ in range(5):
        await limiter.take()
        times.append(trio.current_time() - 10_000)

    assert times == pytest.approx([0.0, 0.0, 0.0, 0.5, 1.0])


async def test_first_come_first_served(autojump_clock: MockClock) -> None:
    """Also when a heavy one stands before light ones."""
    limiter, served = plain(capacity=3, refill_per_s=1), list[tuple[str, float]]()
    limiter.take_nowait(weight=3)

    async with trio.open_nursery() as nursery:
        for name, weight in (("a", 1), ("b", 3), ("c", 1), ("d", 1)):
            nursery.start_soon(note, served, limiter, name, "default", weight)
            await wait_all_tasks_blocked()

    assert [name for name, _ in served] == ["a", "b", "c", "d"]
    assert [at for _, at in served] == pytest.approx([1.0, 4.0, 5.0, 6.0])


async def test_nobody_overtakes_by_not_waiting(autojump_clock: MockClock) -> None:
    limiter = plain(capacity=3, refill_per_s=1)
    limiter.take_nowait(weight=2)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.take, "default", 3)
        await wait_all_tasks_blocked()
        with pytest.raises(WaitTooLong) as caught:
            limiter.take_nowait()  # one token is there, but it is spoken for

    assert caught.value.expected_wait_s == pytest.approx(3.0)


async def test_who_asks_first_waits_only_when_it_must(autojump_clock: MockClock, notices: list[object]) -> None:
    """To be told "not yet" is no refusal: nothing is counted, told or taken."""
    limiter = Limiter("plain", capacity=1, refill_per_s=1, probe=notices.append)

    assert limiter.try_take()
    assert not limiter.try_take()
    assert limiter.statistics().taken == 1.0
    await limiter.take()

    assert trio.current_time() == 1.0
    assert limiter.statistics().refusals == 0
    assert notices == []


async def test_asking_first_overtakes_nobody(autojump_clock: MockClock) -> None:
    limiter = rest()
    limiter.charge("query", 3)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.take, "query", 2.0)
        await wait_all_tasks_blocked()
        await trio.sleep(1.5)
        assert not limiter.try_take("query")
        assert limiter.try_take("cancel"), "what is kept for a lane is there, whoever waits in another"


@pytest.mark.parametrize("weight", [0, -1.0, float("nan"), float("inf"), True, "1"])
def test_asking_first_is_asked_in_numbers(weight: float, manual: MockClock) -> None:
    limiter = Limiter("plain", capacity=5, refill_per_s=1, clock=manual.current_time)
    with pytest.raises(BadSetting, match="weight"):
        limiter.try_take(weight=weight)
    with pytest.raises(BadSetting, match="lane"):
        limiter.try_take("nowhere")
    assert limiter.statistics().taken == 0.0


async def test_a_cancelled_waiter_takes_nothing_and_others_move_up(autojump_clock: MockClock) -> None:
    limiter, served = plain(capacity=3, refill_per_s=1), list[tuple[str, float]]()
    limiter.take_nowait(weight=3)

    async with trio.open_nursery() as nursery:
        leaving = trio.CancelScope()

        async def leaver() -> None:
            with leaving:
                await note(served, limiter, "leaver", "default", 3)

        nursery.start_soon(leaver)
        await wait_all_tasks_blocked()
        nursery.start_soon(note, served, limiter, "next", "default")
        nursery.start_soon(trio.sleep, 0.5)
        await trio.sleep(0.5)
        leaving.cancel()

    assert [name for name, _ in served] == ["next"]
    assert served[0][1] == pytest.approx(1.0)
    assert limiter.statistics().taken == 4.0
    assert limiter.statistics().waiting == {"default": 0}


async def test_cancelled_at_the_door_it_gives_back(autojump_clock: MockClock) -> None:
    """A token that was there at once is refunded when the caller turns out to be cancelled."""
    limiter = plain()
    with trio.CancelScope() as scope:
        scope.cancel()
        await limiter.take()

    assert scope.cancelled_caught
    assert limiter.statistics().available == 3.0
    assert limiter.statistics().taken == 0.0


async def test_one_already_cancelled_hears_that_when_it_would_have_to_wait(autojump_clock: MockClock) -> None:
    limiter = plain()
    limiter.take_nowait(weight=3)
    with trio.CancelScope() as scope:
        scope.cancel()
        await limiter.take()

    assert scope.cancelled_caught


async def test_a_turn_beyond_the_deadline_is_refused_at_once(autojump_clock: MockClock, notices: list[object]) -> None:
    """With the wait to expect; nothing is taken, and time is left to do something else."""
    limiter = Limiter("plain", capacity=1, refill_per_s=0.1, probe=notices.append)
    await limiter.take()

    with trio.fail_after(9.0), pytest.raises(WaitTooLong) as caught:
        await limiter.take()

    assert trio.current_time() == 0.0
    assert caught.value.expected_wait_s == caught.value.retry_after_s == pytest.approx(10.0)
    assert caught.value.advice == "wait"
    assert notices == [TurnRefused("plain", "default", 1.0, caught.value.expected_wait_s)]
    assert limiter.statistics().refusals == 1
    with trio.fail_after(11.0):
        await limiter.take()


async def test_the_refusal_counts_those_ahead(autojump_clock: MockClock) -> None:
    limiter = plain(capacity=1, refill_per_s=1)
    limiter.take_nowait()

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(limiter.take)
        await wait_all_tasks_blocked()
        assert limiter.expected_wait_s() == pytest.approx(4.0)
        with trio.fail_after(3.5), pytest.raises(WaitTooLong):
            await limiter.take()
        assert limiter.statistics().waiting == {"default": 3}


async def test_a_pause_stops_all_and_never_gets_shorter(autojump_clock: MockClock, notices: list[object]) -> None:
    limiter = Limiter("plain", capacity=3, refill_per_s=2, probe=notices.append)
    limiter.pause_until(trio.current_time() + 15.0)
    limiter.pause_until(trio.current_time() + 5.0)

    await limiter.take()

    assert trio.current_time() == pytest.approx(15.0)
    assert notices == [LimiterPaused("plain", None, 15.0), LimiterPaused("plain", None, 5.0)]


async def test_a_pause_of_one_lane_stops_no_other(autojump_clock: MockClock) -> None:
    limiter, served = rest(), list[tuple[str, float]]()
    limiter.pause_until(10.0, "order")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(note, served, limiter, "order", "order")
        await wait_all_tasks_blocked()
        nursery.start_soon(note, served, limiter, "cancel", "cancel")
        nursery.start_soon(note, served, limiter, "query", "query")

    assert sorted(served[:2]) == [("cancel", 0.0), ("query", 0.0)]
    assert served[2][0] == "order"
    assert served[2][1] == pytest.approx(10.0)


async def test_a_pause_that_pushes_a_turn_beyond_its_deadline_refuses_it(autojump_clock: MockClock) -> None:
    """All in the line look again, not the first alone."""
    limiter, refused = plain(capacity=1, refill_per_s=1), []
    limiter.take_nowait()

    async def waiter() -> None:
        with trio.fail_after(10):
            try:
                await limiter.take()
            except WaitTooLong as error:
                refused.append((trio.current_time(), error.expected_wait_s))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(waiter)
        await trio.sleep(0.5)
        limiter.pause_until(60.0)

    assert [at for at, _ in refused] == [0.5] * 3
    assert min(wait_s for _, wait_s in refused) == pytest.approx(59.5)


def test_cancels_keep_their_reserve_however_many_queries_come(manual: MockClock) -> None:
    limiter = rest(clock=manual.current_time)
    for _ in range(3):
        limiter.take_nowait("query")
    with pytest.raises(WaitTooLong):
        limiter.take_nowait("query")

    limiter.take_nowait("cancel")
    limiter.take_nowait("cancel")

    assert limiter.statistics().available == 0.0


async def test_the_urgent_lane_goes_first(autojump_clock: MockClock) -> None:
    """Cancels that come last are served first: from their reserve, which refills first too."""
    limiter, served = rest(), list[tuple[str, float]]()
    for lane in ("cancel", "query"):
        limiter.charge(lane, 2.5)

    async with trio.open_nursery() as nursery:
        for name in ("query", "order", "cancel"):
            nursery.start_soon(note, served, limiter, name, name)
            await wait_all_tasks_blocked()

    assert [name for name, _ in served] == ["cancel", "order", "query"]
    assert [at for _, at in served] == pytest.approx([1.0, 4.0, 5.0])


async def test_a_lane_with_a_reserve_is_not_held_up_by_an_urgent_one_that_waits(autojump_clock: MockClock) -> None:
    limiter = Limiter("rest", capacity=6, refill_per_s=1, lanes=[Lane("cancel", 1), Lane("query", 2)])
    limiter.charge("cancel", 4)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.take, "cancel", 4)
        await wait_all_tasks_blocked()
        with trio.fail_after(0.5):
            await limiter.take("query")
            await limiter.take("query")
        with pytest.raises(WaitTooLong):
            limiter.take_nowait("query")


async def test_a_charge_beyond_what_there_is_makes_others_wait_longer(autojump_clock: MockClock) -> None:
    """A cancel that must go, goes; what it cost is counted all the same."""
    limiter = plain(capacity=3, refill_per_s=1)
    limiter.charge(weight=8)
    assert limiter.statistics().available == -5.0

    await limiter.take()

    assert trio.current_time() == pytest.approx(6.0)


async def test_a_full_line_takes_no_more(autojump_clock: MockClock) -> None:
    limiter = rest(max_waiting=2)
    limiter.charge("query", 3)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.take, "query")
        nursery.start_soon(limiter.take, "query")
        await wait_all_tasks_blocked()
        with pytest.raises(WaitTooLong) as caught:
            await limiter.take("query")

    assert caught.value.expected_wait_s == pytest.approx(3.0)


def test_a_limiter_of_an_earlier_trio_run_pauses_nobody_for_ever() -> None:
    """Each run's clock begins elsewhere: a pause on the old one is over, and nothing is earned by the jump."""
    now = 1e6
    limiter = Limiter("plain", capacity=2, refill_per_s=1, clock=lambda: now)
    limiter.take_nowait()
    limiter.pause_until(now + 60)
    now = 1e3

    assert limiter.statistics().available == 1.0
    limiter.take_nowait()


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(1, 10),
    refill=st.floats(0.1, 10.0),
    turns=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 10)), min_size=1, max_size=15),
)
def test_no_window_ever_sees_more_than_burst_and_refill(capacity: int, refill: float, turns: list[tuple[int, int]]) -> None:
    """However callers come, between any two instants no more is served than capacity plus what flowed in; in order."""
    served: list[tuple[int, float, int]] = []

    async def main() -> None:
        limiter = plain(capacity, refill)

        async def caller(place: int, weight: int) -> None:
            await limiter.take(weight=weight)
            served.append((place, trio.current_time(), weight))

        async with trio.open_nursery() as nursery:
            for place, (pause_s, weight) in enumerate(turns):
                await trio.sleep(pause_s)
                nursery.start_soon(caller, place, min(weight, capacity))
                await wait_all_tasks_blocked()

    trio.run(main, clock=MockClock(autojump_threshold=0))

    assert [place for place, _, _ in served] == list(range(len(turns)))
    for first in range(len(served)):
        for last in range(first, len(served)):
            spent = sum(weight for _, _, weight in served[first : last + 1])
            assert spent <= capacity + (served[last][1] - served[first][1]) * refill + 1e-6


@settings(max_examples=100, deadline=None)
@given(
    reserves=st.lists(st.integers(0, 4), min_size=1, max_size=3),
    shared=st.integers(1, 5),
    spent=st.tuples(st.integers(0, 2), st.integers(0, 9)),
    waiting=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=8),
    pauses=st.lists(st.integers(0, 9), min_size=3, max_size=3),
    mine=st.integers(0, 2),
)
def test_the_expected_wait_is_the_wait(
    reserves: list[int],
    shared: int,
    spent: tuple[int, int],
    waiting: list[tuple[int, int]],
    pauses: list[int],
    mine: int,
) -> None:
    """Exactly, whatever waits, is paused or was overspent in any lane, as long as nobody comes after or leaves."""
    names = [f"lane {n}" for n in range(len(reserves))]
    lanes = [Lane(name, kept) for name, kept in zip(names, reserves, strict=True)]

    async def main() -> None:
        limiter = Limiter("property", capacity=sum(reserves) + shared, refill_per_s=0.5, lanes=lanes)
        limiter.charge(names[spent[0] % len(names)], spent[1])
        for name, pause_s in zip(names, pauses, strict=False):
            limiter.pause_until(pause_s, name)
        async with trio.open_nursery() as nursery:
            for lane, weight in waiting:
                nursery.start_soon(limiter.take, names[lane % len(names)], min(weight, shared))
                await wait_all_tasks_blocked()
            expected_s = limiter.expected_wait_s(names[mine % len(names)])
            await limiter.take(names[mine % len(names)])
            assert trio.current_time() == pytest.approx(expected_s, abs=1e-6)

    trio.run(main, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize("name", ["capacity", "refill_per_s", "max_waiting"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "5"])
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=rf"Limiter\.{name}"):
        rest(**{name: value})


@pytest.mark.parametrize("lanes", [[], [Lane("a"), Lane("a")], [Lane("a", 3.0), Lane("b", 2.5)]])
def test_lanes_have_names_of_their_own_and_room(lanes: list[Lane]) -> None:
    with pytest.raises(BadSetting, match=r"Limiter\.lanes"):
        rest(lanes=lanes)


async def test_a_weight_that_can_never_be_served_is_refused() -> None:
    with pytest.raises(BadSetting, match="at most 3, all that lane 'query'"):
        await rest().take("query", 4.0)


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf, True])
async def test_a_weight_is_a_number_above_zero(weight: float) -> None:
    with pytest.raises(BadSetting, match="weight"):
        await rest().take("query", weight)


async def test_whoever_has_left_the_line_is_no_longer_counted(autojump_clock: MockClock) -> None:
    limiter = plain()
    limiter.charge(weight=4.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(limiter.take)
        await wait_all_tasks_blocked()
        assert repr(limiter).endswith(" 1 waiting>")
        nursery.cancel_scope.cancel()
    with pytest.raises(WaitTooLong), trio.fail_after(0.1):
        await limiter.take()
    await limiter.take()

    assert repr(limiter).endswith(" 0 waiting>")
    assert limiter.statistics().waiting == {"default": 0}


def test_an_unknown_lane_is_named_with_the_known_ones() -> None:
    with pytest.raises(BadSetting, match="'canel' is not one of cancel, order, query"):
        rest().take_nowait("canel")


def test_a_pause_until_never_is_refused() -> None:
    with pytest.raises(BadSetting, match="until"):
        rest().pause_until(math.inf)


def test_the_repr_tells_what_one_wants_to_know() -> None:
    assert repr(plain()) == "<Limiter 'plain' 3 of 3 when last asked, 0 waiting>"
