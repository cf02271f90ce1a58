"""Orders that wait for the last price."""

from decimal import Decimal

import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.events import OrderTriggered
from seawall.sim.exchange.orders import Status


def print_at(stage: Stage, price: str) -> None:
    """Have strangers trade at that price, elsewhere."""
    stage.exchange.print_outside_trade(SYMBOL, BUY, Decimal(price), Decimal(1))


@pytest.mark.parametrize(
    ("order_type", "side", "trigger", "short_of"),
    [
        (OrderType.STOP_LOSS, SELL, "95.0", "95.1"),
        (OrderType.STOP_LOSS, BUY, "105.0", "104.9"),
        (OrderType.TAKE_PROFIT, SELL, "105.0", "104.9"),
        (OrderType.TAKE_PROFIT, BUY, "95.0", "95.1"),
    ],
)
def test_a_trigger_is_reached_from_its_own_side(
    stage: Stage, order_type: OrderType, side: Side, trigger: str, short_of: str
) -> None:
    stage.crowd(side.other, "1", "100.0")
    order = stage.place(stage.order(side, "1", order_type=order_type, trigger=trigger))
    print_at(stage, short_of)
    assert order.dormant

    print_at(stage, trigger)

    assert order.status is Status.FILLED
    assert [event.last_price for event in stage.heard(OrderTriggered)] == [Decimal(trigger)]
    assert stage.story(order) == ["OrderReceived", "OrderOpened", "OrderTriggered", "OrderTraded", "OrderFilled"]


def test_a_trigger_that_is_reached_already_goes_off_at_once(stage: Stage) -> None:
    stage.crowd(BUY, "1", "99.0")

    order = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="100.0"))

    assert order.status is Status.FILLED


def test_a_stop_with_a_limit_rests_at_it(stage: Stage) -> None:
    order = stage.place(stage.order(SELL, "1", "94.0", order_type=OrderType.STOP_LOSS_LIMIT, trigger="95.0"))
    assert stage.depth(SELL) == []

    print_at(stage, "95.0")

    assert order.status is Status.NEW
    assert stage.depth(SELL) == [("94.0", "1")]


def test_a_waiting_order_holds_nothing(stage: Stage) -> None:
    for _ in range(2):
        stage.place(stage.order(SELL, "10", order_type=OrderType.STOP_LOSS, trigger="95.0"))

    assert stage.exchange.floor.held() == {"BTC": 0}


def test_an_order_that_is_triggered_without_funds_is_canceled(stage: Stage) -> None:
    stage.crowd(BUY, "100", "94.0")
    first, second = (stage.place(stage.order(SELL, "10", order_type=OrderType.STOP_LOSS, trigger="95.0")) for _ in range(2))

    print_at(stage, "95.0")

    assert (first.status, second.status, second.reason) == (Status.FILLED, Status.CANCELED, "Insufficient funds")


def test_one_stop_may_set_off_the_next(stage: Stage) -> None:
    for price in ("95.0", "90.0", "85.0"):
        stage.crowd(BUY, "1", price)
    first = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="96.0"))
    second = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="95.0"))
    third = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="80.0"))

    print_at(stage, "96.0")

    assert these(first.average_price, second.average_price, third.dormant) == (95, 90, True)


def test_a_waiting_order_can_be_canceled(stage: Stage) -> None:
    order = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="95.0"))

    stage.exchange.cancel_order(order)
    print_at(stage, "90.0")

    assert (order.status, stage.heard(OrderTriggered)) == (Status.CANCELED, [])
