"""Books under their checksums, by level or by single orders: kept and proven. No waiting anywhere."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import attrs

from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.client.session.subscriptions import UNVERIFIED_AFTER
from seawall.kraken.dialect.bad import BadFrame, BookBroken
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.level3_frames import Level3Row
from seawall.kraken.dialect.socket.market_frames import BookRow
from seawall.model.venue import Probe, VenueListener
from seawall.resilience.probes import tell

__all__ = [
    "LEVEL3_DEPTH",
    "BookMismatched",
    "BookStatistics",
    "BookUnstable",
    "Level3Mismatched",
    "Level3Unstable",
    "OnLoss",
    "ProvenBooks",
    "books_by_level",
    "books_of_orders",
]


class _OfPair(Protocol):
    @property
    def symbol(self) -> str: ...


R_co = TypeVar("R_co", covariant=True)  # as R below, where rows are only read


class _OfChannel(Protocol[R_co]):
    @property
    def type(self) -> str: ...

    @property
    def data(self) -> Sequence[R_co]: ...


B = TypeVar("B")  # the kind of book
R = TypeVar("R", bound=_OfPair)  # one row of its channel: a snapshot or an update of one pair

LEVEL3_DEPTH = 10
"""What the exchange serves unless asked for another (docs.kraken.com/api/docs/websocket-v2/level3)."""


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
class Level3Mismatched:
    """The orders of a symbol were not what the exchange has; they are asked for anew, alone."""

    symbol: str
    reason: str


@attrs.frozen
class Level3Unstable:
    """The orders of a symbol broke `times` times in a row: they are unverified, and asked for at growing intervals."""

    symbol: str
    times: int


@attrs.frozen
class BookStatistics:
    """Counted since the start; `trusted` are the symbols whose books may be read now."""

    messages: int
    mismatches: int
    trusted: tuple[str, ...]


@attrs.frozen
class OnLoss:
    """`suspect` is called for a feed that broke, after the listener was told, and returns how often in a row; `filled` when
    a snapshot of a feed was taken.
    """

    suspect: Callable[[Feed], int]
    filled: Callable[[Feed, float], None]
    probe: Probe


@attrs.define(eq=False)
class _Held(Generic[B]):
    book: B
    trusted: bool = False
    changed_s: float = float("-inf")
    told_lost: bool = True


@attrs.define(eq=False)
class ProvenBooks(Generic[B, R]):
    """Every book of one channel that is followed; what is not followed is left aside.

    `changed` and `lost` tell the listener, `mismatched` and `unstable` make the notices of this channel.
    """

    _channel: str
    _new: Callable[[str, int], B]
    _apply_to: Callable[[B, R, bool], None]
    _depth: int
    _changed: Callable[[str, B, float], None]
    _lost: Callable[[str, str], None]
    _mismatched: Callable[[str, str], object]
    _unstable: Callable[[str, int], object]
    _on_loss: OnLoss
    _books: dict[str, _Held[B]] = attrs.field(factory=dict, init=False)
    _messages: int = attrs.field(default=0, init=False)
    _mismatches: int = attrs.field(default=0, init=False)

    def statistics(self) -> BookStatistics:
        """Counts, and which books may be trusted now."""
        trusted = tuple(symbol for symbol, held in self._books.items() if held.trusted)
        return BookStatistics(self._messages, self._mismatches, trusted)

    def follow(self, symbol: str, depth: int | None = None) -> None:
        """Keep the book of a symbol from now on."""
        if symbol not in self._books:
            self._books[symbol] = _Held(self._new(symbol, depth or self._depth))

    def forget(self, symbol: str) -> None:
        """Keep it no more, and say nothing more of it."""
        self._books.pop(symbol, None)

    def book(self, symbol: str) -> B | None:
        """The book, while it may be trusted."""
        held = self._books.get(symbol)
        return held.book if held is not None and held.trusted else None

    def heard_s(self, symbol: str) -> float:
        """When a book last changed (trio's clock); minus infinity while it may not be trusted."""
        held = self._books.get(symbol)
        return held.changed_s if held is not None and held.trusted else float("-inf")

    def take(self, frame: _OfChannel[R], received_s: float) -> None:
        """Apply the rows of one frame. The listener hears of a mismatch before anything else happens."""
        snapshot = frame.type == "snapshot"
        for row in frame.data:
            self._messages += 1
            held = self._books.get(row.symbol)
            if held is None:
                continue  # the rest of a subscription that was ended
            if snapshot:
                held.trusted = True
                self._on_loss.filled(Feed(self._channel, row.symbol), received_s)
            if held.trusted:
                self._apply(held, row, snapshot, received_s)
            # an update of a book that is not trusted is the rest of a subscription that was given up

    def lose(self, symbol: str, reason: str) -> None:
        """Trust a book no more; the listener hears of it at once, and once."""
        held = self._books.get(symbol)
        if held is None:
            return
        held.trusted = False
        if not held.told_lost:
            held.told_lost = True
            self._lost(symbol, reason)

    def _apply(self, held: _Held[B], row: R, snapshot: bool, received_s: float) -> None:
        try:
            self._apply_to(held.book, row, snapshot)
        except (BookBroken, BadFrame) as broken:
            self._break(row.symbol, str(broken))
            return
        held.changed_s = received_s
        held.told_lost = False
        self._changed(row.symbol, held.book, received_s)

    def _break(self, symbol: str, reason: str) -> None:
        self._mismatches += 1
        self.lose(symbol, reason)
        tell(self._on_loss.probe, self._mismatched(symbol, reason))
        times = self._on_loss.suspect(Feed(self._channel, symbol))
        if times >= UNVERIFIED_AFTER:
            tell(self._on_loss.probe, self._unstable(symbol, times))


def books_by_level(listener: VenueListener, depth: int, on_loss: OnLoss) -> ProvenBooks[KrakenBook, BookRow]:
    """The books of the channel `book`, `depth` levels a side unless told otherwise."""
    return ProvenBooks(
        "book",
        KrakenBook,
        KrakenBook.apply,
        depth,
        listener.book_changed,
        listener.book_lost,
        BookMismatched,
        BookUnstable,
        on_loss,
    )


def books_of_orders(listener: MarketListener, on_loss: OnLoss) -> ProvenBooks[Level3Book, Level3Row]:
    """The books of the channel `level3`."""
    return ProvenBooks(
        "level3",
        Level3Book,
        Level3Book.apply,
        LEVEL3_DEPTH,
        listener.level3_changed,
        listener.level3_lost,
        Level3Mismatched,
        Level3Unstable,
        on_loss,
    )
