import json
from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.socket.requests import AmendRequest
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
    (rest.ohlc("XBTUSD"), "/0/public/OHLC", {"pair": "XBTUSD", "interval": "1"}),
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
    (rest.cancel_order(userref=7), "/0/private/CancelOrder", {"txid": "7"}),
    (
        rest.assets(["XBT", "USD"], asset_class="currency", asset_version=1),
        "/0/public/Assets",
        {"asset": "XBT,USD", "aclass": "currency", "assetVersion": "1"},
    ),
    (
        rest.asset_pairs(
            ["XBTUSD"],
            info="fees",
            asset_class="tokenized_asset",
            country_code="US:TX",
            execution_venue="international",
            asset_version=0,
        ),
        "/0/public/AssetPairs",
        {
            "pair": "XBTUSD",
            "info": "fees",
            "aclass_base": "tokenized_asset",
            "country_code": "US:TX",
            "execution_venue": "international",
            "assetVersion": "0",
        },
    ),
    (rest.ticker(), "/0/public/Ticker", {}),
    (
        rest.ticker(["XBTUSD", "ETHUSD"], asset_class="tokenized_asset"),
        "/0/public/Ticker",
        {"pair": "XBTUSD,ETHUSD", "asset_class": "tokenized_asset"},
    ),
    (rest.depth("XBTUSD", 500), "/0/public/Depth", {"pair": "XBTUSD", "count": "500"}),
    (rest.spread("XBTUSD", 7), "/0/public/Spread", {"pair": "XBTUSD", "since": "7"}),
    (
        rest.grouped_book("XBTUSD", levels=10, grouping=1000),
        "/0/public/GroupedBook",
        {"pair": "XBTUSD", "depth": "10", "grouping": "1000"},
    ),
    (rest.balance(rebase_multiplier="base"), "/0/private/Balance", {"rebase_multiplier": "base"}),
    (rest.trade_balance("ZEUR"), "/0/private/TradeBalance", {"asset": "ZEUR"}),
    (rest.open_orders(trades=True, userref=3), "/0/private/OpenOrders", {"trades": "true", "userref": "3"}),
    (
        rest.closed_orders(end_ns=AT_NS, trades=False, userref=3, close_time="close", consolidate_taker=True, without_count=True),
        "/0/private/ClosedOrders",
        {
            "trades": "false",
            "userref": "3",
            "end": "1769860800.500000000",
            "closetime": "close",
            "consolidate_taker": "true",
            "without_count": "true",
        },
    ),
    (
        rest.query_orders(["O1"], trades=True, userref=3, consolidate_taker=False),
        "/0/private/QueryOrders",
        {"trades": "true", "userref": "3", "txid": "O1", "consolidate_taker": "false"},
    ),
    (rest.order_amends("O1"), "/0/private/OrderAmends", {"order_id": "O1"}),
    (
        rest.trades_history(kind="no position", trades=True, without_count=True, consolidate_taker=True, ledgers=True),
        "/0/private/TradesHistory",
        {"type": "no position", "trades": "true", "without_count": "true", "consolidate_taker": "true", "ledgers": "true"},
    ),
    (rest.query_trades(["T1", "T2"], trades=True), "/0/private/QueryTrades", {"txid": "T1,T2", "trades": "true"}),
    (rest.open_positions(), "/0/private/OpenPositions", {}),
    (
        rest.open_positions(["T1"], with_profit=True, consolidated=True),
        "/0/private/OpenPositions",
        {"txid": "T1", "docalcs": "true", "consolidation": "market"},
    ),
    (
        rest.ledgers(["XBT"], asset_class="currency", kind="trade", start_ns=AT_NS, end_ns=AT_NS, offset=50, without_count=True),
        "/0/private/Ledgers",
        {
            "asset": "XBT",
            "aclass": "currency",
            "type": "trade",
            "start": "1769860800.500000000",
            "end": "1769860800.500000000",
            "ofs": "50",
            "without_count": "true",
        },
    ),
    (rest.query_ledgers(["L1"], trades=False), "/0/private/QueryLedgers", {"id": "L1", "trades": "false"}),
    (rest.trade_volume(["XBTUSD"]), "/0/private/TradeVolume", {"pair": "XBTUSD"}),
    (rest.api_key_info("123456"), "/0/private/GetApiKeyInfo", {"otp": "123456"}),
    (rest.level3("XBTUSD", 0), "/0/private/Level3", {"pair": "XBTUSD", "depth": "0"}),
    (
        rest.amend_order(
            AmendRequest(
                order_id="O1",
                order_qty=Decimal(2),
                display_qty=Decimal(1),
                limit_price=Decimal("5.0"),
                limit_price_type="static",
                trigger_price=Decimal("4.0"),
                post_only=False,
                deadline_ns=AT_NS,
                symbol="AAPLxUSD",
            )
        ),
        "/0/private/AmendOrder",
        {
            "txid": "O1",
            "order_qty": "2",
            "display_qty": "1",
            "limit_price": "5.0",
            "trigger_price": "4.0",
            "post_only": "false",
            "deadline": "2026-01-31T12:00:00.500Z",
            "pair": "AAPLxUSD",
        },
    ),
    (
        rest.amend_order(AmendRequest(order_id="O1", limit_price=Decimal("-1.5"), limit_price_type="pct")),
        "/0/private/AmendOrder",
        {"txid": "O1", "limit_price": "-1.5%"},
    ),
    (
        rest.edit_order(
            rest.RestEdit(
                order_id="O1",
                volume=Decimal("1.25"),
                display_volume=Decimal(1),
                price=Decimal(27500),
                price2=rest.RelativePrice("+", Decimal("0.5"), percent=True),
                post_only=True,
                new_userref=8,
                deadline_ns=AT_NS,
                cancel_response=True,
                validate=False,
            ),
            "XBTUSD",
        ),
        "/0/private/EditOrder",
        {
            "pair": "XBTUSD",
            "txid": "O1",
            "volume": "1.25",
            "displayvol": "1",
            "price": "27500",
            "price2": "+0.5%",
            "oflags": "post",
            "userref": "8",
            "deadline": "2026-01-31T12:00:00.500Z",
            "cancel_response": "true",
            "validate": "false",
        },
    ),
    (rest.edit_order(rest.RestEdit(userref=7), "XBTUSD"), "/0/private/EditOrder", {"pair": "XBTUSD", "txid": "7"}),
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
        ("oflags", "fciq"),
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
    assert rest.add_order(attrs.evolve(LIMIT, post_only=True, time_in_force="gtc"), "XBTUSD").params["oflags"] == "post,fciq"


