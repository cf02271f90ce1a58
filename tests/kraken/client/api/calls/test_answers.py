import json
from decimal import Decimal

import pytest

from seawall.kraken.client.api.calls import answers
from seawall.kraken.client.api.calls.endpoint import Asked
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.dialect import rest


@pytest.fixture
def asked(reference: Reference) -> Asked:
    return Asked(rest.ohlc("XBTUSD", 5), Names(reference))


def body(result: object) -> bytes:
    return json.dumps({"error": [], "result": result}).encode()


def test_amounts_go_by_todays_names_and_earn_programs_by_their_own(asked: Asked) -> None:
    told = answers.amounts(body({"XXBT": "1.5", "XBT.F": "2", "ZUSD": "3", "SOL": "4", "XXDG": "5"}), asked)
    assert told == {"BTC": Decimal("1.5"), "BTC.F": 2, "USD": 3, "SOL": 4, "DOGE": 5}


def test_two_ids_of_one_name_lose_no_row(asked: Asked) -> None:
    assert answers.amounts(body({"XXBT": "1", "XBT": "2"}), asked) == {"BTC": 1, "XBT": 2}


def test_a_pair_that_is_not_in_the_list_goes_by_what_the_exchange_calls_it(asked: Asked) -> None:
    row = {"altname": "AAPLxUSD", "base": "AAPLx", "quote": "ZUSD", "wsname": "AAPLx/USD"}
    told = answers.pair_rows(body({"XXBTZUSD": {"altname": "XBTUSD"}, "AAPLxUSD": row, "OLD": {"altname": "OLD"}}), asked)
    assert list(told) == ["BTC/USD", "AAPLx/USD", "OLD"]


def test_candles_are_of_the_pair_and_the_interval_asked_for(asked: Asked) -> None:
    row = [1688671200, "30306.1", "30306.2", "30305.7", "30305.7", "30306.1", "3.39243896", 23]
    (candle,) = answers.candles(body({"XXBTZUSD": [row], "last": 1688672160}), asked)
    assert (candle.symbol, candle.interval_s, candle.begin_ns) == ("BTC/USD", 300, 1_688_671_200_000_000_000)


def test_orders_fills_positions_and_books_name_their_pair(asked: Asked) -> None:
    descr = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "1", "price2": "0", "leverage": "none", "order": ""}
    order = {"status": "open", "opentm": 1.5, "descr": descr, "vol": "1", "vol_exec": "0", "cost": "0", "fee": "0", "price": "0"}
    fill = {
        "ordertxid": "O1",
        "pair": "XXBTZUSD",
        "time": 1.5,
        "type": "buy",
        "ordertype": "limit",
        "price": "1",
        "cost": "1",
        "fee": "0",
        "vol": "1",
    }
    assert answers.open_orders(body({"open": {"O1": order}}), asked)["O1"].descr.pair == "BTC/USD"
    assert answers.orders(body({"O1": order}), asked)["O1"].descr.pair == "BTC/USD"
    assert answers.closed_orders(body({"closed": {"O1": order}, "count": 1}), asked).closed["O1"].descr.pair == "BTC/USD"
    assert answers.fills(body({"T1": fill}), asked)["T1"].pair == "BTC/USD"
    assert answers.fill_page(body({"trades": {"T1": fill}, "count": 1}), asked).trades["T1"].pair == "BTC/USD"
    assert answers.grouped_book(body({"pair": "XXBTZUSD", "grouping": 1, "bids": [], "asks": []}), asked).pair == "BTC/USD"
    assert answers.level3_book(body({"pair": "XBTUSD", "bids": [], "asks": []}), asked).pair == "BTC/USD"
    position = {
        "ordertxid": "O1",
        "posstatus": "open",
        "pair": "XXBTZUSD",
        "time": 1.5,
        "type": "buy",
        "ordertype": "limit",
        "cost": "1",
        "fee": "0",
        "vol": "1",
        "vol_closed": "0",
        "margin": "0",
    }
    assert answers.positions(body({"P1": position}), asked).by_id["P1"].pair == "BTC/USD"
    assert [row.pair for row in answers.positions(body([position]), asked).consolidated] == ["BTC/USD"]


def test_ledgers_and_volumes_name_their_assets_and_pairs(asked: Asked) -> None:
    row = {"refid": "T1", "time": 1.5, "type": "trade", "asset": "XXBT", "amount": "1", "fee": "0", "balance": "1"}
    assert answers.ledger_rows(body({"L1": row}), asked)["L1"].asset == "BTC"
    assert answers.ledger_page(body({"ledger": {"L1": row}, "count": 1}), asked).ledger["L1"].asset == "BTC"
    volume = {"currency": "ZUSD", "volume": "1", "fees": {"XXBTZUSD": {"fee": "0.26"}}, "fees_maker": None}
    told = answers.trade_volume(body(volume), asked)
    assert (told.currency, told.fees["BTC/USD"].fee) == ("USD", Decimal("0.26"))
