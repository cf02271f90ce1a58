"""The state of one symbol's book as the feed holds it, and who is woken when it changes."""

from typing import Protocol

import attrs
import trio

from seawall.model.market_data import Book, Quote

__all__ = ["Line", "Reader", "Waker"]


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
    is_asked_for: bool = False
    """Whether a stream of it was ever wanted."""
    replaced: int = 0
    """Changes that streams did not see, because a newer one came first."""
    readers: list[Reader] = attrs.field(factory=list)
    _quote: Quote | None = None

    @property
    def is_known(self) -> bool:
        """Whether the venue told of the book, or somebody wants to read it."""
        return self.is_asked_for or self.changes > 0 or self.lost_because is not None

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
