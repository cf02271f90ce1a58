"""Names and precisions as Kraken has them."""

import pytest

from seawall.sim.exchange.pairs import DEFAULT_PAIRS, assets_of, known_asset, make_pair


@pytest.mark.parametrize(
    ("symbol", "rest_id", "altname", "wsname"),
    [
        ("BTC/USD", "XXBTZUSD", "XBTUSD", "XBT/USD"),
        ("ETH/BTC", "XETHXXBT", "ETHXBT", "ETH/XBT"),
        ("SOL/USD", "SOLUSD", "SOLUSD", "SOL/USD"),
        ("DOGE/USD", "XDGUSD", "XDGUSD", "XDG/USD"),
        ("BTC/EUR", "XXBTZEUR", "XBTEUR", "XBT/EUR"),
        ("BTC/USDT", "XBTUSDT", "XBTUSDT", "XBT/USDT"),
        ("BTC/CHF", "XBTCHF", "XBTCHF", "XBT/CHF"),
        ("ADA/BTC", "ADAXBT", "ADAXBT", "ADA/XBT"),
    ],
)
def test_pairs_have_all_their_names(symbol: str, rest_id: str, altname: str, wsname: str) -> None:
    pair = make_pair(symbol, price="1", price_precision=1, ordermin="1")

    assert pair.names() == (rest_id, altname, wsname, symbol)


def test_no_two_pairs_share_a_name() -> None:
    names = [name for pair in DEFAULT_PAIRS for name in set(pair.names())]

    assert len(names) == len(set(names))


def test_every_price_and_minimum_lies_on_its_grid() -> None:
    for pair in DEFAULT_PAIRS:
        assert pair.start_price % pair.tick_size == 0, pair.symbol
        assert pair.ordermin % pair.qty_increment == 0, pair.symbol
        assert pair.cost_precision >= pair.quote.decimals, pair.symbol


def test_fees_are_fractions_of_the_lowest_tier() -> None:
    pair = DEFAULT_PAIRS[0]

    assert (f"{pair.taker_fee}", f"{pair.maker_fee}") == ("0.004", "0.0025")


def test_assets_are_listed_once_in_order_of_use() -> None:
    assert list(assets_of(DEFAULT_PAIRS))[:3] == ["BTC", "USD", "ETH"]
    assert known_asset("ZRX").id == "ZRX"
