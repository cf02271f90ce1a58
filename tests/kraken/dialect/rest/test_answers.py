import json
from decimal import Decimal

import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import AccessDenied, ExchangeError, OutcomeUnknown, RefusedByExchange, Unavailable
from seawall.model.instruments import Instrument, PairStatus
from seawall.model.market_data import Candle, Trade, VenueStatus
from seawall.model.orders import Side
from seawall.model.reports import Acknowledgement, Balance, Fee, Fill, OrderReport, OrderStatus

SYMBOLS = {"XBTUSD": "BTC/USD", "XXBTZUSD": "BTC/USD"}


def body(result: object, *errors: str) -> str:
    return json.dumps({"error": errors, "result": result})


def order(**changes: object) -> dict[str, object]:
    description = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30010.0", "price2": "0"}
    return {
        "status": "open",
        "opentm": 1688666559.8974,
        "descr": description | changes.pop("descr", {}),  # type: ignore[operator]  # the tests below give dicts
        "vol": "1.25000000",
        "vol_exec": "0.37500000",
        "cost": "11253.7",
        "cl_ord_id": "sw1",
        **changes,
    }


PAIR: dict[str, object] = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "base": "XXBT",
    "quote": "ZUSD",
    "pair_decimals": 1,
    "lot_decimals": 8,
    "fees": [[0, 0.4], [10000, 0.35]],
    "fees_maker": [[0, 0.25]],
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.5",
    "status": "post_only",
    "lot": "unit5",
}


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in PAIR.items() if name not in names}


def test_a_pair_is_an_instrument_with_todays_names() -> None:
    pairs = rest.read_instruments(body({"XXBTZUSD": PAIR}))
    assert pairs == rest.PairList(
        (
            Instrument(
                symbol="BTC/USD",
                base="BTC",
                quote="USD",
                rest_name="XBTUSD",
                rest_id="XXBTZUSD",
                price_precision=1,
                qty_precision=8,
                price_increment=Decimal("0.5"),
                qty_increment=Decimal("0.00000001"),
                qty_min=Decimal("0.00005"),
                cost_min=Decimal("0.5"),
                maker_fee=Decimal("0.0025"),
                taker_fee=Decimal("0.004"),
                status=PairStatus.POST_ONLY,
            ),
        ),
        (),
    )


def test_an_old_pair_gets_what_it_lacks_from_its_decimals() -> None:
    (pair,) = rest.read_instruments(
        body({"XXBTZUSD": without("ordermin", "costmin", "tick_size", "status", "fees", "fees_maker")})
    ).instruments
    assert (pair.price_increment, pair.qty_increment, pair.qty_min) == (Decimal("0.1"), Decimal("1e-8"), Decimal("1e-8"))
    assert {pair.cost_min, pair.maker_fee, pair.taker_fee} == {Decimal(0)}
    assert pair.status is PairStatus.ONLINE


def test_without_a_makers_schedule_the_makers_fee_is_the_takers() -> None:
    (pair,) = rest.read_instruments(body({"XXBTZUSD": without("fees_maker")})).instruments
    assert pair.maker_fee == pair.taker_fee == Decimal("0.004")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"status": "asleep"}, "asleep"),
        ({"wsname": None}, "no WebSocket name"),
        ({"wsname": "XBTUSD"}, "BTC/USD"),
        ({"tick_size": "NaN"}, "tick_size"),
        ({"ordermin": "-1"}, "negative"),
        ({"pair_decimals": 10**9}, "pair_decimals"),
        ({"altname": 5}, "altname"),
    ],
)
def test_one_odd_pair_is_left_out_with_its_reason(odd: dict[str, object], reason: str) -> None:
    pairs = rest.read_instruments(body({"ODD": PAIR | odd, "XXBTZUSD": PAIR}))
    assert [pair.rest_id for pair in pairs.instruments] == ["XXBTZUSD"]
    (left_out,) = pairs.left_out
    assert left_out.what == "pair"
    assert left_out.value.startswith("ODD: ")
    assert reason in left_out.value


