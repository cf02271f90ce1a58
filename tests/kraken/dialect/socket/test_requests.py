import json
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.socket import requests
from seawall.model.orders import OrderType, Side
from seawall.model.reports import AmendOrder, PlaceOrder

DEADLINE_NS = 1_769_860_800_123_999_999
LIMIT = PlaceOrder(
    client_order_id="sw0001",
    symbol="BTC/USD",
    side=Side.BUY,
    order_type="limit",
    qty=Decimal("0.00010000"),
    limit_price=Decimal("26500.40"),
    trigger_price=None,
    time_in_force="gtc",
    post_only=True,
    deadline_ns=DEADLINE_NS,
)


def test_an_order_is_written_in_one_fixed_order_with_bare_numbers() -> None:
    assert requests.add_order(LIMIT, "tok", 7) == (
        '{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/USD","order_qty":0.00010000,'
        '"limit_price":26500.40,"time_in_force":"gtc","post_only":true,'
        '"fee_preference":"quote","cl_ord_id":"sw0001",'
        '"deadline":"2026-01-31T12:00:00.123Z","token":"tok"},"req_id":7}'
    )


def test_an_order_that_is_not_post_only_does_not_speak_of_it() -> None:
    assert "post_only" not in requests.add_order(attrs.evolve(LIMIT, post_only=False), "tok", 7)


@pytest.mark.parametrize(
    ("order_type", "fields"),
    [
        (OrderType.LIMIT, {"limit_price"}),
        (OrderType.MARKET, set()),
        (OrderType.STOP_LOSS, {"triggers"}),
        (OrderType.TAKE_PROFIT, {"triggers"}),
        (OrderType.STOP_LOSS_LIMIT, {"limit_price", "triggers"}),
        (OrderType.TAKE_PROFIT_LIMIT, {"limit_price", "triggers"}),
    ],
)
def test_each_order_type_carries_the_prices_it_needs_and_no_other(order_type: OrderType, fields: set[str]) -> None:
    order = attrs.evolve(LIMIT, order_type=str(order_type), trigger_price=Decimal("26000.0"), post_only=False)
    params = json.loads(requests.add_order(order, "tok", 7))["params"]
    assert params.keys() & {"limit_price", "triggers"} == fields
    if "triggers" in fields:
        assert params["triggers"] == {"reference": "last", "price": 26000.0, "price_type": "static"}


@pytest.mark.parametrize(("order_type", "lacking"), [("limit", "limit_price"), ("stop-loss", "trigger_price")])
def test_a_price_that_is_missing_is_named(order_type: str, lacking: str) -> None:
    order = attrs.evolve(LIMIT, order_type=order_type, limit_price=None)
    with pytest.raises(ValueError, match=lacking):
        requests.add_order(order, "tok", 7)


@given(st.decimals(min_value=Decimal("1e-18"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False))
def test_numbers_are_written_exactly_and_without_an_exponent(qty: Decimal) -> None:
    text = requests.add_order(attrs.evolve(LIMIT, qty=qty), "tok", 7)
    written = text.partition('"order_qty":')[2].partition(",")[0]
    assert not set(written) - set("0123456789.")
    assert Decimal(written) == qty


def test_a_number_that_is_none_is_not_sent() -> None:
    with pytest.raises(ValueError, match="NaN"):
        requests.add_order(attrs.evolve(LIMIT, qty=Decimal("NaN")), "tok", 7)


def test_an_amend_says_only_what_changes() -> None:
    change = AmendOrder("sw0001", limit_price=Decimal("1E+2"))
    assert requests.amend_order(change, "tok", 8) == (
        '{"method":"amend_order","params":{"cl_ord_id":"sw0001","limit_price":100,"token":"tok"},"req_id":8}'
    )
    whole = AmendOrder("sw0001", qty=Decimal(2), limit_price=Decimal("99.5"), post_only=True, deadline_ns=DEADLINE_NS)
    assert requests.amend_order(whole, "tok", 8) == (
        '{"method":"amend_order","params":{"cl_ord_id":"sw0001","order_qty":2,"limit_price":99.5,"post_only":true,'
        '"deadline":"2026-01-31T12:00:00.123Z","token":"tok"},"req_id":8}'
    )


def test_cancels_name_orders_by_either_id() -> None:
    assert requests.cancel_order(["a", "b"], "tok", 9) == (
        '{"method":"cancel_order","params":{"cl_ord_id":["a","b"],"token":"tok"},"req_id":9}'
    )
    assert requests.cancel_order([], "tok", 9, order_ids=["O1"]) == (
        '{"method":"cancel_order","params":{"order_id":["O1"],"token":"tok"},"req_id":9}'
    )
    with pytest.raises(ValueError, match="no order"):
        requests.cancel_order([], "tok", 9)


@pytest.mark.parametrize("timeout_s", [0, 60, 86_399])
def test_the_dead_mans_switch_takes_less_than_a_day(timeout_s: int) -> None:
    assert json.loads(requests.cancel_all_orders_after(timeout_s, "tok", 1))["params"]["timeout"] == timeout_s


@pytest.mark.parametrize("timeout_s", [-1, 86_400])
def test_another_timeout_is_refused(timeout_s: int) -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        requests.cancel_all_orders_after(timeout_s, "tok", 1)


def test_a_subscription_says_what_was_given_and_nothing_else() -> None:
    assert requests.subscribe("book", 3, symbols=["BTC/USD"], depth=25, snapshot=False) == (
        '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25,"snapshot":false},"req_id":3}'
    )
    assert requests.subscribe("executions", 4, snap_orders=True, snap_trades=True, order_status=True, token="tok") == (
        '{"method":"subscribe","params":{"channel":"executions","snap_orders":true,"snap_trades":true,"order_status":true,'
        '"token":"tok"},"req_id":4}'
    )
    assert requests.unsubscribe("ohlc", 5, symbols=["BTC/USD"], interval=5) == (
        '{"method":"unsubscribe","params":{"channel":"ohlc","symbol":["BTC/USD"],"interval":5},"req_id":5}'
    )


def test_a_ping_has_no_params() -> None:
    assert requests.ping(101) == '{"method":"ping","req_id":101}'


def test_text_that_needs_it_is_escaped() -> None:
    assert json.loads(requests.cancel_all('to"k\\en', 1))["params"]["token"] == 'to"k\\en'
