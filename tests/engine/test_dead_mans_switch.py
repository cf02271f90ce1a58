"""Kraken's own timer: renewed while all are well, and let go of only when nothing needs it."""

import pytest
import trio
from support.rig import Rig
from trio.testing import MockClock

from seawall.engine.dead_mans_switch import ForeignOrdersOpen
from seawall.engine.notices import (
    DeadMansSwitchArmed,
    DeadMansSwitchDisarmed,
    DeadMansSwitchFired,
    DeadMansSwitchHeldBack,
    DeadMansSwitchNotRenewed,
    ForeignOrderSeen,
    QuestionFailed,
)
from seawall.engine.settings import DeadMansSwitch, EngineSettings, WhenForeign
from seawall.model.market_data import VenueStatus
from seawall.model.reports import OrderReport, OrderStatus


async def test_it_is_armed_at_once_and_renewed_in_time(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=15)))
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(31)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 60, 60]
    assert len(rig.told(DeadMansSwitchArmed)) == 3


async def test_a_switch_that_is_off_never_asks(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(enabled=False)))
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(300)
        assert await rig.assembly.switch.disarm()
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == []


async def test_it_is_not_renewed_while_somebody_is_silent(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.foundation.check_ins.join("strategy hangs", 10)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(100)
        nursery.cancel_scope.cancel()

    assert len(rig.venue.armed) == 1
    assert rig.told(DeadMansSwitchNotRenewed)[0] == DeadMansSwitchNotRenewed(("strategy hangs",))


async def test_maintenance_disarms_it_and_the_end_of_it_arms_it_again(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
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
        await rig.assembly.switch.allow(None)
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
        await rig.assembly.switch.allow(None)
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
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(0.5)
        rig.venue.travel_s = 0.1  # the second would overtake the first
        assert await rig.assembly.switch.retire()
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0]


async def test_nothing_is_armed_before_it_is_known_which_orders_are_open(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(60)
        assert rig.venue.armed == []
        await rig.assembly.switch.allow(None)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60]


async def test_after_it_has_fired_it_is_armed_again_at_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        first, second = await rig.opened(), await rig.opened()
        await trio.sleep(1)
        assert rig.venue.armed == [60]
        for order in (first, second):
            rig.venue.end(order.client_order_id, OrderStatus.CANCELED, "CancelAllOrdersAfter Timeout")
        await trio.sleep(1)

        assert rig.told(DeadMansSwitchFired) == [DeadMansSwitchFired(first.client_order_id)], "once, not for each order"
        assert rig.venue.armed == [60, 60]


async def test_after_it_has_fired_it_stays_off_while_somebody_is_silent(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        await rig.assembly.switch.allow(None)
        rig.foundation.check_ins.join("strategy hangs", 10)
        nursery.start_soon(rig.assembly.switch.run)
        order = await rig.opened()
        await trio.sleep(62)
        rig.venue.end(order.client_order_id, OrderStatus.CANCELED, "CancelAllOrdersAfter Timeout")
        await trio.sleep(60)
        assert rig.venue.armed == [60]
        rig.foundation.check_ins.leave("strategy hangs")
        await trio.sleep(16)

        assert rig.venue.armed[:2] == [60, 60], "with the next round"


async def test_maintenance_disarms_it_at_once_not_at_the_next_round(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        rig.venue.market_status = VenueStatus.MAINTENANCE
        rig.foundation.hub.status_changed(VenueStatus.MAINTENANCE)
        await trio.sleep(0.1)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0]


def foreign(rig: Rig, order_id: str = "X1", status: OrderStatus = OrderStatus.OPEN) -> None:
    """The exchange speaks of an order that is not ours."""
    rig.foundation.hub.order_reported(OrderReport(order_id, None, status, 3, symbol="BTC/USD"))


def rig_when_foreign(when: WhenForeign) -> Rig:
    return Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(when_foreign=when)))


async def test_where_nobody_can_be_asked_about_foreign_orders_it_says_what_to_set(autojump_clock: MockClock) -> None:
    rig = rig_when_foreign(WhenForeign.ASK)
    foreign(rig)
    with pytest.raises(ForeignOrdersOpen, match=r"1 open order is not ours \(X1\).*dead_mans_switch\.when_foreign"):
        await rig.assembly.switch.allow(None)


async def test_a_switch_that_is_off_has_nothing_to_ask(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(dead_mans_switch=DeadMansSwitch(enabled=False)))
    foreign(rig)
    await rig.assembly.switch.allow(None)
    assert rig.venue.armed == []


@pytest.mark.parametrize(("answer", "armed"), [(True, [60]), (False, [])])
async def test_the_answer_decides(autojump_clock: MockClock, answer: bool, armed: list[int]) -> None:
    rig = rig_when_foreign(WhenForeign.ASK)
    foreign(rig)
    foreign(rig, "X2")
    asked: list[str] = []

    async def confirm(question: str) -> bool:
        asked.append(question)
        await trio.sleep(1)
        return answer

    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(confirm)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == armed
    assert asked == ["2 open orders are not ours (X1, X2). The dead man's switch would cancel them too; arm it all the same?"]


async def test_on_arms_it_whoever_else_has_orders(autojump_clock: MockClock) -> None:
    rig = rig_when_foreign(WhenForeign.ON)
    foreign(rig)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60]


async def test_off_lets_it_go_while_a_foreign_order_is_open_and_arms_it_afterwards(autojump_clock: MockClock) -> None:
    rig = rig_when_foreign(WhenForeign.OFF)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        assert rig.venue.armed == [60]
        foreign(rig)
        await trio.sleep(31)
        assert rig.venue.armed == [60, 0]
        assert rig.told(DeadMansSwitchHeldBack) == [DeadMansSwitchHeldBack(("X1",))], "told once"
        foreign(rig, status=OrderStatus.CANCELED)
        await trio.sleep(15)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 0, 60]


async def test_off_stops_the_timer_at_once_whoever_is_late(autojump_clock: MockClock) -> None:
    """Found by a seed: the switch was left to run, for a lost private stream, and took the orders of another program."""
    rig = rig_when_foreign(WhenForeign.OFF)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        rig.foundation.check_ins.join("private stream", 0.5)
        await trio.sleep(1)
        foreign(rig)
        await trio.sleep(0.1)
        assert rig.venue.armed == [60, 0]
        nursery.cancel_scope.cancel()


async def test_with_ask_an_order_that_comes_later_is_told_and_changes_nothing(autojump_clock: MockClock) -> None:
    rig = rig_when_foreign(WhenForeign.ASK)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(1)
        foreign(rig)
        await trio.sleep(16)
        nursery.cancel_scope.cancel()

    assert rig.venue.armed == [60, 60]
    assert rig.told(ForeignOrderSeen) == [ForeignOrderSeen("X1", "BTC/USD")]
