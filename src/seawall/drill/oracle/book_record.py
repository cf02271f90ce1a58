"""The books as the exchange had them: every touch of the last minutes, and all levels, to be compared with what was shown."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Final

import attrs

from seawall.drill.told import SeenBook
from seawall.model.market_data import Quote
from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.sim.exchange.events import BookChanged, Event, LevelChange
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.market import Market

__all__ = ["BookRecord", "Touch"]

KEPT_S: Final = 300.0
"""How long a state is remembered: longer than anything may be on its way, or be read as new."""
_NS_PER_US: Final = 1_000
"""Frames tell microseconds."""


@attrs.frozen
class Touch:
    """The best prices from `at_s` on, until the next one. `at_ns` is the exchange's own time."""

    at_s: float
    at_ns: int
    bid: Decimal | None
    bid_qty: Decimal
    ask: Decimal | None
    ask_qty: Decimal


@attrs.define(eq=False)
class _Levels:
    """A book that follows the exchange's as far as somebody has read."""

    sides: dict[Side, dict[Decimal, Decimal]]
    at_us: int = 0
    waiting: deque[tuple[float, int, tuple[LevelChange, ...]]] = attrs.field(factory=deque)

    def step(self) -> None:
        """Take over the next change."""
        _, self.at_us, levels = self.waiting.popleft()
        for level in levels:
            side = self.sides[level.side]
            if level.qty:
                side[level.price] = level.qty
            else:
                side.pop(level.price, None)

    def shows(self, book: SeenBook) -> bool:
        """Whether the best levels are those of the book."""
        bids, asks = self.sides[Side.BUY], self.sides[Side.SELL]
        mine = nlargest(len(book.bids), bids), nsmallest(len(book.asks), asks)
        return [(price, bids[price]) for price in mine[0]] == list(book.bids) and [
            (price, asks[price]) for price in mine[1]
        ] == list(book.asks)


@attrs.define(eq=False)
class BookRecord:
    """Listens to one exchange; `now_s` is the world's time."""

    exchange: Exchange
    now_s: Callable[[], float]
    _touches: dict[str, deque[Touch]] = attrs.field(factory=dict)
    _levels: dict[str, _Levels] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for symbol, market in self.exchange.floor.markets.items():
            self._touches[symbol] = deque([self._touch(market, 0)])
            self._levels[symbol] = _Levels({side: _side(market, side) for side in Side})
        self.exchange.listen(self.hear)

    def hear(self, event: Event) -> None:
        """One event of the exchange."""
        if not isinstance(event, BookChanged):
            return
        symbol, touches = event.pair.symbol, self._touches[event.pair.symbol]
        touches.append(self._touch(self.exchange.floor.markets[symbol], event.at_ns))
        levels = self._levels[symbol]
        levels.waiting.append((touches[-1].at_s, event.at_ns // _NS_PER_US, event.levels))
        horizon_s = touches[-1].at_s - KEPT_S
        while len(touches) > 1 and touches[1].at_s < horizon_s:
            touches.popleft()
        while levels.waiting[0][0] < horizon_s:
            levels.step()

    def fault_of_quote(self, quote: Quote) -> str | None:
        """Why a quote was not the exchange's touch at the time it names; None when it was."""
        at_us = quote.at_ns // _NS_PER_US
        told = quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
        touches = self._touches[quote.symbol]
        found: Touch | None = None
        for touch in reversed(touches):
            if touch.at_ns // _NS_PER_US == at_us:
                found = touch
                if told == (touch.bid, touch.bid_qty, touch.ask, touch.ask_qty):
                    return None
        first = touches[0]
        if first.at_ns == 0 and told == (first.bid, first.bid_qty, first.ask, first.ask_qty):
            return None  # a book that has not changed since the exchange was opened says when it was shown
        if found is None:
            return f"{quote.symbol} had no book of {quote.at_ns}, {quote.bid} to {quote.ask}"
        return f"{quote.symbol} was {found.bid} to {found.ask} then, and not {quote.bid} to {quote.ask} of those quantities"

    def fault_of_book(self, book: SeenBook) -> str | None:
        """Why a book was not the exchange's at the time it names; None when it was.

        Books are told in the order of their times: what was passed over is not compared again.
        """
        levels, at_us = self._levels[book.symbol], book.at_ns // _NS_PER_US
        if levels.shows(book) and (levels.at_us == at_us or not levels.at_us):
            return None
        if not any(at_us == then_us for _, then_us, _ in levels.waiting):
            return None if levels.at_us == 0 else f"{book.symbol} had no book of {book.at_ns}, or another one"
        while levels.waiting:
            levels.step()
            if levels.at_us == at_us and levels.shows(book):
                return None
            if levels.at_us == at_us and not any(at_us == then_us for _, then_us, _ in levels.waiting):
                break
        return f"the book of {book.symbol} was another one at {book.at_ns}"

    def had_touch(self, symbol: str, bid: Decimal, ask: Decimal, *, since_s: float) -> bool:
        """Whether these were the best prices at some time since then, up to now."""
        until_s = float("inf")
        for touch in reversed(self._touches[symbol]):
            if until_s < since_s:
                return False
            if (touch.bid, touch.ask) == (bid, ask):
                return True
            until_s = touch.at_s
        return until_s >= since_s and self._touches[symbol][0].at_s > since_s  # what is forgotten is not judged

    def _touch(self, market: Market, at_ns: int) -> Touch:
        bids, asks = market.book.bids, market.book.asks
        bid, ask = bids.best(), asks.best()
        return Touch(
            self.now_s(),
            at_ns,
            bid,
            ZERO if bid is None else bids.qty_at(bid),
            ask,
            ZERO if ask is None else asks.qty_at(ask),
        )


def _side(market: Market, side: Side) -> dict[Decimal, Decimal]:
    half = market.book.half(side)
    return {price: half.qty_at(price) for price in half.prices()}
