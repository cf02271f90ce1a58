"""Frames of the `level3` channel: every resting order by its id (docs.kraken.com/api/docs/websocket-v2/level3).

The channel has a host of its own and needs a token. Prices and sizes stay raw tokens, since its checksum is made of their
digits.
"""

from typing import Literal

import msgspec

from seawall.kraken.dialect.books.digits import Digits, check_sizes
from seawall.kraken.dialect.socket.market_frames import Kind
from seawall.kraken.dialect.times import check_rfc3339

__all__ = ["Level3Frame", "Level3Order", "Level3Row"]


class Level3Order(msgspec.Struct, frozen=True, gc=False):
    """One order, or what became of it.

    `event` is said in updates only; `modify` is a new quantity. `timestamp` is when the order was entered or last amended, and
    is what orders the queue of its price.
    """

    order_id: str
    limit_price: Digits
    order_qty: Digits
    timestamp: str
    event: Literal["add", "modify", "delete"] | None = None

    def __post_init__(self) -> None:
        check_sizes((self.limit_price, self.order_qty))
        check_rfc3339(self.timestamp)


class Level3Row(msgspec.Struct, frozen=True):
    """One symbol's orders, in the order to apply them, and the checksum of the book after all of them."""

    symbol: str
    checksum: int
    bids: list[Level3Order] = []
    asks: list[Level3Order] = []
    timestamp: str | None = None


class Level3Frame(msgspec.Struct, frozen=True, tag_field="channel", tag="level3"):
    """A snapshot or an update of books, order by order. Raises ValueError for an update whose orders have no event."""

    type: Kind
    data: tuple[Level3Row, ...]

    def __post_init__(self) -> None:
        if self.type == "update":
            for row in self.data:
                for order in (*row.bids, *row.asks):
                    if order.event is None:
                        raise ValueError(f"event: order {order.order_id} of {row.symbol} has none in an update")

    @property
    def snapshot(self) -> bool:
        """Whether this frame replaces what was known, rather than adding to it."""
        return self.type == "snapshot"
