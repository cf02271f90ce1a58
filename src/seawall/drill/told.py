"""What strategies were told, and when: orders, fills, quotes, trades, and how each block ended.

Written down in the strategies' own hands (`seawall.drill.witness`), and read by the oracle, which asks no part of the engine.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Final

import attrs

from seawall.model.market_data import Book, Candle, Quote, Trade
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent
from seawall.model.reports import Fill

__all__ = ["Left", "Listener", "SeenBook", "Told", "ToldOrder"]

LEVELS: Final = 10
"""How many levels of a book are compared on each side."""


class Left(StrEnum):
    """How a block was left."""

    RETURNED = "returned"
    CANCELLED = "cancelled"
    RAISED = "raised"
    NEVER_ENTERED = "never entered"


@attrs.define(eq=False)
class ToldOrder:
    """One block around an order. Instants are seconds since the world began, None for what did not come."""

    owner: str
    intent: Intent
    asked_s: float
    is_blind: bool
    """Whether there was no verified quote of the symbol at that moment."""
    client_order_id: str | None = None
    order_id: str | None = None
    refused: str | None = None
    """The rule that refused it, or the class of what was raised in place of entering."""
    entered_s: float | None = None
    left_s: float | None = None
    over_s: float | None = None
    left: Left | None = None
    states: list[tuple[float, OrderState]] = attrs.field(factory=list)
    """Each other state that its owner saw, the last one after the block."""
    fills: list[tuple[float, Fill]] = attrs.field(factory=list)
    filled_qty: Decimal | None = None
    """After the block."""

    def saw(self, at_s: float, state: OrderState) -> None:
        """Note a state, unless it is the one seen last."""
        if not self.states or self.states[-1][1] is not state:
            self.states.append((at_s, state))


@attrs.frozen
class SeenBook:
    """The best levels of one book at the moment it was read: (price, quantity), best first."""

    symbol: str
    at_ns: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]

    @classmethod
    def of(cls, book: Book) -> "SeenBook":
        """What a book shows now."""
        bids, asks = book.bids(LEVELS), book.asks(LEVELS)
        return cls(
            book.symbol,
            book.at_ns,
            tuple((level.price, level.qty) for level in bids),
            tuple((level.price, level.qty) for level in asks),
        )


class Listener:
    """Hears what strategies are told at the moment they are told; `stream` is one block's, and never given twice; 0 is none."""

    def quoted(self, owner: str, stream: int, quote: Quote) -> None:
        """A strategy read a quote."""

    def showed(self, owner: str, stream: int, book: SeenBook) -> None:
        """A strategy read a book."""

    def traded(self, owner: str, stream: int, trade: Trade) -> None:
        """A strategy read a trade."""

    def drew(self, owner: str, stream: int, candle: Candle) -> None:
        """A strategy read a candle."""


def _nothing(_lane: str, _kind: str, _text: str) -> None:
    """Where nobody takes facts down."""


@attrs.define(eq=False)
class Told:
    """The log of one run: all orders of all strategies, over all restarts, and counts of the rest.

    `tell` takes facts down (lane, kind, text), as `Trace.tell`.
    """

    now_s: Callable[[], float]
    tell: Callable[[str, str, str], None] = _nothing
    listeners: list[Listener] = attrs.field(factory=list)
    orders: list[ToldOrder] = attrs.field(factory=list)
    runs: dict[str, int] = attrs.field(factory=dict)
    """How often each strategy was started."""
    failures: list[tuple[float, str, str]] = attrs.field(factory=list)
    """When a run of a strategy raised what, and which."""
    counts: dict[str, int] = attrs.field(factory=dict)
    quoted_s: dict[str, list[int]] = attrs.field(factory=dict)
    """Of each symbol, the seconds in which some strategy was given a quote."""
    _streams: int = 0

    def started(self, owner: str) -> None:
        """A strategy begins a run."""
        self.runs[owner] = self.runs.get(owner, 0) + 1
        self.tell(f"strategy {owner}", "started", "starts" if self.runs[owner] == 1 else f"starts again ({self.runs[owner]})")

    def failed(self, owner: str, problem: BaseException) -> None:
        """A run of a strategy raised."""
        self.failures.append((self.now_s(), owner, type(problem).__name__))
        self.tell(f"strategy {owner}", "failed", f"fails with {type(problem).__name__}")

    def stream(self) -> int:
        """The number of a stream that is opened now."""
        self._streams += 1
        return self._streams

    def asked(self, owner: str, intent: Intent, *, is_blind: bool) -> ToldOrder:
        """A strategy asks for an order."""
        order = ToldOrder(owner, intent, self.now_s(), is_blind)
        self.orders.append(order)
        self.tell(f"strategy {owner}", "asked", f"wants to {intent}" + (", blind" if is_blind else ""))
        return order

    def quoted(self, owner: str, stream: int, quote: Quote) -> None:
        """A strategy read a quote."""
        self._count("quotes")
        second, seconds = int(self.now_s()), self.quoted_s.setdefault(quote.symbol, [])
        if not seconds or seconds[-1] != second:
            seconds.append(second)
        if quote.after_gap:
            self.tell(f"strategy {owner}", "sees again", f"has quotes of {quote.symbol} again, after a gap")
        for listener in self.listeners:
            listener.quoted(owner, stream, quote)

    def looked(self, owner: str, quote: Quote) -> None:
        """A strategy looked at the newest quote, in no stream: 0 stands for that."""
        self.quoted(owner, 0, quote)

    def showed(self, owner: str, stream: int, book: SeenBook) -> None:
        """A strategy read a book."""
        self._count("books")
        for listener in self.listeners:
            listener.showed(owner, stream, book)

    def traded(self, owner: str, stream: int, trade: Trade) -> None:
        """A strategy read a trade."""
        self._count("trades")
        for listener in self.listeners:
            listener.traded(owner, stream, trade)

    def drew(self, owner: str, stream: int, candle: Candle) -> None:
        """A strategy read a candle."""
        self._count("candles")
        for listener in self.listeners:
            listener.drew(owner, stream, candle)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
