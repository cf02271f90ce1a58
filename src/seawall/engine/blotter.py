"""The record of every order and fill, and the one place where it changes.

The desk's own hands and the exchange's words both end here: the order table moves, the portfolio and the ledger follow,
the journal has the step, a notice tells it, and whoever waits for the order is woken. Nothing here waits.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import attrs

from seawall.engine.changes import Changes
from seawall.engine.externals import STILL_OPEN, Externals
from seawall.engine.ids import is_of_journal
from seawall.engine.ledger import Ledger
from seawall.engine.notices import (
    ExternalFillSeen,
    ForeignOrderSeen,
    OrderAmended,
    OrderContradicted,
    OrderFilled,
    OrderMoved,
)
from seawall.engine.order_table import Order, OrderTable
from seawall.engine.portfolio import Portfolio
from seawall.engine.risk import Exposure
from seawall.engine.settings import LONGEST_DEADLINE_NS
from seawall.model.errors import JournalFailed, OutOfStep
from seawall.model.journal import FillRecord, IntentRecord, Journal, NoteRecord, Record
from seawall.model.numbers import plain
from seawall.model.order_states import Heard, OrderState
from seawall.model.reports import Fill, OrderReport
from seawall.model.venue import Probe

__all__ = ["SNAPSHOT", "Blotter"]

SNAPSHOT: Final = 1 << 63
"""Later than anything: the times in a snapshot are those of the orders, and say nothing of how new it is."""

_SWITCH_FIRED: Final = "CancelAllOrdersAfter"
"""How Kraken begins the reason of orders that its dead man's switch has cancelled."""


def _nobody(_found: object) -> None:
    """Before the desk has opened there is nobody to act; what is found then is found again by the first comparison."""


