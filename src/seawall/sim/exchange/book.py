"""The order book of one pair: price, then time.

Users' orders and those of the crowd rest in one queue. The crowd's have no owner: it is everybody else, with as much
money as it takes.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from decimal import Decimal

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.orders import SimOrder

__all__ = ["Book", "HalfBook", "Resting"]


@attrs.define(eq=False)
class Resting:
    """One order that rests: `order` is None for the crowd's. `seq` is its place in time, which it took at `at_ns`.

    `qty` is what is shown. Of an iceberg `hidden` more is behind it, and comes forward in parts of `peak`, each at the back
    of the queue.
    """

    side: Side
    price: Decimal
    qty: Decimal
    order: SimOrder | None
    seq: int
    at_ns: int = 0
    hidden: Decimal = ZERO
    peak: Decimal = ZERO
    crowd_id: str | None = None


@attrs.define(eq=False)
class _Level:
    qty: Decimal = ZERO
    queue: dict[int, Resting] = attrs.field(factory=dict)


@attrs.define(eq=False)
class HalfBook:
    """One side, best price first."""

    side: Side
    _keys: list[Decimal] = attrs.field(factory=list)
    _levels: dict[Decimal, _Level] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self._keys)

    def best(self) -> Decimal | None:
        """The best price, or None when nothing rests here."""
        return abs(self._keys[0]) if self._keys else None

    def prices(self) -> Iterator[Decimal]:
        """Every price, best first; the side must not change meanwhile."""
        return map(abs, self._keys)

    def price_at(self, place: int) -> Decimal:
        """The price at a place, 0 being the best. Raises IndexError."""
        return abs(self._keys[place])

    def worst(self) -> Decimal | None:
        """The price farthest from the touch."""
        return abs(self._keys[-1]) if self._keys else None

    def qty_at(self, price: Decimal) -> Decimal:
        """The sum of what rests at that price."""
        level = self._levels.get(self._key(price))
        return level.qty if level else ZERO

    def queue_at(self, price: Decimal) -> tuple[Resting, ...]:
        """What rests at that price, first come first."""
        level = self._levels.get(self._key(price))
        return tuple(level.queue.values()) if level else ()

    def reaches(self, price: Decimal, limit: Decimal | None) -> bool:
        """Whether a taker who accepts `limit` (None: anything) accepts `price` of this side."""
        return limit is None or (price <= limit if self.side is Side.SELL else price >= limit)

    def walk(self, limit: Decimal | None) -> Iterator[Resting]:
        """What a taker with that limit meets, in the order it meets it; the side must not change meanwhile."""
        for key in self._keys:
            if not self.reaches(abs(key), limit):
                return
            yield from self._levels[key].queue.values()

    def add(self, entry: Resting) -> None:
        """Queue an order behind all others at its price."""
        key = self._key(entry.price)
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = _Level()
            insort(self._keys, key)
        level.queue[entry.seq] = entry
        level.qty += entry.qty

    def shrink(self, entry: Resting, by: Decimal) -> None:
        """Take `by` away from an order, and the order away when nothing is left."""
        assert ZERO < by <= entry.qty, (by, entry)
        key = self._key(entry.price)
        level = self._levels[key]
        entry.qty -= by
        level.qty -= by
        if not entry.qty:
            del level.queue[entry.seq]
        if not level.queue:
            assert level.qty == ZERO, level
            del self._levels[key]
            del self._keys[bisect_left(self._keys, key)]

    def _key(self, price: Decimal) -> Decimal:
        # Bids are kept negated, so that one ascending list serves both sides. `copy_negate`, unlike the minus sign,
        # never rounds.
        return price if self.side is Side.SELL else price.copy_negate()


def _no_clock() -> int:
    return 0


def _no_ids() -> str:
    raise AssertionError("this book was given nothing to name the crowd's orders with")


@attrs.define(eq=False)
class Book:
    """Both sides, the users' entries among them, and which prices were touched since last asked.

    `now_ns` dates entries, and `fresh_id` names those of the crowd that somebody looks at.
    """

    now_ns: Callable[[], int] = _no_clock
    fresh_id: Callable[[], str] = _no_ids
    bids: HalfBook = attrs.field(factory=lambda: HalfBook(Side.BUY))
    asks: HalfBook = attrs.field(factory=lambda: HalfBook(Side.SELL))
    users: dict[str, Resting] = attrs.field(factory=dict)
    _seq: int = 0
    _at_ns: int = 0
    _touched: dict[tuple[Side, Decimal], None] = attrs.field(factory=dict)

    def half(self, side: Side) -> HalfBook:
        """The side on which orders of `side` rest."""
        return self.bids if side is Side.BUY else self.asks

    def rest(
        self, side: Side, price: Decimal, qty: Decimal, order: SimOrder | None = None, *, peak: Decimal | None = None
    ) -> Resting:
        """Queue a new entry at the back of its price; with `peak` no more than that of it is shown at a time."""
        assert qty > ZERO, qty
        shown = qty if peak is None else min(qty, peak)
        entry = Resting(side, price, shown, order, 0, hidden=qty - shown, peak=peak or ZERO)
        self._queue(entry)
        if order is not None:
            self.users[order.order_id] = entry
        return entry

    def take(self, entry: Resting, qty: Decimal) -> bool:
        """Take `qty` of what an entry shows away: traded, lowered or canceled. Says whether an iceberg showed its next part."""
        self.half(entry.side).shrink(entry, qty)
        self._touched[entry.side, entry.price] = None
        if entry.qty:
            return False
        if entry.hidden:
            entry.qty = min(entry.hidden, entry.peak)
            entry.hidden -= entry.qty
            self._queue(entry)
            return True
        if entry.order is not None:
            del self.users[entry.order.order_id]
        return False

    def remove(self, entry: Resting) -> None:
        """Take an entry away, with what it hides."""
        entry.hidden = ZERO
        self.take(entry, entry.qty)

    def id_of(self, entry: Resting) -> str:
        """The order id under which everybody sees the entry."""
        if entry.order is not None:
            return entry.order.order_id
        if entry.crowd_id is None:
            entry.crowd_id = self.fresh_id()
        return entry.crowd_id

    def _queue(self, entry: Resting) -> None:
        self._seq += 1
        # Places in a queue are told apart by their instants, so none is given twice, nor an earlier one later.
        self._at_ns = max(self.now_ns(), self._at_ns + 1)
        entry.seq, entry.at_ns = self._seq, self._at_ns
        self.half(entry.side).add(entry)
        self._touched[entry.side, entry.price] = None

    def touched(self) -> tuple[LevelChange, ...]:
        """What became of every price touched since the last call; forgets them."""
        if not self._touched:
            return ()
        changes = tuple([LevelChange(side, price, self.half(side).qty_at(price)) for side, price in self._touched])
        self._touched.clear()
        return changes
