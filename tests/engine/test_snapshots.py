"""The picture that views draw: what is there, as it is."""

from decimal import Decimal

import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.news import News
from seawall.engine.snapshot import EngineSnapshot, ExternalLine, OrderLine, TreeNode
from seawall.engine.snapshots import snapshot_of
from seawall.model.orders import Side, market_buy
from seawall.model.reports import Fill, OrderReport, OrderStatus

D = Decimal


def picture(rig: Rig) -> EngineSnapshot:
    return snapshot_of("mine", rig.assembly, None, News(), "running", 2.5)


def test_before_there_is_anything_it_is_empty() -> None:
    assert snapshot_of("mine", None, None, News(), "starting", 0.0) == EngineSnapshot(
        "mine", "", "starting", 0.0, TreeNode("mine"), (), (), (), ()
    )


async def test_it_shows_orders_that_have_not_ended(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        ended = await rig.opened()
        await rig.desk.see_off(ended)
        order = await rig.opened()

        assert picture(rig).orders == (
            OrderLine(order.client_order_id, "me", "BTC/USD", "buy", D("0.001"), D(0), D("50000.0"), "open"),
        )


async def test_a_position_is_marked_at_the_price_at_which_it_could_be_closed(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.01"))
        rig.venue.quote(bid="51000.0", ask="51000.1")
        (line,) = picture(rig).positions
        assert (line.qty, line.open_profit) == (D("0.01"), D("10.00"))

        rig.foundation.hub.book_lost("BTC/USD", "the checksum differs")
        (line,) = picture(rig).positions
        assert line.open_profit is None, "no price, no guess"


async def test_quotes_say_how_old_they_are_and_whether_they_hold(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await trio.sleep(3)
        (line,) = picture(rig).quotes
        assert (line.bid, line.age_s, line.verified) == (D("50000.0"), 3.0, True)

        rig.foundation.hub.book_lost("BTC/USD", "the checksum differs")
        (line,) = picture(rig).quotes
        assert (line.bid, line.verified) == (None, False)


async def test_the_tree_is_the_nurserys(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened(BID)
        rig.venue.cancels_fail = True
        rig.custody.release(order)
        await trio.sleep(1)
        tree = snapshot_of("mine", rig.assembly, nursery, News(), "running", 2.5).tree

    assert tree == TreeNode("mine", (TreeNode(f"cancel {order.client_order_id}"),))


async def test_it_shows_what_is_not_known_and_since_when(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await trio.sleep(10)
        rig.venue.lose_next = "before"
        order = await rig.opened()
        await trio.sleep(1)
        (line,) = picture(rig).orders

        assert line.client_order_id == order.client_order_id
        assert line.uncertain == "in doubt: OutcomeUnknown: the socket closed"
        assert line.uncertain_since_ns is not None
        assert 10 <= line.uncertain_since_ns / 1e9 < 10.1


async def test_it_shows_orders_and_fills_of_other_hands(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.foundation.blotter.external_from_ns = 0
        hub = rig.foundation.hub
        hub.order_reported(OrderReport("X1", None, OrderStatus.OPEN, 3, symbol="BTC/USD", side=Side.BUY, qty=D(1)))
        hub.filled(Fill("T1", "X1", None, "BTC/USD", Side.BUY, D(1), D(1), D(1), (), maker=True, at_ns=1))
        shown = picture(rig)

        assert shown.external_orders == (ExternalLine("X1", "BTC/USD", "buy", D(1), None, None),)
        assert shown.external_fills == 1
        assert shown.orders == ()
