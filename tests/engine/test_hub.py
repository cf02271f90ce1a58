"""Where the venue's facts enter: each to whoever keeps that kind of state, in order."""

from decimal import Decimal

import attrs
from support.rig import Rig
from support.venue import FixedBook

from seawall.engine.hub import VenueStatusChanged
from seawall.engine.notices import BookLost, BookRestored, OrderContradicted, PrivateStreamLost, PrivateStreamRestored
from seawall.engine.order_table import Order
from seawall.model.journal import IntentRecord
from seawall.model.market_data import VenueStatus
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import limit_buy
from seawall.model.reports import Fill, OrderReport, OrderStatus, PrivateSnapshot

D = Decimal
BOOK = FixedBook("BTC/USD", D(100), D(101))


def opened(rig: Rig) -> Order:
    intent = limit_buy("BTC/USD", qty="1", price="50000")
    order = rig.blotter.plan(IntentRecord("s1", "me", intent, deadline_ns=10, at_ns=1))
    rig.blotter.move(order, Heard.SENDING)
    rig.blotter.move(order, Heard.ACCEPTED, order_id="O1")
    return order


def fill_of(order: Order, qty: str) -> Fill:
    return Fill("T1", "O1", None, "BTC/USD", order.side, D(qty), D(100), D(qty) * 100, (), maker=True, at_ns=2)


@attrs.define(eq=False)
class Still(Rig):
    """A rig without a clock: nothing in this file waits."""

    @staticmethod
    def _now_ns() -> int:
        return 0


def test_a_book_is_restored_once_and_lost_with_its_reason() -> None:
    rig = Still()
    hub = rig.foundation.hub
    hub.book_changed("BTC/USD", BOOK, 1.0)
    hub.book_changed("BTC/USD", BOOK, 2.0)
    hub.book_lost("BTC/USD", "the checksum differs")

    assert rig.notices == [BookRestored("BTC/USD"), BookLost("BTC/USD", "the checksum differs")]
    assert rig.foundation.feed.quote("BTC/USD") is None


def test_reports_and_fills_reach_the_orders() -> None:
    rig = Still()
    order = opened(rig)
    rig.foundation.hub.filled(fill_of(order, "0.4"))
    rig.foundation.hub.order_reported(OrderReport("O1", "s1", OrderStatus.CANCELED, 3, filled_qty=D("0.4")))

    assert (order.state, order.filled_qty, order.misses_fills) == (OrderState.CANCELED, D("0.4"), False)


def test_a_snapshot_counts_its_fills_before_its_orders() -> None:
    rig = Still()
    order = opened(rig)
    snapshot = PrivateSnapshot((OrderReport("O1", "s1", OrderStatus.FILLED, 3, filled_qty=D(1)),), (fill_of(order, "1"),))
    rig.foundation.hub.private_restored(snapshot)

    assert order.state is OrderState.FILLED
    assert rig.told(OrderContradicted) == []
    assert rig.foundation.hub.snapshot is snapshot
    assert rig.foundation.hub.private_live
    assert rig.told(PrivateStreamRestored) == [PrivateStreamRestored(1)]


def test_the_private_stream_is_lost_once() -> None:
    rig = Still()
    hub = rig.foundation.hub
    hub.private_lost("before it ever was")
    hub.private_restored(PrivateSnapshot((), ()))
    hub.private_lost("cut")
    hub.private_lost("cut again")

    assert rig.told(PrivateStreamLost) == [PrivateStreamLost("cut")]
    assert not hub.private_live


def test_balances_and_the_exchanges_status_are_passed_on() -> None:
    rig = Still()
    rig.foundation.hub.balance_changed("BTC", D(2))
    rig.foundation.hub.status_changed(VenueStatus.MAINTENANCE)

    assert rig.foundation.account.balance("BTC", ()).total == 2
    assert rig.told(VenueStatusChanged) == [VenueStatusChanged(VenueStatus.MAINTENANCE)]
