"""Maintenance that was announced: what is let go of before it, what is not begun, and what comes back after it."""

import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.maintenance import MaintenanceCalendar
from seawall.engine.modes import Mode
from seawall.engine.notices import (
    DeadMansSwitchArmed,
    DeadMansSwitchDisarmed,
    DeadMansSwitchFired,
    DeadMansSwitchNotRenewed,
    DeadMansSwitchOverran,
    MaintenanceAwaited,
    MaintenanceOver,
)
from seawall.engine.settings import DeadMansSwitch, EngineSettings, MaintenanceWindow
from seawall.model.errors import RefusedByRisk
from seawall.model.market_data import VenueStatus
from seawall.model.order_states import OrderState
from seawall.model.orders import market_sell
from seawall.model.reports import OrderStatus

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Where the clock of the exchange in memory begins."""


def window(begin_s: float, end_s: float) -> MaintenanceWindow:
    return MaintenanceWindow(EPOCH + dt.timedelta(seconds=begin_s), EPOCH + dt.timedelta(seconds=end_s))


def calendar(*windows: MaintenanceWindow, lead_s: float = 120.0) -> MaintenanceCalendar:
    return MaintenanceCalendar(DeadMansSwitch(planned_maintenance=windows, maintenance_lead_s=lead_s))


def at(seconds: float) -> int:
    return int(seconds * 1e9)


def test_a_window_is_current_from_its_lead_until_its_end() -> None:
    planned = window(1000, 2000)
    expected = calendar(planned)

    assert [expected.current(at(now)) for now in (879.9, 880, 1999.9, 2000)] == [None, planned, planned, None]
    assert [expected.next_change_s(at(now)) for now in (0, 880, 1500)] == [880, 1120, 500]
    assert expected.next_change_s(at(2000)) == float("inf")


def test_of_windows_that_overlap_the_last_end_counts() -> None:
    short, long = window(1000, 1100), window(1050, 3000)

    assert calendar(short, long).current(at(1060)) == long
    assert calendar(short, long).current(at(900)) == short


def test_the_time_zone_of_a_window_does_not_matter() -> None:
    here = dt.timezone(dt.timedelta(hours=-5))
    planned = MaintenanceWindow(dt.datetime(1969, 12, 31, 20, 0, tzinfo=here), dt.datetime(1969, 12, 31, 21, 0, tzinfo=here))

    assert calendar(planned, lead_s=1).current(at(3600)) == planned
    assert calendar(planned, lead_s=1).current(at(3598)) is None


@pytest.mark.parametrize(
    ("begin", "end", "fault"),
    [
        (dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "time zone"),  # noqa: DTZ001 - that is the fault
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "must end after it begins"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "must end after it begins"),
    ],
)
def test_what_is_no_window_is_refused(begin: dt.datetime, end: dt.datetime, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        calendar().add(MaintenanceWindow(begin, end))


def planned_rig(*windows: MaintenanceWindow) -> Rig:
    return Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(planned_maintenance=windows)))


def mode(rig: Rig) -> Mode:
    return rig.foundation.modes.mode


def is_armed(rig: Rig) -> bool:
    return rig.assembly.switch.armed


@asynccontextmanager
async def running(rig: Rig) -> AsyncGenerator[None, None]:
    """The desk whole, with the switch allowed, and a book that stays fresh."""
    async with trio.open_nursery() as nursery:
        await nursery.start(rig.assembly.run_desk)
        rig.venue.restore_private()
        await rig.assembly.switch.allow(None)
        rig.venue.quote()
        rig.desk.open_intake()
        await trio.sleep(0.1)
        yield
        nursery.cancel_scope.cancel()


async def test_the_switch_is_off_from_before_it_until_it_is_over(autojump_clock: MockClock) -> None:
    planned = window(1000, 2000)
    rig = planned_rig(planned)
    async with running(rig):
        await trio.sleep_until(879)
        assert is_armed(rig)
        await trio.sleep_until(881)
        assert not is_armed(rig)
        assert rig.venue.armed[-1] == 0
        assert rig.told(MaintenanceAwaited) == [MaintenanceAwaited(planned.begin, planned.end)]
        (disarmed,) = rig.told(DeadMansSwitchDisarmed)
        assert isinstance(disarmed, DeadMansSwitchDisarmed)
        assert "maintenance of the exchange is planned from 00:16 to 00:33 UTC" in disarmed.reason
        requests = len(rig.venue.armed)
        await trio.sleep_until(1999)
        assert len(rig.venue.armed) == requests, "asked once"

        await trio.sleep_until(2001)
        assert is_armed(rig)
        assert rig.venue.armed[-1] == 60
        assert rig.told(MaintenanceOver) == [MaintenanceOver()]


async def test_nothing_is_begun_meanwhile_and_what_is_held_can_be_closed(autojump_clock: MockClock) -> None:
    rig = planned_rig(window(1000, 2000))
    async with running(rig):
        order = await rig.opened()
        rig.venue.fill(order.client_order_id, "0.001")
        resting = await rig.opened()
        await trio.sleep_until(881)
        rig.venue.quote()

        assert mode(rig) is Mode.REDUCING
        with pytest.raises(RefusedByRisk) as refusal:
            await rig.opened()
        assert refusal.value.rule == "mode"
        assert resting.state is OrderState.OPEN, "what rests is its strategy's to decide"
        sold = await rig.desk.place("me", market_sell("BTC/USD", qty="0.001"))
        assert sold.filled_qty == BID.qty

        await trio.sleep_until(2001)
        rig.venue.quote()
        assert mode(rig) is Mode.RUNNING
        await rig.opened()


async def test_an_engine_that_starts_in_the_midst_of_it_arms_nothing(autojump_clock: MockClock) -> None:
    rig = planned_rig(window(-10, 500))
    async with running(rig):
        await trio.sleep(100)
        assert rig.venue.armed == []
        assert mode(rig) is Mode.REDUCING


async def test_it_may_be_announced_and_called_off_while_the_engine_runs(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with running(rig):
        expected = rig.assembly.maintenance.calendar
        planned = window(60, 5000)
        await trio.sleep(1)
        expected.add(planned)
        expected.add(planned)
        await trio.sleep(1)
        assert not is_armed(rig)
        expected.call_off(planned)
        expected.call_off(planned)
        await trio.sleep(1)
        assert is_armed(rig)
        assert mode(rig) is Mode.RUNNING
        assert len(rig.told(MaintenanceAwaited)) == len(rig.told(MaintenanceOver)) == 1


async def test_a_limit_that_reduces_too_outlasts_the_maintenance(autojump_clock: MockClock) -> None:
    rig = planned_rig(window(1000, 2000))
    async with running(rig):
        await trio.sleep_until(1500)
        rig.assembly.take_mode("risk", Mode.REDUCING, "a drawdown")
        await trio.sleep_until(2100)
        assert mode(rig) is Mode.REDUCING


async def test_an_answer_that_is_lost_before_it_is_asked_for_again_in_time(autojump_clock: MockClock) -> None:
    rig = planned_rig(window(1000, 2000))
    async with running(rig):
        await trio.sleep_until(879)
        rig.venue.unreachable = True
        await trio.sleep_until(900)
        assert is_armed(rig)
        rig.venue.unreachable = False
        await trio.sleep_until(905)
        assert not is_armed(rig)
        assert rig.told(DeadMansSwitchOverran) == []


async def test_a_strategy_that_hangs_before_it_has_its_orders_cancelled_all_the_same(autojump_clock: MockClock) -> None:
    """The exchange still serves: the timer runs out, and fires before the maintenance begins."""
    rig = planned_rig(window(1000, 2000))
    async with running(rig):
        await trio.sleep_until(870)
        rig.foundation.check_ins.join("strategy hangs", 5)
        await trio.sleep_until(950)
        assert 0 not in rig.venue.armed
        assert rig.told(DeadMansSwitchNotRenewed)


async def test_maintenance_that_nobody_announced_disarms_though_the_sockets_are_gone(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with running(rig):
        rig.foundation.check_ins.join("private stream", 5)
        rig.foundation.check_ins.join("feed", 5)
        rig.venue.unreachable = True
        rig.venue.market_status = VenueStatus.MAINTENANCE
        rig.foundation.hub.status_changed(VenueStatus.MAINTENANCE)
        await trio.sleep(30)
        assert is_armed(rig)
        rig.venue.unreachable = False
        await trio.sleep(3)
        assert not is_armed(rig), "tried every two seconds, and nobody waits for streams that cannot come"
        assert rig.told(DeadMansSwitchNotRenewed) == []


async def test_maintenance_in_which_a_strategy_hangs_leaves_the_timer_running(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with running(rig):
        rig.foundation.check_ins.join("strategy hangs", 5)
        await trio.sleep(10)
        rig.venue.market_status = VenueStatus.MAINTENANCE
        rig.foundation.hub.status_changed(VenueStatus.MAINTENANCE)
        await trio.sleep(10)
        assert 0 not in rig.venue.armed


async def test_a_timer_that_could_not_be_stopped_is_told_once_and_the_switch_armed_again_when_it_has_fired(
    autojump_clock: MockClock,
) -> None:
    rig = Rig()
    async with running(rig):
        order = await rig.opened()
        rig.venue.unreachable = True
        rig.venue.market_status = VenueStatus.MAINTENANCE
        rig.foundation.hub.status_changed(VenueStatus.MAINTENANCE)
        await trio.sleep(300)
        assert rig.told(DeadMansSwitchOverran) == [DeadMansSwitchOverran(60)]

        rig.venue.unreachable = False
        rig.venue.market_status = VenueStatus.ONLINE
        rig.venue.end(order.client_order_id, OrderStatus.CANCELED, "CancelAllOrdersAfter Timeout")
        rig.foundation.hub.status_changed(VenueStatus.ONLINE)
        armed = len(rig.told(DeadMansSwitchArmed))
        await trio.sleep(1)
        assert rig.told(DeadMansSwitchFired) == [DeadMansSwitchFired(order.client_order_id)]
        assert len(rig.told(DeadMansSwitchArmed)) > armed
