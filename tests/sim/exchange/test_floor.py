"""Orders that follow the fills of others, orders that start later, and pairs that do not trade."""

from decimal import Decimal

import attrs
import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage, these

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.edits import OrderEdit
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import NewOrder, OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError


def closing(stage: Stage, side: Side, price: str | None = None, trigger: str | None = None) -> NewOrder:
    """A conditional close; its quantity is that of the fill."""
    order_type = OrderType.LIMIT if trigger is None else OrderType.STOP_LOSS if price is None else OrderType.STOP_LOSS_LIMIT
    return stage.order(side, "0", price, order_type=order_type, trigger=trigger)


def with_close(ask: NewOrder, close: NewOrder) -> NewOrder:
    return attrs.evolve(ask, close=close)


def closes_of(stage: Stage, order: SimOrder) -> list[SimOrder]:
    return [each for each in stage.exchange.orders.values() if each.ask.ref_id == order.order_id]


# Conditional closes.


def test_each_fill_is_followed_by_a_close_of_its_size(stage: Stage) -> None:
    order = stage.place(with_close(stage.order(BUY, "1", "99.0"), closing(stage, SELL, "105.0")))
    assert closes_of(stage, order) == []

    stage.take(SELL, "0.4", "99.0")
    stage.take(SELL, "0.6", "99.0")

    closes = closes_of(stage, order)
    assert [(each.side, each.qty, each.limit_price, each.status) for each in closes] == [
        (SELL, Decimal("0.4"), Decimal(105), Status.NEW),
        (SELL, Decimal("0.6"), Decimal(105), Status.NEW),
    ]
    assert stage.depth(SELL) == [("105.0", "1.0")]


def test_a_taker_has_one_close_for_each_maker_it_met(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "1", "101.0")

    order = stage.place(with_close(stage.order(BUY, "1.5"), closing(stage, SELL, "110.0")))

    assert [each.qty for each in closes_of(stage, order)] == [1, Decimal("0.5")]


def test_a_close_lives_on_when_its_first_order_is_canceled(stage: Stage) -> None:
    order = stage.place(with_close(stage.order(BUY, "1", "99.0"), closing(stage, SELL, trigger="90.0")))
    stage.take(SELL, "0.4", "99.0")

    stage.exchange.cancel_order(order)

    [close] = closes_of(stage, order)
    assert these(close.live, close.dormant, close.qty) == (True, True, Decimal("0.4"))


def test_a_close_that_would_take_takes_at_once(stage: Stage) -> None:
    stage.crowd(BUY, "1", "98.0")
    stage.crowd(SELL, "1", "100.0")

    order = stage.place(with_close(stage.order(BUY, "1"), closing(stage, SELL, "97.0")))

    [close] = closes_of(stage, order)
    assert these(close.status, close.average_price, order.average_price) == (Status.FILLED, 98, 100)


def test_the_distance_of_a_close_counts_from_the_price_of_the_fill(stage: Stage) -> None:
    close = attrs.evolve(closing(stage, SELL, trigger="1"), trigger_price=None, trail=Offset(Decimal(-5)))
    order = stage.place(with_close(stage.order(BUY, "1", "99.0"), close))

    stage.take(SELL, "1", "99.0")

    assert [each.trigger_price for each in closes_of(stage, order)] == [94]


def test_a_close_that_the_account_cannot_bear_ends_at_once(stage: Stage) -> None:
    stage.crowd(BUY, "10", "100.0")

    # What the sale brings, less its fee, does not pay for buying as much at twice the price.
    order = stage.place(with_close(stage.order(SELL, "10"), closing(stage, BUY, "2000.0")))

    [close] = closes_of(stage, order)
    assert these(close.status, close.reason) == (Status.CANCELED, "Insufficient funds")


@pytest.mark.parametrize(
    ("close", "text"),
    [
        ({"price": "105.05"}, "EOrder:Tick size check failed"),
        ({"trigger": "90.05"}, "EOrder:Tick size check failed"),
        ({}, "Invalid arguments:limit_price"),
    ],
)
def test_a_close_that_could_not_stand_by_itself_is_refused(stage: Stage, close: dict[str, str], text: str) -> None:
    with pytest.raises(ApiError, match=text):
        stage.place(with_close(stage.order(BUY, "1", "99.0"), closing(stage, SELL, **close)))


