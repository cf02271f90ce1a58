from decimal import Decimal

import attrs
import pytest

from seawall.kraken.dialect import rest
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, PlaceOrder

LIMIT = PlaceOrder(
    client_order_id="sw0001",
    symbol="BTC/USD",
    side=Side.SELL,
    order_type="limit",
    qty=Decimal("0.00010000"),
    limit_price=Decimal("26500.40"),
    trigger_price=None,
    time_in_force="ioc",
    post_only=False,
    deadline_ns=1_769_860_800_123_000_000,
)
AT_NS = 1_769_860_800_500_000_000

CALLS: list[tuple[rest.RestRequest, str, dict[str, str]]] = [
    (rest.server_time(), "/0/public/Time", {}),
    (rest.system_status(), "/0/public/SystemStatus", {}),
    (rest.asset_pairs(), "/0/public/AssetPairs", {}),
    (rest.ohlc("XBTUSD", 5), "/0/public/OHLC", {"pair": "XBTUSD", "interval": "5"}),
    (rest.ohlc("XBTUSD", 5, since_s=7), "/0/public/OHLC", {"pair": "XBTUSD", "interval": "5", "since": "7"}),
    (
        rest.recent_trades("XBTUSD", since_ns=AT_NS, count=10),
        "/0/public/Trades",
        {"pair": "XBTUSD", "since": "1769860800500000000", "count": "10"},
    ),
    (rest.websockets_token(), "/0/private/GetWebSocketsToken", {}),
    (rest.balance_ex(), "/0/private/BalanceEx", {}),
    (rest.open_orders(), "/0/private/OpenOrders", {}),
    (rest.open_orders("sw1"), "/0/private/OpenOrders", {"cl_ord_id": "sw1"}),
    (rest.closed_orders("sw1"), "/0/private/ClosedOrders", {"cl_ord_id": "sw1"}),
    (
        rest.closed_orders(start_ns=AT_NS, offset=50),
        "/0/private/ClosedOrders",
        {"start": "1769860800.500000000", "ofs": "50"},
    ),
    (rest.query_orders(["O1", "O2"]), "/0/private/QueryOrders", {"txid": "O1,O2"}),
    (
        rest.trades_history(start_ns=AT_NS, end_ns=AT_NS + 1, offset=50),
        "/0/private/TradesHistory",
        {"start": "1769860800.500000000", "end": "1769860800.500000001", "ofs": "50"},
    ),
    (rest.amend_order(AmendOrder("sw1", qty=Decimal(2))), "/0/private/AmendOrder", {"cl_ord_id": "sw1", "order_qty": "2"}),
    (
        rest.amend_order(AmendOrder("sw1", limit_price=Decimal("1E+2"), post_only=True, deadline_ns=AT_NS)),
        "/0/private/AmendOrder",
        {"cl_ord_id": "sw1", "limit_price": "100", "post_only": "true", "deadline": "2026-01-31T12:00:00.500Z"},
    ),
    (rest.cancel_order(client_order_id="sw1"), "/0/private/CancelOrder", {"cl_ord_id": "sw1"}),
    (rest.cancel_order(order_id="O1"), "/0/private/CancelOrder", {"txid": "O1"}),
    (rest.cancel_all_orders(), "/0/private/CancelAll", {}),
    (rest.cancel_all_orders_after(60), "/0/private/CancelAllOrdersAfter", {"timeout": "60"}),
]


@pytest.mark.parametrize(("request_", "path", "params"), CALLS, ids=lambda value: getattr(value, "name", ""))
def test_each_call_is_written_as_its_page_says(request_: rest.RestRequest, path: str, params: dict[str, str]) -> None:
    private = path.startswith("/0/private/")
    assert request_ == rest.RestRequest("POST" if private else "GET", path, params)
    assert request_.private == private
    assert path.endswith("/" + request_.name)


def test_an_order_is_written_in_one_fixed_order() -> None:
    request = rest.add_order(LIMIT, "XBTUSD")
    assert list(request.params.items()) == [
        ("pair", "XBTUSD"),
        ("type", "sell"),
        ("ordertype", "limit"),
        ("volume", "0.00010000"),
        ("price", "26500.40"),
        ("timeinforce", "IOC"),
        ("cl_ord_id", "sw0001"),
        ("deadline", "2026-01-31T12:00:00.123Z"),
    ]


@pytest.mark.parametrize(
    ("order_type", "prices"),
    [
        ("market", {}),
        ("stop-loss", {"price": "26000.0"}),
        ("take-profit", {"price": "26000.0"}),
        ("stop-loss-limit", {"price": "26000.0", "price2": "26500.40"}),
        ("take-profit-limit", {"price": "26000.0", "price2": "26500.40"}),
    ],
)
def test_the_trigger_comes_first_and_the_limit_second(order_type: str, prices: dict[str, str]) -> None:
    order = attrs.evolve(LIMIT, order_type=order_type, trigger_price=Decimal("26000.0"), time_in_force="gtc")
    params = rest.add_order(order, "XBTUSD").params
    assert {name: params[name] for name in ("price", "price2") if name in params} == prices


def test_post_only_is_a_flag() -> None:
    assert rest.add_order(attrs.evolve(LIMIT, post_only=True, time_in_force="gtc"), "XBTUSD").params["oflags"] == "post"


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="limit_price"):
        rest.add_order(attrs.evolve(LIMIT, limit_price=None), "XBTUSD")
    with pytest.raises(ValueError, match="1 to 50"):
        rest.query_orders([])
    with pytest.raises(ValueError, match="1 to 50"):
        rest.query_orders(["O"] * 51)
    with pytest.raises(ValueError, match="not both"):
        rest.cancel_order()
    with pytest.raises(ValueError, match="not both"):
        rest.cancel_order(client_order_id="a", order_id="b")
    with pytest.raises(ValueError, match="timeout_s"):
        rest.cancel_all_orders_after(86_400)


def test_the_body_begins_with_the_nonce_and_is_encoded_once() -> None:
    body = rest.form_body({"pair": "XBTUSD", "deadline": "2026-01-31T12:00:00.500Z", "expiretm": "+5"}, 42)
    assert body == b"nonce=42&pair=XBTUSD&deadline=2026-01-31T12%3A00%3A00.500Z&expiretm=%2B5"
