"""The book as it is shown: digits by price, and what each depth's subscribers must be told of a change.

A subscriber cuts its book to the depth after every message (docs.kraken.com/api/docs/guides/spot-ws-book-v2). So nothing
is said of levels pushed out of view, and what comes into view because another left is said in the same message.
"""

import zlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import attrs

from seawall.kraken.dialect.books.book import digits_of
from seawall.model.orders import Side

__all__ = ["Digits", "Shown", "ShownLevel", "View"]

Digits = tuple[str, str]
"""Price and quantity, as written on the wire."""

CHECKED_LEVELS = 10


class ShownLevel(NamedTuple):
    """One level as it now stands; `gone` levels are written with quantity zero."""

    side: Side
    price: Decimal
    digits: Digits
    gone: bool


@attrs.define(eq=False)
class _Side:
    side: Side
    keys: list[Decimal] = attrs.field(factory=list)
    digits: dict[Decimal, Digits] = attrs.field(factory=dict)
    tokens: dict[Decimal, str] = attrs.field(factory=dict)
    """The level's share of the checksum's text, for those levels that were ever among the first."""
    text: str | None = ""
    """This side's share of it; None when it has to be put together again."""

    def key(self, price: Decimal) -> Decimal:
        return price if self.side is Side.SELL else price.copy_negate()

    def put(self, level: ShownLevel) -> bool:
        """Apply one level; returns whether its price was shown before."""
        key = self.key(level.price)
        known = key in self.digits
        self.text = None
        if not level.gone:
            if not known:
                insort(self.keys, key)
            self.digits[key] = level.digits
            self.tokens.pop(key, None)
        elif known:
            del self.digits[key]
            self.tokens.pop(key, None)
            del self.keys[bisect_left(self.keys, key)]
        return known

    def best(self, count: int) -> list[Digits]:
        return [self.digits[key] for key in self.keys[:count]]

    def checked(self) -> str:
        """The share of the first levels in the checksum's text."""
        if self.text is None:
            texts = []
            for key in self.keys[:CHECKED_LEVELS]:
                text = self.tokens.get(key)
                if text is None:
                    text = self.tokens[key] = digits_of(self.digits[key])
                texts.append(text)
            self.text = "".join(texts)
        return self.text

    def cut(self, depth: int) -> None:
        if len(self.keys) <= depth:
            return
        self.text = None
        for key in self.keys[depth:]:
            del self.digits[key]
            self.tokens.pop(key, None)
        del self.keys[depth:]

    def edge(self, depth: int) -> Decimal | None:
        """The key of the last level in view; None when the view shows all there is."""
        return self.keys[depth - 1] if len(self.keys) >= depth else None


@attrs.define(eq=False)
class View:
    """What subscribers of one depth see: the edge of each side after the last message."""

    depth: int
    edges: dict[Side, Decimal | None] = attrs.field(factory=dict)


@attrs.define(eq=False)
class Shown:
    """One symbol's book on show. `depth` is the most that is kept; None keeps all."""

    depth: int | None = None
    views: dict[int, View] = attrs.field(factory=dict)
    _sides: dict[Side, _Side] = attrs.field(factory=lambda: {side: _Side(side) for side in Side})

    def bids(self, count: int) -> list[Digits]:
        """The best bids, highest first."""
        return self._sides[Side.BUY].best(count)

    def asks(self, count: int) -> list[Digits]:
        """The best asks, lowest first."""
        return self._sides[Side.SELL].best(count)

    def checksum(self) -> int:
        """The checksum of the book as it stands."""
        return zlib.crc32((self._sides[Side.SELL].checked() + self._sides[Side.BUY].checked()).encode("ascii"))

    def touch(self) -> tuple[Digits | None, Digits | None]:
        """The best bid and the best ask; None where a side is empty."""
        bids, asks = self._sides[Side.BUY], self._sides[Side.SELL]
        return bids.digits[bids.keys[0]] if bids.keys else None, asks.digits[asks.keys[0]] if asks.keys else None

    def clear(self) -> None:
        """Forget every level, ahead of a snapshot."""
        for side in self._sides.values():
            side.cut(0)

    def view(self, depth: int) -> View:
        """The view of that depth, made when first asked for."""
        if depth not in self.views:
            edges = {side: ladder.edge(depth) for side, ladder in self._sides.items()}
            self.views[depth] = View(depth, edges)
        return self.views[depth]

    def apply(self, levels: Iterable[ShownLevel]) -> dict[int, tuple[list[Digits], list[Digits]]]:
        """Apply one message; returns for each view what to tell of bids and asks, where there is anything to tell.

        Removals come first, so that a reader who cuts after every entry is not misled either.
        """
        touched: dict[Side, dict[Decimal, tuple[ShownLevel, bool]]] = {side: {} for side in Side}
        for level in levels:
            ladder = self._sides[level.side]
            known = ladder.put(level)
            key = ladder.key(level.price)
            before = touched[level.side].get(key)
            touched[level.side][key] = (level, known if before is None else before[1])
        if self.depth is not None:
            for ladder in self._sides.values():
                ladder.cut(self.depth)
        told = {}
        for depth, view in self.views.items():
            bids, asks = self._news(view, Side.BUY, touched[Side.BUY]), self._news(view, Side.SELL, touched[Side.SELL])
            if bids or asks:
                told[depth] = bids, asks
        return told

    def _news(self, view: View, side: Side, touched: dict[Decimal, tuple[ShownLevel, bool]]) -> list[Digits]:
        ladder = self._sides[side]
        before, after = view.edges[side], ladder.edge(view.depth)
        view.edges[side] = after
        if not touched and before == after:
            return []
        gone = [
            level.digits
            for key, (level, known) in touched.items()
            if known and key not in ladder.digits and level.gone and (before is None or key <= before)
        ]
        news = {key for key in touched if key in ladder.digits and (after is None or key <= after)}
        if before is not None and (after is None or after > before):
            keys: Sequence[Decimal] = ladder.keys
            end = len(keys) if after is None else bisect_right(keys, after)
            news.update(keys[bisect_right(keys, before) : end])
        return gone + [ladder.digits[key] for key in sorted(news)]
