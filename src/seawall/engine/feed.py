"""The market as the engine last saw it: told by the venue, asked by risk, monitors and strategies."""

import math
from collections.abc import Callable, Iterable, Sequence

import attrs
import trio

from seawall.engine.line import Line, Waker
from seawall.engine.queues import CandleStream, FellBehind, Queues, TradeStream
from seawall.engine.streams import BookStream, QuoteStream
from seawall.model.market_data import Book, Candle, Quote, Trade

__all__ = [
    "QUEUE_BOUND",
    "BookStatistics",
    "BookStream",
    "CandleStream",
    "Feed",
    "FeedStatistics",
    "FellBehind",
    "QuoteStream",
    "TradeStream",
]

QUEUE_BOUND = 1_024
"""Unread trades or candles a stream keeps: minutes of a busy pair, and little memory."""


@attrs.frozen
class BookStatistics:
    """One symbol's book so far: how often it changed, was lost, and was replaced before a stream's reader saw it."""

    symbol: str
    is_verified: bool
    lost_because: str | None
    age_s: float
    changes: int
    gaps: int
    readers: int
    replaced: int


@attrs.frozen
class FeedStatistics:
    """All books; how many queued values were lost to readers that fell behind; how many streams queue now."""

    books: tuple[BookStatistics, ...]
    lost: int
    queues: int


@attrs.define(eq=False)
class Feed:
    """The newest verified data of every symbol, and the streams that hand it out.

    The first half is what a venue calls (see `seawall.model.venue.VenueListener`): it returns at once, and does no
    arithmetic. `clock` is the one that `received_s` is told on.
    """

    clock: Callable[[], float] = trio.current_time
    _lines: dict[str, Line] = attrs.field(factory=dict, init=False)
    _trades: Queues[str, Trade] = attrs.field(factory=Queues[str, Trade], init=False)
    _candles: Queues[tuple[str, int], Candle] = attrs.field(factory=Queues[tuple[str, int], Candle], init=False)

    def __repr__(self) -> str:
        return f"<Feed: {len(self._lines)} books, {sum(line.is_verified for line in self._lines.values())} verified>"

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        """The book of `symbol` changed and its checksum held."""
        line = self._lines.get(symbol)
        if line is None:
            line = self._line(symbol)
        line.change(book, received_s)

    def book_lost(self, symbol: str, reason: str) -> None:
        """The book of `symbol` is not to be trusted until the next `book_changed`."""
        self._line(symbol).lose(reason)

    def traded(self, trades: Sequence[Trade]) -> None:
        """The market printed trades, oldest first."""
        for trade in trades:
            self._trades.put(trade.symbol, trade)

    def candle_changed(self, candle: Candle) -> None:
        """The running candle of one symbol and interval changed, or one was closed."""
        self._candles.put((candle.symbol, candle.interval_s), candle)

    def quote(self, symbol: str) -> Quote | None:
        """The newest touch; None while the book is lost, was never seen, or has an empty side."""
        line = self._lines.get(symbol)
        return line.quote() if line is not None else None

    def age_s(self, symbol: str) -> float:
        """Seconds since the newest verified book arrived; `math.inf` when none ever did."""
        line = self._lines.get(symbol)
        return self.clock() - line.received_s if line is not None else math.inf

    def is_verified(self, symbol: str) -> bool:
        """Whether the book is in step with the exchange's now, as far as its checksum tells."""
        line = self._lines.get(symbol)
        return line is not None and line.is_verified

    def symbols(self) -> tuple[str, ...]:
        """Every symbol whose book was told of, or was asked for as a stream, sorted."""
        return tuple(sorted(symbol for symbol, line in self._lines.items() if line.is_known))

    def quotes(self, symbol: str) -> QuoteStream:
        """A stream of the touch: `async with feed.quotes("BTC/USD") as quotes: async for quote in quotes: …`."""
        return QuoteStream(self._asked_for(symbol))

    def books(self, symbol: str) -> BookStream:
        """A stream of the book itself."""
        return BookStream(self._asked_for(symbol))

    def trades(self, symbol: str, *, bound: int = QUEUE_BOUND) -> TradeStream:
        """A stream of the market's trades, of which up to `bound` wait unread."""
        return TradeStream(symbol, self._trades, bound)

    def candles(self, symbol: str, interval_s: int, *, bound: int = QUEUE_BOUND) -> CandleStream:
        """A stream of the candles of one interval, of which up to `bound` wait unread."""
        return CandleStream(symbol, interval_s, self._candles, bound)

    async def changed(self, symbols: Iterable[str]) -> None:
        """Return when the book of one of `symbols` changes after this call; never, when there is none.

        What changed before the call is not waited for: look first, then wait. Cancellation loses nothing.
        """
        waker = Waker()
        lines = [self._line(symbol) for symbol in symbols]
        for line in lines:
            line.readers.append(waker)
        try:
            await waker.wait()
        finally:
            for line in lines:
                line.readers.remove(waker)

    def statistics(self) -> FeedStatistics:
        """What was counted so far."""
        return FeedStatistics(
            books=tuple(
                BookStatistics(
                    symbol=symbol,
                    is_verified=line.is_verified,
                    lost_because=line.lost_because,
                    age_s=self.age_s(symbol),
                    changes=line.changes,
                    gaps=line.gaps,
                    readers=len(line.readers),
                    replaced=line.replaced,
                )
                for symbol, line in sorted(self._lines.items())
            ),
            lost=self._trades.lost + self._candles.lost,
            queues=len(self._trades) + len(self._candles),
        )

    def _asked_for(self, symbol: str) -> Line:
        line = self._line(symbol)
        line.is_asked_for = True
        return line

    def _line(self, symbol: str) -> Line:
        return self._lines.setdefault(symbol, Line(symbol))
