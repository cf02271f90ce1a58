"""What the exchange refuses, and in which words; cancels, deadlines, timers and modes."""

from decimal import Decimal
from random import Random

import pytest
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage, these

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.events import OrderEnded, PairStatusChanged, StatusChanged
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, Status
from seawall.sim.exchange.refusal import ApiError

CL = "EGeneral:Invalid arguments:cl_ord_id"


def refusal(stage: Stage, ask: NewOrder) -> str:
    with pytest.raises(ApiError) as caught:
        stage.exchange.add_order(ask)
    return caught.value.text


# Orders that are wrong in themselves.


@pytest.mark.parametrize(
    ("qty", "price", "text"),
    [
        ("1", "99.95", "EOrder:Tick size check failed"),
        ("1", "0", "EOrder:Invalid limit price"),
        ("0.0005", "99.0", "EOrder:Order minimum not met"),
        ("0.001", "99.0", "EOrder:Cost minimum not met"),
        ("1.000000001", "99.0", "EGeneral:Invalid arguments:volume"),
        ("0", "99.0", "EGeneral:Invalid arguments:volume"),
    ],
)
def test_prices_and_quantities_keep_to_the_pairs_grid(stage: Stage, qty: str, price: str, text: str) -> None:
    assert refusal(stage, stage.order(BUY, qty, price)) == text


def test_a_market_order_is_worth_the_minimum_at_the_last_price(stage: Stage) -> None:
    assert refusal(stage, stage.order(BUY, "0.001")) == "EOrder:Cost minimum not met"


@pytest.mark.parametrize(
    ("order_type", "price", "trigger", "field"),
    [
        (OrderType.LIMIT, None, None, "limit_price"),
        (OrderType.MARKET, "99.0", None, "limit_price"),
        (OrderType.STOP_LOSS, None, None, "trigger_price"),
        (OrderType.LIMIT, "99.0", "98.0", "trigger_price"),
        (OrderType.STOP_LOSS_LIMIT, None, "98.0", "limit_price"),
    ],
)
def test_an_order_has_the_prices_of_its_type(
    stage: Stage, order_type: OrderType, price: str | None, trigger: str | None, field: str
) -> None:
    ask = stage.order(SELL, "1", price, order_type=order_type, trigger=trigger)

    assert refusal(stage, ask) == f"EGeneral:Invalid arguments:{field}"


def test_post_only_goes_with_resting_limit_orders_alone(stage: Stage) -> None:
    assert refusal(stage, stage.order(BUY, "1", post_only=True)) == "EGeneral:Invalid arguments:post_only"
    ask = stage.order(BUY, "1", "99.0", post_only=True, tif=TimeInForce.IOC)
    assert refusal(stage, ask) == "EGeneral:Invalid arguments:post_only"


# Post only.


