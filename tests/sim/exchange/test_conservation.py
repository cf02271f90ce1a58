"""Whatever is asked, in whatever order: no money appears, none is lost, and the book stays a book."""

from decimal import Decimal
from typing import cast

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage

from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.refusal import ApiError

sides = st.sampled_from([BUY, SELL])
prices = st.integers(950, 1050).map(lambda tenths: f"{Decimal(tenths) / 10}")
sizes = st.integers(1, 4_000).map(lambda thousandths: f"{Decimal(thousandths) / 1000 + Decimal('0.00000007')}")
types = st.sampled_from([*OrderType])
steps = st.one_of(
    st.tuples(
        st.just("place"),
        sides,
        sizes,
        prices,
        prices,
        types,
        st.sampled_from([*TimeInForce]),
        st.booleans(),
        st.sampled_from([*SelfTrade]),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 1.0])),
    st.tuples(st.just("amend"), st.integers(0, 9), st.none() | sizes, st.none() | prices),
    st.tuples(st.just("crowd take"), sides, sizes, st.none() | prices),
    st.tuples(st.just("crowd rest"), sides, sizes, prices),
    st.tuples(st.just("outside"), sides, sizes, prices, st.booleans()),
    st.tuples(st.just("status"), st.sampled_from([*VenueStatus])),
)


def place(stage: Stage, *given_fields: object) -> None:
    side, qty, price, trigger, order_type, tif, in_base, self_trade = given_fields
    kind = cast("OrderType", order_type)
    ask = stage.order(
        cast("Side", side),
        cast("str", qty),
        cast("str", price) if kind.has_limit else None,
        order_type=kind,
        trigger=cast("str", trigger) if kind.has_trigger else None,
        tif=cast("TimeInForce", tif),
        self_trade=cast("SelfTrade", self_trade),
        fee_in_base=cast("bool", in_base),
    )
    if kind is OrderType.LIMIT and ask.time_in_force is TimeInForce.GTC and ask.qty > 2:
        ask = attrs.evolve(ask, display_qty=Decimal(1))
    elif kind.has_trigger:
        ask = attrs.evolve(ask, trail=Offset(Decimal(ask.side.sign)) if ask.qty > 2 else None)
    if kind is OrderType.LIMIT and ask.qty < 1 and ask.time_in_force is not TimeInForce.FOK:
        ask = attrs.evolve(ask, close=stage.order(ask.side.other, "0", cast("str", trigger)))
    elif kind.has_limit and ask.qty < 2 and ask.time_in_force is TimeInForce.GTC:
        ask = attrs.evolve(ask, start_ns=stage.clock.ns + 10**9)
    stage.exchange.add_order(ask)


def one_of(stage: Stage, place_of_order: object) -> SimOrder | None:
    orders = stage.exchange.open_orders()
    return orders[cast("int", place_of_order) % len(orders)] if orders else None


def rest_crowd(stage: Stage, side: Side, qty: str, price: str) -> None:
    opposite = stage.exchange.market(SYMBOL).book.half(side.other)
    best = opposite.best()
    if best is None or not opposite.reaches(best, Decimal(price)):
        stage.crowd(side, qty, price)


def perform(stage: Stage, step: tuple[object, ...]) -> None:
    match step:
        case ("place", *fields):
            place(stage, *fields)
        case ("cancel", which):
            if (order := one_of(stage, which)) is not None:
                stage.exchange.cancel_order(order)
        case ("amend", which, qty, price):
            if (order := one_of(stage, which)) is not None:
                values = [None if text is None else Decimal(cast("str", text)) for text in (qty, price)]
                stage.exchange.amend_order(order, OrderChange(values[0], values[1]))
        case ("wait", float(seconds)):
            stage.clock.advance(seconds)
            stage.exchange.tick()
        case ("crowd take", side, qty, limit):
            stage.take(cast("Side", side), cast("str", qty), cast("str | None", limit))
        case ("crowd rest", side, qty, price):
            rest_crowd(stage, cast("Side", side), cast("str", qty), cast("str", price))
        case ("outside", side, qty, price, gone):
            stage.outside((cast("Side", side), cast("str", price), "0" if gone else cast("str", qty)))
        case _:
            stage.exchange.set_status(cast("VenueStatus", step[1]))


def check(stage: Stage) -> None:
    floor, market = stage.exchange.floor, stage.exchange.market(SYMBOL)
    for asset, start in (("USD", 10_000), ("BTC", 10)):
        have = floor.account.balance(asset)
        clearing = floor.clearing
        assert have + clearing.crowd.get(asset, Decimal(0)) + clearing.fees.get(asset, Decimal(0)) == start
        assert floor.held().get(asset, Decimal(0)) <= have
    resting = {order_id: entry.qty + entry.hidden for order_id, entry in market.book.users.items()}
    assert resting == {order.order_id: order.left for order in stage.exchange.open_orders() if not order.idle}
    for half in (market.book.bids, market.book.asks):
        for price in half.prices():
            assert half.qty_at(price) == sum(entry.qty for entry in half.queue_at(price)) > 0
    by_order = {order_id: Decimal(0) for order_id in stage.exchange.orders}
    for fill in stage.exchange.fills:
        by_order[fill.order_id] += fill.qty
    assert by_order == {order.order_id: order.cum_qty for order in stage.exchange.orders.values()}


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=40))
def test_every_asset_is_conserved_and_the_book_agrees_with_the_orders(story: list[tuple[object, ...]]) -> None:
    stage = make_stage(limits_enforced=False)

    for step in story:
        try:
            perform(stage, step)
        except ApiError:
            continue
        finally:
            check(stage)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps.filter(lambda step: step[0] not in {"outside", "status"}), max_size=40))
def test_a_book_of_our_own_is_never_crossed(story: list[tuple[object, ...]]) -> None:
    stage = make_stage(limits_enforced=False)

    for step in story:
        try:
            perform(stage, step)
        except ApiError:
            continue
        bid, ask = (stage.exchange.market(SYMBOL).book.half(side).best() for side in (BUY, SELL))
        assert bid is None or ask is None or bid < ask
