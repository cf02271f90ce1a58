"""One side of a book: its levels in order, and its part of the text that the checksum is made of.

Three lists are kept in step, best level first: sort key, quantity as written, and the level's share of the checksum's text.
One bisect finds a level. The sort key is the price as an integer of its digits, so that nothing is rounded at any precision;
bids hold it negated, which makes both sides rise.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from seawall.kraken.dialect.books.digits import Digits, size_text
from seawall.kraken.dialect.socket.market_frames import BookLevel
from seawall.model.market_data import Level

__all__ = ["CHECKED", "Side"]

CHECKED: Final = 10
"""Levels of each side that the checksum covers, whatever the depth (docs.kraken.com/api/docs/guides/spot-ws-book-v2)."""

_LEARNED: Final = 128
"""Price texts that a side remembers at least; more levels want more, at about 250 bytes each."""


class Side:
    """Levels of one side, best first. `sign` is -1 for bids; keys are prices in units of ten to the minus `places`.

    `text` is this side's part of the checksum's text: an update mostly touches one side, and the other's is at hand.
    `_learned` has what was made of a price text, since the same few prices near the touch are spoken of again and again; it
    is emptied when it is full, and whenever `places` changes.
    """

    __slots__ = ("_learned", "_most", "depth", "keys", "places", "price_places", "qty_places", "qtys", "sign", "text", "tokens")

    def __init__(self, sign: int, depth: int, price_places: int, qty_places: int) -> None:
        self.sign = sign
        self.depth = depth
        self.price_places = price_places
        self.qty_places = qty_places
        self.places = price_places
        self.keys: list[int] = []
        self.qtys: list[bytes] = []
        self.tokens: list[bytes] = []
        self.text = b""
        self._learned: dict[bytes, tuple[int, bytes]] = {}
        self._most = max(_LEARNED, 4 * depth)

    def clear(self) -> None:
        """Forget every level."""
        del self.keys[:], self.qtys[:], self.tokens[:]
        self.text = b""
        self.places = self.price_places
        self._learned.clear()

    def apply(self, levels: Sequence[BookLevel]) -> None:
        """Set or remove each level, in order, and cut. Raises ValueError for a token that is no size, half way.

        This is the busiest loop there is, so its steps are spelled out here and not in functions. One join and one partition
        take two tokens out of their message in less time than two `bytes`; a price with a space in it is none, and `_learn`,
        which looks at the token itself, says so.
        """
        keys, qtys, tokens, learned = self.keys, self.qtys, self.tokens, self._learned
        padded = self.qty_places
        for level in levels:
            price, _, qty = b" ".join((level.price, level.qty)).partition(b" ")
            try:
                key, digits = learned[price]
            except KeyError:
                key, digits = self._learn(level.price)
            size = qty.replace(b".", b"").lstrip(b"0")
            if padded or (size and not size.isdigit()):
                qty = _padded(size_text(level.qty), padded)
                size = qty.replace(b".", b"").lstrip(b"0")
            at = bisect_left(keys, key)
            if at < len(keys) and keys[at] == key:
                if size:
                    qtys[at] = qty
                    tokens[at] = digits + size
                else:
                    del keys[at], qtys[at], tokens[at]
            elif size:
                keys.insert(at, key)
                qtys.insert(at, qty)
                tokens.insert(at, digits + size)
        if len(keys) > CHECKED:
            if len(keys) > self.depth:
                del keys[self.depth :], qtys[self.depth :], tokens[self.depth :]
            tokens = tokens[:CHECKED]
        self.text = b"".join(tokens)

    def _learn(self, price: Digits) -> tuple[int, bytes]:
        """Key and checksum digits of a price. One that is written with more places than any before it refines all keys.

        Raises ValueError for a token that is no price.
        """
        whole, _, fraction = _padded(size_text(price), self.price_places).partition(b".")
        if len(fraction) > self.places:
            factor = 10 ** (len(fraction) - self.places)
            self.keys[:] = [key * factor for key in self.keys]
            self.places = len(fraction)
            self._learned.clear()
        elif len(self._learned) >= self._most:
            self._learned.clear()
        learned = int(whole + fraction.ljust(self.places, b"0")) * self.sign, (whole + fraction).lstrip(b"0")
        self._learned[bytes(price)] = learned
        return learned

    def level(self, at: int) -> Level:
        """The level at that place, 0 being the best, in decimals."""
        return Level(Decimal(f"{self.keys[at] * self.sign}E-{self.places}"), Decimal(self.qtys[at].decode("ascii")))


def _padded(text: bytes, places: int) -> bytes:
    """The digits with at least so many places: zeros that a float printer took away are put back."""
    if not places:
        return text
    whole, _, fraction = text.partition(b".")
    return b"%b.%b" % (whole, fraction.ljust(places, b"0"))
