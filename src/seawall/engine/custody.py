"""Orders that need the desk: in doubt, or no longer wanted. One task each, until the exchange has decided.

A task asks and cancels as often as it takes; nothing is ever sent in an order's place, and nothing but the exchange's
word ends one. Two words end an order that may never have arrived: it was asked for twice, a settle time apart, both
times long enough after the order's own deadline had passed on the exchange's clock, and neither the questions nor the
private stream knew it. Long enough is `Deadlines.absent_s`: what is asked may lag behind what is traded. Last of all the
account's fills are read, as the only witness of an order that neither list has any more.
"""

from collections.abc import Awaitable, Callable

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.cancels import Cancels
from seawall.engine.notices import OrderInDoubt, QuestionFailed, StrayOrderSeen
from seawall.engine.order_table import Order
from seawall.engine.settings import LONGEST_DEADLINE_NS, Deadlines
from seawall.model.errors import SeawallError
from seawall.model.order_states import Heard, OrderState
from seawall.model.reports import Fill, OrderReport
from seawall.model.venue import CancelOutcome, Probe, Venue

__all__ = ["Custody"]

_REPORT_S = 0.5
"""How long the private stream has to tell the end of an order whose cancel was accepted, before it is asked for."""

_SEEK_S = 15.0
"""Between two questions for an order that was not found and may still show."""

_TURN_S = 1.0
"""Until an order tries again whose question found another one under way."""

_LONGEST_WAIT_S = 30.0
"""However long a failed question said to wait: what was in the way may be gone sooner, and the order is still there."""

_SHARE_S = 6.0
"""And so long for each order in doubt: a question that finds nothing is two calls, which the lowest tier has back after six
seconds (docs.kraken.com/api/docs/guides/spot-rest-ratelimits)."""


