"""Replacing orders, and placing several together."""

from decimal import Decimal

import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage, these

from seawall.model.orders import OrderType
from seawall.sim.exchange.edits import OrderEdit
from seawall.sim.exchange.orders import OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError


def edit(stage: Stage, order: SimOrder, *, qty: Decimal | None = None, limit_price: Decimal | None = None) -> SimOrder:
    new = stage.exchange.edit_order(order, OrderEdit(qty, limit_price))
    assert new is not None
    return new


def test_an_edit_cancels_the_old_order_and_places_a_new_one(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "90.0", userref=4))

    new = edit(stage, order, limit_price=Decimal("91.0"))

    assert (order.status, order.reason) == (Status.CANCELED, "Order replaced")
    assert new.order_id != order.order_id
    assert these(new.qty, new.limit_price, new.ask.userref) == (1, 91, None)
    assert stage.depth(BUY) == [("91.0", "1")]


def test_what_was_filled_stays_with_the_old_order(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "2", "90.0"))
    stage.take(SELL, "0.5")

    new = edit(stage, order, qty=Decimal(3))

    assert these(order.cum_qty, new.qty, new.cum_qty) == (Decimal("0.5"), Decimal("2.5"), 0)
    with pytest.raises(ApiError, match="Invalid arguments:volume"):
        edit(stage, stage.place(stage.order(BUY, "1", "95.0")), qty=Decimal(0))


def test_the_funds_of_the_old_order_count_as_free(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "90", "100.0"))

    assert edit(stage, order, limit_price=Decimal("101.0")).live
    with pytest.raises(ApiError, match="EOrder:Insufficient funds"):
        edit(stage, stage.exchange.open_orders()[0], limit_price=Decimal("200.0"))
    assert len(stage.exchange.open_orders()) == 1


def test_a_new_order_that_is_refused_leaves_the_old_one_canceled(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    order = stage.place(stage.order(BUY, "1", "90.0", post_only=True))

    with pytest.raises(ApiError, match="EOrder:Post only order"):
        edit(stage, order, limit_price=Decimal("100.0"))

    assert (order.status, stage.exchange.open_orders()) == (Status.CANCELED, ())


def test_orders_with_a_client_id_and_triggered_ones_cannot_be_edited(stage: Stage) -> None:
    named = stage.place(stage.order(BUY, "1", "90.0", cl_ord_id="mine"))
    stop = stage.place(stage.order(SELL, "1", "102.0", order_type=OrderType.STOP_LOSS_LIMIT, trigger="100.0"))

    for order in (named, stop):
        with pytest.raises(ApiError, match="cannot be edited"):
            edit(stage, order, qty=Decimal(2))
        assert order.live


def test_validating_an_edit_changes_nothing(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "90.0"))

    assert stage.exchange.edit_order(order, OrderEdit(qty=Decimal(2)), validate=True) is None
    assert order.live


def test_an_edit_of_a_young_order_is_dear(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "90.0"))

    edit(stage, order, qty=Decimal(2))

    # 1 for the order, 1 and 6 for an edit within five seconds.
    assert stage.exchange.limits.level(SYMBOL) == 8


def test_a_batch_costs_half_a_point_an_order(stage: Stage) -> None:
    placed = stage.exchange.add_batch([stage.order(BUY, "1", "90.0") for _ in range(4)])

    assert all(isinstance(order, SimOrder) for order in placed)
    assert stage.exchange.limits.level(SYMBOL) == 2


def test_one_bad_order_refuses_the_batch_and_one_without_funds_only_itself(stage: Stage) -> None:
    good, dear, odd = stage.order(BUY, "1", "90.0"), stage.order(BUY, "900", "90.0"), stage.order(BUY, "1", "90.05")

    with pytest.raises(ApiError, match="Tick size"):
        stage.exchange.add_batch([good, odd])
    assert stage.exchange.open_orders() == ()
    first, second, third = stage.exchange.add_batch([good, dear, good])

    assert isinstance(second, ApiError)
    assert second.text == "EOrder:Insufficient funds"
    assert (first, third) == stage.exchange.open_orders()
    assert stage.exchange.add_batch([good, good], validate=True) == [None, None]


def test_a_client_id_that_comes_twice_in_a_batch_refuses_the_second() -> None:
    stage = make_stage()
    named = stage.order(BUY, "1", "90.0", cl_ord_id="mine")

    first, second = stage.exchange.add_batch([named, named])

    assert isinstance(first, SimOrder)
    assert isinstance(second, ApiError)
    assert second.text == "EGeneral:Invalid arguments:cl_ord_id not unique"


def test_the_history_of_amends_starts_with_the_order_as_entered(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "2", "90.0"))
    stage.take(SELL, "0.5")

    amend_id = stage.exchange.amend_order(order, OrderChange(qty=Decimal(3), post_only=True))

    original, user = order.amends
    assert these(original.kind, original.qty, original.left, original.reason) == ("original", 2, 2, None)
    assert these(user.amend_id, user.kind, user.qty, user.left) == (amend_id, "user", 3, Decimal("2.5"))
    assert (user.reason, user.post_only) == ("User requested", True)
