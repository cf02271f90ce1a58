"""Books of single orders, kept and proven. No waiting anywhere."""

from collections.abc import Callable

import attrs

from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.client.session.subscriptions import UNVERIFIED_AFTER
from seawall.kraken.dialect.bad import BadFrame, BookBroken
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.level3_frames import Level3Frame, Level3Row
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["Level3Books", "Level3Mismatched", "Level3Statistics", "Level3Unstable"]


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
class Level3Statistics:
    """Counted since the start."""

    messages: int
    mismatches: int
    trusted: tuple[str, ...]


@attrs.define(eq=False)
class _Held:
    book: Level3Book
    trusted: bool = False
    changed_s: float = float("-inf")
    told_lost: bool = True


@attrs.define(eq=False)
class Level3Books:
    """Every level 3 book that is followed. `suspect` and `filled` are as in `MarketData`."""

    _listener: MarketListener
    _suspect: Callable[[Feed], int]
    _filled: Callable[[Feed, float], None]
    _probe: Probe
    _books: dict[str, _Held] = attrs.field(factory=dict, init=False)
    _messages: int = attrs.field(default=0, init=False)
    _mismatches: int = attrs.field(default=0, init=False)

    def statistics(self) -> Level3Statistics:
        """Counts, and which books may be trusted now."""
        trusted = tuple(symbol for symbol, held in self._books.items() if held.trusted)
        return Level3Statistics(self._messages, self._mismatches, trusted)

    def follow(self, symbol: str, depth: int) -> None:
        """Keep the orders of a symbol from now on."""
        if symbol not in self._books:
            self._books[symbol] = _Held(Level3Book(symbol, depth))

    def forget(self, symbol: str) -> None:
        """Keep them no more, and say nothing more of them."""
        self._books.pop(symbol, None)

    def book(self, symbol: str) -> Level3Book | None:
        """The book, while it may be trusted."""
        held = self._books.get(symbol)
        return held.book if held is not None and held.trusted else None

    def heard_s(self, symbol: str) -> float:
        """When a book last changed (trio's clock); minus infinity while it may not be trusted."""
        held = self._books.get(symbol)
        return held.changed_s if held is not None and held.trusted else float("-inf")

    def take(self, frame: Level3Frame, received_s: float) -> None:
        """Apply a frame of `level3`. The listener hears of a mismatch before anything else happens."""
        for row in frame.data:
            held = self._books.get(row.symbol)
            if held is None:
                continue  # the rest of a subscription that was ended
            self._messages += 1
            if frame.snapshot:
                held.trusted = True
                self._filled(Feed("level3", row.symbol), received_s)
            if held.trusted:
                self._apply(held, row, frame.snapshot, received_s)
            # an update of a book that is not trusted is the rest of a subscription that was given up

    def lose(self, symbol: str, reason: str) -> None:
        """Trust a book no more; the listener hears of it at once, and once."""
        held = self._books.get(symbol)
        if held is None:
            return
        held.trusted = False
        if not held.told_lost:
            held.told_lost = True
            self._listener.level3_lost(symbol, reason)

    def _apply(self, held: _Held, row: Level3Row, snapshot: bool, received_s: float) -> None:
        try:
            held.book.apply(row, snapshot)
        except (BookBroken, BadFrame) as broken:
            self._mismatches += 1
            self.lose(row.symbol, str(broken))
            tell(self._probe, Level3Mismatched(row.symbol, str(broken)))
            times = self._suspect(Feed("level3", row.symbol))
            if times >= UNVERIFIED_AFTER:
                tell(self._probe, Level3Unstable(row.symbol, times))
            return
        held.changed_s = received_s
        held.told_lost = False
        self._listener.level3_changed(row.symbol, held.book, received_s)