@attrs.define(eq=False)
class Custody:
    """Starts one task for each order that needs it, in the nursery it is given, and none twice."""

    venue: Venue
    blotter: Blotter
    deadlines: Deadlines
    probe: Probe
    private_is_live: Callable[[], bool]
    pause: Callable[[int], float]
    """The delay before the n-th repetition, in seconds."""
    _cancels: Cancels = attrs.field(init=False)
    _nursery: trio.Nursery | None = attrs.field(default=None, init=False)
    _in_care: dict[str, Order] = attrs.field(factory=dict, init=False)
    _absent_at_ns: dict[str, int] = attrs.field(factory=dict, init=False)
    _ask_not_before_s: dict[str, float] = attrs.field(factory=dict, init=False)
    """By order in care: when it may be asked for again (trio's clock), where a failed question said so."""
    _fills_unread: set[str] = attrs.field(factory=set, init=False)
    """Orders that were absent twice, and whose fills could not be read."""
    _seeking: bool = attrs.field(default=False, init=False)
    """Whether an order is being asked for without the exchange's id."""
    _risen: set[str] = attrs.field(factory=set, init=False)
    """Names (ours, or the exchange's) of orders that ended here, or that no record is left of, and that are being cancelled."""

    def __attrs_post_init__(self) -> None:
        self._cancels = Cancels(self.venue, self.deadlines)

    def open(self, nursery: trio.Nursery) -> None:
        """Tasks live in this nursery from now on; orders that already need care get theirs."""
        self._nursery = nursery
        self._cancels.open(nursery)
        self.blotter.on_contradiction = self._rescue
        self.blotter.on_stray = self._end_stray
        for order in self.blotter.table.live():
            self.take(order)

    def close(self) -> None:
        """The nursery is ending: what needs care from now on gets none, and the certificate will name it."""
        self._nursery = None

    def doubt(self, order: Order, reason: str) -> None:
        """The answer to an order was lost: from now on it is asked for."""
        self.blotter.move(order, Heard.LOST, reason=reason)
        if order.in_doubt:
            self.probe(OrderInDoubt(order.client_order_id, order.owner, reason))
        self.take(order)

    def release(self, order: Order) -> None:
        """Nobody wants the order any more: from now on it is cancelled until it has ended."""
        order.wanted = False
        self.take(order)
        if not order.ended:
            self.blotter.changes_of(order).pulse()  # its task may wait for the time of its next question: a cancel has none

    def take(self, order: Order) -> None:
        """Start a task for the order if it needs one and has none."""
        if self._nursery is None or not _needs_care(order) or order.client_order_id in self._in_care:
            return
        self._in_care[order.client_order_id] = order
        name = f"{'in doubt' if order.in_doubt else 'cancel'} {order.client_order_id}"
        self._nursery.start_soon(self._care, order, name=name)

    def start(self, work: Callable[[], Awaitable[object]], name: str) -> bool:
        """Run something of the desk's own beside the caller, for as long as the desk lives; false when it does not."""

        async def run() -> None:
            await work()

        if self._nursery is None:
            return False
        self._nursery.start_soon(run, name=name)
        return True

    def look_again(self) -> None:
        """The private stream is back: without it absence proved nothing, and now a question may decide."""
        self._ask_not_before_s.clear()
        for order in self._in_care.values():
            self.blotter.changes_of(order).pulse()

    def in_care(self) -> tuple[Order, ...]:
        """The orders that have a task now."""
        return tuple(self._in_care.values())

    def _rescue(self, order: Order) -> None:
        """An order that had ended here is alive at the exchange: whoever is right, it must not stay there."""
        name = order.client_order_id
        if self._nursery is not None and not {name, order.order_id} & self._risen:
            self._risen.add(name)
            self.start(lambda: self._cancel_risen(name, by_order_id=order.claimed), name=f"cancel risen {name}")

    def _end_stray(self, report: OrderReport) -> None:
        """An order of this journal rests that the journal holds for ended: no block and no limit knows it any more."""
        # By the exchange's id: a claimed order has no other, and under one of ours the exchange may have two.
        name = report.order_id
        if self._nursery is not None and name not in self._risen:
            self._risen.add(name)
            self.probe(StrayOrderSeen(report.client_order_id or name, name, report.symbol))
            self.start(lambda: self._cancel_risen(name, by_order_id=True), name=f"cancel stray {name}")

    async def _cancel_risen(self, name: str, *, by_order_id: bool) -> None:
        attempt = 0
        try:
            while isinstance(await self._request_cancel(name, by_order_id=by_order_id), str):
                await trio.sleep(self.pause(attempt))
                attempt += 1
        finally:
            self._risen.remove(name)

    async def ask(self, order: Order) -> int | None:
        """Read one order from the exchange; as how many it is known there. A failed question is a notice, and None."""
        reports = await self.read(order)
        return None if reports is None else len(reports)

    async def read(self, order: Order) -> tuple[OrderReport, ...] | None:
        """Read one order from the exchange, and take note of what it says. A failed question is a notice, and None."""
        try:
            with trio.fail_after(self.deadlines.query_s):
                reports, asked_at_ns = await self.venue.find_order(order.client_order_id, order.order_id)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed(order.client_order_id, f"{type(problem).__name__}: {problem}"))
            self._wait_as_told(order, problem)
            return None
        for report in reports:
            self.blotter.report(report, asked_at_ns)
        if reports:
            self._absent_at_ns.pop(order.client_order_id, None)
        elif order.in_doubt and self._absent(order, asked_at_ns):
            await self._decide_by_fills(order)
        elif order.in_doubt:
            self._ask_no_sooner_than(order, self._seek_s(order))
        return reports

    async def _find_out(self, order: Order) -> None:
        """Ask for the order, or later; where only its fills could not be read, for those alone: both may be too dear for ever."""
        if order.order_id is not None:
            await self.ask(order)
        elif self._seeking:
            self._ask_no_sooner_than(order, _TURN_S)
        else:
            await self._seek(order)

    async def _seek(self, order: Order) -> None:
        # Without the exchange's id a question is several calls: two of them at once may each use up what the other needs.
        self._seeking = True
        try:
            if order.client_order_id in self._fills_unread and order.in_doubt and self.private_is_live():
                await self._decide_by_fills(order)
            else:
                await self.ask(order)
        finally:
            self._seeking = False

    async def _decide_by_fills(self, order: Order) -> None:
        """An order that was absent twice was never placed, unless its fills say otherwise, or cannot be read."""
        if not await self._has_fills(order):
            self.blotter.move(order, Heard.ABSENT, reason="asked past its deadline, the exchange knows no such order")

    async def _care(self, order: Order) -> None:
        attempt = 0
        try:
            while _needs_care(order):
                wanted = order.wanted
                if not wanted:
                    outcome = await self._cancel(order)
                    # An order the exchange does not know as open has ended, and may have filled: asked for at once.
                    if not order.ended and (outcome is None or outcome.accepted):
                        await self._change_or(order, _REPORT_S)
                if _needs_care(order) and trio.current_time() >= self._ask_not_before_s.get(order.client_order_id, 0.0):
                    await self._find_out(order)
                if order.wanted is not wanted:
                    attempt = 0  # let go of meanwhile: a cancel does not wait for as long as the questions had come to
                    continue
                if _needs_care(order):
                    await self._change_or(order, self._pause_s(order, attempt))
                attempt += 1
        finally:
            # Since the last look nothing has waited, so no change was missed.
            del self._in_care[order.client_order_id]
            self._absent_at_ns.pop(order.client_order_id, None)
            self._ask_not_before_s.pop(order.client_order_id, None)
            self._fills_unread.discard(order.client_order_id)
            self.blotter.changed.pulse()

    def _wait_as_told(self, order: Order, problem: Exception) -> None:
        """Ask no sooner than the failure says: what a question costs of the rate budget is what a later one is waiting for,
        and orders that ask too soon keep each other from ever being answered.
        """
        told_s = problem.retry_after_s if isinstance(problem, SeawallError) else None
        if told_s is not None:
            self._ask_no_sooner_than(order, min(told_s, _LONGEST_WAIT_S))

    def _ask_no_sooner_than(self, order: Order, delay_s: float) -> None:
        if order.client_order_id in self._in_care:
            self._ask_not_before_s[order.client_order_id] = trio.current_time() + delay_s

    async def _cancel(self, order: Order) -> CancelOutcome | None:
        """Ask for the cancel once; what the exchange answered, None where its answer was lost."""
        outcome = await self._request_cancel(order.client_order_id, by_order_id=order.claimed)
        order.cancel_unanswered = isinstance(outcome, str)
        self.blotter.doubted(order)
        return None if isinstance(outcome, str) else outcome

    async def _request_cancel(self, name: str, *, by_order_id: bool) -> CancelOutcome | str:
        outcome = await self._cancels.cancel(name, by_order_id=by_order_id)
        if isinstance(outcome, str):
            self.probe(QuestionFailed(name, f"cancel: {outcome}"))
        return outcome

    def _pause_s(self, order: Order, attempt: int) -> float:
        """Until the next look at the order. One that nobody wants is cancelled at each, whether it may be asked for or not."""
        if not (order.in_doubt and order.wanted):
            return self.pause(attempt)
        return max(self.pause(attempt), self._ask_not_before_s.get(order.client_order_id, 0.0) - trio.current_time())

    def _seek_s(self, order: Order) -> float:
        """Until an order that was not found is worth another question. All that are in doubt share one rate budget: few are asked
        before absence can decide, and the fewer the more of them there are.
        """
        decidable_ns = order.deadline_ns + int(self.deadlines.absent_s * 1e9)
        if order.client_order_id in self._absent_at_ns:
            decidable_ns = self._absent_at_ns[order.client_order_id] + int(self.deadlines.settle_s * 1e9)
        left_s = (decidable_ns - self.venue.now_ns()) / 1e9
        # Before its deadline an order may still be on its way; after it, it may be there and not yet be shown.
        past_deadline_s = (order.deadline_ns - self.venue.now_ns()) / 1e9 + self.deadlines.settle_s
        seek_s = max(past_deadline_s, _SEEK_S, _SHARE_S * sum(one.in_doubt for one in self._in_care.values()))
        return max(0.0, min(left_s, seek_s)) if self.private_is_live() else seek_s

    async def _change_or(self, order: Order, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self.blotter.changes_of(order).wait()

    def _absent(self, order: Order, asked_at_ns: int) -> bool:
        """The exchange did not know it when it was asked at that time; whether that was the second time, late enough."""
        if order.order_id is not None and not order.restored:
            return False  # the exchange has named it to us: that it does not find it now is no proof that it never was
        settle_ns = int(self.deadlines.settle_s * 1e9)
        if asked_at_ns <= order.deadline_ns + int(self.deadlines.absent_s * 1e9) or not self.private_is_live():
            return False
        first = self._absent_at_ns.setdefault(order.client_order_id, asked_at_ns)
        return asked_at_ns >= first + settle_ns

    async def _has_fills(self, order: Order) -> bool:
        """Whether fills show the order, or could not be read. Fills of REST name the exchange's id alone, so each of an
        order that is none of ours has that order asked for: one with this client order id is the one that is looked for.
        """
        since_ns = order.deadline_ns - LONGEST_DEADLINE_NS
        try:
            with trio.fail_after(self.deadlines.query_s):
                fills = await self.venue.fills_since(since_ns)
                suspects = {fill.order_id for fill in fills if self._may_be_of(fill, order)}
                for order_id in sorted(suspects):
                    reports, asked_at_ns = await self.venue.find_order(order.client_order_id, order_id)
                    for report in reports:
                        if report.client_order_id == order.client_order_id:
                            self.blotter.report(report, asked_at_ns)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed(order.client_order_id, f"fills: {type(problem).__name__}: {problem}"))
            self._wait_as_told(order, problem)
            if order.client_order_id in self._in_care:
                self._fills_unread.add(order.client_order_id)
            return True
        self._fills_unread.discard(order.client_order_id)
        for fill in fills:
            self.blotter.fill(fill)
        return not order.in_doubt

    def _may_be_of(self, fill: Fill, order: Order) -> bool:
        known = self.blotter.table.find(fill.client_order_id, fill.order_id)
        return known is None and (fill.symbol, fill.side) == (order.symbol, order.side)


def _needs_care(order: Order) -> bool:
    if order.ended or order.claiming:
        return False  # who claims an order hands it over once the claim is kept
    return order.in_doubt or (not order.wanted and order.state is OrderState.OPEN)
