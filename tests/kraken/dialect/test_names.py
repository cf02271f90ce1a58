from decimal import Decimal

import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.names import asset_name, pair_names, rest_asset_name, same_asset, v2_symbol
from seawall.model.instruments import Instrument


@pytest.mark.parametrize(
    ("asset_id", "name"),
    [
        ("XXBT", "BTC"),
        ("XBT", "BTC"),
        ("BTC", "BTC"),
        ("XXDG", "DOGE"),
        ("XDG", "DOGE"),
        ("DOGE", "DOGE"),
        ("ZUSD", "USD"),
        ("USD", "USD"),
        ("XETH", "ETH"),
        ("XTZ", "XTZ"),
        ("ZRX", "ZRX"),
        ("XRP", "XRP"),
        ("XXRP", "XRP"),
        ("ZEUR", "EUR"),
        ("USDT", "USDT"),
        ("AAPLx", "AAPLx"),
        ("XBT.M", "BTC.M"),
        ("ETH2.S", "ETH2.S"),
        ("XXBT.F", "BTC.F"),
        ("XXDG.B", "DOGE.B"),
        ("ZEUR.HOLD", "EUR.HOLD"),
        ("DOT28.S", "DOT28.S"),
        ("XBT.T", "BTC.T"),
        ("0G", "0G"),
    ],
)
def test_each_id_has_the_name_of_the_websocket(asset_id: str, name: str) -> None:
    assert asset_name(asset_id) == name


def test_the_alternative_name_decides_when_it_is_known() -> None:
    assert asset_name("XXBT", altname="XBT") == "BTC"
    assert asset_name("XNEW", altname="NEW") == "NEW"


@pytest.mark.parametrize(
    ("pair", "symbol"),
    [
        ("XBT/USD", "BTC/USD"),
        ("BTC/USD", "BTC/USD"),
        ("ETH/XBT", "ETH/BTC"),
        ("XDG/XBT", "DOGE/BTC"),
        ("XXBT/ZUSD", "BTC/USD"),
        ("AAPLx/USD", "AAPLx/USD"),
        (" XTZ/USD ", "XTZ/USD"),
    ],
)
def test_pairs_get_the_name_of_the_websocket(pair: str, symbol: str) -> None:
    assert v2_symbol(pair) == symbol


@pytest.mark.parametrize("pair", ["", "XBTUSD", "/USD", "BTC/", "A/B/C"])
def test_a_pair_that_cannot_be_cut_in_two_is_refused(pair: str) -> None:
    with pytest.raises(ValueError, match="BTC/USD"):
        v2_symbol(pair)


def test_two_spellings_of_one_asset_are_the_same() -> None:
    assert same_asset("XBT", "BTC")
    assert same_asset("XXDG", "DOGE")
    assert not same_asset("XBT", "BCH")
    assert not same_asset("USD", "USD.M")


@pytest.mark.parametrize(
    ("asset", "name"),
    [("BTC", "XBT"), ("XBT", "XBT"), ("XXBT", "XXBT"), ("DOGE", "XDG"), ("BTC.F", "XBT.F"), ("USD", "USD"), ("ZUSD", "ZUSD")],
)
def test_rest_is_asked_in_its_own_names(asset: str, name: str) -> None:
    assert rest_asset_name(asset) == name
    assert asset_name(rest_asset_name(asset)) == asset_name(asset)
    assert rest.assets([asset]).params == {"asset": name}
    assert rest.ledgers([asset]).params == {"asset": name}
    assert rest.trade_balance(asset).params == {"asset": name}


def pair(symbol: str, rest_name: str, rest_id: str) -> Instrument:
    tick = Decimal("0.1")
    base, _, quote = symbol.partition("/")
    return Instrument(symbol, base, quote, rest_name, rest_id, 1, 8, tick, tick, tick)


def test_every_name_of_a_pair_leads_to_its_symbol() -> None:
    names = pair_names([pair("BTC/USD", "XBTUSD", "XXBTZUSD"), pair("DOGE/BTC", "XDGXBT", "XXDGXXBT")])
    for name in ("BTC/USD", "XBT/USD", "XXBT/ZUSD", "BTCUSD", "XBTUSD", "XXBTZUSD", "XBTZUSD"):
        assert names[name] == "BTC/USD"
    for name in ("DOGE/BTC", "XDG/XBT", "XDG/BTC", "DOGEBTC", "XDGXBT", "XXDGXXBT"):
        assert names[name] == "DOGE/BTC"


def test_a_name_that_means_two_pairs_is_the_exchanges_own_or_nobodys() -> None:
    one, two = pair("AB/CD", "ab", "AB1"), pair("ABC/D", "abc", "AB2")
    assert "ABCD" not in pair_names([one, two])
    assert pair_names([one, two, pair("Q/R", "ABCD", "QR")])["ABCD"] == "Q/R"
