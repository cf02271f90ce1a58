"""Taking over an open order that another hand placed: a person on the web page, another program, an engine with another journal.

The exchange is asked for the order first, since what was heard of it may be sparse or old. The claim is then on disk before
anything is done with the order, so that a start after a crash finds it; from that instant it is an order like any other of its
owner's, fills that it had before among them. It goes on being named by the exchange's own id: its client order id, if it has
one, is another program's to use again.
"""

from collections.abc import Callable, Sequence
from typing import Final

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.custody import Custody
from seawall.engine.externals import STILL_OPEN
from seawall.engine.intake import Intake
from seawall.engine.keeping import keep
from seawall.engine.notices import OrderClaimed
from seawall.engine.order_table import Order
from seawall.engine.settings import Deadlines
from seawall.model.errors import JournalFailed, RefusedByRisk, Unavailable
from seawall.model.journal import IntentRecord, OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, OrderType
from seawall.model.reports import OrderReport
from seawall.model.venue import Probe, Venue

__all__ = ["Claims"]

_MANAGED: Final = {order_type.value: order_type for order_type in OrderType if order_type is not OrderType.MARKET}
"""What can rest: an order at market has filled, or has its end under way."""


@attrs.define(eq=False)
class Claims:
    """Makes external orders a strategy's own."""

    venue: Venue
    blotter: Blotter
    custody: Custody
    intake: Intake
    deadlines: Deadlines
    probe: Probe
    now_ns: Callable[[], int]

    async def claim(self, owner: str, name: str, *, keeps: bool) -> Order:
        """Take over the open order with this id: the exchange's, or the client order id that its maker gave it.

        Raises `RefusedByRisk` with the rule `owned`, `unknown_order`, `not_open` or `not_manageable`, or with one of the
        limits; `Unavailable` and the exchange's other errors where it could not be asked; `JournalFailed`. The order is then
        left as it was, as it is when the caller is cancelled before the claim goes to the journal. From there on it is claimed,
        cancelled caller or not.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        self._refuse_ours(name)
        report = self._the_open_one(name, await self._ask(name))
        intent = _intent_of(report, keeps=keeps)
        self._refuse_ours(name, report.order_id)  # another strategy may have been quicker
        self.intake.admit_claim(owner, intent)
        return await self._take(owner, intent, report)

    async def _ask(self, name: str) -> Sequence[OrderReport]:
        known = self.blotter.externals.find(name)
        try:
            with trio.fail_after(self.deadlines.query_s):
                if known is not None:
                    return (await self.venue.find_order(name, known.order_id))[0]
                # Nothing was heard of it: which kind of id the name is, the list of what is open will show.
                listed = await self.venue.open_orders()
                return [report for report in listed.orders if name in (report.order_id, report.client_order_id)]
        except trio.TooSlowError:
            raise Unavailable(f"claim {name}: the exchange did not answer within {self.deadlines.query_s} s") from None

    def _the_open_one(self, name: str, reports: Sequence[OrderReport]) -> OrderReport:
        ended = self.blotter.externals.has_ended
        alive = [report for report in reports if report.status in STILL_OPEN and not ended(report.order_id)]
        if not alive and (reports or ended(name)):
            raise RefusedByRisk("not_open", f"order {name} has ended, says the exchange")
        if not alive:
            raise RefusedByRisk("unknown_order", f"the exchange lists no open order {name}: it has ended, or never was")
        return alive[0]

    def _refuse_ours(self, *names: str) -> None:
        for name in names:
            order = self.blotter.table.find(name, name)
            if order is not None:
                raise RefusedByRisk("owned", f"order {name} is {order.owner}'s: {order.intent}, {order.state}")
            if self.blotter.is_ours(name):
                raise RefusedByRisk("owned", f"order {name} was made by an engine of this journal, and is being cancelled")

    async def _take(self, owner: str, intent: Intent, report: OrderReport) -> Order:
        at_ns = self.now_ns()
        opened_ns = min(report.at_ns, self.venue.now_ns())
        record = IntentRecord(report.order_id, owner, intent, opened_ns, at_ns, self.intake.seen(intent.symbol), claimed=True)
        step = OrderRecord(report.order_id, OrderState.OPEN, at_ns, report.order_id, intent.qty, intent.limit_price)
        # Shielded, but no longer than any record may take: halfway there nobody could say whose it is.
        with trio.CancelScope(shield=True):
            order = self.blotter.table.claim(record)
            try:
                await keep(self.blotter, [record, step], self.deadlines, f"claim of {report.order_id}")
            except JournalFailed:
                self.blotter.unclaim(order, report)
                raise
        order.claiming = False
        self.blotter.claimed(order, report)
        self.custody.take(order)  # it may have been let go of while the disk was busy
        self.probe(OrderClaimed(report.order_id, report.client_order_id, owner, str(intent)))
        return order


def _intent_of(report: OrderReport, *, keeps: bool) -> Intent:
    """The order as it would have been asked for. Raises `RefusedByRisk` (`not_manageable`) where the desk cannot handle it."""
    order_type = _MANAGED.get(report.order_type or "")
    fault = None
    if order_type is None:
        fault = f"it is of the type {report.order_type or 'unknown'}"
    elif report.on_margin:
        fault = "it is on margin"
    elif report.symbol is None or report.side is None or not report.qty:
        fault = "the exchange does not say its pair, side and quantity"
    elif order_type.has_limit and report.limit_price is None:
        fault = "it has no limit price in absolute terms"
    elif order_type.has_trigger and report.trigger_price is None:
        fault = "it has no trigger price in absolute terms"
    if fault is not None or order_type is None or report.symbol is None or report.side is None or not report.qty:
        raise RefusedByRisk("not_manageable", f"order {report.order_id} cannot be claimed: {fault}")
    return Intent(
        report.symbol,
        report.side,
        order_type,
        report.qty,
        limit_price=report.limit_price if order_type.has_limit else None,
        trigger_price=report.trigger_price if order_type.has_trigger else None,
        post_only=bool(report.post_only) and order_type is OrderType.LIMIT,
        keep=keeps,
    )