def test_a_post_only_order_that_would_take_is_refused(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    assert refusal(stage, stage.order(BUY, "1", "100.0", post_only=True)) == "EOrder:Post only order"
    assert stage.exchange.orders == {}


def test_a_post_only_order_that_would_take_may_be_accepted_and_canceled_instead() -> None:
    stage = make_stage("cancel")
    stage.crowd(SELL, "1", "100.0")

    order = stage.place(stage.order(BUY, "1", "100.0", post_only=True))

    assert these(order.status, order.reason, order.cum_qty) == (Status.CANCELED, "Post only order", 0)
    assert stage.story(order) == ["OrderReceived", "OrderEnded"]


def test_a_post_only_order_beside_the_touch_rests(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    assert stage.place(stage.order(BUY, "1", "99.9", post_only=True)).status is Status.NEW


# Client order ids.


@pytest.mark.parametrize(
    "cl_ord_id", ["a", "abcdefghij12345678", "6d1b345e-2821-40e2-ad83-4ecb18a06876", "6d1b345e282140e2ad834ecb18a06876"]
)
def test_client_order_ids_of_the_three_shapes_are_taken(stage: Stage, cl_ord_id: str) -> None:
    assert stage.place(stage.order(BUY, "1", "99.0", cl_ord_id=cl_ord_id)).cl_ord_id == cl_ord_id


@pytest.mark.parametrize("cl_ord_id", ["", "abcdefghij123456789", "with space", "ä", "6d1b345e-2821-40e2-ad83-4ecb18a0687z"])
def test_client_order_ids_of_other_shapes_are_refused(stage: Stage, cl_ord_id: str) -> None:
    assert refusal(stage, stage.order(BUY, "1", "99.0", cl_ord_id=cl_ord_id)) == CL


def test_a_client_order_id_is_unique_among_open_orders_only(stage: Stage) -> None:
    first = stage.place(stage.order(BUY, "1", "99.0", cl_ord_id="x"))
    assert refusal(stage, stage.order(BUY, "1", "98.0", cl_ord_id="x")) == f"{CL} not unique"

    stage.exchange.cancel_order(first)
    second = stage.place(stage.order(BUY, "1", "98.0", cl_ord_id="x"))

    assert stage.exchange.find(cl_ord_id="x") is second


def test_user_references_need_not_be_unique_but_exclude_client_ids(stage: Stage) -> None:
    stage.place(stage.order(BUY, "1", "99.0", userref=5))
    stage.place(stage.order(BUY, "1", "99.0", userref=5))

    assert refusal(stage, stage.order(BUY, "1", "99.0", userref=5, cl_ord_id="x")).startswith(CL)


# Deadlines and expiry.


def test_a_request_that_comes_after_its_deadline_is_refused(stage: Stage) -> None:
    ask = stage.order(BUY, "1", "99.0", deadline_ns=stage.clock.ns + 10**9)
    stage.clock.advance(1.001)

    assert refusal(stage, ask) == "EService:Deadline elapsed"
    assert stage.exchange.orders == {}


def test_a_deadline_more_than_a_minute_ahead_is_refused(stage: Stage) -> None:
    ask = stage.order(BUY, "1", "99.0", deadline_ns=stage.clock.ns + 61 * 10**9)

    assert refusal(stage, ask) == "EGeneral:Invalid arguments:deadline"


def test_an_order_without_a_deadline_has_five_seconds_from_its_arrival(stage: Stage) -> None:
    arrived_ns = stage.clock.ns
    stage.clock.advance(5)
    assert stage.exchange.add_order(stage.order(BUY, "1", "99.0"), arrived_ns=arrived_ns) is not None

    stage.clock.advance(0.001)
    with pytest.raises(ApiError, match="Deadline elapsed"):
        stage.exchange.add_order(stage.order(BUY, "1", "99.0"), arrived_ns=arrived_ns)


def test_an_order_with_an_expiry_expires(stage: Stage) -> None:
    due_ns = stage.clock.ns + 10 * 10**9
    order = stage.place(stage.order(BUY, "1", "99.0", expire_ns=due_ns))
    assert stage.exchange.next_due_ns() == due_ns

    stage.clock.advance(9.9)
    stage.exchange.tick()
    assert order.live

    stage.clock.advance(0.1)
    stage.exchange.tick()
    assert order.status is Status.EXPIRED
    assert stage.depth(BUY) == []


def test_validation_places_nothing(stage: Stage) -> None:
    assert stage.exchange.add_order(stage.order(BUY, "1", "99.0"), validate=True) is None
    assert stage.exchange.orders == {}
    with pytest.raises(ApiError, match="Insufficient funds"):
        stage.exchange.add_order(stage.order(BUY, "1000", "99.0"), validate=True)


# Cancels.


def test_a_cancel_ends_an_order_and_says_who_asked(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "99.0"))

    stage.exchange.cancel_order(order)

    assert (order.status, order.reason, order.closed_ns) == (Status.CANCELED, "User requested", stage.clock.ns)
    assert stage.depth(BUY) == []


@pytest.mark.parametrize("name", ["order_id", "cl_ord_id"])
def test_orders_that_ended_and_orders_that_never_were_are_told_apart(stage: Stage, name: str) -> None:
    order = stage.place(stage.order(BUY, "1", "99.0", cl_ord_id="x"))
    stage.exchange.cancel_order(order)

    with pytest.raises(ApiError, match="EOrder:Unknown order"):
        stage.exchange.find(**{name: order.order_id if name == "order_id" else "x"})
    with pytest.raises(ApiError, match="EOrder:Invalid order"):
        stage.exchange.find(**{name: "never"})


def test_canceling_all_counts_them(stage: Stage) -> None:
    stage.place(stage.order(BUY, "1", "99.0"))
    stage.place(stage.order(SELL, "1", "101.0"))

    assert stage.exchange.cancel_all() == 2
    assert stage.exchange.cancel_all() == 0


# The dead man's switch.


def test_the_switch_cancels_everything_once_its_time_is_up(stage: Stage) -> None:
    stage.exchange.cancel_all_after(60)
    order = stage.place(stage.order(BUY, "1", "99.0"))

    stage.clock.advance(59.9)
    stage.exchange.tick()
    assert order.live
    stage.clock.advance(0.1)
    stage.exchange.tick()

    assert (order.status, order.reason) == (Status.CANCELED, "CancelAllOrdersAfter Timeout")


def test_the_switch_fires_once(stage: Stage) -> None:
    stage.exchange.cancel_all_after(60)
    stage.clock.advance(61)
    stage.exchange.tick()
    order = stage.place(stage.order(BUY, "1", "99.0"))

    stage.clock.advance(600)
    stage.exchange.tick()

    assert order.live


def test_a_new_timeout_replaces_the_old_one_and_zero_disarms(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "99.0"))
    now_s = stage.clock.ns // 10**9
    assert stage.exchange.cancel_all_after(10) == (now_s, now_s + 10)
    assert stage.exchange.cancel_all_after(60) == (now_s, now_s + 60)
    stage.clock.advance(30)
    assert stage.exchange.cancel_all_after(0) == (now_s + 30, None)

    stage.clock.advance(600)
    stage.exchange.tick()

    assert order.live


