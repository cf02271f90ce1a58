"""Public REST calls: the exchange, its assets and pairs, and their market (docs.kraken.com/api/docs/rest-api).

`asset_class="tokenized_asset"` asks for tokenised assets wherever it is taken. None leaves a parameter to the exchange's default.
"""

from collections.abc import Sequence
from typing import Final, Literal

from seawall.kraken.dialect.names import rest_asset_name
from seawall.kraken.dialect.order_words import refuse_count, refuse_other
from seawall.kraken.dialect.rest.call import RestRequest, listed, public, word

__all__ = [
    "INTERVALS_MIN",
    "asset_pairs",
    "assets",
    "depth",
    "grouped_book",
    "ohlc",
    "recent_trades",
    "server_time",
    "spread",
    "system_status",
    "ticker",
]

INTERVALS_MIN: Final = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""The lengths of candles that there are, in minutes."""

_MOST_LEVELS: Final = 500
_MOST_TRADES: Final = 1000
_GROUPED_LEVELS: Final = (10, 25, 100, 250, 1000)
_GROUPINGS: Final = (1, 5, 10, 25, 50, 100, 250, 500, 1000)


def server_time() -> RestRequest:
    """The exchange's clock, to the second (get-server-time)."""
    return public("Time")


def system_status() -> RestRequest:
    """What the exchange takes now (get-system-status)."""
    return public("SystemStatus")


def assets(
    names: Sequence[str] = (), *, asset_class: str | None = None, asset_version: Literal[0, 1] | None = None
) -> RestRequest:
    """The assets of these names, or all (get-asset-info); version 1 answers with today's names."""
    return public(
        "Assets", asset=listed([rest_asset_name(name) for name in names]), aclass=asset_class, assetVersion=word(asset_version)
    )


def asset_pairs(
    rest_names: Sequence[str] = (),
    *,
    info: Literal["info", "leverage", "fees", "margin"] | None = None,
    asset_class: str | None = None,
    country_code: str | None = None,
    execution_venue: Literal["international", "bitnomial_exchange"] | None = None,
    asset_version: Literal[0, 1] | None = None,
) -> RestRequest:
    """The pairs of these names, or all, with names, grid, minimums and fees (get-tradable-asset-pairs)."""
    return public(
        "AssetPairs",
        pair=listed(rest_names),
        info=info,
        aclass_base=asset_class,
        country_code=country_code,
        execution_venue=execution_venue,
        assetVersion=word(asset_version),
    )


def ticker(rest_names: Sequence[str] = (), *, asset_class: str | None = None) -> RestRequest:
    """The last day of these pairs, or of all (get-ticker-information)."""
    return public("Ticker", pair=listed(rest_names), asset_class=asset_class)


def ohlc(rest_name: str, interval_min: int = 1, since_s: int | None = None, *, asset_class: str | None = None) -> RestRequest:
    """Candles of `interval_min` minutes; at most the newest 720, whatever `since_s` (get-ohlc-data).

    Raises ValueError for an interval that there is none of.
    """
    refuse_other("interval_min", interval_min, INTERVALS_MIN)
    return public("OHLC", pair=rest_name, interval=str(interval_min), since=word(since_s), asset_class=asset_class)


def depth(rest_name: str, count: int | None = None, *, asset_class: str | None = None) -> RestRequest:
    """The book, at most 500 levels a side (get-order-book). Raises ValueError for more."""
    if count is not None:
        refuse_count("count", count, 1, _MOST_LEVELS)
    return public("Depth", pair=rest_name, count=word(count), asset_class=asset_class)


def recent_trades(
    rest_name: str, since_ns: int | None = None, count: int | None = None, *, asset_class: str | None = None
) -> RestRequest:
    """Printed trades after `since_ns` (nanoseconds since the epoch), at most 1000 (get-recent-trades)."""
    if count is not None:
        refuse_count("count", count, 1, _MOST_TRADES)
    return public("Trades", pair=rest_name, since=word(since_ns), count=word(count), asset_class=asset_class)


def spread(rest_name: str, since_s: int | None = None, *, asset_class: str | None = None) -> RestRequest:
    """The last two hundred or so best bids and asks (get-recent-spreads)."""
    return public("Spread", pair=rest_name, since=word(since_s), asset_class=asset_class)


def grouped_book(
    rest_name: str,
    *,
    levels: Literal[10, 25, 100, 250, 1000] | None = None,
    grouping: Literal[1, 5, 10, 25, 50, 100, 250, 500, 1000] | None = None,
) -> RestRequest:
    """The book in steps of `grouping` ticks (get-grouped-order-book). Raises ValueError for other numbers."""
    refuse_other("levels", levels, _GROUPED_LEVELS)
    refuse_other("grouping", grouping, _GROUPINGS)
    return public("GroupedBook", pair=rest_name, depth=word(levels), grouping=word(grouping))
