"""What the public socket tells, made into books and candles. No waiting anywhere."""

from collections.abc import Callable

import attrs

from seawall.kraken.client.market.candles import CandleSeries
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.client.session.subscriptions import UNVERIFIED_AFTER
from seawall.kraken.dialect.bad import BadFrame, BookBroken
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.market_frames import BookFrame, BookRow, CandleFrame
from seawall.kraken.dialect.socket.reports import candle
from seawall.model.market_data import Candle
from seawall.model.venue import Probe, VenueListener
from seawall.resilience.probes import tell

__all__ = ["BookMismatched", "BookUnstable", "MarketData", "MarketStatistics"]


@attrs.frozen
class BookMismatched:
    """A book was not what the exchange has; it is asked for anew, alone."""

    symbol: str
    reason: str


@attrs.frozen
class BookUnstable:
    """A book broke `times` times in a row, each soon after the last: it is unverified, and asked for at growing intervals."""

    symbol: str
    times: int


@attrs.frozen
class MarketStatistics:
    """Counted since the start."""

    book_messages: int
    mismatches: int
    trusted_books: tuple[str, ...]


@attrs.define(eq=False)
class _HeldBook:
    book: KrakenBook
    trusted: bool = False
    changed_s: float = 0.0
    told_lost: bool = True


@attrs.define(eq=False)
class MarketData:
    """Keeps every book and candle that is followed, and tells the listener. What is not followed is left aside.

    `suspect` is called for a feed of which something was lost, after the listener was told; it returns how often in a row.
    """

    _listener: VenueListener
    _depth: int
    _suspect: Callable[[Feed], int]
    _filled: Callable[[Feed, float], None]
    _probe: Probe
    _books: dict[str, _HeldBook] = attrs.field(factory=dict, init=False)
    _candles: dict[Feed, CandleSeries] = attrs.field(factory=dict, init=False)
    _candles_heard_s: dict[Feed, float] = attrs.field(factory=dict, init=False)
    _book_messages: int = attrs.field(default=0, init=False)
    _mismatches: int = attrs.field(default=0, init=False)

    def statistics(self) -> MarketStatistics:
        """Counts, and which books may be trusted now."""
        trusted = tuple(symbol for symbol, held in self._books.items() if held.trusted)
        return MarketStatistics(self._book_messages, self._mismatches, trusted)

    def book(self, symbol: str) -> KrakenBook | None:
        """The book, while it may be trusted."""
        held = self._books.get(symbol)
        return held.book if held is not None and held.trusted else None

    def candles(self, feed: Feed) -> tuple[Candle, ...]:
        """The candles of a feed, oldest first."""
        series = self._candles.get(feed)
        return series.all() if series is not None else ()

    def follow_book(self, symbol: str, depth: int | None = None) -> None:
        """Keep the book of a symbol from now on."""
        if symbol not in self._books:
            self._books[symbol] = _HeldBook(KrakenBook(symbol, depth or self._depth))

    def forget_book(self, symbol: str) -> None:
        """Keep it no more, and say nothing more of it."""
        self._books.pop(symbol, None)

    def follow_candles(self, feed: Feed) -> None:
        """Keep the candles of a symbol and interval from now on."""
        self._candles.setdefault(feed, CandleSeries((feed.interval_min or 1) * 60))

    def forget_candles(self, feed: Feed) -> None:
        """Keep them no more, and say nothing more of them."""
        self._candles.pop(feed, None)
        self._candles_heard_s.pop(feed, None)

    def book_heard_s(self, symbol: str) -> float:
        """When a book last changed (trio's clock); minus infinity while it may not be trusted."""
        held = self._books.get(symbol)
        return held.changed_s if held is not None and held.trusted else float("-inf")

    def candles_heard_s(self, feed: Feed) -> float:
        """When candles last changed (trio's clock); minus infinity before the first."""
        return self._candles_heard_s.get(feed, float("-inf"))

    def take_book(self, frame: BookFrame, received_s: float) -> None:
        """Apply a frame of `book`. The listener hears of a mismatch before anything else happens."""
        snapshot = frame.snapshot
        for row in frame.data:
            self._book_messages += 1
            held = self._books.get(row.symbol)
            if held is None:
                continue  # the rest of a subscription that was ended
            if snapshot:
                held.trusted = True
                self._filled(Feed("book", row.symbol), received_s)
            if held.trusted:
                self._apply(held, row, snapshot, received_s)
            # an update of a book that is not held is the rest of a subscription that was given up

    def _apply(self, held: _HeldBook, row: BookRow, snapshot: bool, received_s: float) -> None:
        try:
            held.book.apply(row, snapshot)
        except (BookBroken, BadFrame) as broken:
            self._mismatches += 1
            self.lose_book(row.symbol, str(broken))
            tell(self._probe, BookMismatched(row.symbol, str(broken)))
            times = self._suspect(Feed("book", row.symbol))
            if times >= UNVERIFIED_AFTER:
                tell(self._probe, BookUnstable(row.symbol, times))
            return
        held.changed_s = received_s
        held.told_lost = False
        self._listener.book_changed(row.symbol, held.book, received_s)

    def take_candles(self, frame: CandleFrame, received_s: float) -> None:
        """Hand on the candles that changed."""
        rows: dict[Feed, list[Candle]] = {}
        for row in frame.data:
            told = candle(row)
            rows.setdefault(Feed("ohlc", told.symbol, row.interval), []).append(told)
        for feed, told_rows in rows.items():
            series = self._candles.get(feed)
            if series is None:
                continue  # the rest of a subscription that was ended
            self._candles_heard_s[feed] = received_s
            if frame.snapshot:
                changed = series.take_snapshot(told_rows)
                self._filled(feed, received_s)
            else:
                changed = [each for told in told_rows for each in series.take(told)]
            for each in changed:
                self._listener.candle_changed(each)

    def close_candles(self, now_ns: int) -> None:
        """Close what the exchange's clock has closed: an interval without trades is not announced."""
        for series in tuple(self._candles.values()):
            for each in series.close_by(now_ns):
                self._listener.candle_changed(each)

    def lose_book(self, symbol: str, reason: str) -> None:
        """Trust a book no more; the listener hears of it at once, and once."""
        held = self._books.get(symbol)
        if held is None:
            return
        held.trusted = False
        if not held.told_lost:
            held.told_lost = True
            self._listener.book_lost(symbol, reason)
