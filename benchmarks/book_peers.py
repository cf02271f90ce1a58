"""Other books to compare ours with: each made from a snapshot, then given decoded updates, every checksum compared."""

import json
import zlib
from collections.abc import Callable, Coroutine
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

import attrs
from benchmarks.naive import NaiveBook

from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame

__all__ = ["BOOKS", "BookMaker", "naive", "seawall"]

Apply = Callable[[Any], object]
"""Takes one decoded frame, and raises where its checksum is not the book's. Any: each library decodes in its own way."""
Decode = Callable[[str], Any]
BookMaker = Callable[[str, int], tuple[Apply, Decode]]
"""A book of a snapshot's text and a depth."""


def _exact(text: str) -> Any:  # Any: JSON
    return json.loads(text, parse_float=Decimal)


def seawall(snapshot: str, depth: int) -> tuple[Apply, Decode]:
    """Our own: digits as the wire wrote them."""

    def decoded(text: str) -> BookFrame:
        frame = decode(text.encode())
        assert isinstance(frame, BookFrame)
        return frame

    row = decoded(snapshot).data[0]
    book = KrakenBook(row.symbol, depth)
    book.apply(row, snapshot=True)
    return (lambda frame: book.apply(frame.data[0], snapshot=False)), decoded


def naive(snapshot: str, depth: int) -> tuple[Apply, Decode]:
    """Dictionaries of decimals, sorted whenever it matters."""
    book = NaiveBook(depth, checked=True)
    book.take(snapshot)
    return book.apply, book.decode


@attrs.define
class SortedBook:
    """sortedcontainers' `SortedDict` a side, decimals, the checksum's text formatted anew for each message."""

    depth: int
    bids: Any  # Any: the library has no types
    asks: Any

    def apply(self, frame: Any) -> None:
        """Set, remove, cut, compare."""
        row = frame["data"][0]
        for side, levels in ((self.bids, row["bids"]), (self.asks, row["asks"])):
            for level in levels:
                if level["qty"]:
                    side[level["price"]] = level["qty"]
                else:
                    side.pop(level["price"], None)
            while len(side) > self.depth:
                side.popitem()
        if self._checksum() != row["checksum"]:
            raise ValueError("the checksum is wrong")

    def _checksum(self) -> int:
        levels = [level for side in (self.asks, self.bids) for level in side.items()[:10]]
        return zlib.crc32("".join(str(number).replace(".", "").lstrip("0") for level in levels for number in level).encode())


def _sortedcontainers(snapshot: str, depth: int) -> tuple[Apply, Decode]:
    sorted_dict = import_module("sortedcontainers").SortedDict
    book = SortedBook(depth, sorted_dict(lambda price: -price), sorted_dict())
    book.apply(_exact(snapshot))
    return book.apply, _exact


def _drive(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")


def _kraken_sdk(snapshot: str, depth: int) -> tuple[Apply, Decode]:
    """python-kraken-sdk's book client, whose connection is never opened."""
    module = import_module("kraken.spot")

    class Pairs:
        def get_asset_pairs(self, pair: str) -> dict[str, dict[str, int]]:
            return {pair: {"pair_decimals": 1, "lot_decimals": 8}}

    class Reader(module.SpotOrderBookClient):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
        async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - the library's names
            if "error" in message:
                raise ValueError(message["error"])

    reader = Reader.__new__(Reader)
    for name, value in {"book": {}, "depth": depth, "callback": None, "market": Pairs()}.items():
        setattr(reader, f"_SpotOrderBookClient__{name}", value)
    _drive(reader.on_message(json.loads(snapshot)))
    return (lambda frame: _drive(reader.on_message(frame))), json.loads


def _cryptofeed(snapshot: str, depth: int) -> tuple[Apply, Decode]:
    """The book of C that cryptofeed is built on, used as its Kraken feed does."""
    row = _exact(snapshot)["data"][0]
    book = import_module("order_book").OrderBook(max_depth=depth, max_depth_strict=True, checksum_format="KRAKEN")
    book.bids = {level["price"]: level["qty"] for level in row["bids"]}
    book.asks = {level["price"]: level["qty"] for level in row["asks"]}

    def apply(frame: Any) -> None:
        row = frame["data"][0]
        for side, levels in ((book.bids, row["bids"]), (book.asks, row["asks"])):
            for level in levels:
                if level["qty"]:
                    side[level["price"]] = level["qty"]
                elif level["price"] in side:
                    del side[level["price"]]
        if book.checksum() != row["checksum"]:
            raise ValueError("the checksum is wrong")

    return apply, _exact


BOOKS: Final[dict[str, tuple[str, BookMaker]]] = {
    "sortedcontainers": ("sortedcontainers", _sortedcontainers),
    "python-kraken-sdk": ("python-kraken-sdk", _kraken_sdk),
    "order_book, cryptofeed's": ("order_book", _cryptofeed),
}
"""Name, distribution, and how it is made."""
