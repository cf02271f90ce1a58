"""What a strategy reads the market through: `async with` to open it, `async for` to read it.

Two policies. Quotes and books *conflate*: only the newest value waits, and how many it replaced is counted. Trades and
candles *queue* with a bound: a reader that falls behind is told so by `FellBehind`, never by a hole it cannot see.

All of them yield verified data only, wait through gaps, and never end by themselves: leave the block, or be cancelled.
A stream has one reader at a time; several streams on the same symbol know nothing of each other.
"""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Generic, Self, TypeVar

import attrs
import trio

from seawall.engine.line import Line
from seawall.model.market_data import Book, Quote

__all__ = ["BookStream", "QuoteStream", "Stream"]

T = TypeVar("T")


class Stream(ABC, Generic[T]):
    """One reader's way to what arrives; `_arrived` is set while there may be something to take."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._arrived = trio.Event()
        self._is_open = False
        self._was_opened = False
        self._is_read = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}, {'open' if self._is_open else 'closed'}>"

    async def __aenter__(self) -> Self:
        if self._was_opened:
            raise trio.ClosedResourceError(f"{self._what}: a stream is opened once; ask the feed for another one")
        self._is_open = self._was_opened = True
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


class _Latest(Stream[T]):
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


def _same_touch(one: Quote, other: Quote) -> bool:
    return (one.bid, one.bid_qty, one.ask, one.ask_qty) == (other.bid, other.bid_qty, other.ask, other.ask_qty)
