"""A book built from Kraken's snapshots and updates, proven by its checksum after every message.

The rules are docs.kraken.com/api/docs/guides/spot-ws-book-v2 and docs.kraken.com/api/docs/websocket-v2/book: entries apply
in list order, quantity 0 removes, each side is then cut to the subscribed depth (nothing is sent for a level pushed out of
view), and the checksum is the CRC-32 of the digits of the ten best asks and the ten best bids.

A book whose sides cross is refused even where its checksum holds, in a snapshot as in an update: the exchange matches such
orders, so a book that shows them is not the exchange's, whatever its digits say.
"""

import zlib
from collections.abc import Iterable
from itertools import islice
from typing import Final

from seawall.kraken.dialect.bad import BadFrame, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.side import CHECKED, Side
from seawall.kraken.dialect.socket.market_frames import BookRow
from seawall.kraken.dialect.times import from_rfc3339
from seawall.model.market_data import Level

__all__ = ["DEPTHS", "KrakenBook", "crc_of", "digits_of"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
"""The depths the exchange serves."""


def crc_of(asks: Iterable[tuple[str, str]], bids: Iterable[tuple[str, str]]) -> int:
    """The checksum of a book given as (price, quantity) digits, best first on both sides; more than ten levels are cut."""
    parts = [digits_of(level) for side in (asks, bids) for level in islice(side, CHECKED)]
    return zlib.crc32("".join(parts).encode("ascii"))


def digits_of(level: tuple[str, str]) -> str:
    """The share of one level in the text of the checksum: its digits, without points and without the zeros before them."""
    price, qty = level
    return price.replace(".", "").lstrip("0") + qty.replace(".", "").lstrip("0")


class KrakenBook:
    """One symbol's book, cut to `depth` levels a side (a `seawall.model.market_data.Book`).

    Digits are used as they came, which is right for what the exchange sends. `price_places` and `qty_places` pad them: for
    recordings that lost their trailing zeros in a float, and for nothing else.
    """

    __slots__ = ("_asks", "_at_ns", "_bids", "_depth", "_symbol", "_timestamp", "_verified")

    def __init__(self, symbol: str, depth: int = 10, *, price_places: int = 0, qty_places: int = 0) -> None:
        if depth not in DEPTHS:
            raise ValueError(f"depth: {depth} is not one of {', '.join(map(str, DEPTHS))}")
        self._symbol = symbol
        self._depth = depth
        self._asks = Side(1, depth, price_places, qty_places)
        self._bids = Side(-1, depth, price_places, qty_places)
        self._timestamp: str | None = None
        self._at_ns = 0
        self._verified = False

    def __repr__(self) -> str:
        state = "verified" if self._verified else "not verified"
        levels = f"{len(self._bids.keys)} bids, {len(self._asks.keys)} asks"
        return f"KrakenBook({self._symbol!r}, depth={self._depth}, {levels}, {state})"

    @property
    def symbol(self) -> str:
        """The pair, as `BTC/USD`."""
        return self._symbol

    @property
    def depth(self) -> int:
        """Levels kept on each side."""
        return self._depth

    @property
    def verified(self) -> bool:
        """Whether the newest message's checksum held and the sides do not cross; false before the first."""
        return self._verified

    @property
    def at_ns(self) -> int:
        """The exchange's timestamp of the last change, nanoseconds since the epoch; 0 when it gave none that can be read."""
        if self._timestamp is not None:
            try:
                self._at_ns = from_rfc3339(self._timestamp)
            except ValueError:
                self._at_ns = 0
            self._timestamp = None
        return self._at_ns

    def best_bid(self) -> Level | None:
        """The highest bid, or None when that side is empty."""
        return self._bids.level(0) if self._bids.keys else None

    def best_ask(self) -> Level | None:
        """The lowest ask, or None when that side is empty."""
        return self._asks.level(0) if self._asks.keys else None

    def bids(self, count: int) -> tuple[Level, ...]:
        """The best `count` bids, highest first."""
        return tuple(map(self._bids.level, range(min(count, len(self._bids.keys)))))

    def asks(self, count: int) -> tuple[Level, ...]:
        """The best `count` asks, lowest first."""
        return tuple(map(self._asks.level, range(min(count, len(self._asks.keys)))))

    def checksum(self) -> int:
        """The CRC-32 of the ten best levels of each side, as the exchange computes it."""
        return zlib.crc32(self._asks.text + self._bids.text)

    def clear(self) -> None:
        """Forget every level, as when the subscription was lost."""
        self._asks.clear()
        self._bids.clear()
        self._timestamp = None
        self._at_ns = 0
        self._verified = False

    def apply(self, row: BookRow, snapshot: bool) -> None:
        """Take one row of a `book` frame, whole, and prove the result.

        Raises `ChecksumMismatch`, or `CrossedBook` where the checksum held and the prices cannot be: the book is then to be
        dropped, and `verified` is false until a later message proves it again. Raises ValueError for another symbol's row.
        """
        if row.symbol != self._symbol:
            raise ValueError(f"row: it is of {row.symbol}, the book of {self._symbol}")
        self._verified = False
        asks, bids = self._asks, self._bids
        if snapshot:
            asks.clear()
            bids.clear()
        try:
            if row.asks:
                asks.apply(row.asks)
            if row.bids:
                bids.apply(row.bids)
        except ValueError as error:
            self.clear()  # half a row was applied
            raise BadFrame(f"{self._symbol}: {error}") from None
        if row.timestamp is not None:
            self._timestamp = row.timestamp
        computed = zlib.crc32(asks.text + bids.text)
        if computed != row.checksum:
            raise ChecksumMismatch(self._symbol, row.checksum, computed)
        if asks.keys and bids.keys:
            # keys are integers of one unit as long as both sides wrote as many places, which they do
            same_unit = asks.places == bids.places
            if asks.keys[0] <= -bids.keys[0] if same_unit else asks.level(0).price <= bids.level(0).price:
                raise CrossedBook(self._symbol, bids.level(0).price, asks.level(0).price)
        self._verified = True
