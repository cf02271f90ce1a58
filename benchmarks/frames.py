"""Book frames with right checksums, made from a seed: a cycle that begins and ends at the same book."""

import json
import random
import struct
from decimal import Decimal

import attrs

from seawall.kraken.dialect.books.book import crc_of

__all__ = ["DEPTH", "END_QTY", "SYMBOL", "BookFrames", "symbols_of", "wire"]

SYMBOL = "BTC/USD"
DEPTH = 10
TICK = Decimal("0.1")
MIDDLE = Decimal("65000.0")
END_QTY = Decimal("7.77777777")
"""The quantity at the best bid that ends a burst."""

Side = dict[Decimal, Decimal]


@attrs.define
class BookFrames:
    """`snapshot`, then `updates` over and over; `restore` and `end` set one level that every state at their place has."""

    seed: int = 1
    count: int = 1_000
    depth: int = DEPTH
    symbol: str = SYMBOL
    lap: int | None = None
    """After so many updates the book is again what it was first; None is once, at the end."""
    snapshot: str = attrs.field(init=False)
    updates: list[str] = attrs.field(init=False)
    restore: str = attrs.field(init=False)
    end: str = attrs.field(init=False)
    ticks: tuple[str, str] = attrs.field(init=False)
    """Two frames that change the quantity at the best bid, to be sent in turn."""
    _rng: random.Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        bids = {MIDDLE - TICK * place: self._qty() for place in range(1, self.depth + 1)}
        asks = {MIDDLE + TICK * place: self._qty() for place in range(1, self.depth + 1)}
        first = dict(bids), dict(asks)
        self.snapshot = self._frame("snapshot", bids, asks, *first)
        self.updates = []
        for place in range(1, self.count + 1):
            if place == self.count or (self.lap is not None and place % self.lap == 0):
                self.updates.append(self._frame("update", _back(bids, first[0]), _back(asks, first[1]), *first))
                bids, asks = dict(first[0]), dict(first[1])
            else:
                self.updates.append(self._change(bids, asks))
        best = max(first[0])
        self.restore = self._touch(best, first[0][best], first)
        self.end = self._touch(best, END_QTY, first)
        self.ticks = (self._touch(best, Decimal("5.00000000"), first), self._touch(best, Decimal("6.00000000"), first))

    def _touch(self, best: Decimal, qty: Decimal, book: tuple[Side, Side]) -> str:
        bids, asks = dict(book[0]), book[1]
        bids[best] = qty
        return self._frame("update", {best: qty}, {}, bids, asks)

    def _change(self, bids: Side, asks: Side) -> str:
        """Most updates change one quantity; one in five takes a level away, and shows the one behind the last."""
        side, sign = self._rng.choice(((bids, -1), (asks, 1)))
        price = self._rng.choice(sorted(side))
        if self._rng.random() < 0.8:
            change = {price: self._qty()}
        else:
            behind = max(side, key=lambda level: sign * level) + sign * TICK
            change = {price: Decimal(0), behind: self._qty()}
        for level, qty in change.items():
            if qty:
                side[level] = qty
            else:
                del side[level]
        return self._frame("update", change if side is bids else {}, change if side is asks else {}, bids, asks)

    def _qty(self) -> Decimal:
        return Decimal(self._rng.randrange(1, 10**9)) / 10**8

    def _frame(self, kind: str, bids: Side, asks: Side, all_bids: Side, all_asks: Side) -> str:
        checksum = crc_of(
            [_digits(price, all_asks[price]) for price in sorted(all_asks)],
            [_digits(price, all_bids[price]) for price in sorted(all_bids, reverse=True)],
        )
        row = (
            f'{{"symbol":"{self.symbol}","bids":[{_levels(bids)}],"asks":[{_levels(asks)}],"checksum":{checksum},'
            '"timestamp":"2026-01-01T00:00:00.000000Z"}'
        )
        text = f'{{"channel":"book","type":"{kind}","data":[{row}]}}'
        assert json.loads(text)
        return text


def wire(text: str) -> bytes:
    """A frame as a server sends it: final, text, not masked."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return (struct.pack(">BBH", 0x81, 126, size) if size < 65_536 else struct.pack(">BBQ", 0x81, 127, size)) + payload


def symbols_of(count: int) -> list[str]:
    """So many symbols, `SYMBOL` first."""
    return [SYMBOL, *(f"T{place:03d}/USD" for place in range(1, count))]


def _back(now: Side, first: Side) -> Side:
    """What brings a side to what it was first."""
    return {price: Decimal(0) for price in now if price not in first} | {
        price: qty for price, qty in first.items() if now.get(price) != qty
    }


def _levels(levels: Side) -> str:
    return ",".join('{{"price":{},"qty":{}}}'.format(*_digits(price, qty)) for price, qty in levels.items())


def _digits(price: Decimal, qty: Decimal) -> tuple[str, str]:
    return f"{price:.1f}", f"{qty:.8f}"
