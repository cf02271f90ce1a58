"""Books as they were when they were read: what a stream yields, since the books themselves change with every message."""

from typing import Final

import attrs

from seawall.kraken.dialect.books.book import DEPTHS
from seawall.kraken.dialect.books.level3_book import Level3Book, RestingOrder
from seawall.model.market_data import Book, Level

__all__ = ["BookSnapshot", "Level3Snapshot"]


_ALL: Final = max(DEPTHS)


@attrs.frozen
class BookSnapshot:
    """A book that its checksum proved, best prices first (a `seawall.model.market_data.Book` that does not change).

    `received_s` is when the bytes of its last change arrived, on trio's clock; `at_ns` the exchange's time of that change,
    nanoseconds since the epoch, 0 where it gave none.
    """

    symbol: str
    at_ns: int
    received_s: float
    all_bids: tuple[Level, ...]
    all_asks: tuple[Level, ...]

    @classmethod
    def of(cls, book: Book, received_s: float) -> "BookSnapshot":
        """The book as it is now, with every level that is subscribed."""
        return cls(book.symbol, book.at_ns, received_s, tuple(book.bids(_ALL)), tuple(book.asks(_ALL)))

    def __repr__(self) -> str:
        touch = ("none" if level is None else str(level.price) for level in (self.best_bid(), self.best_ask()))
        return f"<BookSnapshot {self.symbol} {' / '.join(touch)}, {len(self.all_bids)} bids, {len(self.all_asks)} asks>"

    def best_bid(self) -> Level | None:
        """The highest bid, or None when that side is empty."""
        return self.all_bids[0] if self.all_bids else None

    def best_ask(self) -> Level | None:
        """The lowest ask, or None when that side is empty."""
        return self.all_asks[0] if self.all_asks else None

    def bids(self, count: int) -> tuple[Level, ...]:
        """The best `count` bids, highest first."""
        return self.all_bids[:count]

    def asks(self, count: int) -> tuple[Level, ...]:
        """The best `count` asks, lowest first."""
        return self.all_asks[:count]


@attrs.frozen
class Level3Snapshot:
    """Every order down to the depth subscribed, proven by the checksum: one tuple a price, best price first, in queue order.

    `received_s` and `at_ns` are as in `BookSnapshot`.
    """

    symbol: str
    at_ns: int
    received_s: float
    bids: tuple[tuple[RestingOrder, ...], ...]
    asks: tuple[tuple[RestingOrder, ...], ...]

    @classmethod
    def of(cls, book: Level3Book, received_s: float) -> "Level3Snapshot":
        """The book as it is now."""
        return cls(book.symbol, book.at_ns, received_s, book.bid_queues(book.depth), book.ask_queues(book.depth))

    def __repr__(self) -> str:
        bids, asks = (f"{sum(map(len, side))} orders at {len(side)}" for side in (self.bids, self.asks))
        return f"<Level3Snapshot {self.symbol}, {bids} bid prices, {asks} ask prices>"
