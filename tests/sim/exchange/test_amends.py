"""Changing an order in place: what stays, what is lost, what is refused."""

from decimal import Decimal

import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType
from seawall.sim.exchange.orders import OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError


def change(
    qty: str | None = None, price: str | None = None, *, trigger: str | None = None, post_only: bool = False
) -> OrderChange:
    values = [None if text is None else Decimal(text) for text in (qty, price, trigger)]
    return OrderChange(values[0], values[1], values[2], post_only=post_only)


def queue(stage: Stage, price: str) -> list[str | None]:
    """Who stands at a price, first come first: client ids, None for the crowd."""
    entries = stage.exchange.market(SYMBOL).book.half(BUY).queue_at(Decimal(price))
    return [entry.order.cl_ord_id if entry.order else None for entry in entries]


@pytest.fixture
def order(stage: Stage) -> SimOrder:
    """A bid for 4 at 99.0, with the crowd behind it."""
    placed = stage.place(stage.order(BUY, "4", "99.0", cl_ord_id="mine"))
    stage.crowd(BUY, "1", "99.0")
    return placed


def test_less_quantity_keeps_the_place_in_the_queue(stage: Stage, order: SimOrder) -> None:
    stage.exchange.amend_order(order, change("3"))

    assert these(order.qty, queue(stage, "99.0"), stage.depth(BUY)) == (3, ["mine", None], [("99.0", "4")])


def test_more_quantity_goes_to_the_back(stage: Stage, order: SimOrder) -> None:
    stage.exchange.amend_order(order, change("5"))

    assert these(order.qty, queue(stage, "99.0"), stage.depth(BUY)) == (5, [None, "mine"], [("99.0", "6")])


def test_another_price_goes_to_the_back_of_that_price(stage: Stage, order: SimOrder) -> None:
    stage.crowd(BUY, "1", "98.0")

    stage.exchange.amend_order(order, change(price="98.0"))

    assert queue(stage, "98.0") == [None, "mine"]
    assert stage.depth(BUY) == [("99.0", "1"), ("98.0", "5")]


def test_ids_and_fills_stay_with_the_order(stage: Stage, order: SimOrder) -> None:
    stage.take(SELL, "1")

    stage.exchange.amend_order(order, change("6", "98.0"))

    assert stage.exchange.find(cl_ord_id="mine") is order
    assert these(order.cum_qty, order.left, order.amended, order.status) == (1, 5, True, Status.PARTIALLY_FILLED)


@pytest.mark.parametrize("qty", ["1", "2"])
def test_less_than_is_filled_ends_the_order_at_what_is_filled(stage: Stage, order: SimOrder, qty: str) -> None:
    stage.take(SELL, "2")

    stage.exchange.amend_order(order, change(qty))

    assert these(order.status, order.qty, order.cum_qty) == (Status.CANCELED, 2, 2)
    assert stage.story(order)[-2:] == ["OrderAmended", "OrderEnded"]
    assert stage.depth(BUY) == [("99.0", "1")]


def test_a_price_that_crosses_trades_at_once(stage: Stage, order: SimOrder) -> None:
    stage.crowd(SELL, "1", "100.0")

    stage.exchange.amend_order(order, change(price="100.0"))

    assert these(order.cum_qty, stage.exchange.fills[0].maker) == (1, False)
    assert stage.depth(BUY) == [("100.0", "3"), ("99.0", "1")]


def test_post_only_refuses_a_price_that_crosses_and_leaves_the_order_as_it_was(stage: Stage, order: SimOrder) -> None:
    stage.crowd(SELL, "1", "100.0")

    with pytest.raises(ApiError, match="EOrder:Post only order"):
        stage.exchange.amend_order(order, change(price="100.0", post_only=True))

    assert these(order.limit_price, order.amended, queue(stage, "99.0")) == (99, False, ["mine", None])


def test_while_nothing_is_matched_no_amend_may_cross(stage: Stage, order: SimOrder) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.exchange.set_status(VenueStatus.POST_ONLY)

    with pytest.raises(ApiError, match="EOrder:Post only order"):
        stage.exchange.amend_order(order, change(price="100.0"))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (change(), "EOrder:No amendable parameters specified"),
        (change("4", "99.0"), "EOrder:No amendable parameters specified"),
        (change(price="99.05"), "EOrder:Tick size check failed"),
        (change("0.0001"), "EOrder:Order minimum not met"),
        (change(trigger="98.0"), "EOrder:Invalid price"),
        (change("500"), "EOrder:Insufficient funds"),
        (change(price="9999.0"), "EOrder:Insufficient funds"),
    ],
)
def test_what_cannot_be_amended_is_refused_in_krakens_words(
    stage: Stage, order: SimOrder, wanted: OrderChange, text: str
) -> None:
    with pytest.raises(ApiError) as caught:
        stage.exchange.amend_order(order, wanted)

    assert caught.value.text == text
    assert these(order.qty, order.limit_price, order.amended) == (4, 99, False)


def test_the_funds_an_order_holds_count_for_its_own_amend(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "99", "100.0"))

    stage.exchange.amend_order(order, change("99.5"))

    assert order.qty == Decimal("99.5")


def test_an_order_that_ended_cannot_be_amended(stage: Stage, order: SimOrder) -> None:
    stage.exchange.cancel_order(order)

    with pytest.raises(ApiError, match="EOrder:Unknown order"):
        stage.exchange.amend_order(order, change("5"))


def test_the_trigger_of_a_plain_stop_moves_and_its_limit_does_not_exist(stage: Stage) -> None:
    order = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="95.0"))

    stage.exchange.amend_order(order, change(trigger="96.0"))
    assert these(order.trigger_price, order.dormant) == (96, True)

    with pytest.raises(ApiError, match="EOrder:Invalid limit price"):
        stage.exchange.amend_order(order, change(price="94.0"))


def test_an_amend_that_comes_after_its_deadline_changes_nothing(stage: Stage, order: SimOrder) -> None:
    late = OrderChange(qty=Decimal(3), deadline_ns=stage.clock.ns - 1)

    with pytest.raises(ApiError, match="EService:Deadline elapsed"):
        stage.exchange.amend_order(order, late)

    assert order.qty == 4