def test_a_market_order_is_no_close(stage: Stage) -> None:
    close = attrs.evolve(closing(stage, SELL, "99.0"), order_type=OrderType.MARKET, limit_price=None)

    with pytest.raises(ApiError, match=r"close\[ordertype\]"):
        stage.place(with_close(stage.order(BUY, "1", "99.0"), close))


def test_an_order_with_a_close_is_neither_amended_nor_edited(stage: Stage) -> None:
    order = stage.place(with_close(stage.order(BUY, "1", "99.0"), closing(stage, SELL, "105.0")))

    with pytest.raises(ApiError, match="conditional close cannot be amended"):
        stage.exchange.amend_order(order, OrderChange(qty=Decimal(2)))
    with pytest.raises(ApiError, match="conditional close cannot be edited"):
        stage.exchange.edit_order(order, OrderEdit(qty=Decimal(2)))
    assert these(order.live, order.qty) == (True, 1)


# Orders that start later.


def later(stage: Stage, ask: NewOrder, seconds: int = 60) -> NewOrder:
    return attrs.evolve(ask, start_ns=stage.clock.ns + seconds * 10**9)


def wait(stage: Stage, seconds: float = 60) -> None:
    stage.clock.advance(seconds)
    stage.exchange.tick()


def test_an_order_is_nobodys_before_its_time(stage: Stage) -> None:
    order = stage.place(later(stage, stage.order(BUY, "1", "99.0")))
    assert these(order.status, stage.depth(BUY), stage.exchange.floor.held()["USD"]) == (Status.PENDING_NEW, [], 0)
    assert stage.exchange.next_due_ns() == order.ask.start_ns

    wait(stage)

    assert these(order.status, stage.depth(BUY)) == (Status.NEW, [("99.0", "1")])
    assert stage.story(order) == ["OrderReceived", "OrderOpened"]
    assert stage.exchange.next_due_ns() is None


def test_an_order_of_the_past_starts_at_once(stage: Stage) -> None:
    assert stage.place(later(stage, stage.order(BUY, "1", "99.0"), -1)).status is Status.NEW


def test_a_waiting_order_can_be_canceled_amended_and_expire(stage: Stage) -> None:
    first, second = (stage.place(later(stage, stage.order(BUY, "1", "99.0"))) for _ in range(2))
    third = stage.place(later(stage, stage.order(BUY, "1", "99.0", expire_ns=stage.clock.ns + 61 * 10**9)))
    stage.exchange.cancel_order(first)
    stage.exchange.amend_order(second, OrderChange(limit_price=Decimal("98.0")))

    wait(stage)
    wait(stage, 1)

    assert [order.status for order in (first, second, third)] == [Status.CANCELED, Status.NEW, Status.EXPIRED]
    assert stage.depth(BUY) == [("98.0", "1")]


def test_money_and_crossing_are_judged_when_the_time_has_come(stage: Stage) -> None:
    dear = stage.place(later(stage, stage.order(BUY, "1000", "99.0")))
    crossing = stage.place(later(stage, stage.order(BUY, "1", "99.0", post_only=True)))
    stage.crowd(SELL, "1", "98.0")

    wait(stage)

    assert these(dear.status, dear.reason) == (Status.CANCELED, "Insufficient funds")
    assert these(crossing.status, crossing.reason) == (Status.CANCELED, "Post only order")


def test_a_distance_counts_from_the_price_at_the_start(stage: Stage) -> None:
    ask = attrs.evolve(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS), trail=Offset(Decimal(-5)))
    order = stage.place(later(stage, ask))
    stage.exchange.print_outside_trade(SYMBOL, BUY, Decimal("120.0"), Decimal(1))

    wait(stage)

    assert these(order.dormant, order.trigger_price) == (True, 115)


def test_cash_is_spent_at_the_prices_of_the_start(stage: Stage) -> None:
    stage.crowd(SELL, "10", "200.0")
    order = stage.place(later(stage, attrs.evolve(stage.order(BUY, "0.1"), cash_qty=Decimal(100))))
    stage.crowd(SELL, "10", "50.0")

    wait(stage)

    assert these(order.status, order.cum_qty) == (Status.FILLED, 2)


