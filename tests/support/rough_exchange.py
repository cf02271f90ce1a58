"""An exchange that delays, loses, repeats and reorders what it says, and the truth about what it did.

It is an oracle, and shares no code with the engine. It keeps orders and fills as an exchange does, and every version of
them, since its answers to questions lag behind. Whatever arrives is held against what it was promised; each breach is a
sentence in `breaches`.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import Final

import attrs
import trio

from seawall.model.errors import RefusedByExchange
from seawall.model.journal import IntentRecord, OrderRecord, Record
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, Fee, Fill, OrderReport, OrderStatus, PlaceOrder, PrivateSnapshot

__all__ = ["Fate", "Held", "RoughExchange", "Weather"]

ALIVE: Final = (OrderStatus.PENDING, OrderStatus.OPEN)
FILLS_OF_A_SNAPSHOT: Final = 50


@attrs.frozen
class Fate:
    """What becomes of one order or amend that is sent."""

    out_s: float = 0.01
    """From the first byte to the exchange's decision."""
    back_s: float = 0.01
    arrives: bool = True
    answer: str = "comes"
    """`comes`, `is lost` (an error tells so) or `never comes`."""
    refused: bool = False
    sent: bool = True


@attrs.define
class Weather:
    """How everything else fares."""

    questions: str = "answered"
    """`answered`, `unavailable` or `never answered`."""
    lag_s: float = 0.0
    """How old the answers are."""
    cancels: str = "answered"
    """`answered`, `lost` (before they arrive), `answer lost` or `never answered`; the last two act all the same."""
    cancel_s: float = 0.01
    """From a cancel to its act: meanwhile the order can fill."""
    stream: str = "in order"
    """`in order`, `shuffled`, `repeating` or `late`."""
    drops: int = 0
    """So many of the stream's next words get lost, and nobody notices."""
    pending_s: float = 0.0
    """Between taking an order and opening it."""


@attrs.define(eq=False)
class Held:
    """One order as the exchange has it."""

    order_id: str
    wire: PlaceOrder
    """Of an order by another hand, the client order id may be empty: it has none then."""
    qty: Decimal
    limit_price: Decimal | None
    opened_ns: int
    status: OrderStatus = OrderStatus.PENDING
    by_hand: bool = False
    reason: str | None = None
    fills: list[Fill] = attrs.field(factory=list)
    versions: list[tuple[float, OrderReport]] = attrs.field(factory=list)
    """Since when it stood so, on trio's clock."""

    @property
    def name(self) -> str:
        """What the engine calls it, or would: an order by another hand goes by the exchange's id."""
        return self.order_id if self.by_hand else self.wire.client_order_id

    @property
    def filled(self) -> Decimal:
        return sum((fill.qty for fill in self.fills), Decimal(0))

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def rests(self) -> Decimal:
        """What can still fill."""
        return self.qty - self.filled if self.alive else Decimal(0)

    def report(self, at_ns: int, *, sparse: bool = False) -> OrderReport:
        name = self.wire.client_order_id or None
        report = OrderReport(self.order_id, name, self.status, at_ns, self.wire.symbol, self.wire.side, reason=self.reason)
        if sparse:
            return report
        return attrs.evolve(
            report, qty=self.qty, limit_price=self.limit_price, filled_qty=self.filled, order_type=self.wire.order_type
        )

    def seen_at(self, at_s: float) -> OrderReport | None:
        """As it stood at that time; None before it was there."""
        return next((report for since_s, report in reversed(self.versions) if since_s <= at_s), None)


