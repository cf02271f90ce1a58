"""A book of single orders built from `level3` frames, proven by its checksum after every message.

The rules are docs.kraken.com/api/docs/guides/spot-ws-l3-v2: orders apply in list order, each side is then cut to the subscribed
count of prices (nothing is sent for a price pushed out of view; one newly in view comes as the adds of all its orders), and the
checksum is the CRC-32 of price and quantity of every order at the ten best asks and the ten best bids, in queue order.

The queue of a price is ordered by the orders' timestamps, and by arrival where these are equal. A change of an order we do not
have counts as its add, and the end of one as nothing: whether the book is right is for the checksum to say.
"""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from operator import attrgetter
from typing import Final

import attrs

from seawall.kraken.dialect.bad import BadFrame, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.digits import size_text
from seawall.kraken.dialect.socket.level3_frames import Level3Order, Level3Row
from seawall.kraken.dialect.times import from_rfc3339
from seawall.model.market_data import Level
from seawall.model.numbers import EXACT

__all__ = ["LEVEL3_DEPTHS", "Level3Book", "RestingOrder"]

LEVEL3_DEPTHS: Final = (10, 100, 1000)
"""The depths the exchange serves, in prices a side."""

_CHECKED: Final = 10
_entered = attrgetter("at_ns")


@attrs.frozen
class RestingOrder:
    """One visible order: `price` in the quote asset, visible `qty` in the base asset, and when it was entered or amended."""

    order_id: str
    price: Decimal
    qty: Decimal
    at_ns: int
    token: bytes = attrs.field(repr=False)
    """Its share of the checksum text."""


class _Side:
    """One side, best price first. `keys` are prices, negated for bids, which makes both sides rise; `queues` are in step."""

    __slots__ = ("_homes", "_sign", "keys", "queues")

    def __init__(self, *, bids: bool) -> None:
        self._sign = bids
        self.keys: list[Decimal] = []
        self.queues: list[list[RestingOrder]] = []
        self._homes: dict[str, Decimal] = {}

    def clear(self) -> None:
        self.cut(0)

    def cut(self, depth: int) -> None:
        for queue in self.queues[depth:]:
            for order in queue:
                del self._homes[order.order_id]
        del self.keys[depth:], self.queues[depth:]

    def apply(self, orders: Sequence[Level3Order]) -> None:
        for order in orders:
            self._remove(order.order_id)
            if order.event != "delete":
                self._put(order)

    def _remove(self, order_id: str) -> None:
        key = self._homes.pop(order_id, None)
        if key is None:
            return
        at = bisect_left(self.keys, key)
        self.queues[at] = [order for order in self.queues[at] if order.order_id != order_id]
        if not self.queues[at]:
            del self.keys[at], self.queues[at]

    def _put(self, order: Level3Order) -> None:
        price, qty = size_text(order.limit_price), size_text(order.order_qty)
        resting = RestingOrder(
            order.order_id,
            Decimal(price.decode()),
            Decimal(qty.decode()),
            from_rfc3339(order.timestamp),
            _digits(price) + _digits(qty),
        )
        if not resting.qty:
            return
        key = resting.price.copy_negate() if self._sign else resting.price
        at = bisect_left(self.keys, key)
        if at == len(self.keys) or self.keys[at] != key:
            self.keys.insert(at, key)
            self.queues.insert(at, [])
        queue = self.queues[at]
        queue.insert(bisect_right(queue, resting.at_ns, key=_entered), resting)
        self._homes[order.order_id] = key

    def level(self, at: int) -> Level:
        queue = self.queues[at]
        return Level(queue[0].price, reduce(EXACT.add, [order.qty for order in queue]))


def _digits(text: bytes) -> bytes:
    return text.replace(b".", b"").lstrip(b"0")


