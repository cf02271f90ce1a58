"""The readers that keep every field of a page, against answers written after the pages."""

import json
from collections.abc import Callable
from decimal import Decimal, localcontext

import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.bad import BadFrame, CrossedBook
from seawall.kraken.dialect.rest.trading import Described
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import OutcomeUnknown

ORDER = {
    "status": "canceled",
    "opentm": 1700000000.1234,
    "closetm": 1700000001.5,
    "starttm": 0,
    "expiretm": 0,
    "userref": None,
    "cl_ord_id": "sw1",
    "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "trailing-stop", "price": "+1.0000%", "order": "buy", "close": ""},
    "vol": "1.25000000",
    "vol_exec": "0.37500000",
    "cost": "11253.7",
    "fee": "-0.10000",
    "price": "30010.0",
    "stopprice": "29900.0",
    "oflags": "post,fciq",
    "margin": False,
    "trades": ["T1"],
    "reason": "User requested",
    "new_field": {"is": "ignored"},
}
TRADE = {
    "ordertxid": "O1",
    "pair": "XXBTZUSD",
    "time": 1700000000.5,
    "type": "sell",
    "ordertype": "stop limit",
    "price": "3.0",
    "cost": "6.0",
    "fee": "0.01",
    "vol": "2.0",
    "leverage": "0",
    "maker": True,
    "posstatus": "open",
    "net": "-1.5",
}
POSITION = {
    "pair": "XXBTZUSD",
    "type": "buy",
    "cost": "10.0",
    "fee": "0.1",
    "vol": "2",
    "vol_closed": "0.5",
    "margin": "2",
    "net": "+4.5",
}


def body(result: object) -> str:
    return json.dumps({"error": [], "result": result})


def test_assets_keep_what_only_some_have() -> None:
    assets = rest.read_assets(body({"XXBT": {"altname": "XBT", "decimals": 10, "margin_rate": "0.02", "collateral_value": 1}}))
    assert (assets["XXBT"].margin_rate, assets["XXBT"].collateral_value) == (Decimal("0.02"), Decimal(1))


def test_pairs_keep_margin_and_fees() -> None:
    pair = rest.read_pair_rows(
        body({"P": {"altname": "P", "leverage_buy": [2, 3], "fees": [[0, 0.4]], "fees_maker": [[0, -0.02]]}})
    )["P"]
    assert (pair.leverage_buy, pair.fees_maker, pair.tick_size) == ((2, 3), ((Decimal(0), Decimal("-0.02")),), None)


def test_a_ticker_is_of_today_and_of_a_day() -> None:
    row = {
        "a": ["1.5", "1", "1.000"],
        "b": ["1.4", "2", "2.000"],
        "c": ["1.45", "0.1"],
        "v": ["1", "2"],
        "p": ["1", "2"],
        "t": [35, 3276],
        "l": ["1", "1"],
        "h": ["2", "2"],
        "o": "1.1",
    }
    ticker = rest.read_tickers(body({"XXBTZUSD": row}))["XXBTZUSD"]
    assert (ticker.ask[0], ticker.bid[2], ticker.trades, ticker.open) == (
        Decimal("1.5"),
        Decimal("2.000"),
        (35, 3276),
        Decimal("1.1"),
    )


def test_books_are_read_best_first_with_their_digits() -> None:
    depth = rest.read_depth(body({"P": {"asks": [["105944.30000", "0.136", 7]], "bids": [["105944.20000", "0.002", 8]]}}))
    assert (str(depth.asks[0].price), depth.bids[0].time) == ("105944.30000", Decimal(8))
    grouped = rest.read_grouped_book(
        body(
            {"pair": "BTC/USD", "grouping": 1000, "bids": [{"price": "9.0", "qty": "1"}], "asks": [{"price": "10.0", "qty": "2"}]}
        )
    )
    assert (grouped.grouping, grouped.asks[0].qty) == (1000, Decimal(2))
    order = {"price": "3062.0", "qty": "0.29665800", "order_id": "O1", "timestamp": 1765622008594292000}
    level3 = rest.read_level3(body({"pair": "YFI/EUR", "bids": [order], "asks": []}))
    assert (level3.bids[0].order_id, level3.bids[0].timestamp) == ("O1", 1765622008594292000)
    spread = rest.read_spread(body({"P": [[7, "1.0", "1.5"]], "last": 9}))
    assert (spread.rows[0].ask, spread.last_s) == (Decimal("1.5"), 9)


CROSSED: list[tuple[Callable[[str], object], object]] = [
    (rest.read_depth, {"P": {"asks": [["1", "1", 7]], "bids": [["1", "1", 8]]}}),
    (
        rest.read_grouped_book,
        {"pair": "P", "grouping": 1, "bids": [{"price": "2", "qty": "1"}], "asks": [{"price": "1", "qty": "2"}]},
    ),
    (
        rest.read_level3,
        {
            "pair": "P",
            "bids": [{"price": "2", "qty": "1", "order_id": "A", "timestamp": 1}],
            "asks": [{"price": "1", "qty": "1", "order_id": "B", "timestamp": 1}],
        },
    ),
    # The level that crosses need not be the first one.
    (rest.read_depth, {"P": {"asks": [["3", "1", 7], ["1", "1", 7]], "bids": [["2", "1", 8]]}}),
    (rest.read_depth, {"P": {"asks": [["3", "1", 7]], "bids": [["2", "1", 8], ["3", "1", 8]]}}),
]


