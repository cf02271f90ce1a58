"""Time moves on when nobody can run, and tasks run in the order that the seed decides."""

import math
from random import Random

import pytest
import trio

from seawall.sim.world.schedule import Schedule, StandstillError, VirtualClock, seeded, sleeps_by


def race(seed: int, tasks: int = 6) -> tuple[tuple[int, ...], str, int]:
    """The order in which tasks that wake at the same moment run."""
    order: list[int] = []

    async def run(number: int) -> None:
        for _ in range(3):
            await trio.sleep(1)
            order.append(number)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(tasks):
                nursery.start_soon(run, number)

    schedule = Schedule(Random(seed))
    with seeded(schedule):
        trio.run(main, clock=VirtualClock(), instruments=[schedule])
    return tuple(order), schedule.digest(), schedule.steps


def test_the_same_seed_runs_tasks_in_the_same_order() -> None:
    assert race(1) == race(1)


def test_another_seed_runs_them_in_another() -> None:
    orders = {race(seed)[0] for seed in range(10)}
    digests = {race(seed)[1] for seed in range(10)}

    assert len(orders) > 5
    assert len(digests) == len(orders)


def test_time_moves_to_the_next_deadline_and_no_further() -> None:
    seen: list[float] = []

    async def main() -> None:
        for delay_s in (3600, 0.25, 0):
            await trio.sleep(delay_s)
            seen.append(trio.current_time())

    clock = VirtualClock()
    trio.run(main, clock=clock)

    assert seen == [3600, 3600.25, 3600.25]
    assert clock.jumps == 2


def test_work_takes_no_time() -> None:
    async def main() -> float:
        with trio.move_on_after(1):
            for _ in range(1000):
                await trio.lowlevel.checkpoint()
        return trio.current_time()

    assert trio.run(main, clock=VirtualClock()) == 0


def test_a_suspended_world_finds_its_deadlines_passed() -> None:
    clock = VirtualClock()

    async def main() -> bool:
        with trio.move_on_after(10) as scope:
            clock.suspend(60)
            await trio.sleep(0.001)
        return scope.cancelled_caught

    assert trio.run(main, clock=clock)


def test_a_world_in_which_nothing_can_happen_any_more_says_so() -> None:
    clock = VirtualClock()
    clock.deadline_to_sleep_time(math.inf)
    clock.deadline_to_sleep_time(1.0)  # there was something after all

    def wait() -> None:
        for _ in range(10_000):
            clock.deadline_to_sleep_time(math.inf)

    with pytest.raises(StandstillError, match="no deadline is left"):
        wait()


def test_afterwards_the_order_is_taken_from_where_it_was_before() -> None:
    before = race(5)
    with seeded(Schedule(Random(9))):
        pass

    assert race(5) == before


def test_an_alarm_wakes_in_the_pass_in_which_a_deadline_would() -> None:
    clock, woken = VirtualClock(), list[tuple[str, float]]()

    async def by_deadline() -> None:
        with trio.move_on_after(2):
            await trio.sleep_forever()
        woken.append(("deadline", trio.current_time()))

    async def by_alarm() -> None:
        await trio.sleep(2)
        woken.append(("alarm", trio.current_time()))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(by_deadline)
            nursery.start_soon(by_alarm)

    with sleeps_by(clock):
        trio.run(main, clock=clock)

    assert sorted(woken) == [("alarm", 2.0), ("deadline", 2.0)]
    assert clock.jumps == 1


def test_a_cancelled_sleep_is_left_at_once_and_its_alarm_wakes_nobody() -> None:
    clock = VirtualClock()

    async def main() -> float:
        with trio.move_on_after(1):
            await trio.sleep(5)
        left_s = trio.current_time()
        await trio.sleep(10)
        return left_s

    with sleeps_by(clock):
        assert trio.run(main, clock=clock) == 1.0
    assert clock.now_s == 11.0


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_a_length_that_is_none_is_refused_as_trio_does(seconds: float) -> None:
    clock = VirtualClock()
    with sleeps_by(clock), pytest.raises(ValueError, match="not a number of seconds"):
        trio.run(trio.sleep, seconds, clock=clock)


def test_no_time_at_all_is_a_checkpoint_still() -> None:
    clock = VirtualClock()

    async def main() -> bool:
        with trio.CancelScope() as scope:
            scope.cancel()
            await trio.sleep(len(()))
        return scope.cancelled_caught

    with sleeps_by(clock):
        assert trio.run(main, clock=clock)
    assert clock.now_s == 0.0


def test_who_sleeps_while_the_world_is_suspended_wakes_when_it_goes_on() -> None:
    clock, woken = VirtualClock(), list[float]()

    async def sleeper() -> None:
        await trio.sleep(30)
        woken.append(trio.current_time())

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleeper)
            await trio.sleep(1)
            clock.suspend(60)

    with sleeps_by(clock):
        trio.run(main, clock=clock)

    assert woken == [61.0]
