"""The `level3` channel: every order that rests, one by one, in the order of its queue.

Rules of docs.kraken.com/api/docs/websocket-v2/level3 and docs.kraken.com/api/docs/guides/spot-l3-v2: a subscriber cuts its
book to the depth (in prices) after each message; nothing is said of prices pushed out of view, and a price that comes into
view is told as the addition of all its orders. What an iceberg hides, and what waits for a trigger, is not shown.

How the exchange announces an order that went to the back of its queue is not documented: here it is deleted and added.
"""

import zlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.counters import DecayingCounter
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import Side
from seawall.sim.exchange.book import Book, HalfBook
from seawall.sim.exchange.events import BookChanged, Event
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.pairs import Pair
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.feeds.frames import Json, channel_frame
from seawall.sim.feeds.topics import Subscriber, Topic, Topics

__all__ = ["LEVEL3_DEPTHS", "Level3Feed", "SeenOrder", "level3_checksum", "queues"]

LEVEL3_DEPTHS: Final = (10, 100, 1000)
"""Depths that can be subscribed, in prices (docs.kraken.com/api/docs/websocket-v2/level3)."""

CHARGES: Final = {10: 5, 100: 25, 1000: 100}
"""What one symbol costs of a connection's budget, by depth (docs.kraken.com/api/docs/websocket-v2/level3)."""

MAX_SYMBOLS: Final = 200
CHECKED_LEVELS: Final = 10


@attrs.frozen
class SeenOrder:
    """One order as it is shown. `at_ns` is when it took its place in the queue."""

    order_id: str
    price: str
    qty: str
    at_ns: int


Queue = dict[str, SeenOrder]
Levels = dict[Decimal, Queue]
"""Orders by id, in queue order; by price, best first."""


def queues(pair: Pair, book: Book, side: Side, depth: int | None) -> Levels:
    """What rests on one side; `depth` None is all of it."""
    half = book.half(side)
    return {price: _queue(pair, book, half, price) for price in islice(half.prices(), depth)}


def _queue(pair: Pair, book: Book, half: HalfBook, price: Decimal) -> Queue:
    price_text = f"{price:.{pair.price_precision}f}"
    found = {}
    for entry in half.queue_at(price):
        order_id = book.id_of(entry)
        found[order_id] = SeenOrder(order_id, price_text, f"{entry.qty:.{pair.qty_precision}f}", entry.at_ns)
    return found


def level3_checksum(asks: Iterable[Queue], bids: Iterable[Queue]) -> int:
    """CRC-32 over the orders of the ten best prices of each side, asks first, best first
    (docs.kraken.com/api/docs/guides/spot-l3-v2).
    """
    text = "".join(
        digits.replace(".", "").lstrip("0")
        for side in (asks, bids)
        for queue in islice(side, CHECKED_LEVELS)
        for order in queue.values()
        for digits in (order.price, order.qty)
    )
    return zlib.crc32(text.encode())


@attrs.define(eq=False)
class _View:
    """What subscribers of one symbol and depth hold after the last message."""

    bids: Levels
    asks: Levels

    def checksum(self) -> int:
        return level3_checksum(self.asks.values(), self.bids.values())


