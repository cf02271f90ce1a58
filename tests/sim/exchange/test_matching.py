"""Price, then time: who trades with whom, and what is left."""

from decimal import Decimal

import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.events import BookChanged, LevelChange, OrderFilled, OrderTraded, TradesPrinted
from seawall.sim.exchange.orders import SelfTrade, Status


def test_an_order_that_meets_nobody_rests(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "2", "99.0"))

    assert order.status is Status.NEW
    assert stage.depth(BUY) == [("99.0", "2")]
    assert stage.story(order) == ["OrderReceived", "OrderOpened"]
    assert stage.exchange.open_orders() == (order,)


def test_a_taker_pays_the_makers_price_and_rests_with_what_is_left(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    order = stage.place(stage.order(BUY, "3", "101.0"))

    assert these(order.status, order.cum_qty, order.cum_cost) == (Status.PARTIALLY_FILLED, 1, 100)
    assert stage.depth(BUY) == [("101.0", "2")]
    assert stage.depth(SELL) == []
    [fill] = stage.exchange.fills
    assert these(fill.price, fill.qty, fill.maker, fill.side) == (100, 1, False, BUY)


def test_better_prices_trade_first_and_then_older_orders(stage: Stage) -> None:
    late = stage.place(stage.order(SELL, "1", "100.0"))
    stage.crowd(SELL, "1", "99.9")
    newest = stage.place(stage.order(SELL, "1", "100.0"))

    stage.take(BUY, "1.5")
    assert these(late.cum_qty, newest.cum_qty) == (Decimal("0.5"), 0)

    stage.take(BUY, "1")
    assert these(late.status, late.cum_qty, newest.cum_qty) == (Status.FILLED, 1, Decimal("0.5"))


def test_one_takers_trades_share_an_instant_and_have_consecutive_ids(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "1", "100.1")

    stage.place(stage.order(BUY, "2", "101.0"))

    [printed] = stage.heard(TradesPrinted)
    assert [trade.trade_id for trade in printed.trades] == [1, 2]
    assert len({trade.at_ns for trade in printed.trades}) == 1
    assert [trade.price for trade in printed.trades] == [Decimal("100.0"), Decimal("100.1")]


def test_a_market_order_walks_the_book_and_gives_up_what_it_does_not_find(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "1", "105.0")

    order = stage.place(stage.order(BUY, "3"))

    assert these(order.status, order.cum_qty, order.cum_cost) == (Status.CANCELED, 2, 205)
    assert stage.exchange.open_orders() == ()


def test_immediate_or_cancel_never_rests(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    order = stage.place(stage.order(BUY, "3", "100.0", tif=TimeInForce.IOC))

    assert these(order.status, order.cum_qty) == (Status.CANCELED, 1)
    assert stage.depth(BUY) == []


@pytest.mark.parametrize(("qty", "status", "filled"), [("2", Status.FILLED, 2), ("2.5", Status.CANCELED, 0)])
def test_fill_or_kill_takes_all_or_nothing(stage: Stage, qty: str, status: Status, filled: int) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "1", "100.1")

    order = stage.place(stage.order(BUY, qty, "100.1", tif=TimeInForce.FOK))

    assert these(order.status, order.cum_qty) == (status, filled)


def test_a_fill_that_completes_an_order_is_told_before_its_end(stage: Stage) -> None:
    order = stage.place(stage.order(SELL, "1", "100.0"))

    stage.take(BUY, "5")

    assert stage.story(order) == ["OrderReceived", "OrderOpened", "OrderTraded", "OrderFilled"]
    assert stage.heard(OrderTraded)[0].cum_qty == 1
    assert stage.heard(OrderFilled)[0].order.closed_ns == stage.clock.ns


def test_the_book_is_told_once_for_each_price_after_everything_happened(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "1", "100.0")
    stage.events.clear()

    stage.place(stage.order(BUY, "3", "100.0"))

    [changed] = stage.heard(BookChanged)
    assert set(changed.levels) == {
        LevelChange(SELL, Decimal("100.0"), Decimal(0)),
        LevelChange(BUY, Decimal("100.0"), Decimal(1)),
    }


@pytest.mark.parametrize(
    ("mode", "newcomer", "resting"),
    [
        (SelfTrade.CANCEL_NEWEST, Status.CANCELED, Status.NEW),
        (SelfTrade.CANCEL_OLDEST, Status.PARTIALLY_FILLED, Status.CANCELED),
        (SelfTrade.CANCEL_BOTH, Status.CANCELED, Status.CANCELED),
    ],
)
def test_nobody_trades_with_himself(stage: Stage, mode: SelfTrade, newcomer: Status, resting: Status) -> None:
    stage.crowd(SELL, "1", "99.9")
    old = stage.place(stage.order(SELL, "1", "100.0"))

    new = stage.place(stage.order(BUY, "3", "100.0", self_trade=mode))

    assert (new.status, old.status) == (newcomer, resting)
    assert new.cum_qty == 1
    assert old.cum_qty == 0


@pytest.mark.parametrize("side", list(Side))
def test_the_last_price_is_that_of_the_last_trade(stage: Stage, side: Side) -> None:
    stage.crowd(side.other, "1", "100.3")

    stage.place(stage.order(side, "1"))

    assert stage.exchange.market(SYMBOL).last == Decimal("100.3")
    assert stage.heard(TradesPrinted)[0].trades[0].order_type is OrderType.MARKET
