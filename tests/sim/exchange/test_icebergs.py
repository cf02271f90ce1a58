"""Orders that show a part of themselves."""

from decimal import Decimal

import attrs
import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.orders import TimeInForce
from seawall.sim.exchange.events import IcebergRefilled
from seawall.sim.exchange.orders import OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError


def place(stage: Stage, qty: str = "3", display_qty: str = "1") -> SimOrder:
    return stage.place(attrs.evolve(stage.order(BUY, qty, "99.0"), display_qty=Decimal(display_qty)))


def test_only_a_part_is_shown_and_the_whole_is_held(stage: Stage) -> None:
    order = place(stage)

    assert order.ask.type_name == "iceberg"
    assert stage.depth(BUY) == [("99.0", "1")]
    assert stage.exchange.floor.held() == {"USD": Decimal("298.188")}


def test_the_next_part_goes_to_the_back_of_the_queue(stage: Stage) -> None:
    order = place(stage)
    stage.crowd(BUY, "1", "99.0")

    stage.take(SELL, "1.5")
    assert these(order.cum_qty, [event.shown for event in stage.heard(IcebergRefilled)]) == (1, [1])
    stage.take(SELL, "0.5")

    # The stranger behind the first part was served before the second.
    assert these(order.cum_qty, stage.depth(BUY)) == (1, [("99.0", "1.0")])


def test_one_taker_meets_every_part(stage: Stage) -> None:
    order = place(stage, "2.5")

    assert stage.take(SELL, "4") == Decimal("1.5")

    assert these(order.status, order.cum_qty) == (Status.FILLED, Decimal("2.5"))
    assert [fill.qty for fill in stage.exchange.fills] == [1, 1, Decimal("0.5")]
    assert {fill.order_type for fill in stage.exchange.fills} == {"iceberg"}
    assert stage.depth(BUY) == []


def test_a_cancel_takes_what_is_hidden_too(stage: Stage) -> None:
    order = place(stage)

    stage.exchange.cancel_order(order)

    assert these(stage.depth(BUY), stage.take(SELL, "1")) == ([], 1)


def test_a_feed_from_outside_meets_what_is_hidden(stage: Stage) -> None:
    order = place(stage)

    stage.outside((SELL, "99.0", "2.5"), snapshot=True)

    assert these(order.cum_qty, order.status) == (Decimal("2.5"), Status.PARTIALLY_FILLED)


def test_less_quantity_is_taken_from_what_is_hidden_first(stage: Stage) -> None:
    order = place(stage)
    entry = stage.exchange.market(SYMBOL).book.users[order.order_id]
    place_before = entry.at_ns

    stage.exchange.amend_order(order, OrderChange(qty=Decimal("1.5")))
    assert these(entry.qty, entry.hidden, entry.at_ns == place_before) == (1, Decimal("0.5"), True)
    stage.exchange.amend_order(order, OrderChange(display_qty=Decimal("0.5")))
    assert these(entry.qty, entry.hidden) == (Decimal("0.5"), 1)
    stage.exchange.amend_order(order, OrderChange(display_qty=Decimal("1.5")))
    assert these(entry.qty, entry.hidden) == (Decimal("0.5"), 1)
    stage.take(SELL, "0.5")

    assert these(entry.qty, entry.hidden) == (1, 0)


@pytest.mark.parametrize("display_qty", ["0", "4", "0.19"])
def test_a_fifteenth_has_to_be_shown(stage: Stage, display_qty: str) -> None:
    with pytest.raises(ApiError, match="Invalid arguments:display_qty"):
        place(stage, display_qty=display_qty)


def test_an_iceberg_is_a_limit_order_that_rests(stage: Stage) -> None:
    hasty = attrs.evolve(stage.order(BUY, "3", "99.0", tif=TimeInForce.IOC), display_qty=Decimal(1))
    plain = stage.place(stage.order(BUY, "3", "90.0"))

    with pytest.raises(ApiError, match="Invalid arguments:display_qty"):
        stage.place(hasty)
    with pytest.raises(ApiError, match="Invalid arguments:display_qty"):
        stage.exchange.amend_order(plain, OrderChange(display_qty=Decimal(1)))