@pytest.mark.parametrize(("read", "result"), CROSSED)
def test_a_crossed_book_is_refused_at_the_door(read: Callable[[str], object], result: object) -> None:
    with pytest.raises(CrossedBook, match="P"):
        read(body(result))


def test_money_is_read_with_credit_and_margin() -> None:
    assert rest.read_totals(body({"ZUSD": "1.50", "ETH2.S": "0"})) == {"ZUSD": Decimal("1.50"), "ETH2.S": Decimal(0)}
    row = {"balance": "10", "hold_trade": "1", "credit": "5", "credit_used": "2"}
    assert rest.read_extended_balances(body({"ZUSD": row}))["ZUSD"].free == Decimal(12)
    fields = dict.fromkeys(("eb", "tb", "m", "n", "c", "v", "e", "mf"), "-1.5")
    balance = rest.read_trade_balance(body(fields))
    assert (balance.equity, balance.margin_level) == (Decimal("-1.5"), None)


def test_sums_are_exact_for_assets_of_eighteen_decimals() -> None:
    row = {"balance": "123456789012345.000000000000000001", "hold_trade": "0.000000000000000002", "credit": "1E+20"}
    with localcontext(prec=9):
        free = rest.read_extended_balances(body({"SHIB": row}))["SHIB"].free
        (held,) = rest.read_balances(body({"SHIB": row}))
        assert str(free) == "100000123456789012344.999999999999999999"
        assert str(held.free) == "123456789012344.999999999999999999"


def test_ledgers_are_signed_entries() -> None:
    row = {
        "refid": "T1",
        "time": 1700000000.5,
        "type": "trade",
        "asset": "ZGBP",
        "amount": "-24.5",
        "fee": "0.049",
        "balance": "9",
    }
    page = rest.read_ledgers(body({"ledger": {"L1": row}, "count": 7}))
    assert (page.ledger["L1"].amount, page.count) == (Decimal("-24.5"), 7)
    assert rest.read_ledger_rows(body({"L1": row})) == page.ledger


@pytest.mark.parametrize("key", ["min_fee", "minfee"])
def test_fees_are_read_in_both_spellings(key: str) -> None:
    fees = {"XXBTZUSD": {"fee": "0.1", key: "0.05", "nextfee": None}}
    volume = rest.read_trade_volume(body({"currency": "ZUSD", "volume": "5", "fees": fees, "fees_maker": None}))
    assert (volume.fees["XXBTZUSD"].min_fee, volume.fees["XXBTZUSD"].next_fee) == (Decimal("0.05"), None)
    assert (dict(volume.fees_maker), volume.left_out) == ({}, ())


def test_a_fee_schedule_in_a_new_shape_is_kept_visible() -> None:
    volume = rest.read_trade_volume(body({"currency": "ZUSD", "volume": "5", "fees": [{"tier": 1}]}))
    assert volume.left_out == (Unknown("fees", "a list of 1"),)


@pytest.mark.parametrize(
    "spelling", [("api_key_name", "nonce_window", "valid_until"), ("apiKeyName", "nonceWindow", "validUntil")]
)
def test_a_key_is_read_in_both_spellings(spelling: tuple[str, str, str]) -> None:
    name, window, until = spelling
    info = rest.read_api_key_info(body({name: "K", window: "15", until: 0, "permissions": ["query-funds"]}))
    assert (info.api_key_name, info.nonce_window, info.valid_until, info.permissions) == ("K", "15", "0", ("query-funds",))


def test_what_a_key_does_not_say_is_empty() -> None:
    info = rest.read_api_key_info(body({"api_key_name": "K", "iban": None, "ip_allowlist": None}))
    assert (info.api_key_name, info.iban, info.ip_allowlist) == ("K", "", ())


def test_orders_keep_every_field() -> None:
    order = rest.read_open_order_rows(body({"open": {"O1": ORDER}}))["O1"]
    assert (order.descr.price, order.stopprice, order.fee, order.trades) == (
        "+1.0000%",
        Decimal("29900.0"),
        Decimal("-0.1"),
        ("T1",),
    )
    assert str(order.opentm) == "1700000000.1234"
    page = rest.read_closed_order_rows(body({"closed": {"O1": ORDER}, "count": 51}))
    assert (page.closed["O1"], page.count) == (order, 51)
    assert rest.read_order_rows(body({"O1": ORDER})) == {"O1": order}
    assert rest.read_order_rows(body({})) == {}


def test_amends_are_told_oldest_first() -> None:
    rows = [
        {"amend_id": "T1", "amend_type": "original", "order_qty": "5", "timestamp": 1728821182545},
        {"amend_id": "T2", "amend_type": "user", "limit_price": "0.96", "reason": "User requested", "timestamp": 1728821182969},
    ]
    history = rest.read_order_amends(body({"count": 2, "amends": rows}))
    assert [row.amend_type for row in history.amends] == ["original", "user"]
    assert (history.count, history.amends[1].limit_price) == (2, Decimal("0.96"))


