"""What the market says: quotes, books, trades, candles, and the exchange's own state."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import attrs

from seawall.model.orders import Side

__all__ = ["Book", "Candle", "Level", "Quote", "Trade", "VenueStatus"]


class VenueStatus(StrEnum):
    """What the whole exchange takes now (Kraken: WebSocket v2, `status` channel)."""

    ONLINE = "online"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    MAINTENANCE = "maintenance"


@attrs.frozen
class Level:
    """One price of a book: `price` in the quote asset, `qty` in the base asset."""

    price: Decimal
    qty: Decimal


@attrs.frozen
class Quote:
    """The touch of one book that was verified by its checksum.

    `received_s` is the engine's clock (seconds, monotonic) when its bytes arrived; `at_ns` is the exchange's own
    timestamp, nanoseconds since the epoch. `after_gap` is true for the first quote that a stream yields after the book
    was lost: what happened in between was not seen.
    """

    symbol: str
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal
    received_s: float
    at_ns: int
    after_gap: bool = False

    @property
    def mid(self) -> Decimal:
        """Half way between bid and ask."""
        return (self.bid + self.ask) / 2


@attrs.frozen
class Trade:
    """One trade the exchange printed; `side` is the taker's; `trade_id` rises by one within a symbol."""

    symbol: str
    side: Side
    price: Decimal
    qty: Decimal
    trade_id: int
    at_ns: int


@attrs.frozen
class Candle:
    """Open, high, low, close and volume of one interval; `closed` is true once no trade can change it any more."""

    symbol: str
    interval_s: int
    begin_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
    closed: bool


class Book(Protocol):
    """One symbol's book as a reader sees it; it changes under the reader at the next message."""

    @property
    def symbol(self) -> str:
        """The pair, as `BTC/USD`."""
        ...

    @property
    def at_ns(self) -> int:
        """The exchange's timestamp of the last change, nanoseconds since the epoch; 0 when it gave none."""
        ...

    def best_bid(self) -> Level | None:
        """The highest bid, or None when that side is empty."""
        ...

    def best_ask(self) -> Level | None:
        """The lowest ask, or None when that side is empty."""
        ...

    def bids(self, count: int) -> Sequence[Level]:
        """The best `count` bids, highest first."""
        ...

    def asks(self, count: int) -> Sequence[Level]:
        """The best `count` asks, lowest first."""
        ...