class Level3Book:
    """One symbol's orders, cut to `depth` prices a side (a `seawall.model.market_data.Book`, and more)."""

    __slots__ = ("_asks", "_at_ns", "_bids", "_depth", "_symbol", "_verified")

    def __init__(self, symbol: str, depth: int = 10) -> None:
        if depth not in LEVEL3_DEPTHS:
            raise ValueError(f"depth: {depth} is not one of {', '.join(map(str, LEVEL3_DEPTHS))}")
        self._symbol = symbol
        self._depth = depth
        self._asks = _Side(bids=False)
        self._bids = _Side(bids=True)
        self._at_ns = 0
        self._verified = False

    def __repr__(self) -> str:
        state = "verified" if self._verified else "not verified"
        prices = f"{len(self._bids.keys)} bid prices, {len(self._asks.keys)} ask prices"
        return f"Level3Book({self._symbol!r}, depth={self._depth}, {prices}, {state})"

    @property
    def symbol(self) -> str:
        """The pair, as `BTC/USD`."""
        return self._symbol

    @property
    def depth(self) -> int:
        """Prices kept on each side."""
        return self._depth

    @property
    def verified(self) -> bool:
        """Whether the newest message's checksum held and the sides do not cross; false before the first."""
        return self._verified

    @property
    def at_ns(self) -> int:
        """The newest timestamp of any order applied, nanoseconds since the epoch; 0 before the first."""
        return self._at_ns

    def best_bid(self) -> Level | None:
        """The highest bid with what all its orders show, or None when that side is empty."""
        return self._bids.level(0) if self._bids.keys else None

    def best_ask(self) -> Level | None:
        """The lowest ask with what all its orders show, or None when that side is empty."""
        return self._asks.level(0) if self._asks.keys else None

    def bids(self, count: int) -> tuple[Level, ...]:
        """The best `count` bid prices, highest first."""
        return tuple(map(self._bids.level, range(min(count, len(self._bids.keys)))))

    def asks(self, count: int) -> tuple[Level, ...]:
        """The best `count` ask prices, lowest first."""
        return tuple(map(self._asks.level, range(min(count, len(self._asks.keys)))))

    def bid_queues(self, count: int) -> tuple[tuple[RestingOrder, ...], ...]:
        """The orders of the best `count` bid prices, highest price first, each price in queue order."""
        return tuple(map(tuple, self._bids.queues[:count]))

    def ask_queues(self, count: int) -> tuple[tuple[RestingOrder, ...], ...]:
        """The orders of the best `count` ask prices, lowest price first, each price in queue order."""
        return tuple(map(tuple, self._asks.queues[:count]))

    def checksum(self) -> int:
        """The CRC-32 of the orders at the ten best prices of each side, as the exchange computes it."""
        queues = self._asks.queues[:_CHECKED] + self._bids.queues[:_CHECKED]
        return zlib.crc32(b"".join([order.token for queue in queues for order in queue]))

    def clear(self) -> None:
        """Forget every order, as when the subscription was lost."""
        self._asks.clear()
        self._bids.clear()
        self._at_ns = 0
        self._verified = False

    def apply(self, row: Level3Row, snapshot: bool) -> None:
        """Take one row of a `level3` frame, whole, and prove the result.

        Raises `ChecksumMismatch`, or `CrossedBook` where the checksum held and the prices cannot be: the book is then to be
        dropped, and `verified` is false until a later message proves it again. Raises ValueError for another symbol's row.
        """
        if row.symbol != self._symbol:
            raise ValueError(f"row: it is of {row.symbol}, the book of {self._symbol}")
        self._verified = False
        if snapshot:
            self.clear()
        try:
            self._asks.apply(row.asks)
            self._bids.apply(row.bids)
        except ValueError as error:
            raise BadFrame(f"{self._symbol}: {error}") from None
        self._asks.cut(self._depth)
        self._bids.cut(self._depth)
        self._at_ns = max([self._at_ns, *(from_rfc3339(order.timestamp) for order in (*row.bids, *row.asks))])
        computed = self.checksum()
        if computed != row.checksum:
            raise ChecksumMismatch(self._symbol, row.checksum, computed)
        bid, ask = self.best_bid(), self.best_ask()
        if bid is not None and ask is not None and bid.price >= ask.price:
            raise CrossedBook(self._symbol, bid.price, ask.price)
        self._verified = True
