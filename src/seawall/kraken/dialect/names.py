"""Names of assets and pairs: one asset has one name here, whatever the wire calls it.

Kraken's REST API still speaks of `XXBT`, `ZUSD` and the pair `XXBTZUSD` or `XBTUSD`; its WebSocket v2 of `BTC/USD`
(docs.kraken.com/api/docs/guides/spot-ws-intro). The user sees the second kind only. A leading `X` or `Z` is never cut
off blindly: it is part of the name of `XTZ` and `ZRX`. Only the assets listed here ever had the prefix.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from seawall.model.instruments import Instrument

__all__ = ["asset_name", "pair_names", "rest_asset_name", "same_asset", "v2_symbol"]

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

_ALTNAMES: Final = {name: altname for altname, name in _RENAMED.items()}
_SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(other for names in (_RENAMED, _LEGACY) for other, meant in names.items() if meant == name)
    for name in (*_RENAMED.values(), *_LEGACY.values())
}
"""The other names of an asset: `XBT` and `XXBT` of `BTC`."""


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


def rest_asset_name(asset: str) -> str:
    """The name REST's parameters take for an asset: `BTC` is `XBT` there and `DOGE` is `XDG`; others, and ids, are as they are.

    A suffix such as `.F` is kept.
    """
    stem, dot, suffix = asset.partition(".")
    return f"{_ALTNAMES.get(stem, stem)}{dot}{suffix}"


def pair_names(instruments: Iterable[Instrument]) -> dict[str, str]:
    """Every name of every pair to its WebSocket v2 symbol: REST's id, alternative name and `wsname`, and what a person writes.

    `BTC/USD`, `XBT/USD`, `XBTUSD`, `BTCUSD` and `XXBTZUSD` are one pair. A name that two pairs could be meant by is the
    exchange's own where it is one, else nobody's.
    """
    listed = list(instruments)
    own: dict[str, str] = {}
    for instrument in listed:
        for name in (instrument.symbol, instrument.rest_name, instrument.rest_id):
            own[name] = instrument.symbol
    spelt: dict[str, str | None] = {}
    for instrument in listed:
        for name in _spellings(instrument):
            spelt[name] = instrument.symbol if spelt.get(name, instrument.symbol) == instrument.symbol else None
    return {name: symbol for name, symbol in spelt.items() if symbol is not None} | own


def _spellings(instrument: Instrument) -> Iterator[str]:
    for base in (instrument.base, *_SPELLINGS.get(instrument.base, ())):
        for quote in (instrument.quote, *_SPELLINGS.get(instrument.quote, ())):
            yield f"{base}/{quote}"
            yield f"{base}{quote}"
