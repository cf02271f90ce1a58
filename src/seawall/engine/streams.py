"""What a strategy reads the market through: `async with` to open it, `async for` to read it.

Two policies. Quotes and books *conflate*: only the newest value waits, and how many it replaced is counted. Trades and
candles *queue* with a bound: a reader that falls behind is told so by `FellBehind`, never by a hole it cannot see.

All of them yield verified data only, wait through gaps, and never end by themselves: leave the block, or be cancelled.
A stream has one reader at a time; several streams on the same symbol know nothing of each other.
"""

from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import attrs
import trio

from seawall.model.errors import Advice, SeawallError
from seawall.model.market_data import Book, Candle, Quote, Trade

__all__ = ["BookStream", "CandleStream", "FellBehind", "Line", "Queues", "QuoteStream", "Reader", "TradeStream", "Waker"]

K = TypeVar("K")
T = TypeVar("T")


class FellBehind(SeawallError):
    """More arrived than a stream keeps for a reader that does not read.

    All of it was dropped, `lost` values; reading on gets what arrives from now on.
    """

    advice: Advice = "retry"

    def __init__(self, what: str, lost: int, bound: int) -> None:
        super().__init__(f"{what}: {lost} were not read and are lost; {bound} are kept")
        self.what = what
        self.lost = lost
        self.bound = bound


class Reader(Protocol):
    """Who wants to know that a book changed."""

    def changed(self) -> None:
        """Called at each change: cheap, and never more than a mark."""
        ...


@attrs.define(eq=False)
class Line:
    """The state of one symbol's book, and who reads it."""

    symbol: str
    book: Book | None = None
    received_s: float = float("-inf")
    is_verified: bool = False
    changes: int = 0
    gaps: int = 0
    lost_because: str | None = None
    """Why it is not verified now; None while it is, or when nobody said."""
    replaced: int = 0
    """Changes that streams did not see, because a newer one came first."""
    readers: list[Reader] = attrs.field(factory=list)
    _quote: Quote | None = None

    def change(self, book: Book, received_s: float) -> None:
        """The book changed, and is verified: no more than a stamp and a mark for each reader."""
        self.book = book
        self.received_s = received_s
        self.is_verified = True
        self.lost_because = None
        self.changes += 1
        self._quote = None
        for reader in self.readers:
            reader.changed()

    def lose(self, reason: str) -> None:
        """The book is not to be trusted until the next change."""
        self.gaps += self.is_verified
        self.is_verified = False
        self.lost_because = reason
        self._quote = None

    def quote(self) -> Quote | None:
        """The touch; None while the book is lost, was never seen, or has an empty side."""
        if self._quote is None and self.is_verified and self.book is not None:
            bid, ask = self.book.best_bid(), self.book.best_ask()
            if bid is not None and ask is not None:
                self._quote = Quote(self.symbol, bid.price, bid.qty, ask.price, ask.qty, self.received_s, self.book.at_ns)
        return self._quote


class _Stream(ABC, Generic[T]):
    """One reader's way to what arrives; `_arrived` is set while there may be something to take."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._arrived = trio.Event()
        self._is_open = False
        self._is_read = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}, {'open' if self._is_open else 'closed'}>"

    async def __aenter__(self) -> Self:
        self._is_open = True
        self._attach()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_open = False
        self._detach()
        self._arrived.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next value. Cancelled, it has taken nothing: the value waits for the next call.

        Raises `trio.BusyResourceError` when another task is reading, `trio.ClosedResourceError` outside of the block.
        """
        if self._is_read:
            raise trio.BusyResourceError(f"{self._what}: another task reads this stream; open one for each task")
        self._is_read = True
        try:
            while True:
                if not self._is_open:
                    raise trio.ClosedResourceError(f"{self._what}: read outside of its `async with` block")
                await self._arrived.wait()
                if self._is_open:
                    value = self._take()
                    if value is not None:
                        return value
        finally:
            self._is_read = False

    @abstractmethod
    def _attach(self) -> None: ...

    @abstractmethod
    def _detach(self) -> None: ...

    @abstractmethod
    def _take(self) -> T | None:
        """A value, or None when there was nothing to tell after all: then `_arrived` is a new event."""


class _Latest(_Stream[T]):
    """Looks at the book when its reader comes, however often it changed in between."""

    def __init__(self, what: str, line: Line) -> None:
        super().__init__(f"{what} of {line.symbol}")
        self.replaced = 0
        """How many changes of the book its reader did not see, because a newer one came first."""
        self.after_gap = False
        """Whether the value read last was the first one after the book had been lost."""
        self._line = line
        self._gaps = line.gaps

    def changed(self) -> None:
        """Mark that there is something new."""
        if self._arrived.is_set():
            self.replaced += 1
            self._line.replaced += 1
        else:
            self._arrived.set()

    def _attach(self) -> None:
        self._gaps = self._line.gaps
        self._line.readers.append(self)
        if self._line.is_verified:
            self._arrived.set()

    def _detach(self) -> None:
        self._line.readers.remove(self)

    def _note_gap(self) -> None:
        self.after_gap = self._gaps != self._line.gaps
        self._gaps = self._line.gaps