@attrs.define(eq=False)
class RoughExchange:
    """One account. `line` is the private stream of whoever is connected: it takes words as they are said."""

    nursery: trio.Nursery
    rng: random.Random
    on_disk: Callable[[], list[Record]]
    """Every record that the journal has committed: what is sent must be there before."""
    weather: Weather = attrs.field(factory=Weather)
    left: dict[str, PlaceOrder] = attrs.field(factory=dict, init=False)
    """Every order whose first byte has left, by its client order id."""
    coming: dict[str, PlaceOrder] = attrs.field(factory=dict, init=False)
    """Those that will arrive, and have not."""
    amends_coming: list[AmendOrder] = attrs.field(factory=list, init=False)
    held: dict[str, Held] = attrs.field(factory=dict, init=False)
    """By the exchange's own id."""
    fills: list[tuple[float, Fill]] = attrs.field(factory=list, init=False)
    line: Callable[[OrderReport | Fill], None] | None = attrs.field(default=None, init=False)
    breaches: list[str] = attrs.field(factory=list, init=False)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1), init=False)

    @staticmethod
    def now_ns() -> int:
        """Its clock, which did not start with trio's."""
        return int((1_000_000 + trio.current_time()) * 1e9)

    def ours(self) -> list[Held]:
        """Every order that was taken and is not a foreign one, oldest first. A claim that is on disk makes it ours."""
        claimed = self.claimed()
        return [held for held in self.held.values() if not held.by_hand or held.name in claimed]

    def foreign(self) -> list[Held]:
        """What rests, by another hand, and was not claimed."""
        claimed = self.claimed()
        return [held for held in self.held.values() if held.alive and held.by_hand and held.name not in claimed]

    def claimed(self) -> dict[str, IntentRecord]:
        """The claims on disk, by the exchange's id."""
        records = (record for record in self.on_disk() if isinstance(record, IntentRecord) and record.claimed)
        return {record.client_order_id: record for record in records}

    def promised(self) -> list[str]:
        """Every order that the engine has to answer for: that it sent, or claimed."""
        return [*self.left, *self.claimed()]

    def named(self, client_order_id: str) -> list[Held]:
        """Every order that was taken under that name."""
        return [held for held in self.held.values() if held.name == client_order_id]

    def alive(self) -> list[Held]:
        """What rests and is not foreign, oldest first."""
        return [held for held in self.ours() if held.alive]

    # what arrives

    def leaves(self, wire: PlaceOrder) -> None:
        """The first byte of an order leaves now."""
        name = wire.client_order_id
        if name in self.left:
            self.breaches.append(f"{name} was sent twice")
        self.left[name] = wire
        intents = [record for record in self.on_disk() if isinstance(record, IntentRecord) and record.client_order_id == name]
        kept = [
            (record.intent.symbol, record.intent.side, record.intent.qty, record.intent.limit_price, record.deadline_ns)
            for record in intents
        ]
        if kept != [(wire.symbol, wire.side, wire.qty, wire.limit_price, wire.deadline_ns)]:
            self.breaches.append(f"{name} left, and the journal has {intents}")
        ahead_s = (wire.deadline_ns - self.now_ns()) / 1e9
        if not -2 < ahead_s < 62:
            self.breaches.append(f"{name} left with a deadline {ahead_s} s ahead")

    def amend_leaves(self, change: AmendOrder) -> None:
        """The first byte of an amend leaves now."""
        if change.client_order_id not in self.promised():
            self.breaches.append(f"an amend named {change.client_order_id}, which is not ours")
        newest: OrderRecord | None = None
        for record in self.on_disk():
            if isinstance(record, OrderRecord) and record.client_order_id == change.client_order_id:
                newest = record
        if change.qty is not None and (newest is None or newest.qty is None or newest.qty < change.qty):
            self.breaches.append(f"an amend to {change.qty} left, and the journal has {newest}")

    def cancel_leaves(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> None:
        """A cancel leaves. It may name an order that never left: after a restart nobody knows that."""
        planned = {record.client_order_id for record in self.on_disk() if isinstance(record, IntentRecord)}
        names = [*client_order_ids, *(each if each in planned else self.held[each].name for each in order_ids)]
        foreign = [name for name in names if name not in planned]
        if foreign:
            self.breaches.append(f"a cancel named {foreign}, which we did not plan")

    def take(self, wire: PlaceOrder, *, refused: bool) -> Held:
        """Decide about an order that has arrived."""
        self.coming.pop(wire.client_order_id, None)
        if self.now_ns() > wire.deadline_ns:
            raise RefusedByExchange("EOrder:Deadline elapsed", "it came too late")
        if refused:
            raise RefusedByExchange("EOrder:Insufficient funds", "said the exchange")
        if any(held.alive for held in self.named(wire.client_order_id)):
            self.breaches.append(f"two orders of {wire.client_order_id} rest at once")
        held = self._new(wire)
        if wire.order_type == "market":
            self.fill(held, held.qty)
        elif self.weather.pending_s:
            self.nursery.start_soon(self._open_later, held, self.weather.pending_s)
        else:
            self._open(held)
        return held

    def amend(self, change: AmendOrder) -> None:
        """Decide about an amend that has arrived."""
        self.amends_coming.remove(change)
        held = next((held for held in self.named(change.client_order_id) if held.status is OrderStatus.OPEN), None)
        if held is None:
            raise RefusedByExchange("EOrder:Unknown order", "it has ended")
        if change.deadline_ns is not None and self.now_ns() > change.deadline_ns:
            raise RefusedByExchange("EOrder:Deadline elapsed", "it came too late")
        if change.qty is not None and change.qty <= held.filled:
            raise RefusedByExchange("EOrder:Invalid order", "so much has filled")
        held.qty = held.qty if change.qty is None else change.qty
        held.limit_price = held.limit_price if change.limit_price is None else change.limit_price
        self.say(held)

    def cancel(self, name: str) -> bool:
        """End what rests under that name, or under that id of the exchange's own; false where nothing does."""
        meant = [self.held[name]] if name in self.held else self.named(name)
        resting = [held for held in meant if held.alive]
        for held in resting:
            self.end(held, OrderStatus.CANCELED, "User requested")
        return bool(resting)

    # what it does of its own

    def fill(self, held: Held, qty: Decimal) -> None:
        """Execute a part of an order; its times are neither unique nor quite in order."""
        price = held.limit_price or Decimal("50000.0")
        cost = qty * price
        fill = Fill(
            exec_id=f"T{next(self._numbers)}",
            order_id=held.order_id,
            client_order_id=held.wire.client_order_id or None,
            symbol=held.wire.symbol,
            side=Side(held.wire.side),
            qty=qty,
            price=price,
            cost=cost,
            fees=(Fee("USD", cost * Decimal("0.002")),),
            maker=True,
            at_ns=self.now_ns() + self.rng.choice([0, 0, 1, -1_000_000_000]),
        )
        held.fills.append(fill)
        self.fills.append((trio.current_time(), fill))
        if held.filled == held.qty:
            held.status = OrderStatus.FILLED
        self._say(fill)
        self.say(held, sparse=held.status is OrderStatus.FILLED and self.rng.random() < 0.3)

    def end(self, held: Held, status: OrderStatus, reason: str) -> None:
        """End an order that rests."""
        held.status, held.reason = status, reason
        self.say(held)

    def by_hand(self, symbol: str, qty: Decimal) -> None:
        """Somebody else uses the account: an order, half of which fills. Some programs name theirs, and people do not."""
        wire = PlaceOrder(
            self.rng.choice(["", f"bot-{len(self.held)}"]),
            symbol,
            Side.BUY,
            "limit",
            qty,
            Decimal("50000.0"),
            None,
            "gtc",
            post_only=False,
            deadline_ns=self.now_ns() + 10**10,
        )
        held = self._new(wire, by_hand=True)
        self._open(held)
        self.fill(held, qty / 2)

    def say(self, held: Held, *, sparse: bool = False) -> None:
        """Keep the version, and say it."""
        # What is answered to a question has the time at which the order was opened, for as long as it is open.
        held.versions.append((trio.current_time(), held.report(held.opened_ns if held.alive else self.now_ns())))
        self._say(held.report(self.now_ns(), sparse=sparse))

    def snapshot(self) -> PrivateSnapshot:
        """What the private stream begins with."""
        alive = tuple(held.report(self.now_ns()) for held in self.held.values() if held.alive)
        return PrivateSnapshot(alive, tuple(fill for _, fill in self.fills[-FILLS_OF_A_SNAPSHOT:]))

    def _new(self, wire: PlaceOrder, *, by_hand: bool = False) -> Held:
        held = Held(f"O{next(self._numbers)}", wire, wire.qty, wire.limit_price, self.now_ns(), by_hand=by_hand)
        self.held[held.order_id] = held
        self.say(held)
        return held

    def _say(self, word: OrderReport | Fill) -> None:
        if self.line is not None:
            self.line(word)

    def _open(self, held: Held) -> None:
        if held.status is OrderStatus.PENDING:
            held.status = OrderStatus.OPEN
            self.say(held, sparse=self.rng.random() < 0.5)

    async def _open_later(self, held: Held, after_s: float) -> None:
        await trio.sleep(after_s)
        self._open(held)