def test_nothing_starts_while_nothing_is_matched(stage: Stage) -> None:
    order = stage.place(later(stage, stage.order(BUY, "1", "99.0")))
    stage.exchange.set_status(VenueStatus.POST_ONLY)
    wait(stage)
    before = order.status

    stage.exchange.set_status(VenueStatus.ONLINE)

    assert these(before, order.status) == (Status.PENDING_NEW, Status.NEW)


@pytest.mark.parametrize(("start_s", "expire_s", "field"), [(60, 60, "expire_time"), (32 * 86_400, None, "effective_time")])
def test_times_that_make_no_sense_are_refused(stage: Stage, start_s: int, expire_s: int | None, field: str) -> None:
    expire_ns = None if expire_s is None else stage.clock.ns + expire_s * 10**9

    with pytest.raises(ApiError, match=field):
        stage.place(later(stage, stage.order(BUY, "1", "99.0", expire_ns=expire_ns), start_s))


# Pairs that do not trade.


@pytest.mark.parametrize("status", [PairStatus.POST_ONLY, PairStatus.CANCEL_ONLY, PairStatus.MAINTENANCE])
def test_a_pair_that_is_not_online_triggers_and_trades_nothing(stage: Stage, status: PairStatus) -> None:
    stage.crowd(BUY, "5", "95.0")
    stop = stage.place(stage.order(SELL, "1", order_type=OrderType.STOP_LOSS, trigger="98.0"))
    stage.exchange.set_pair_status(SYMBOL, status)
    stage.exchange.print_outside_trade(SYMBOL, SELL, Decimal("97.0"), Decimal(1))
    assert stop.status is Status.NEW

    stage.exchange.set_pair_status(SYMBOL, PairStatus.ONLINE)

    assert these(stop.status, stop.average_price) == (Status.FILLED, 95)


def test_a_pair_in_maintenance_cancels_nothing(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "99.0"))
    stage.exchange.set_pair_status(SYMBOL, PairStatus.MAINTENANCE)

    with pytest.raises(ApiError, match="EService:Unavailable"):
        stage.exchange.cancel_order(order)
    assert these(stage.exchange.cancel_all(), order.live) == (0, True)

    stage.exchange.set_pair_status(SYMBOL, PairStatus.CANCEL_ONLY)
    assert these(stage.exchange.cancel_all(), order.live) == (1, False)


# Amends of what follows the price, and what an amend costs.


def test_the_distance_of_a_trailing_stop_is_amended_and_counts_from_the_last_price(stage: Stage) -> None:
    plain = stage.order(SELL, "1", order_type=OrderType.STOP_LOSS)
    order = stage.place(attrs.evolve(plain, trail=Offset(Decimal(-5))))

    stage.exchange.amend_order(order, OrderChange(trigger_offset=Offset(Decimal(-10), percent=True)))
    stage.exchange.print_outside_trade(SYMBOL, BUY, Decimal("110.0"), Decimal(1))

    assert these(order.trigger_price, str(order.ask.trail)) == (99, "-10%")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (OrderChange(trigger_price=Decimal("97.0")), "EOrder:Invalid price"),
        (OrderChange(trigger_offset=Offset(Decimal(3))), "Invalid arguments:trigger_price"),
        (OrderChange(limit_offset=Offset(Decimal(1))), "EOrder:Invalid limit price"),
    ],
)
def test_a_trailing_stop_moves_by_its_distance_alone(stage: Stage, change: OrderChange, text: str) -> None:
    plain = stage.order(SELL, "1", order_type=OrderType.STOP_LOSS)
    order = stage.place(attrs.evolve(plain, trail=Offset(Decimal(-5))))

    with pytest.raises(ApiError, match=text):
        stage.exchange.amend_order(order, change)
    assert order.trigger_price == 95


def test_an_amend_that_leaves_nothing_is_counted_as_a_cancel() -> None:
    stage = make_stage()
    order = stage.place(stage.order(BUY, "1", "99.0"))
    stage.take(SELL, "0.5", "99.0")
    before = stage.exchange.limits.level(SYMBOL)

    stage.exchange.amend_order(order, OrderChange(qty=Decimal("0.2")))

    assert these(order.status, order.qty) == (Status.CANCELED, Decimal("0.5"))
    assert stage.exchange.limits.level(SYMBOL) - before == 8