@attrs.define(eq=False)
class Level3Feed:
    """Tells subscribers of single orders. `served` is whether this market has any: a recording knows levels only.

    `budget_per_s` is what one connection may subscribe, see `CHARGES`; None is no limit. `mangle` gets the text of every
    update and returns the texts to send in its place: for faults.
    """

    exchange: Exchange
    topics: Topics
    served: bool
    budget_per_s: float | None = None
    mangle: Callable[[str, str], Iterable[str]] = lambda _symbol, frame: (frame,)
    _views: dict[tuple[str, int], _View] = attrs.field(factory=dict)
    _spent: dict[Subscriber, DecayingCounter] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.exchange.listen(self._hear)

    def check(self, symbol: str) -> None:
        """Raise `ApiError` where single orders are not known."""
        if not self.served or self.exchange.market(symbol).fed_from_outside:
            raise ApiError("EAPI:Feature disabled:level3 needs single orders, and this market knows levels only")

    def charge(self, who: Subscriber, depth: int) -> None:
        """Count one subscription. Raises `ApiError` when the connection asks too much, or for too many symbols."""
        if self.topics.of(who) >= MAX_SYMBOLS:
            raise ApiError(f"EGeneral:Too many requests:level3 is limited to {MAX_SYMBOLS} symbols a connection")
        if self.budget_per_s is None:
            return
        counter = self._spent.setdefault(who, DecayingCounter(self.budget_per_s))
        now_s = self.exchange.now_ns() / 1e9
        if counter.value(now_s) + CHARGES[depth] > self.budget_per_s:
            raise ApiError("EGeneral:Too many requests:level3 subscriptions come too fast")
        counter.add(CHARGES[depth], now_s)

    def leave(self, who: Subscriber) -> None:
        """Forget a connection's budget; its subscriptions are the topics'."""
        self._spent.pop(who, None)

    def snapshot(self, symbol: str, depth: int) -> str:
        """The frame a new subscriber of that depth starts from."""
        view = self._views.get((symbol, depth))
        if view is None or not self.topics.wanted(Topic("level3", symbol, depth)):
            market = self.exchange.market(symbol)
            bids, asks = (queues(market.pair, market.book, side, depth) for side in (Side.BUY, Side.SELL))
            view = self._views[symbol, depth] = _View(bids, asks)
        bid_rows, ask_rows = (
            [_row(order) for queue in side.values() for order in queue.values()] for side in (view.bids, view.asks)
        )
        return _frame(symbol, "snapshot", bid_rows, ask_rows, view.checksum(), self.exchange.now_ns())

    def _hear(self, event: Event) -> None:
        if not isinstance(event, BookChanged):
            return
        symbol = event.pair.symbol
        for depth in LEVEL3_DEPTHS:
            view = self._views.get((symbol, depth))
            if view is None:
                continue
            topic = Topic("level3", symbol, depth)
            if not self.topics.wanted(topic):
                # Nobody follows this depth any more: the view is made anew for the next subscriber.
                del self._views[symbol, depth]
                continue
            bids, asks = (self._news(event, view, side, depth) for side in (Side.BUY, Side.SELL))
            if bids or asks:
                frame = _frame(symbol, "update", bids, asks, view.checksum(), event.at_ns)
                for text in self.mangle(symbol, frame):
                    self.topics.publish(topic, text)

    def _news(self, event: BookChanged, view: _View, side: Side, depth: int) -> list[Json]:
        """Bring one side of a view up to date; returns the rows that tell it, deletions first."""
        pair, book = event.pair, self.exchange.market(event.pair.symbol).book
        half = book.half(side)
        before = view.bids if side is Side.BUY else view.asks
        touched = {level.price for level in event.levels if level.side is side}
        after: Levels = {}
        for price in islice(half.prices(), depth):
            known = before.get(price)
            after[price] = _queue(pair, book, half, price) if known is None or price in touched else known
        gone: list[Json] = []
        news: list[Json] = []
        for price, queue in before.items():
            # A price that is still there, and out of view, was pushed out: subscribers cut it themselves.
            left = after.get(price, {} if not half.qty_at(price) else queue)
            gone += [_row(order, "delete") for order in queue.values() if not _stays(order, left)]
        for price, queue in after.items():
            old = before.get(price, {})
            if queue is old:
                continue
            for order in queue.values():
                if not _stays(order, old):
                    news.append(_row(order, "add"))
                elif order != old[order.order_id]:
                    news.append(_row(order, "modify"))
        if side is Side.BUY:
            view.bids = after
        else:
            view.asks = after
        return gone + news


def _stays(order: SeenOrder, queue: Queue) -> bool:
    """Whether the order stands in that queue too, in the place it took."""
    other = queue.get(order.order_id)
    return other is not None and other.at_ns == order.at_ns


def _row(order: SeenOrder, event: str | None = None) -> Json:
    row: dict[str, Json] = {} if event is None else {"event": event}
    return row | {
        "order_id": order.order_id,
        "limit_price": msgspec.Raw(order.price.encode()),
        "order_qty": msgspec.Raw(order.qty.encode()),
        "timestamp": to_rfc3339(order.at_ns, 9),
    }


def _frame(symbol: str, kind: str, bids: list[Json], asks: list[Json], checksum: int, at_ns: int) -> str:
    row: dict[str, Json] = {
        "symbol": symbol,
        "checksum": checksum,
        "bids": bids,
        "asks": asks,
        "timestamp": to_rfc3339(at_ns, 9),
    }
    return channel_frame("level3", kind, [row])