def test_an_open_order_reports_its_totals() -> None:
    assert rest.read_open_orders(body({"open": {"O1": order()}}), SYMBOLS) == (
        OrderReport(
            order_id="O1",
            client_order_id="sw1",
            status=OrderStatus.OPEN,
            at_ns=1_688_666_559_897_400_000,
            symbol="BTC/USD",
            side=Side.BUY,
            qty=Decimal("1.25"),
            limit_price=Decimal(30010),
            filled_qty=Decimal("0.375"),
            filled_cost=Decimal("11253.7"),
            order_type="limit",
            post_only=False,
            on_margin=False,
        ),
    )


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("pending", OrderStatus.PENDING),
        ("open", OrderStatus.OPEN),
        ("closed", OrderStatus.FILLED),
        ("canceled", OrderStatus.CANCELED),
        ("expired", OrderStatus.EXPIRED),
    ],
)
def test_each_status_has_one_meaning(status: str, meaning: OrderStatus) -> None:
    ended = order(status=status, closetm=1688666600.5, reason="User requested")
    page = rest.read_closed_orders(body({"closed": {"O1": ended}, "count": 312}), SYMBOLS)
    assert page.count == 312
    (report,) = page.orders
    assert (report.status, report.reason, report.at_ns) == (meaning, "User requested", 1_688_666_600_500_000_000)


def test_a_status_that_is_new_hides_no_order_and_is_told() -> None:
    told: list[Unknown] = []
    odd = order(status="asleep")
    ended = order(status="asleep", closetm=1688666600.5, vol_exec="1.25")
    cut = order(status="asleep", closetm=1688666600.5)
    opened = rest.read_open_orders(body({"open": {"O1": odd, "O2": order()}}), SYMBOLS, told.append)
    closed = rest.read_closed_orders(body({"closed": {"O1": ended, "O2": cut}}), SYMBOLS, told.append).orders
    asked = rest.read_orders(body({"O1": odd, "O2": cut, "O3": ended}), SYMBOLS, told.append)
    assert [report.status for report in opened] == [OrderStatus.OPEN, OrderStatus.OPEN]
    assert [report.status for report in closed] == [OrderStatus.FILLED, OrderStatus.CANCELED]
    assert [report.status for report in asked] == [OrderStatus.OPEN, OrderStatus.CANCELED, OrderStatus.FILLED]
    assert told == [Unknown("order status", "asleep")] * 6


@pytest.mark.parametrize(
    ("descr", "limit_price"),
    [
        ({"ordertype": "market", "price": "0"}, None),
        ({"ordertype": "stop-loss", "price": "55.0"}, None),
        ({"ordertype": "stop-loss-limit", "price": "55.0", "price2": "54.0"}, Decimal("54.0")),
        ({"ordertype": "take-profit-limit", "price": "55.0", "price2": "0"}, None),
        ({"ordertype": "trailing-stop-limit", "price": "+1.0000%", "price2": "+0.5"}, None),
        ({"ordertype": "limit", "price": "+1.0000%"}, None),
        ({"ordertype": "iceberg", "price": "7"}, Decimal(7)),
    ],
)
def test_the_limit_price_is_where_the_type_has_it(descr: dict[str, str], limit_price: Decimal | None) -> None:
    (report,) = rest.read_orders(body({"O1": order(descr=descr)}), SYMBOLS)
    assert report.limit_price == limit_price


def test_an_order_of_a_pair_we_do_not_know_has_no_symbol() -> None:
    (report,) = rest.read_orders(body({"O1": order(descr={"pair": "OLDPAIR"}, cl_ord_id="")}), SYMBOLS)
    assert (report.symbol, report.client_order_id) == (None, None)


def test_ids_that_were_never_given_out_are_just_missing() -> None:
    assert rest.read_orders(body({}), SYMBOLS) == ()


