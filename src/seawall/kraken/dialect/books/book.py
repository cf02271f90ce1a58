"""A book built from Kraken's snapshots and updates, proven by its checksum after every message.

The rules are docs.kraken.com/api/docs/guides/spot-ws-book-v2 and docs.kraken.com/api/docs/websocket-v2/book: entries apply
in list order, quantity 0 removes, each side is then cut to the subscribed depth (nothing is sent for a level pushed out of
view), and the checksum is the CRC-32 of the digits of the ten best asks and the ten best bids.

Each side is three lists in step, best level first: sort key, quantity as written, and the level's share of the checksum
text. One bisect finds a level; a checksum is two slices, a join and a CRC. The sort key is the price as an integer of its
digits, so that nothing is rounded at any precision; bids hold it negated, which makes both sides rise.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from seawall.kraken.dialect.bad import BadFrame, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.digits import size_text
from seawall.kraken.dialect.socket.market_frames import BookLevel, BookRow
from seawall.kraken.dialect.times import from_rfc3339
from seawall.model.market_data import Level

__all__ = ["DEPTHS", "KrakenBook", "crc_of"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
"""The depths the exchange serves."""

_CHECKED: Final = 10
"""Levels of each side that the checksum covers, whatever the depth."""


def crc_of(asks: Iterable[tuple[str, str]], bids: Iterable[tuple[str, str]]) -> int:
    """The checksum of a book given as (price, quantity) digits, best first on both sides; more than ten levels are cut."""
    parts: list[str] = []
    for side in (asks, bids):
        for index, level in enumerate(side):
            if index == _CHECKED:
                break
            parts.extend(text.replace(".", "").lstrip("0") for text in level)
    return zlib.crc32("".join(parts).encode("ascii"))


class _Side:
    """One side, best level first. `sign` is -1 for bids; keys are prices in units of ten to the minus `places`."""

    __slots__ = ("keys", "places", "price_places", "qty_places", "qtys", "sign", "tokens")

    def __init__(self, sign: int, price_places: int, qty_places: int) -> None:
        self.sign = sign
        self.price_places = price_places
        self.qty_places = qty_places
        self.places = price_places
        self.keys: list[int] = []
        self.qtys: list[bytes] = []
        self.tokens: list[bytes] = []

    def clear(self) -> None:
        self.cut(0)
        self.places = self.price_places

    def cut(self, depth: int) -> None:
        if len(self.keys) > depth:
            del self.keys[depth:], self.qtys[depth:], self.tokens[depth:]

    def apply(self, levels: Sequence[BookLevel]) -> None:
        """Set or remove each level, in order. The usual token costs a partition and a bisect; others go to `_fitted`."""
        keys = self.keys
        for level in levels:
            whole, _, fraction = bytes(level.price).partition(b".")
            digits = whole + fraction
            if len(fraction) == self.places and digits.isdigit():
                key = int(digits) * self.sign
            else:
                key, digits = self._fitted(level)
            at = bisect_left(keys, key)
            known = at < len(keys) and keys[at] == key
            qty = bytes(level.qty)
            size = qty.replace(b".", b"").lstrip(b"0")
            if self.qty_places or (size and not size.isdigit()):
                qty = _padded(size_text(level.qty), self.qty_places)
                size = qty.replace(b".", b"").lstrip(b"0")
            if not size:
                if known:
                    del keys[at], self.qtys[at], self.tokens[at]
            elif known:
                self.qtys[at] = qty
                self.tokens[at] = digits.lstrip(b"0") + size
            else:
                keys.insert(at, key)
                self.qtys.insert(at, qty)
                self.tokens.insert(at, digits.lstrip(b"0") + size)

    def _fitted(self, level: BookLevel) -> tuple[int, bytes]:
        """Key and digits of a price written with an exponent, or with other places than those before it."""
        whole, _, fraction = _padded(size_text(level.price), self.price_places).partition(b".")
        if len(fraction) > self.places:
            factor = 10 ** (len(fraction) - self.places)
            self.keys[:] = [key * factor for key in self.keys]
            self.places = len(fraction)
        return int(whole + fraction.ljust(self.places, b"0")) * self.sign, whole + fraction

    def level(self, at: int) -> Level:
        return Level(Decimal(f"{self.keys[at] * self.sign}E-{self.places}"), Decimal(self.qtys[at].decode("ascii")))


def _padded(text: bytes, places: int) -> bytes:
    """The digits with at least so many places: zeros that a float printer took away are put back."""
    if not places:
        return text
    whole, _, fraction = text.partition(b".")
    return b"%b.%b" % (whole, fraction.ljust(places, b"0"))


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
        self._asks = _Side(1, price_places, qty_places)
        self._bids = _Side(-1, price_places, qty_places)
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
        return zlib.crc32(b"".join(self._asks.tokens[:_CHECKED] + self._bids.tokens[:_CHECKED]))

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
            asks.apply(row.asks)
            bids.apply(row.bids)
        except ValueError as error:
            raise BadFrame(f"{self._symbol}: {error}") from None
        asks.cut(self._depth)
        bids.cut(self._depth)
        if row.timestamp is not None:
            self._timestamp = row.timestamp
        computed = self.checksum()
        if computed != row.checksum:
            raise ChecksumMismatch(self._symbol, row.checksum, computed)
        if asks.keys and bids.keys and self._crossed():
            raise CrossedBook(self._symbol, bids.level(0).price, asks.level(0).price)
        self._verified = True

    def _crossed(self) -> bool:
        asks, bids = self._asks, self._bids
        if asks.places == bids.places:
            return -bids.keys[0] >= asks.keys[0]
        return bids.level(0).price >= asks.level(0).price