@attrs.define(eq=False)
class Blotter:
    """Orders, fills, positions and what fills did to the balances: plain state, told facts in any order.

    `on_contradiction` is called with an order that the exchange speaks of as alive although it had ended here (the desk
    sets it when it opens), `on_stray` with a report of an open order that an engine of this journal made and of which no
    record is left; `on_journal_failure` once the journal has broken.
    """

    journal: Journal
    probe: Probe
    now_ns: Callable[[], int]
    on_journal_failure: Callable[[JournalFailed], None]
    on_contradiction: Callable[[Order], None] = attrs.field(default=_nobody, init=False)
    on_stray: Callable[[OrderReport], None] = attrs.field(default=_nobody, init=False)
    on_switch_fired: Callable[[Order], None] = attrs.field(default=_nobody, init=False)
    """Called with an order of ours that the dead man's switch has cancelled."""
    on_foreign: Callable[[OrderReport], None] = attrs.field(default=_nobody, init=False)
    """Called with an open order that is not ours, when it is seen for the first time."""
    table: OrderTable = attrs.field(factory=OrderTable, init=False)
    portfolio: Portfolio = attrs.field(factory=Portfolio, init=False)
    ledger: Ledger = attrs.field(factory=Ledger, init=False)
    changed: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed at every change of any order."""
    fills_missed: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed when the exchange told of more than the fills that arrived."""
    externals: Externals = attrs.field(factory=Externals, init=False)
    external_from_ns: int | None = attrs.field(default=None, init=False)
    """External fills from this instant on (the exchange's clock) are told: older ones are history. None tells none."""
    _changes: dict[str, Changes] = attrs.field(factory=dict, init=False)
    _unclaimed: dict[str, Fill] = attrs.field(factory=dict, init=False)
    """By execution id: fills that may be those of an order whose answer is still out."""

    def __attrs_post_init__(self) -> None:
        self.table.on_dropped = lambda order: self.portfolio.forget(fill.exec_id for fill in order.fills)

    def restore(self) -> int:
        """Take what earlier runs left in the journal; the number of orders that are in doubt because of it."""
        replayed = self.journal.replayed
        for record in replayed.fills:
            self.portfolio.apply(record.owner, record.fill)
        self.table.restore(replayed.intents, replayed.orders, (record.fill for record in replayed.fills), replayed.ended)
        for order in self.table.live():
            order.uncertain_since_ns = order.planned_at_ns
        # A fill finds only an order of the table, and none of those can have filled before it was sent. Of those that were
        # never placed, which may be old, each fill there is is known to be theirs.
        ended = (record for record, step in replayed.ended if step.state is not OrderState.NEVER_PLACED)
        oldest_ns = min((record.deadline_ns for record in (*replayed.intents, *ended)), default=None)
        self.portfolio.forget_before(self._newest_ns() + 1 if oldest_ns is None else oldest_ns - LONGEST_DEADLINE_NS)
        return len(replayed.intents)

    def _newest_ns(self) -> int:
        return max((record.fill.at_ns for record in self.journal.replayed.fills), default=0)

    def plan(self, record: IntentRecord) -> Order:
        """Take an order that is about to be journaled."""
        return self.table.plan(record)

    def claimed(self, order: Order, report: OrderReport) -> None:
        """An order of another hand is an owner's, and the journal knows: count what filled of it before, as far as it was told.

        `report` is what the exchange last said of it; fills that it speaks of and that were not told are asked for.
        """
        told = self.externals.find(report.order_id)
        for fill in self.externals.forget(report.order_id):
            self._filled(order, fill)
        for word in (report, told):
            if word is not None:
                self.report(word)

    def is_ours(self, client_order_id: str) -> bool:
        """Whether an engine of this journal made the id, in whatever run."""
        return is_of_journal(client_order_id, self.journal.replayed.journal_id)

    def unclaim(self, order: Order, report: OrderReport) -> None:
        """The claim could not be kept: the order is another hand's, as it was before."""
        self.table.unclaim(order)
        self.externals.reported(report)

    def move(self, order: Order, heard: Heard, *, order_id: str | None = None, reason: str | None = None) -> None:
        """Our own hands did something, or the exchange answered them. Raises `OutOfStep`."""
        before = order.state
        if self.table.hear(order, heard, order_id=order_id, reason=reason):
            self._moved(order, before)

    def report(self, report: OrderReport, as_of_ns: int | None = None) -> Order | None:
        """The exchange said something about an order; None when it is not ours.

        `as_of_ns` is of an answer when it was asked for, on the exchange's clock, and of a snapshot `SNAPSHOT`; what the stream
        tells has a time of its own. An answer to an amend may overtake what either says from before it.
        """
        order = self.table.find(report.client_order_id, report.order_id)
        if order is None:
            self._foreign_order(report)
            return None
        if order.restored and order.ended and report.status in STILL_OPEN and not order.knows_more(report):
            self.on_stray(report)  # it had ended in an earlier run: whoever is right, it must not rest
        if as_of_ns is None:
            is_old = report.at_ns < order.read_from_ns
        else:
            is_old = as_of_ns < order.read_from_ns or order.former.may_be(report, as_of_ns)
        if is_old:
            report = attrs.evolve(report, qty=None, limit_price=None)
        if order.order_id not in (None, report.order_id):
            # Another order under the same id: what became of it says nothing about ours, but it must not rest.
            if report.status in STILL_OPEN:
                self._contradicted(order, f"{report.status} as {report.order_id} too")
            return order
        self._merge(order, report)
        return order

    def _merge(self, order: Order, report: OrderReport) -> None:
        before, missed_fills = order.state, order.misses_fills
        try:
            changed = self.table.report(order, report)
        except OutOfStep:
            self._contradicted(order, report.status)
            self._wake(order)
        else:
            if changed:
                self._moved(order, before)
            else:
                if order.ended and missed_fills:
                    self._journal_step(order)  # it waited for fills of which it turns out that there are none
                self._wake(order)
        if order.misses_fills:
            self.fills_missed.pulse()

    def fill(self, fill: Fill) -> bool:
        """An execution; false when it was counted before, or is not ours."""
        is_news = self.ledger.apply(fill)  # external ones too: they move the same balances
        order = self.table.find(fill.client_order_id, fill.order_id)
        if order is not None:
            return self._filled(order, fill)
        if is_news and self.external_from_ns is not None and fill.at_ns >= self.external_from_ns:
            self._unclaimed[fill.exec_id] = fill
            self._judge_unclaimed()
        return False

    def _filled(self, order: Order, fill: Fill) -> bool:
        if order.has(fill):
            return False
        # One of an earlier run may be in the position, and not yet be known to be this order's.
        before, is_new = order.state, self.portfolio.apply(order.owner, fill)
        try:
            self.table.fill(order, fill)
        except OutOfStep:
            self._contradicted(order, "filled")
        if is_new:
            self.note([FillRecord(order.owner, fill)])
            self.probe(OrderFilled(order.owner, fill))
        if order.state is not before:
            self._moved(order, before)
        else:
            self._journal_step(order)
            self._wake(order)
        return is_new

    def _judge_unclaimed(self) -> None:
        """Count fills that turned out to be ours; tell of those that can be nobody's here. The others wait."""
        for fill in tuple(self._unclaimed.values()):
            order = self.table.find(fill.client_order_id, fill.order_id)
            if order is None and fill.client_order_id is None and self.table.nameless(fill.symbol, fill.side):
                continue  # REST names the exchange's id alone, and one of ours may have been given it
            if self._unclaimed.pop(fill.exec_id, None) is None:
                continue  # counted meanwhile, on the way of another one
            if order is not None:
                self._filled(order, fill)
            else:
                self.externals.filled(fill)
                self.probe(ExternalFillSeen(fill))
                what = f"{fill.side} {plain(fill.qty)} {fill.symbol} at {plain(fill.price)}"
                self.say("", "external fill", f"{what}, order {fill.order_id}, execution {fill.exec_id}")

    def amended(self, order: Order, qty: Decimal | None, limit_price: Decimal | None) -> None:
        """The exchange took an amend."""
        order.qty = order.qty if qty is None else qty
        order.limit_price = order.limit_price if limit_price is None else limit_price
        order.asked_qty = None
        self.probe(OrderAmended(order.client_order_id, order.owner, order.qty, order.limit_price))
        self._journal_step(order)
        self._wake(order)

    def exposure(self, symbol: str, *, without: Order | None = None) -> Exposure:
        """What positions and orders of one symbol, all owners together, may come to."""
        return self.table.exposure(symbol, self.portfolio.total_qty(symbol), without=without)

    def changes_of(self, order: Order) -> Changes:
        """What to wait on for the next change of one order."""
        return self._changes.setdefault(order.client_order_id, Changes())

    def say(self, owner: str, kind: str, text: str) -> None:
        """Keep a note for a reader of the journal."""
        self.note([NoteRecord(owner, kind, text, self.now_ns())])

    def note(self, records: Sequence[Record]) -> None:
        """Queue records for the journal; a broken journal is told once to `on_journal_failure`, never to the caller."""
        try:
            self.journal.note(records)
        except JournalFailed as failure:
            self.on_journal_failure(failure)

    def _moved(self, order: Order, before: OrderState) -> None:
        assert order.state is not before
        self._journal_step(order)
        self.probe(OrderMoved(order.client_order_id, order.owner, before, order.state, order.reason))
        if order.state is OrderState.CANCELED and (order.reason or "").startswith(_SWITCH_FIRED):
            self.on_switch_fired(order)
        self._wake(order)

    def _journal_step(self, order: Order) -> None:
        # An end is journaled only once its fills are: a crash between the two would otherwise lose the fills for ever,
        # since a restart asks about unfinished orders alone.
        if not (order.ended and order.misses_fills):
            self.note([order.record(self.now_ns())])

    def doubted(self, order: Order) -> None:
        """Something was asked of the exchange for this order and not answered, or was answered after all."""
        self._wake(order)

    def _wake(self, order: Order) -> None:
        if order.uncertain is None:
            order.uncertain_since_ns = None
        elif order.uncertain_since_ns is None:
            order.uncertain_since_ns = self.now_ns()
        changes = self._changes.get(order.client_order_id)
        if changes is not None:
            changes.pulse()
            if order.ended:
                del self._changes[order.client_order_id]
        self.changed.pulse()
        if self._unclaimed:
            self._judge_unclaimed()

    def _contradicted(self, order: Order, heard: str) -> None:
        self.probe(OrderContradicted(order.client_order_id, order.state, heard))
        self.on_contradiction(order)

    def _foreign_order(self, report: OrderReport) -> None:
        name = report.client_order_id
        if report.status in STILL_OPEN and name is not None and self.is_ours(name):
            self.on_stray(report)
            return
        if self.externals.reported(report):
            self.probe(ForeignOrderSeen(report.order_id, report.symbol))
            self.on_foreign(report)
            self.say("", "external order", f"{report.order_id} {_what(report)}".rstrip())


def _what(report: OrderReport) -> str:
    """What the exchange said an order is for, as far as it did."""
    at = None if report.limit_price is None else f"at {plain(report.limit_price)}"
    told = (report.side, None if report.qty is None else plain(report.qty), report.symbol, at)
    return " ".join(str(part) for part in told if part is not None)
