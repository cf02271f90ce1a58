"""REST answers about the market of a pair: touch, books, spreads (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`, and `CrossedBook` for a book
whose best bid is not below its best ask. Sizes here are coarser than the WebSocket's and cannot be held against its checksum.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.bad import CrossedBook
from seawall.kraken.dialect.books.digits import refuse_unsound, refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_result
from seawall.kraken.dialect.rest.one_pair import read_one_pair

__all__ = [
    "DayTicker",
    "DepthBook",
    "DepthLevel",
    "GroupedBook",
    "GroupedLevel",
    "RestLevel3Book",
    "RestLevel3Order",
    "SpreadPage",
    "SpreadRow",
    "read_depth",
    "read_grouped_book",
    "read_level3",
    "read_spread",
    "read_tickers",
]

_DAY: Final = ("ask", "bid", "last", "volume", "vwap", "low", "high")


class DayTicker(msgspec.Struct, frozen=True):
    """One pair (get-ticker-information); pairs of values are of today (since 00:00 UTC) and of the last 24 hours.

    `ask` and `bid` are price, whole lots and lots; `last` is price and lots.
    """

    ask: tuple[Decimal, Decimal, Decimal] = msgspec.field(name="a")
    bid: tuple[Decimal, Decimal, Decimal] = msgspec.field(name="b")
    last: tuple[Decimal, Decimal] = msgspec.field(name="c")
    volume: tuple[Decimal, Decimal] = msgspec.field(name="v")
    vwap: tuple[Decimal, Decimal] = msgspec.field(name="p")
    trades: tuple[int, int] = msgspec.field(name="t")
    low: tuple[Decimal, Decimal] = msgspec.field(name="l")
    high: tuple[Decimal, Decimal] = msgspec.field(name="h")
    open: Decimal = msgspec.field(name="o")

    def __post_init__(self) -> None:
        refuse_unsound("open", self.open, signed=False)
        for name in _DAY:
            for value in getattr(self, name):
                refuse_unsound(name, value, signed=False)


class DepthLevel(msgspec.Struct, frozen=True, array_like=True):
    """One price; `time` is its last change in unix seconds."""

    price: Decimal
    volume: Decimal
    time: Decimal

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("price", "volume", "time"), signed=False)


class DepthBook(msgspec.Struct, frozen=True):
    """The book, best prices first (get-order-book)."""

    asks: tuple[DepthLevel, ...]
    bids: tuple[DepthLevel, ...]


class SpreadRow(msgspec.Struct, frozen=True, array_like=True):
    """The best bid and ask at `time`, unix seconds."""

    time: int
    bid: Decimal
    ask: Decimal

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("bid", "ask"), signed=False)


@attrs.frozen
class SpreadPage:
    """Spreads, oldest first, and the second to ask from next."""

    rows: tuple[SpreadRow, ...]
    last_s: int


class GroupedLevel(msgspec.Struct, frozen=True):
    """All orders of one step of prices."""

    price: Decimal
    qty: Decimal

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("price", "qty"), signed=False)


class GroupedBook(msgspec.Struct, frozen=True):
    """The book in steps of `grouping` ticks, best prices first (get-grouped-order-book)."""

    pair: str
    grouping: int
    bids: tuple[GroupedLevel, ...]
    asks: tuple[GroupedLevel, ...]


class RestLevel3Order(msgspec.Struct, frozen=True):
    """One resting order; `timestamp` is nanoseconds since the epoch."""

    order_id: str
    price: Decimal
    qty: Decimal
    timestamp: int

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("price", "qty"), signed=False)


class RestLevel3Book(msgspec.Struct, frozen=True):
    """Every resting order down to the depth asked for, best prices first (get-level-3-order-book)."""

    pair: str
    bids: tuple[RestLevel3Order, ...]
    asks: tuple[RestLevel3Order, ...]


def read_tickers(body: bytes | str) -> dict[str, DayTicker]:
    """`Ticker`: by the exchange's id of the pair."""
    return read_result(body, dict[str, DayTicker])


def read_depth(body: bytes | str) -> DepthBook:
    """`Depth` of one pair."""
    rest_id, book, _ = read_one_pair(body, DepthBook)
    _refuse_crossed(rest_id, book.bids, book.asks)
    return book


def read_spread(body: bytes | str) -> SpreadPage:
    """`Spread` of one pair."""
    _, rows, last_s = read_one_pair(body, tuple[SpreadRow, ...])
    return SpreadPage(rows, last_s)


def read_grouped_book(body: bytes | str) -> GroupedBook:
    """`GroupedBook`."""
    book = read_result(body, GroupedBook)
    _refuse_crossed(book.pair, book.bids, book.asks)
    return book


def read_level3(body: bytes | str) -> RestLevel3Book:
    """`Level3`."""
    book = read_result(body, RestLevel3Book)
    _refuse_crossed(book.pair, book.bids, book.asks)
    return book


_Level = DepthLevel | GroupedLevel | RestLevel3Order


def _refuse_crossed(name: str, bids: Sequence[_Level], asks: Sequence[_Level]) -> None:
    """Every level is looked at: that the best one comes first is the exchange's word only."""
    if bids and asks:
        bid, ask = max(level.price for level in bids), min(level.price for level in asks)
        if bid >= ask:
            raise CrossedBook(name, bid, ask)
