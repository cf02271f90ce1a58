"""Every order the desk has taken: what is known of it, and nothing that is guessed.

Plain state, no waiting: the desk feeds it with what its own hands did and with what the exchange said, in whatever
order that arrives, and asks it what is open, what is in doubt and how much is exposed.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

import attrs

from seawall.engine.former_values import FormerValues
from seawall.engine.risk import Exposure
from seawall.engine.settings import LONGEST_DEADLINE_NS
from seawall.model.errors import OutOfStep
from seawall.model.journal import IntentRecord, OrderRecord, Seen
from seawall.model.numbers import EXACT, ZERO
from seawall.model.order_states import ENDED, Heard, OrderState, after
from seawall.model.orders import Intent, Side
from seawall.model.reports import Fill, OrderReport, OrderStatus

__all__ = ["AMEND_ASKED", "MISTAKEN_NS", "Order", "OrderTable"]

AMEND_ASKED: Final = "amend asked"
"""The reason of every step that the journal has of an order while an amend of it is undecided."""

MISTAKEN_NS: Final = 86_400_000_000_000
"""For so long after its deadline an order that was taken for never placed is looked for among fills that name no id of ours."""

_HEARD_OF_STATUS = {
    OrderStatus.OPEN: Heard.ACCEPTED,
    OrderStatus.FILLED: Heard.FILLED,
    OrderStatus.CANCELED: Heard.CANCELED,
    OrderStatus.EXPIRED: Heard.EXPIRED,
}

_ENDS = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED)


@attrs.define(eq=False)
class Order:
    """One order. `qty` and `limit_price` are what the exchange works with now; the intent is what was first asked for.

    `wanted` is true while a block or the desk still wants it at the exchange; once false, the desk sees it ended.
    One that was `claimed` was placed by another hand: its `client_order_id` is the exchange's own id.
    """

    client_order_id: str
    owner: str
    intent: Intent
    deadline_ns: int
    planned_at_ns: int
    qty: Decimal
    limit_price: Decimal | None
    seen: Seen = attrs.field(factory=Seen)
    claimed: bool = False
    claiming: bool = False
    """Whether its claim is still on its way to the disk: until it is there, nothing is done with the order."""
    state: OrderState = OrderState.PLANNED
    order_id: str | None = None
    asked_qty: Decimal | None = None
    """The total an amend has asked for, until it is decided: counted as exposure when it is larger."""
    read_from_ns: int = 0
    """What the exchange said before this, on its own clock, may not know of the newest amend yet."""
    former: FormerValues = attrs.field(factory=FormerValues)
    fills: list[Fill] = attrs.field(factory=list)
    filled_qty: Decimal = ZERO
    """What the known fills add up to, in base."""
    filled_cost: Decimal = ZERO
    """What the known fills cost, in quote, without fees."""
    told_filled_qty: Decimal = ZERO
    """The total the exchange has told; above the sum of the fills when some were missed."""
    told_is_guess: bool = False
    """Whether that total was not told but follows from the word filled: the order is to be asked for."""
    reason: str | None = None
    wanted: bool = True
    restored: bool = False
    """Whether an earlier run sent it."""
    amend_unanswered: bool = False
    """Whether an amend was sent whose answer was lost: the order is read back."""
    cancel_unanswered: bool = False
    """Whether a cancel was sent whose answer was lost: it is sent again."""
    uncertain_since_ns: int | None = None
    """Since when (wall clock) something of it is not known that the exchange was asked."""
    fills_overdue: bool = False
    """Whether told fills did not arrive for so long that nobody waits for them any more. They are still asked for."""

    @property
    def symbol(self) -> str:
        """The pair."""
        return self.intent.symbol

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return self.intent.side

    @property
    def ended(self) -> bool:
        """Whether nothing of it can rest or fill any more."""
        return self.state in ENDED

    @property
    def in_doubt(self) -> bool:
        """Whether the exchange has to be asked what became of it."""
        return self.state is OrderState.IN_DOUBT

    @property
    def uncertain(self) -> str | None:
        """What is not known of it, for people: whether it was placed, amended, cancelled; None when nothing is open."""
        if self.in_doubt:
            return f"in doubt: {self.reason or 'its answer was lost'}"
        if self.ended:
            return None
        lost = [what for what, is_lost in (("an amend", self.amend_unanswered), ("a cancel", self.cancel_unanswered)) if is_lost]
        return f"the answer to {' and '.join(lost)} was lost" if lost else None

    @property
    def settled(self) -> bool:
        """Whether it has ended and its fills are counted, or not worth waiting for any longer."""
        return self.ended and (not self.misses_fills or self.fills_overdue)

    @property
    def misses_fills(self) -> bool:
        """Whether the exchange has told of more than the fills that arrived."""
        return self.told_filled_qty > self.filled_qty

    def knows_more(self, report: OrderReport) -> bool:
        """Whether the report is surely older than what is known here: less had filled then."""
        return report.filled_qty is not None and report.filled_qty < self.told_filled_qty

    @property
    def exposed_qty(self) -> Decimal:
        """What may still reach the position in the worst case: what can fill, and fills that were told and not arrived."""
        if self.ended:
            return max(self.told_filled_qty - self.filled_qty, ZERO)
        return max(self.largest_qty - self.filled_qty, ZERO)

    @property
    def largest_qty(self) -> Decimal:
        """The largest total it may be for: an amend that is not confirmed may have been made."""
        return self.qty if self.asked_qty is None else max(self.qty, self.asked_qty)

    @property
    def kept(self) -> bool:
        """Whether it is to go on resting when its owner has gone: it was marked so, and nobody has asked for its end."""
        return self.intent.keep and self.wanted

    def has(self, fill: Fill) -> bool:
        """Whether an execution was counted before."""
        return any(known.exec_id == fill.exec_id for known in self.fills)

    def add(self, fill: Fill) -> None:
        """Count one execution; that it is a new one is the caller's to know."""
        self.fills.append(fill)
        self.filled_qty = EXACT.add(self.filled_qty, fill.qty)
        self.filled_cost = EXACT.add(self.filled_cost, fill.cost)

    def record(self, at_ns: int) -> OrderRecord:
        """Where it stands, for the journal."""
        return OrderRecord(
            client_order_id=self.client_order_id,
            state=self.state,
            at_ns=at_ns,
            order_id=self.order_id,
            qty=self.largest_qty,  # while an amend is undecided: a restart counts what may be there
            limit_price=self.limit_price,
            filled_qty=self.filled_qty,
            reason=self.reason if self.asked_qty is None else AMEND_ASKED,
        )


