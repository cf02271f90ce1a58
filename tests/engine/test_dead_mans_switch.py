"""Kraken's own timer: renewed while all are well, and let go of only when nothing needs it."""

import trio
from support.rig import Rig
from trio.testing import MockClock

from seawall.engine.notices import (
    DeadMansSwitchArmed,
    DeadMansSwitchDisarmed,
    DeadMansSwitchNotRenewed,
    QuestionFailed,
)
from seawall.engine.settings import DeadMansSwitch, EngineSettings
from seawall.model.market_data import VenueStatus


async def test_it_is_armed_at_once_and_renewed_in_time(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=15)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(31)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 60, 60]
    assert len(rig.told(DeadMansSwitchArmed)) == 3


async def test_a_switch_that_is_off_never_asks(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(enabled=False)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(300)
        assert await rig.assembly.switch.disarm()
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == []


async def test_it_is_not_renewed_while_somebody_is_silent(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.foundation.check_ins.join("strategy hangs", 10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(100)
        nursery.cancel_scope.cancel()

    assert len(rig.venue.armed) == 1
    assert rig.told(DeadMansSwitchNotRenewed)[0] == DeadMansSwitchNotRenewed(("strategy hangs",))


async def test_maintenance_disarms_it_and_the_end_of_it_arms_it_again(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        rig.venue.market_status = VenueStatus.MAINTENANCE
        await trio.sleep(30)
        assert rig.venue.armed == [60, 0]
        rig.venue.market_status = VenueStatus.ONLINE
        await trio.sleep(15)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0, 60]


async def test_a_failed_renewal_is_told_and_the_timer_counts_as_running(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.venue.unreachable = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        assert rig.told(QuestionFailed)
        assert rig.assembly.switch.armed, "the request may have arrived"
        assert not await rig.assembly.switch.disarm()
        assert rig.assembly.switch.armed
        nursery.cancel_scope.cancel()


async def test_once_retired_it_is_never_armed_again(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=1)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(0.5)
        assert await rig.assembly.switch.retire()
        await trio.sleep(30)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0]
    assert not rig.assembly.switch.armed
    assert rig.told(DeadMansSwitchDisarmed) == [DeadMansSwitchDisarmed()]


async def test_retiring_waits_for_a_renewal_that_is_under_way(autojump_clock: MockClock) -> None:
    """Two requests on their way at once may arrive in either order: the timer would run on, unseen."""
    rig = Rig()
    rig.venue.travel_s = 1.0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(0.5)
        rig.venue.travel_s = 0.1  # the second would overtake the first
        assert await rig.assembly.switch.retire()
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0]