def trade(at: float, **changes: object) -> dict[str, object]:
    return {
        "ordertxid": "O1",
        "pair": "XXBTZUSD",
        "time": at,
        "type": "sell",
        "price": "30010.00000",
        "cost": "600.20000",
        "fee": "1.56052",
        "vol": "0.02000000",
        "maker": True,
        **changes,
    }


def test_fills_come_oldest_first_with_their_fee_in_the_quote() -> None:
    page = rest.read_fills(body({"trades": {"T2": trade(1688667796.88), "T1": trade(1688667769.6396)}, "count": 2}), SYMBOLS)
    assert page.count == 2
    assert [fill.exec_id for fill in page.fills] == ["T1", "T2"]
    assert page.fills[0] == Fill(
        exec_id="T1",
        order_id="O1",
        client_order_id=None,
        symbol="BTC/USD",
        side=Side.SELL,
        qty=Decimal("0.02"),
        price=Decimal(30010),
        cost=Decimal("600.2"),
        fees=(Fee("USD", Decimal("1.56052")),),
        maker=True,
        at_ns=1_688_667_769_639_600_000,
    )


def test_a_fill_without_a_fee_has_none_and_one_of_an_unknown_pair_keeps_its_name() -> None:
    page = rest.read_fills(body({"trades": {"T1": trade(1.0, fee="0.00000"), "T2": trade(2.0, pair="XOLDZOLD")}}), SYMBOLS)
    assert page.count is None
    assert page.fills[0].fees == ()
    assert (page.fills[1].symbol, page.fills[1].fees) == ("XOLDZOLD", ())


def test_balances_have_todays_names_and_what_is_held() -> None:
    result = {"XXBT": {"balance": "1.5", "hold_trade": "0.5"}, "USD.M": {"balance": "7.0"}}
    assert rest.read_balances(body(result)) == (
        Balance("BTC", Decimal("1.5"), Decimal("0.5")),
        Balance("USD.M", Decimal("7.0"), Decimal(0)),
    )


def test_a_token_is_not_shown_by_its_repr() -> None:
    token = rest.read_token(body({"token": "s3cret", "expires": 900}))
    assert (token.token, token.expires_s) == ("s3cret", 900.0)
    assert "s3cret" not in repr(token)


def test_time_and_status() -> None:
    assert rest.read_time(body({"unixtime": 1762820224, "rfc1123": "Tue, 11 Nov 25 00:17:04 +0000"})) == 1_762_820_224 * 10**9
    assert rest.read_system_status(body({"status": "cancel_only"})) is VenueStatus.CANCEL_ONLY
    assert rest.read_system_status(body({"status": "asleep"})) == Unknown("system status", "asleep")


def test_an_order_that_was_taken_is_acknowledged() -> None:
    taken = body({"descr": {"order": "buy"}, "txid": ["O1"]}, "WGeneral:Something to know")
    assert rest.read_added_order(taken, "sw1") == Acknowledgement("O1", "sw1")


@pytest.mark.parametrize(
    "answer", [body({"descr": {}}), body({"txid": []}), body({"txid": "O1"}), body(None), "", "<html>", "[]"]
)
def test_a_meaningless_answer_to_a_placement_leaves_its_outcome_open(answer: str) -> None:
    with pytest.raises(OutcomeUnknown):
        rest.read_added_order(answer, "sw1")


def test_errors_of_placements_and_reads_become_what_they_mean() -> None:
    with pytest.raises(RefusedByExchange, match="Insufficient funds"):
        rest.read_added_order(body(None, "EOrder:Insufficient funds"), "sw1")
    with pytest.raises(OutcomeUnknown):
        rest.read_amended_order('{"error":["EService:Busy"]}')
    with pytest.raises(AccessDenied):
        rest.read_balances('{"error":["EAPI:Invalid key"]}')
    with pytest.raises(Unavailable):
        rest.read_balances(body({}, "EService:Unavailable"))
    with pytest.raises(ExchangeError, match="Unknown order"):
        rest.read_cancel_count(body(None, "EOrder:Unknown order"))