def _nothing(_dropped: Order) -> None:
    """Where nobody keeps anything beside the table."""


@attrs.define(eq=False)
class OrderTable:
    """All orders that have not ended, and the newest `keep_ended` of those that have.

    Ended orders stay a while because the exchange repeats itself: a late word about one must find it. Which of them is
    dropped first is the order in which they were planned.
    """

    keep_ended: int = 1_000
    on_dropped: Callable[[Order], None] = _nothing
    """Called with each ended order that is forgotten here: no word and no fill of it finds it any more."""
    _orders: dict[str, Order] = attrs.field(factory=dict, init=False)
    _unsettled: dict[str, Order] = attrs.field(factory=dict, init=False)
    """Those that have not ended, and those that ended with fills still to come."""
    _by_order_id: dict[str, str] = attrs.field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Order]:
        return iter(tuple(self._orders.values()))

    def __len__(self) -> int:
        return len(self._orders)

    def plan(self, record: IntentRecord) -> Order:
        """Take an order that is about to be journaled. It counts as exposure from this instant."""
        assert record.client_order_id not in self._orders, f"{record.client_order_id} was used before"
        order = Order(
            client_order_id=record.client_order_id,
            owner=record.owner,
            intent=record.intent,
            deadline_ns=record.deadline_ns,
            planned_at_ns=record.at_ns,
            qty=record.intent.qty,
            limit_price=record.intent.limit_price,
            seen=record.seen,
            claimed=record.claimed,
        )
        self._orders[order.client_order_id] = self._unsettled[order.client_order_id] = order
        self._drop_oldest_ended()
        if record.claimed:
            self._learn(order, record.client_order_id, None, None, None)
        return order

    def claim(self, record: IntentRecord) -> Order:
        """Take an order of another hand that is open at the exchange. It counts as exposure from this instant."""
        order = self.plan(record)
        order.state, order.claiming = OrderState.OPEN, True
        return order

    def unclaim(self, order: Order) -> None:
        """The claim came to nothing: the order is another hand's again."""
        del self._orders[order.client_order_id]
        self._unsettled.pop(order.client_order_id, None)
        self._by_order_id.pop(order.order_id or "", None)

    def restore(
        self,
        intents: Iterable[IntentRecord],
        steps: Iterable[OrderRecord],
        fills: Iterable[Fill],
        ended: Iterable[tuple[IntentRecord, OrderRecord]] = (),
    ) -> None:
        """Take the unfinished orders of an earlier run: each is in doubt until the exchange is asked.

        Those of `ended` are as they ended, so that a late word or fill finds them, as it would in the run that sent them.
        """
        for record, end in ended:
            order = self.plan(record)
            order.state, order.wanted, order.restored, order.reason = end.state, False, True, end.reason
            self._learn(order, end.order_id, end.qty, end.limit_price, None)
        newest = {step.client_order_id: step for step in steps}
        for record in intents:
            order = self.plan(record)
            order.state = after(order.state, Heard.LOST)
            order.wanted = record.intent.keep
            order.restored = True
            step = newest.get(order.client_order_id)
            if step is not None:
                self._learn(order, step.order_id, step.qty, step.limit_price, step.filled_qty)
                order.asked_qty = step.qty if step.reason == AMEND_ASKED else None
        for fill in fills:
            found = self.find(fill.client_order_id, fill.order_id)
            if found is not None:
                found.add(fill)
                self._learn(found, fill.order_id, None, None, found.filled_qty)

    def find(self, client_order_id: str | None, order_id: str | None) -> Order | None:
        """The order with either id; None for a foreign one, or one long ended."""
        if client_order_id is not None and client_order_id in self._orders:
            return self._orders[client_order_id]
        if order_id is not None and order_id in self._by_order_id:
            return self._orders.get(self._by_order_id[order_id])
        return None

    def hear(self, order: Order, heard: Heard, *, order_id: str | None = None, reason: str | None = None) -> bool:
        """Move an order along its table; true when its state changed. Raises `OutOfStep`."""
        following = after(order.state, heard)
        self._learn(order, order_id, None, None, None)
        if following is order.state:
            return False
        order.state = following
        if reason is not None:
            order.reason = reason
        if order.ended:
            order.asked_qty = None
        return True

    def report(self, order: Order, report: OrderReport) -> bool:
        """Merge what the exchange said; true when the order's state changed. Raises `OutOfStep`."""
        told = report.filled_qty
        if told is None and report.status is OrderStatus.FILLED:
            # Kraken may tell this end without a quantity. It means all, and all may be what an amend has just asked for.
            told = report.qty or order.largest_qty
            order.told_is_guess = report.qty is None and told > order.told_filled_qty
        elif report.status in _ENDS and told is not None and order.told_is_guess:
            order.told_filled_qty, order.told_is_guess = max(told, order.filled_qty), False
        self._learn(order, report.order_id, report.qty, report.limit_price, told)
        heard = _HEARD_OF_STATUS.get(report.status)
        if heard is None:
            return False  # pending: received, not live
        if order.state is OrderState.FILLED and _rests(report, order.told_filled_qty):
            raise OutOfStep(f"an order that is {order.state} was heard to rest for more than has filled")
        return self.hear(order, heard, reason=report.reason)

    def fill(self, order: Order, fill: Fill) -> bool:
        """Add an execution; false when it was added before. Raises `OutOfStep` after adding it: money moved all the same."""
        if order.has(fill):
            return False
        order.add(fill)
        self._learn(order, fill.order_id, None, None, order.filled_qty)
        complete = order.filled_qty >= order.largest_qty and not order.ended
        self.hear(order, Heard.FILLED if complete else Heard.PART_FILLED)
        return True

    def live(self) -> tuple[Order, ...]:
        """Every order that has not ended, oldest first."""
        return tuple(order for order in self._settling() if not order.ended)

    def unsettled(self, owner: str, symbol: str) -> tuple[Order, ...]:
        """One owner's orders of one symbol that have not ended, or whose told fills have not all arrived."""
        ours = (order for order in self._settling() if (order.owner, order.symbol) == (owner, symbol))
        return tuple(order for order in ours if not order.settled)

    def nameless(self, symbol: str, side: Side) -> bool:
        """Whether an order of this symbol and side may be at the exchange under an id of which we were not told yet."""
        orders = (order for order in self._settling() if order.order_id is None and not order.ended)
        return any((order.symbol, order.side) == (symbol, side) for order in orders)

    def may_be_mistaken(self, fill: Fill) -> bool:
        """Whether an order that was taken for never placed may have had this fill: nobody told how the exchange calls it.

        One that rests is seen long before a day has passed, and then its name is known.
        """
        return any(
            order.state is OrderState.NEVER_PLACED
            and order.order_id is None
            and (order.symbol, order.side) == (fill.symbol, fill.side)
            and order.deadline_ns - LONGEST_DEADLINE_NS <= fill.at_ns <= order.deadline_ns + MISTAKEN_NS
            for order in self._orders.values()
        )

    def exposure(self, symbol: str, position_qty: Decimal, *, without: Order | None = None) -> Exposure:
        """What orders of one symbol may still do, with `position_qty` held; `without` leaves one order out."""
        ours = [order for order in self._settling() if order.symbol == symbol and order is not without]
        live = [order for order in ours if not order.ended]
        return Exposure(
            position_qty=position_qty,
            open_buy_qty=sum((order.exposed_qty for order in ours if order.side is Side.BUY), ZERO),
            open_sell_qty=sum((order.exposed_qty for order in ours if order.side is Side.SELL), ZERO),
            open_orders=len(live),
            in_doubt=sum(order.uncertain is not None for order in live),
        )

    def _settling(self) -> list[Order]:
        for name in [name for name, order in self._unsettled.items() if order.ended and not order.misses_fills]:
            del self._unsettled[name]
        return list(self._unsettled.values())

    def _learn(
        self, order: Order, order_id: str | None, qty: Decimal | None, limit_price: Decimal | None, filled_qty: Decimal | None
    ) -> None:
        if order_id is not None and order.order_id is None:
            order.order_id = order_id
            self._by_order_id[order_id] = order.client_order_id
        if qty is not None and qty > ZERO:
            order.qty = qty
        if limit_price is not None and limit_price > ZERO and order.intent.order_type.has_limit:
            order.limit_price = limit_price
        if filled_qty is not None and filled_qty > order.told_filled_qty:
            order.told_filled_qty = filled_qty
            order.fills_overdue = False
            self._unsettled[order.client_order_id] = order  # even one that ended long ago: its fills are still to come

    def _drop_oldest_ended(self) -> None:
        if len(self._orders) <= 2 * self.keep_ended:
            return
        ended = [order for order in self._orders.values() if order.ended and not order.misses_fills]
        for order in ended[: -self.keep_ended]:
            del self._orders[order.client_order_id]
            self._by_order_id.pop(order.order_id or "", None)
            self.on_dropped(order)


def _rests(report: OrderReport, told_filled_qty: Decimal) -> bool:
    """Whether a report that is no older than the newest total we know speaks of an order with something left to fill."""
    if report.status is not OrderStatus.OPEN or report.qty is None or report.filled_qty is None:
        return False
    return told_filled_qty <= report.filled_qty < report.qty
