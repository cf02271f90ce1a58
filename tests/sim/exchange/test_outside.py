"""A book that is made elsewhere, and users' orders matched against it."""

from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.orders import OrderType
from seawall.sim.exchange.events import BookChanged
from seawall.sim.exchange.orders import Status


def test_a_taker_finds_what_the_feed_shows(stage: Stage) -> None:
    stage.outside((SELL, "100.0", "1"), (SELL, "100.1", "5"))

    order = stage.place(stage.order(BUY, "3"))

    assert these(order.status, order.cum_qty) == (Status.FILLED, 3)
    assert [fill.price for fill in stage.exchange.fills] == [100, stage.exchange.market(SYMBOL).last]


def test_what_was_taken_is_not_offered_again_until_the_level_changes(stage: Stage) -> None:
    stage.outside((SELL, "100.0", "1"))
    stage.place(stage.order(BUY, "1"))

    stage.outside((SELL, "100.5", "9"))
    assert stage.depth(SELL) == [("100.5", "9")]

    stage.outside((SELL, "100.0", "2"))
    assert stage.depth(SELL) == [("100.0", "2"), ("100.5", "9")]


def test_a_resting_order_is_filled_at_its_own_price_when_the_other_side_comes(stage: Stage) -> None:
    stage.outside((BUY, "99.0", "1"), (SELL, "101.0", "1"))
    order = stage.place(stage.order(BUY, "2", "100.0"))

    stage.outside((SELL, "99.5", "3"))

    assert these(order.status, order.average_price, stage.exchange.fills[0].maker) == (Status.FILLED, 100, True)
    assert stage.depth(SELL) == [("99.5", "1"), ("101.0", "1")]


def test_a_resting_order_is_filled_up_to_the_quantity_that_is_there(stage: Stage) -> None:
    order = stage.place(stage.order(SELL, "5", "100.0"))

    stage.outside((BUY, "100.0", "2"))
    assert these(order.status, order.cum_qty) == (Status.PARTIALLY_FILLED, 2)

    stage.outside((BUY, "99.0", "9"))
    assert order.cum_qty == 2

    stage.outside((BUY, "100.0", "1"))
    assert order.cum_qty == 3


def test_the_best_priced_order_is_filled_first(stage: Stage) -> None:
    far = stage.place(stage.order(SELL, "1", "100.0"))
    near = stage.place(stage.order(SELL, "1", "99.0"))

    stage.outside((BUY, "100.0", "1"))

    assert (near.status, far.status) == (Status.FILLED, Status.NEW)


def test_a_snapshot_replaces_what_the_feed_said_and_keeps_users_orders(stage: Stage) -> None:
    stage.outside((BUY, "99.0", "1"), (BUY, "98.0", "1"))
    stage.place(stage.order(BUY, "4", "98.0"))

    stage.outside((BUY, "97.0", "1"), snapshot=True)

    assert stage.depth(BUY) == [("98.0", "4"), ("97.0", "1")]


def test_the_feeds_own_sides_may_cross_without_a_trade(stage: Stage) -> None:
    stage.outside((BUY, "100.0", "1"), (SELL, "101.0", "1"))

    stage.outside((BUY, "102.0", "1"))

    assert stage.exchange.statistics().trades_printed == 0


def test_a_book_from_outside_is_not_told_as_ours(stage: Stage) -> None:
    stage.outside((BUY, "99.0", "1"))
    stage.place(stage.order(BUY, "4", "98.0"))

    assert stage.heard(BookChanged) == []


def test_without_trades_the_last_price_follows_the_touch(stage: Stage) -> None:
    stage.outside((BUY, "95.0", "9"), (SELL, "96.0", "9"))
    assert stage.exchange.market(SYMBOL).last == 96
    stop = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="94.0"))

    stage.outside((SELL, "94.0", "1"), (BUY, "95.0", "0"), (BUY, "93.0", "9"))

    assert these(stop.status, stop.average_price) == (Status.FILLED, 93)
