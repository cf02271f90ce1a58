"""Amends: changing an open order in place, and finding out whether it was changed when nobody said."""

from collections.abc import Callable
from decimal import Decimal

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.custody import Custody
from seawall.engine.externals import STILL_OPEN
from seawall.engine.intake import MAX_DEADLINE_S, Intake
from seawall.engine.keeping import keep
from seawall.engine.notices import AmendInDoubt
from seawall.engine.order_table import AMEND_ASKED, Order
from seawall.engine.settings import Deadlines
from seawall.model.errors import JournalFailed, NotSent, OutcomeUnknown, RefusedByExchange, RefusedByRisk, SeawallError
from seawall.model.journal import OrderRecord
from seawall.model.reports import AmendOrder, OrderReport
from seawall.model.venue import Probe, Venue

__all__ = ["Amends"]

_SEEK_S = 15.0
"""Between two readings of an order whose change may still show."""


@attrs.define(eq=False)
class Amends:
    """Sends amends, one at a time for each order, and has the order read back where the answer was lost."""

    venue: Venue
    blotter: Blotter
    custody: Custody
    intake: Intake
    deadlines: Deadlines
    probe: Probe
    now_ns: Callable[[], int]
    _under_way: dict[str, "_Amend"] = attrs.field(factory=dict, init=False)
    """By order: the one amend that is not decided."""

    async def amend(self, order: Order, *, qty: Decimal | None = None, limit_price: Decimal | None = None) -> None:
        """Change an open order in place; `qty` is the new total.

        Raises `RefusedByRisk`, `RefusedByExchange` (the order stays as it was), `NotSent`. A lost answer is read back
        before this returns; on cancellation the desk goes on reading it back, and takes no other amend of it until then.
        """
        if order.client_order_id in self._under_way:
            raise RefusedByRisk("in_doubt", "an amend of the order is not decided yet")
        self.intake.check_amend(order, qty, limit_price)
        left_s = self.intake.deadline_s()
        change = AmendOrder(
            order.client_order_id,
            qty=qty,
            limit_price=limit_price,
            post_only=order.intent.post_only and limit_price is not None,
            deadline_ns=self.venue.now_ns() + int(left_s * 1e9),
            order_id=order.order_id if order.claimed else None,
        )
        order.asked_qty = qty
        amend = self._under_way[order.client_order_id] = _Amend(change, order.qty, order.limit_price)
        try:
            await self._send(order, change, left_s)
        except (RefusedByRisk, RefusedByExchange, NotSent, JournalFailed) as refusal:
            made = _says_nothing_to_change(refusal)
            self._decide(order, amend, made=made)
            if not made:
                raise
            self.blotter.amended(order, qty, limit_price)
            return
        except (SeawallError, trio.TooSlowError) as lost:
            self._doubt(order, amend)
            problem = lost
        except BaseException:
            self._doubt(order, amend)
            raise
        else:
            self._decide(order, amend, made=True)
            self.blotter.amended(order, qty, limit_price)
            return
        await amend.decided.wait()
        if amend.made is None:
            raise OutcomeUnknown(f"amend: {type(problem).__name__}, and the desk has closed") from problem
        if not amend.made:
            raise RefusedByExchange("amend", f"read back unchanged after {type(problem).__name__}") from problem

    def resume(self) -> None:
        """Take up the amends of an earlier run that nobody saw decided: until they are, the larger quantity counts."""
        for order in self.blotter.table.live():
            if order.asked_qty is not None and order.client_order_id not in self._under_way:
                deadline_ns = self.venue.now_ns() + int(MAX_DEADLINE_S * 1e9)  # its own was no later
                change = AmendOrder(order.client_order_id, qty=order.asked_qty, deadline_ns=deadline_ns)
                amend = self._under_way[order.client_order_id] = _Amend(change, order.qty, order.limit_price, seen=False)
                self._doubt(order, amend)

    async def _send(self, order: Order, change: AmendOrder, left_s: float) -> None:
        await keep(self.blotter, [self._step(order, change)], self.deadlines, f"amend of {order.client_order_id}")
        self.intake.check_changeable(order)  # it may have ended, or been let go of, while the disk was busy
        with trio.fail_after(left_s):
            await self.venue.amend(change)

    def _step(self, order: Order, change: AmendOrder) -> OrderRecord:
        return OrderRecord(
            order.client_order_id,
            order.state,
            self.now_ns(),
            order_id=order.order_id,
            qty=order.qty if change.qty is None else max(order.qty, change.qty),  # a restart counts what may be there
            limit_price=order.limit_price if change.limit_price is None else change.limit_price,
            filled_qty=order.filled_qty,
            reason=AMEND_ASKED,
        )

    def _doubt(self, order: Order, amend: "_Amend") -> None:
        """The answer to an amend was lost, or its caller has left: the desk reads the order back, whoever waits."""
        order.amend_unanswered = True
        self.blotter.doubted(order)
        self.probe(AmendInDoubt(order.client_order_id, amend.change.qty, amend.change.limit_price))
        if not self.custody.start(lambda: self._read_back(order, amend), name=f"read back {order.client_order_id}"):
            self._decide(order, amend, made=None)

    async def _read_back(self, order: Order, amend: "_Amend") -> None:
        """Read an order until the exchange shows the change, or shows twice, long past its deadline, that it did not make it.

        What it shows of an order that has ended is its last word: it may have been changed before it filled.
        """
        unchanged = 0
        made: bool | None = None
        try:
            while unchanged < 2:
                await trio.sleep(self._pause_s(amend))
                if amend.shows_in(order):
                    break  # the stream has told it
                asked_at_ns = self.venue.now_ns()
                reports = await self.custody.read(order)
                amend.seen |= bool(reports)
                if amend.shows_in(order) or (order.ended and _is_last_word(reports)):
                    break
                unchanged += bool(reports) and asked_at_ns > self._decidable_ns(amend)
            made = amend.shows_in(order)
        finally:
            if made and order.ended:
                self.blotter.amended(order, order.qty, order.limit_price)
            self._decide(order, amend, made=made)

    def _decidable_ns(self, amend: "_Amend") -> int:
        """From when on an order that reads unchanged was not changed: an answer may lag behind, as with orders."""
        return (amend.change.deadline_ns or 0) + int(self.deadlines.absent_s * 1e9)

    def _pause_s(self, amend: "_Amend") -> float:
        """Until the next reading: most changes show soon, and each reading costs rate budget."""
        left_s = (self._decidable_ns(amend) - self.venue.now_ns()) / 1e9
        past_deadline_s = left_s - self.deadlines.absent_s
        return self.deadlines.settle_s if past_deadline_s > 0 else max(self.deadlines.settle_s, min(left_s, _SEEK_S))

    def _decide(self, order: Order, amend: "_Amend", *, made: bool | None) -> None:
        """What became of an amend; None when nobody will find out, and then its quantity goes on counting as exposure."""
        del self._under_way[order.client_order_id]
        if made is not None:
            order.asked_qty = None
            order.amend_unanswered = False
            self.blotter.doubted(order)
        if made:
            now_ns = self.venue.now_ns()
            order.read_from_ns = now_ns + int(self.deadlines.settle_s * 1e9)
            order.former.add(amend.from_qty, amend.from_limit_price, now_ns, now_ns + int(self.deadlines.absent_s * 1e9))
        amend.made = made
        amend.decided.set()


@attrs.define(eq=False)
class _Amend:
    """One amend that is under way."""

    change: AmendOrder
    from_qty: Decimal
    from_limit_price: Decimal | None
    seen: bool = True
    """Whether the exchange has told of the order: one of an earlier run is first believed to be as it was asked to be."""

    decided: trio.Event = attrs.field(factory=trio.Event)
    made: bool | None = None

    def shows_in(self, order: Order) -> bool:
        """Whether the order has the values that were asked for."""
        return self.seen and self.change.qty in (None, order.qty) and self.change.limit_price in (None, order.limit_price)


def _is_last_word(reports: tuple[OrderReport, ...] | None) -> bool:
    """Whether the exchange says of an order that ended here that it has, or knows it no more; None is no answer."""
    return reports is not None and all(report.status not in STILL_OPEN for report in reports)


def _says_nothing_to_change(refusal: SeawallError) -> bool:
    return isinstance(refusal, RefusedByExchange) and refusal.rule.startswith("EOrder:No amendable parameters")
