from decimal import Decimal

import pytest

from seawall.kraken.dialect.names import asset_name, pair_names, same_asset, v2_symbol
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


def test_every_name_of_a_pair_leads_to_its_symbol() -> None:
    tick = Decimal("0.1")
    pair = Instrument("BTC/USD", "BTC", "USD", "XBTUSD", "XXBTZUSD", 1, 8, tick, tick, tick)
    assert pair_names([pair]) == dict.fromkeys(("BTC/USD", "XBTUSD", "XXBTZUSD"), "BTC/USD")