def test_the_switch_fires_when_the_engine_comes_back_from_maintenance(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "1", "99.0"))
    stage.exchange.cancel_all_after(60)
    stage.exchange.set_status(VenueStatus.MAINTENANCE)
    stage.clock.advance(61)
    stage.exchange.tick()
    assert order.live

    stage.exchange.set_status(VenueStatus.ONLINE)

    assert not order.live


@pytest.mark.parametrize("timeout_s", [-1, 86_400])
def test_a_timeout_out_of_range_is_refused(stage: Stage, timeout_s: int) -> None:
    with pytest.raises(ApiError, match="Invalid timeout argument"):
        stage.exchange.cancel_all_after(timeout_s)


# Modes.


@pytest.mark.parametrize(
    ("status", "plain", "post_only", "cancel"),
    [
        (VenueStatus.ONLINE, None, None, None),
        (VenueStatus.POST_ONLY, "EService:Market in post_only mode", None, None),
        (VenueStatus.CANCEL_ONLY, "EService:Market in cancel_only mode", "EService:Market in cancel_only mode", None),
        (VenueStatus.MAINTENANCE, "EService:Unavailable", "EService:Unavailable", "EService:Unavailable"),
    ],
)
def test_each_mode_takes_what_kraken_takes_in_it(
    stage: Stage, status: VenueStatus, plain: str | None, post_only: str | None, cancel: str | None
) -> None:
    order = stage.place(stage.order(BUY, "1", "98.0"))
    stage.exchange.set_status(status)

    def said(verb: object, *args: object) -> str | None:
        assert callable(verb)
        try:
            verb(*args)
        except ApiError as error:
            return error.text
        return None

    assert said(stage.place, stage.order(BUY, "1", "99.0")) == plain
    assert said(stage.place, stage.order(BUY, "1", "99.0", post_only=True)) == post_only
    assert said(stage.exchange.cancel_order, order) == cancel
    assert [event.status for event in stage.heard(StatusChanged)] == [status]