EVERYTHING = rest.RestOrder(
    order_type="trailing-stop-limit",
    side="sell",
    volume=Decimal("1.25"),
    price=rest.RelativePrice("+", Decimal("2.50"), percent=True),
    price2=rest.RelativePrice("-", Decimal("1E+1")),
    trigger="index",
    leverage=5,
    reduce_only=True,
    flags=("post", "fciq"),
    time_in_force="GTD",
    start_s=0,
    expire_in_s=60,
    stp_type="cancel_both",
    cl_ord_id="sw1",
    close=rest.RestClose(order_type="stop-loss-limit", price=Decimal("4.0"), price2=rest.RelativePrice("#", Decimal(1))),
    deadline_ns=AT_NS,
    validate=True,
    asset_class="tokenized_asset",
    broker="B1",
)


def test_every_field_of_an_order_is_written() -> None:
    assert list(rest.add_order(EVERYTHING, "XBTUSD").params.items()) == [
        ("pair", "XBTUSD"),
        ("ordertype", "trailing-stop-limit"),
        ("type", "sell"),
        ("volume", "1.25"),
        ("price", "+2.50%"),
        ("price2", "-10"),
        ("trigger", "index"),
        ("leverage", "5"),
        ("reduce_only", "true"),
        ("oflags", "post,fciq"),
        ("timeinforce", "GTD"),
        ("starttm", "0"),
        ("expiretm", "+60"),
        ("stptype", "cancel-both"),
        ("cl_ord_id", "sw1"),
        ("close[ordertype]", "stop-loss-limit"),
        ("close[price]", "4.0"),
        ("close[price2]", "#1"),
        ("deadline", "2026-01-31T12:00:00.500Z"),
        ("validate", "true"),
        ("asset_class", "tokenized_asset"),
        ("broker", "B1"),
    ]


def test_a_batch_is_a_document_of_its_own() -> None:
    row = attrs.evolve(EVERYTHING, deadline_ns=None, validate=None)
    iceberg = rest.RestOrder(
        order_type="iceberg",
        side="buy",
        volume=Decimal(15),
        price=Decimal(5),
        display_volume=Decimal(1),
        userref=-1,
        expire_s=1_800_000_000,
    )
    call = rest.add_order_batch([row, iceberg], "XBTUSD", deadline_ns=AT_NS, validate=False, asset_class="tokenized_asset")
    assert (call.path, call.params, call.content_type) == ("/0/private/AddOrderBatch", {}, "application/json")
    document = json.loads(call.body(42, otp="123456"))
    assert document["orders"][0]["close"] == {"ordertype": "stop-loss-limit", "price": "4.0", "price2": "#1"}
    assert document["orders"][0]["reduce_only"] is True
    assert document.pop("orders")[1] == {
        "ordertype": "iceberg",
        "type": "buy",
        "volume": "15",
        "price": "5",
        "displayvol": "1",
        "expiretm": "1800000000",
        "userref": -1,
    }
    assert document == {
        "nonce": 42,
        "pair": "XBTUSD",
        "deadline": "2026-01-31T12:00:00.500Z",
        "validate": False,
        "asset_class": "tokenized_asset",
        "otp": "123456",
    }


