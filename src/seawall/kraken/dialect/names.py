"""Names of assets and pairs: one asset has one name here, whatever the wire calls it.

Kraken's REST API still speaks of `XXBT`, `ZUSD` and the pair `XXBTZUSD` or `XBTUSD`; its WebSocket v2 of `BTC/USD`
(docs.kraken.com/api/docs/guides/spot-ws-intro). The user sees the second kind only. A leading `X` or `Z` is never cut
off blindly: it is part of the name of `XTZ` and `ZRX`. Only the assets listed here ever had the prefix.
"""

from collections.abc import Iterable
from typing import Final

from seawall.model.instruments import Instrument

__all__ = ["asset_name", "pair_names", "same_asset", "v2_symbol"]

_RENAMED: Final = {"XBT": "BTC", "XDG": "DOGE"}
"""Alternative names that WebSocket v2 replaced, in base and in quote."""

_LEGACY: Final = {
    "XETC": "ETC",
    "XETH": "ETH",
    "XLTC": "LTC",
    "XMLN": "MLN",
    "XREP": "REP",
    "XXBT": "BTC",
    "XXDG": "DOGE",
    "XXLM": "XLM",
    "XXMR": "XMR",
    "XXRP": "XRP",
    "XZEC": "ZEC",
    "ZAUD": "AUD",
    "ZCAD": "CAD",
    "ZEUR": "EUR",
    "ZGBP": "GBP",
    "ZJPY": "JPY",
    "ZUSD": "USD",
}
"""Ids with the old class prefix (X crypto, Z fiat): keys of REST answers (docs.kraken.com/api/docs/rest-api/get-asset-info)."""


def asset_name(asset_id: str, altname: str | None = None) -> str:
    """The name WebSocket v2 gives an asset: `XXBT` and `XBT` are `BTC`, `ZUSD` is `USD`, `XDG` is `DOGE`.

    `altname` (from the `Assets` answer) decides when it is given; else the id is looked up among the legacy ids. A suffix
    such as `.F` or `.S` (balances in earn programs, docs.kraken.com/api/docs/rest-api/get-account-balance) is kept: it is
    another balance, and not free to trade.
    """
    name = asset_id if altname is None else altname
    stem, dot, suffix = name.partition(".")
    stem = _LEGACY.get(stem, stem)
    return f"{_RENAMED.get(stem, stem)}{dot}{suffix}"


def same_asset(one: str, other: str) -> bool:
    """Whether two spellings mean one asset, as `XBT` and `BTC` do."""
    return asset_name(one) == asset_name(other)


def v2_symbol(pair: str) -> str:
    """The WebSocket v2 name of a pair written with a slash, as REST's `wsname` or as a person would: `XBT/USD` is `BTC/USD`.

    Names without a slash (`XBTUSD`, `XXBTZUSD`) cannot be cut in two without the exchange's list: look them up in
    `pair_names`. Raises ValueError for them.
    """
    base, slash, quote = pair.strip().partition("/")
    if not (base and slash and quote) or "/" in quote:
        raise ValueError(f"pair: {pair!r} is not two assets with a slash between, such as 'BTC/USD'")
    return f"{asset_name(base)}/{asset_name(quote)}"


def pair_names(instruments: Iterable[Instrument]) -> dict[str, str]:
    """Every name of every pair, REST's id and alternative name among them, to its WebSocket v2 symbol."""
    names: dict[str, str] = {}
    for instrument in instruments:
        for name in (instrument.symbol, instrument.rest_name, instrument.rest_id):
            names[name] = instrument.symbol
    return names