@pytest.mark.parametrize("status", [VenueStatus.POST_ONLY, VenueStatus.CANCEL_ONLY])
def test_nothing_is_matched_unless_online(stage: Stage, status: VenueStatus) -> None:
    order = stage.place(stage.order(SELL, "1", "100.0"))
    stage.exchange.set_status(status)

    stage.outside((BUY, "101.0", "5"))
    assert order.cum_qty == 0

    stage.exchange.set_status(VenueStatus.ONLINE)
    assert order.status is Status.FILLED


@pytest.mark.parametrize(
    ("status", "market_order"),
    [
        (PairStatus.LIMIT_ONLY, "EService:Market in limit_only mode"),
        (PairStatus.CANCEL_ONLY, "EService:Market in cancel_only mode"),
        (PairStatus.MAINTENANCE, "EService:Unavailable"),
    ],
)
def test_a_pair_has_modes_of_its_own(stage: Stage, status: PairStatus, market_order: str) -> None:
    stage.exchange.set_pair_status(SYMBOL, status)

    assert refusal(stage, stage.order(BUY, "1")) == market_order
    assert len(stage.heard(PairStatusChanged)) == 1


# Limits.


def test_requests_beyond_the_engines_counter_are_refused_until_it_has_decayed(stage: Stage) -> None:
    # Pro: 180 points, 3.75 a second back; an order at once canceled costs 1 + 8.
    for _ in range(20):
        stage.exchange.cancel_order(stage.place(stage.order(BUY, "1", "99.0")))
    assert refusal(stage, stage.order(BUY, "1", "99.0")) == "EOrder:Rate limit exceeded"

    stage.clock.advance(1)

    assert stage.place(stage.order(BUY, "1", "99.0")).live


def test_cancels_pass_above_the_counter(stage: Stage) -> None:
    orders = [stage.place(stage.order(BUY, "0.01", "99.0")) for _ in range(40)]

    for order in orders:
        stage.exchange.cancel_order(order)

    assert stage.exchange.limits.level(SYMBOL) > 180
    assert stage.exchange.open_orders() == ()


def test_a_pair_holds_so_many_open_orders_and_no_more(stage: Stage) -> None:
    for _ in range(225):
        stage.place(stage.order(BUY, "0.1", "9.0"))
        stage.clock.advance(1)

    assert refusal(stage, stage.order(BUY, "0.1", "9.0")) == "EOrder:Orders limit exceeded"


def test_limits_may_count_without_refusing() -> None:
    stage = make_stage(limits_enforced=False)
    for _ in range(300):
        stage.place(stage.order(BUY, "0.1", "9.0"))

    assert stage.exchange.limits.level(SYMBOL) > 180


# The rest.


def test_balances_of_assets_that_nothing_trades_are_refused_by_name(stage: Stage) -> None:
    with pytest.raises(ValueError, match="balances: no pair here trades DOGE, XRP; there is BTC, USD"):
        Exchange.of(stage.exchange.pairs.values(), {"XRP": Decimal(1), "DOGE": Decimal(1)}, now_ns=stage.clock, rng=Random(1))


def test_orders_that_ended_long_ago_are_forgotten(stage: Stage) -> None:
    stage.exchange.floor.history = 2
    for _ in range(4):
        stage.exchange.cancel_order(stage.place(stage.order(BUY, "1", "99.0")))

    ended = [event.order.order_id for event in stage.heard(OrderEnded)]
    assert list(stage.exchange.orders) == ended[-2:]


@pytest.mark.parametrize("side", list(Side))
def test_statistics_count_what_happened(stage: Stage, side: Side) -> None:
    stage.crowd(side.other, "1", "100.0")
    stage.place(stage.order(side, "1"))
    stage.place(stage.order(side, "1", "100.0"))

    counts = stage.exchange.statistics()

    assert (counts.orders_open, counts.orders_ended, counts.fills, counts.trades_printed) == (1, 1, 1, 1)
