"""Distances, trailing stops, cash amounts, expiry, and fees that fall with volume."""

from decimal import Decimal

import attrs
import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, these

from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.events import OrderTrailed
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import NewOrder, Status
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.exchange.valuation import worth
from seawall.sim.exchange.volume import TradedVolume


def trailing(stage: Stage, side: Side, distance: str, *, percent: bool = False) -> NewOrder:
    plain = stage.order(side, "1", order_type=OrderType.STOP_LOSS)
    return attrs.evolve(plain, trail=Offset(Decimal(distance), percent=percent))


def print_at(stage: Stage, price: str) -> None:
    stage.exchange.print_outside_trade(SYMBOL, BUY, Decimal(price), Decimal(1))


@pytest.mark.parametrize(
    ("value", "percent", "price"), [("-5", False, "95.0"), ("1.25", True, "101.2"), ("-0.04", False, "100.0")]
)
def test_a_distance_ends_on_the_grid(stage: Stage, value: str, percent: bool, price: str) -> None:
    offset = Offset(Decimal(value), percent=percent)

    assert offset.from_price(Decimal(100), stage.exchange.pairs[SYMBOL]) == Decimal(price)


def test_a_relative_trigger_counts_from_the_last_price(stage: Stage) -> None:
    print_at(stage, "110.0")
    ask = stage.order(SELL, "1", order_type=OrderType.STOP_LOSS)

    order = stage.place(attrs.evolve(ask, trigger_offset=Offset(Decimal(-10), percent=True)))
    print_at(stage, "120.0")

    assert order.trigger_price == Decimal("99.0")


def test_a_trailing_stop_follows_and_never_goes_back(stage: Stage) -> None:
    stage.crowd(BUY, "1", "90.0")
    order = stage.place(trailing(stage, SELL, "-5"))
    assert order.trigger_price == 95

    for price in ("103.0", "99.0", "104.0"):
        print_at(stage, price)
    assert these(order.trigger_price, [event.last_price for event in stage.heard(OrderTrailed)]) == (99, [103, 104])
    print_at(stage, "99.0")

    assert these(order.status, order.average_price) == (Status.FILLED, 90)


def test_a_trailing_buy_follows_down(stage: Stage) -> None:
    order = stage.place(trailing(stage, BUY, "5", percent=True))

    print_at(stage, "80.0")

    assert these(order.trigger_price, order.dormant, order.ask.type_name) == (84, True, "trailing-stop")


def test_a_trailing_stop_with_a_limit_takes_it_from_the_trigger(stage: Stage) -> None:
    plain = attrs.evolve(trailing(stage, SELL, "-5"), order_type=OrderType.STOP_LOSS_LIMIT, limit_offset=Offset(Decimal(-1)))

    order = stage.place(plain)
    print_at(stage, "94.0")

    assert these(order.ask.type_name, order.limit_price, stage.depth(SELL)) == ("trailing-stop-limit", 94, [("94.0", "1")])


def test_a_trail_to_the_wrong_side_is_refused(stage: Stage) -> None:
    with pytest.raises(ApiError, match="Invalid arguments:triggers"):
        stage.place(trailing(stage, SELL, "5"))


def test_cash_buys_what_the_book_gives_for_it(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")
    stage.crowd(SELL, "5", "110.0")
    ask = attrs.evolve(stage.order(BUY, "1"), qty=Decimal(0), cash_qty=Decimal(155))

    order = stage.place(ask)

    assert these(order.status, order.qty, order.cum_cost) == (Status.FILLED, Decimal("1.5"), 155)


def test_cash_is_for_market_buys(stage: Stage) -> None:
    for ask in (stage.order(SELL, "1"), stage.order(BUY, "1", "90.0")):
        with pytest.raises(ApiError, match="cash_order_qty"):
            stage.place(attrs.evolve(ask, cash_qty=Decimal(10)))


def test_an_order_is_good_for_a_month_at_most(stage: Stage) -> None:
    day_ns = 86_400 * 10**9
    order = stage.place(stage.order(BUY, "1", "90.0", expire_ns=stage.clock.ns + 31 * day_ns))

    with pytest.raises(ApiError, match="expire_time"):
        stage.place(stage.order(BUY, "1", "90.0", expire_ns=stage.clock.ns + 32 * day_ns))
    assert order.ask.in_force == "gtd"
    stage.clock.advance(31 * 86_400)
    stage.exchange.tick()

    assert order.status is Status.EXPIRED


def test_fees_fall_with_the_volume_of_thirty_days(stage: Stage) -> None:
    pair = stage.exchange.pairs[SYMBOL]
    stage.exchange.floor.clearing.volume.add(Decimal(9_950), stage.clock.ns)
    stage.crowd(SELL, "3", "100.0")

    for _ in range(2):
        stage.place(stage.order(BUY, "1", "100.0"))
    stage.clock.advance(30 * 86_400)
    stage.place(stage.order(BUY, "1", "100.0"))

    assert [fill.fee for fill in stage.exchange.fills] == [Decimal("0.4"), Decimal("0.35"), Decimal("0.4")]
    assert pair.fee_rate(Decimal(10**8), maker=True) == 0


def test_volume_is_forgotten_after_thirty_days() -> None:
    volume = TradedVolume()
    volume.add(Decimal(5), 0)
    volume.add(Decimal(7), 86_400 * 10**9)

    assert these(volume.value(29 * 86_400 * 10**9), volume.value(30 * 86_400 * 10**9)) == (12, 7)


def test_worth_goes_over_one_asset_between(stage: Stage) -> None:
    markets = stage.exchange.floor.markets

    assert these(worth(markets, Decimal(2), "BTC", "USD"), worth(markets, Decimal(50), "USD", "BTC")) == (200, Decimal("0.5"))
    assert worth(markets, Decimal(2), "BTC", "EUR") is None
