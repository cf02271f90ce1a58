"""What one would write without an engine: stock trio-websocket, `json`, dictionaries. The baseline of the benchmarks."""

import json
import zlib
from decimal import Decimal
from typing import Any

import attrs

__all__ = ["NaiveBook"]


@attrs.define
class NaiveBook:
    """A book of two dictionaries, sorted whenever it is asked; `checked` compares the checksum of each message."""

    depth: int
    checked: bool
    bids: dict[Any, Any] = attrs.field(factory=dict)  # Any: decimals or floats, as the caller parses them
    asks: dict[Any, Any] = attrs.field(factory=dict)
    messages: int = 0

    def decode(self, text: str | bytes) -> Any:  # Any: JSON
        """A frame, its numbers exact where the checksum needs their digits."""
        return json.loads(text, parse_float=Decimal) if self.checked else json.loads(text)

    def take(self, text: str | bytes) -> bool:
        """Take a frame; true when the book changed."""
        return self.apply(self.decode(text))

    def apply(self, frame: Any) -> bool:  # Any: JSON
        """Take a frame that was decoded; true when the book changed."""
        if frame.get("channel") != "book":
            return False
        row = frame["data"][0]
        if frame["type"] == "snapshot":
            self.bids.clear()
            self.asks.clear()
        for side, levels in ((self.bids, row["bids"]), (self.asks, row["asks"])):
            for level in levels:
                if level["qty"] == 0:
                    side.pop(level["price"], None)
                else:
                    side[level["price"]] = level["qty"]
        self._cut()
        if self.checked and self._checksum() != row["checksum"]:
            raise ValueError("the checksum is wrong")
        self.messages += 1
        return True

    def best_bid(self) -> tuple[Any, Any]:
        """Price and quantity."""
        price = max(self.bids)
        return price, self.bids[price]

    def _cut(self) -> None:
        for price in sorted(self.bids, reverse=True)[self.depth :]:
            del self.bids[price]
        for price in sorted(self.asks)[self.depth :]:
            del self.asks[price]

    def _checksum(self) -> int:
        levels = [(price, self.asks[price]) for price in sorted(self.asks)[:10]]
        levels += [(price, self.bids[price]) for price in sorted(self.bids, reverse=True)[:10]]
        digits = "".join(str(number).replace(".", "").lstrip("0") for level in levels for number in level)
        return zlib.crc32(digits.encode())