def test_a_batch_of_cancels_takes_every_kind_of_id() -> None:
    call = rest.cancel_order_batch(["O1", 7], client_order_ids=["a"])
    assert call.body(1) == b'{"nonce":1,"orders":["O1",7],"cl_ord_ids":["a"]}'
    assert rest.cancel_order_batch(client_order_ids=["a"]).body(1) == b'{"nonce":1,"cl_ord_ids":["a"]}'


def test_a_call_without_lists_has_a_form_for_a_body() -> None:
    call = rest.cancel_order(order_id="O1")
    assert (call.body(42), call.content_type) == (b"nonce=42&txid=O1", "application/x-www-form-urlencoded")
    assert call.body(42, otp="1") == b"nonce=42&txid=O1&otp=1"
    assert rest.json_body(call.params, 42) == b'{"nonce":42,"txid":"O1"}'


PLAIN = rest.RestOrder(order_type="limit", side="buy", volume=Decimal(1), price=Decimal(5))
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: attrs.evolve(PLAIN, price=None), "price: needed"),
    (lambda: attrs.evolve(PLAIN, price2=Decimal(5)), "price2: not a part"),
    (lambda: attrs.evolve(PLAIN, price=Decimal(-5)), "price: -5 is negative"),
    (lambda: attrs.evolve(PLAIN, price=Decimal("NaN")), "price"),
    (lambda: attrs.evolve(PLAIN, volume=Decimal("Infinity")), "volume"),
    (lambda: attrs.evolve(PLAIN, cl_ord_id="a", userref=1), "excludes userref"),
    (lambda: attrs.evolve(PLAIN, time_in_force="GTD"), "expire_s"),
    (lambda: attrs.evolve(PLAIN, expire_s=1, expire_in_s=1), "expire_s"),
    (lambda: attrs.evolve(PLAIN, start_s=1, start_in_s=1), "start_s"),
    (lambda: attrs.evolve(PLAIN, start_in_s=-1), "start_s: -1 seconds are negative"),
    (lambda: attrs.evolve(PLAIN, time_in_force="GTD", expire_s=-1), "expire_s: -1 seconds are negative"),
    (lambda: attrs.evolve(PLAIN, display_volume=Decimal(1)), "iceberg"),
    (lambda: attrs.evolve(PLAIN, trigger="index"), "trigger"),
    (lambda: rest.RelativePrice("+", Decimal(-1)), "amount"),
    (rest.RestEdit, "order_id or userref"),
    (lambda: rest.add_order_batch([PLAIN], "XBTUSD"), "2 to 15"),
    (lambda: rest.add_order_batch([PLAIN, EVERYTHING], "XBTUSD"), "whole batch"),
    (rest.cancel_order_batch, "1 to 50"),
    (lambda: rest.cancel_order_batch(["O"] * 51), "1 to 50"),
    (lambda: rest.depth("XBTUSD", 501), "1 to 500"),
    (lambda: rest.ohlc("XBTUSD", 7), "interval_min: 7 is not one of 1, 5"),
    (lambda: rest.grouped_book("XBTUSD", levels=11), "levels: 11"),  # type: ignore[arg-type]  # the mistake is the point
    (lambda: rest.grouped_book("XBTUSD", grouping=2), "grouping: 2"),  # type: ignore[arg-type]  # the mistake is the point
    (lambda: rest.level3("XBTUSD", 500), "depth: 500"),  # type: ignore[arg-type]  # the mistake is the point
    (lambda: rest.recent_trades("XBTUSD", count=1001), "1 to 1000"),
    (lambda: rest.query_trades(["T"] * 21), "1 to 20"),
    (lambda: rest.query_ledgers([]), "1 to 20"),
    (lambda: attrs.evolve(PLAIN, flags=("viqc",)), "viqc is of market orders"),
    (lambda: attrs.evolve(PLAIN, order_type="market", price=None, flags=("post",)), "post is not a part of market"),
    (lambda: attrs.evolve(EVERYTHING, price=Decimal(5)), "price: a distance"),
]


@pytest.mark.parametrize(("build", "reason"), REFUSED)
def test_what_contradicts_itself_is_refused_by_name(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        build()


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