def test_the_error_strings_are_read_however_they_are_held() -> None:
    assert rest.read_time('{"error":null,"result":{"unixtime":1}}') == 10**9
    with pytest.raises(Unavailable, match="EService:Busy"):
        rest.read_time('{"error":"EService:Busy"}')


@pytest.mark.parametrize("answer", ["", "<html>502</html>", "[]", '{"error":[]}', body(None), body({"balance": 1}), b"\xff"])
def test_a_meaningless_answer_to_a_read_is_a_bad_frame(answer: bytes | str) -> None:
    with pytest.raises(BadFrame):
        rest.read_balances(answer)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1", "1e400", "", "1,5"])
def test_a_size_that_cannot_be_is_a_bad_frame(number: str) -> None:
    with pytest.raises(BadFrame):
        rest.read_open_orders(body({"open": {"O1": order(vol=number)}}), SYMBOLS)


def test_amends_and_cancels() -> None:
    assert rest.read_amended_order(body({"amend_id": "T1"})) == "T1"
    assert rest.read_cancel_count(body({"count": 2, "pending": True})) == 2


@pytest.mark.parametrize("disarmed", [{"triggerTime": "0"}, {}, {"triggerTime": None}, {"triggerTime": ""}, {"triggerTime": 0}])
def test_the_switch_tells_when_it_will_fire(disarmed: dict[str, object]) -> None:
    now = {"currentTime": "2026-01-31T12:00:00Z"}
    at_ns = 1_769_860_800_000_000_000
    assert rest.read_cancel_all_after(body(now | {"triggerTime": "2026-01-31T12:01:00Z"})) == (at_ns, at_ns + 60 * 10**9)
    assert rest.read_cancel_all_after(body(now | disarmed)) == (at_ns, None)
    with pytest.raises(BadFrame):
        rest.read_cancel_all_after(body({"currentTime": "noon"}))


def test_printed_trades_come_with_where_to_go_on() -> None:
    rows = [
        ["30243.40000", "0.34507674", 1688669597.8277369, "b", "m", "", 61044952],
        ["30243.3", "1", 1688669598.5, "s", "l", ""],
    ]
    trades, last_ns = rest.read_trades(body({"XXBTZUSD": rows, "last": "1688671969993150842"}), "BTC/USD")
    assert last_ns == 1_688_671_969_993_150_842
    assert trades[0] == Trade(
        "BTC/USD", Side.BUY, Decimal("30243.40000"), Decimal("0.34507674"), 61044952, 1_688_669_597_827_736_900
    )
    assert (trades[1].side, trades[1].trade_id) == (Side.SELL, 0)


def test_of_candles_the_last_is_still_running() -> None:
    rows = [[1688671200, "1", "3", "0.5", "2", "1.5", "7.25", 23], [1688671260, "2", "2", "2", "2", "2", "1", 1]]
    closed, running = rest.read_candles(body({"XXBTZUSD": rows, "last": 1688671200}), "BTC/USD", 60)
    assert closed == Candle(
        symbol="BTC/USD",
        interval_s=60,
        begin_ns=1_688_671_200 * 10**9,
        open=Decimal(1),
        high=Decimal(3),
        low=Decimal("0.5"),
        close=Decimal(2),
        volume=Decimal("7.25"),
        trades=23,
        closed=True,
    )
    assert not running.closed


@pytest.mark.parametrize("result", [{}, {"last": 5}, {"XXBTZUSD": [["1"]], "last": 5}, {"XXBTZUSD": [], "last": "x"}])
def test_an_answer_without_rows_of_a_pair_is_a_bad_frame(result: dict[str, object]) -> None:
    with pytest.raises(BadFrame):
        rest.read_trades(body(result), "BTC/USD")