def test_fills_and_positions_keep_what_margin_adds() -> None:
    page = rest.read_trade_page(body({"trades": {"T1": TRADE}, "count": 1}))
    assert (page.trades["T1"].posstatus, page.trades["T1"].net) == ("open", Decimal("-1.5"))
    assert rest.read_trade_rows(body({"T1": TRADE})) == page.trades
    by_id = rest.read_positions(body({"P1": POSITION}))
    assert (by_id.by_id["P1"].net, by_id.consolidated) == (Decimal("4.5"), ())
    summed = rest.read_positions(body([{**POSITION, "positions": "2"}]))
    assert (summed.by_id, summed.consolidated[0].positions) == ({}, "2")


def test_a_new_order_is_told_in_words_and_a_check_has_no_id() -> None:
    new = rest.read_new_order(body({"descr": {"order": "buy 1", "close": "close"}, "txid": ["O1"]}))
    assert (new.descr, new.txid) == (Described("buy 1", "close"), ("O1",))
    assert rest.read_new_order(body({"descr": {"order": "buy 1"}})).txid == ()
    assert rest.read_new_order(body({"descr": None, "txid": ["O1"]})).txid == ("O1",)


def test_a_batch_tells_each_order_its_own_fate() -> None:
    rows = rest.read_batch(
        body(
            {
                "orders": [
                    {"txid": "O1", "descr": {"order": "buy 1"}, "close": "close"},
                    {"error": "EOrder:Insufficient funds"},
                    {"error": ["EOrder:Insufficient funds", "EOrder:Tick size check failed"]},
                ]
            }
        )
    )
    assert [row.txid for row in rows] == ["O1", None, None]
    assert [len(row.errors) for row in rows] == [0, 1, 2]
    assert rows[0].close == "close"


def test_an_edit_names_the_new_order() -> None:
    edited = rest.read_edited_order(body({"txid": "O2", "originaltxid": "O1", "status": "ok", "orders_cancelled": 1}))
    assert (edited.txid, edited.originaltxid, edited.orders_cancelled) == ("O2", "O1", 1)


def test_a_cancellation_may_be_pending() -> None:
    assert rest.read_cancellation(body({"count": 1, "pending": True})) == rest.Cancellation(1, pending=True)


BAD: list[tuple[Callable[[str], object], object]] = [
    (rest.read_assets, {"A": {"altname": "A", "decimals": 1, "margin_rate": "NaN"}}),
    (rest.read_pair_rows, {"P": {"altname": "P", "ordermin": "-1"}}),
    (rest.read_pair_rows, {"P": {"altname": "P", "fees": [[0, "Infinity"]]}}),
    (rest.read_tickers, {"P": {"a": ["1"]}}),
    (rest.read_depth, {"P": {"asks": [["1", "-1", 7]], "bids": []}}),
    (rest.read_depth, {}),
    (rest.read_depth, {"P": {"asks": [], "bids": []}, "Q": {"asks": [], "bids": []}}),
    (lambda body: rest.read_trades(body, "BTC/USD"), {"P": [["1", "1", 7, "x", "m"]], "last": "1"}),
    (lambda body: rest.read_candles(body, "BTC/USD", 60), {"P": [], "Q": [], "last": 1}),
    (rest.read_spread, {"last": 9}),
    (rest.read_totals, {"ZUSD": "Infinity"}),
    (rest.read_extended_balances, {"ZUSD": {"balance": "NaN"}}),
    (rest.read_ledger_rows, {"L1": {"refid": "T"}}),
    (rest.read_trade_volume, {"currency": "ZUSD", "volume": "5", "fees": {"P": {"minfee": "1"}}}),
    (rest.read_trade_volume, {"currency": "ZUSD", "volume": "-5"}),
    (rest.read_api_key_info, {"permissions": "all"}),
    (rest.read_order_rows, {"O1": {**ORDER, "vol": "-1"}}),
    (rest.read_trade_rows, {"T1": {**TRADE, "price": "NaN"}}),
    (rest.read_positions, {"P1": {**POSITION, "vol": "-2"}}),
    (rest.read_order_amends, {"amends": [{"amend_id": "T", "amend_type": "user", "timestamp": 1, "order_qty": "-1"}]}),
    (rest.read_cancellation, {}),
]


@pytest.mark.parametrize(("read", "result"), BAD)
def test_what_cannot_be_is_refused(read: Callable[[str], object], result: object) -> None:
    with pytest.raises(BadFrame, match="answer"):
        read(body(result))


@pytest.mark.parametrize("read", [rest.read_new_order, rest.read_batch, rest.read_edited_order])
def test_an_answer_to_an_order_that_cannot_be_understood_leaves_the_outcome_unknown(read: Callable[[str], object]) -> None:
    with pytest.raises(OutcomeUnknown):
        read(body([7]))