class QuoteStream(_Latest[Quote]):
    """The touch of one book, newest first and only: at once if there is one, then each time it is another one.

    A change deeper in the book yields nothing. The first quote after a gap has `after_gap` set.
    """

    def __init__(self, line: Line) -> None:
        super().__init__("quotes", line)
        self._last: Quote | None = None

    def _take(self) -> Quote | None:
        self._arrived = trio.Event()
        quote = self._line.quote()
        if quote is None:
            return None
        if self._gaps == self._line.gaps and self._last is not None and _same_touch(quote, self._last):
            return None
        self._note_gap()
        self._last = attrs.evolve(quote, after_gap=True) if self.after_gap else quote
        return self._last


class BookStream(_Latest[Book]):
    """One book, each time it has changed: the same object, which changes again at the reader's next `await`.

    `after_gap` says of the book read last whether it is the first one after it had been lost.
    """

    def __init__(self, line: Line) -> None:
        super().__init__("books", line)

    def _take(self) -> Book | None:
        self._arrived = trio.Event()
        if not self._line.is_verified:
            return None
        self._note_gap()
        return self._line.book


@attrs.define(eq=False)
class Queues(Generic[K, T]):
    """The open queued streams of one kind, by what they are about."""

    lost: int = attrs.field(default=0, init=False)
    """How many values were dropped because a reader fell behind."""
    _by_key: dict[K, "list[_Queued[K, T]]"] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def put(self, key: K, value: T) -> None:
        """Queue a value for each stream about `key`."""
        for stream in self._by_key.get(key, ()):
            stream.put(value)

    def add(self, key: K, stream: "_Queued[K, T]") -> None:
        """A stream was opened."""
        self._by_key.setdefault(key, []).append(stream)

    def remove(self, key: K, stream: "_Queued[K, T]") -> None:
        """A stream was closed."""
        self._by_key[key].remove(stream)
        if not self._by_key[key]:
            del self._by_key[key]


class _Queued(_Stream[T], Generic[K, T]):
    """Keeps up to `bound` values in order; one more, and all of them are dropped and the reader is told."""

    def __init__(self, what: str, key: K, queues: Queues[K, T], bound: int) -> None:
        super().__init__(what)
        if bound < 1:
            raise ValueError(f"bound: {bound} is not a number of values to keep, at least 1")
        self._key = key
        self._queues = queues
        self._bound = bound
        self._unread: deque[T] = deque()
        self._untold = 0

    def put(self, value: T) -> None:
        """Queue a value; or, when there is no room, drop it and all the others."""
        self._arrived.set()
        if not self._untold and len(self._unread) < self._bound:
            self._unread.append(value)
            return
        dropped = len(self._unread) + 1
        self._unread.clear()
        self._untold += dropped
        self._queues.lost += dropped

    def _attach(self) -> None:
        self._queues.add(self._key, self)

    def _detach(self) -> None:
        self._queues.remove(self._key, self)
        self._unread.clear()

    def _take(self) -> T | None:
        if self._untold:
            lost, self._untold = self._untold, 0
            self._arrived = trio.Event()
            raise FellBehind(self._what, lost, self._bound)
        value = self._unread.popleft() if self._unread else None
        if not self._unread:
            self._arrived = trio.Event()
        return value


class TradeStream(_Queued[str, Trade]):
    """Every trade the market printed since the stream was opened, in order. Raises `FellBehind`."""

    def __init__(self, symbol: str, queues: Queues[str, Trade], bound: int) -> None:
        super().__init__(f"trades of {symbol}", symbol, queues, bound)


class CandleStream(_Queued[tuple[str, int], Candle]):
    """Every change of the running candle, and every closed one, in order. Raises `FellBehind`.

    The running candle conflates: its newer state replaces an unread older one. Closed candles are never replaced.
    """

    def __init__(self, symbol: str, interval_s: int, queues: Queues[tuple[str, int], Candle], bound: int) -> None:
        super().__init__(f"candles of {symbol}, {interval_s} s", (symbol, interval_s), queues, bound)
        self.replaced = 0
        """How many unread states of a running candle a newer one replaced."""

    def put(self, value: Candle) -> None:
        """Queue a candle, in place of an older state of the same one."""
        if self._unread and not self._unread[-1].closed and self._unread[-1].begin_ns == value.begin_ns:
            self._unread[-1] = value
            self.replaced += 1
        else:
            super().put(value)


@attrs.define(eq=False)
class Waker:
    """A reader that waits once, for any of several books."""

    _event: trio.Event = attrs.field(factory=trio.Event, init=False)

    def changed(self) -> None:
        """Wake who waits."""
        self._event.set()

    async def wait(self) -> None:
        """Return once one of the books has changed."""
        await self._event.wait()


def _same_touch(one: Quote, other: Quote) -> bool:
    return (one.bid, one.bid_qty, one.ask, one.ask_qty) == (other.bid, other.bid_qty, other.ask, other.ask_qty)
