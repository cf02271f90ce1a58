"""What faults of machines do."""

import errno
import os
from collections.abc import Awaitable, Callable

import pytest
import trio
from support.theatre import Theatre, once, play

from seawall.sim.catalogue import RunningPlan, run_plan
from seawall.sim.catalogue.host import HOST

Check = Callable[[Theatre], Awaitable[None]]


def writes_fail_with(number: int) -> Check:
    async def check(theatre: Theatre) -> None:
        await trio.lowlevel.checkpoint()
        with pytest.raises(OSError, match=os.strerror(number)):
            theatre.stage.trader.disk.check(synced=True)

    return check


async def writes_take_long(theatre: Theatre) -> None:
    await trio.lowlevel.checkpoint()
    disk = theatre.stage.trader.disk
    assert min(disk.delay_s(synced=True) for _ in range(20)) > 0.01


async def writes_wait(theatre: Theatre) -> None:
    await trio.lowlevel.checkpoint()
    assert theatre.stage.trader.disk.stalled


def error_s(theatre: Theatre) -> tuple[float, float]:
    return theatre.stage.trader.wall.error_ns / 1e9, theatre.stage.kraken.wall.error_ns / 1e9


async def our_clock_is_off(theatre: Theatre) -> None:
    await trio.lowlevel.checkpoint()
    ours, theirs = error_s(theatre)
    assert 1 <= abs(ours) <= 30
    assert theirs == 0


async def their_clock_is_off(theatre: Theatre) -> None:
    ours, theirs = error_s(theatre)
    assert 1 <= abs(theirs) <= 30
    assert ours == 0
    unixtime = (await theatre.client.public("Time"))["result"]["unixtime"]
    assert abs(unixtime - theatre.stage.kraken.wall.now_ns() / 1e9) < 2


async def our_clock_goes_wrong(theatre: Theatre) -> None:
    await trio.sleep(100)
    ours, theirs = error_s(theatre)
    assert 0.09 <= abs(ours) <= 0.51
    assert theirs == 0


async def their_clock_goes_wrong(theatre: Theatre) -> None:
    await trio.sleep(100)
    ours, theirs = error_s(theatre)
    assert 0.09 <= abs(theirs) <= 0.51
    assert ours == 0


async def nobody_runs_now_and_then(theatre: Theatre) -> None:
    began_s, asked = trio.current_time(), theatre.notes.suspended_s
    await trio.sleep(30)
    assert 1 < theatre.notes.suspended_s - asked < 31
    assert trio.current_time() - began_s < 33


CHECKS: dict[str, Check] = {
    "disk-full": writes_fail_with(errno.ENOSPC),
    "disk-sync-fails": writes_fail_with(errno.EIO),
    "disk-read-only": writes_fail_with(errno.EROFS),
    "disk-slow": writes_take_long,
    "disk-stalled": writes_wait,
    "clock-jump": our_clock_is_off,
    "exchange-clock-jump": their_clock_is_off,
    "clock-drift": our_clock_goes_wrong,
    "exchange-clock-drift": their_clock_goes_wrong,
    "starved": nobody_runs_now_and_then,
}
DEATHS = {"kill": "killed", "kill-late": "killed", "power-cut": "power cut"}


def test_every_fault_has_its_test() -> None:
    assert {*CHECKS, *DEATHS, "suspended"} == {kind.name for kind in HOST}


@pytest.mark.parametrize("name", CHECKS)
def test_what_it_does(name: str) -> None:
    async def main(theatre: Theatre) -> None:
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            await CHECKS[name](theatre)
            running.heal()
        theatre.stage.trader.disk.check(synced=True)
        assert error_s(theatre) == (0, 0)

    play(main)


@pytest.mark.parametrize(("name", "how"), DEATHS.items())
def test_the_process_ends_and_starts_again_when_the_fault_is_over(name: str, how: str) -> None:
    async def main(theatre: Theatre) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_plan, theatre.stage, [once(name, lasts_s=80.0)])
            await trio.sleep(79)
            assert theatre.notes.asked == [how]
            await trio.sleep(2)
        assert theatre.notes.asked == [how, "start"]

    play(main)


def test_a_machine_that_sleeps_wakes_after_so_long() -> None:
    async def main(theatre: Theatre) -> float:
        began_s = trio.current_time()
        await run_plan(theatre.stage, [once("suspended", lasts_s=25.0)])
        assert theatre.notes.suspended_s == 25.0
        await theatre.works()
        return trio.current_time() - began_s

    assert 25.0 <= play(main) < 30.0
