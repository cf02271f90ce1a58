"""Orders that need the desk: in doubt, or no longer wanted. One task each, until the exchange has decided.

A task asks and cancels as often as it takes; nothing is ever sent in an order's place, and nothing but the exchange's
word ends one. Two words end an order that may never have arrived: it was asked for twice, a settle time apart, both
times long enough after the order's own deadline had passed on the exchange's clock, and neither the questions nor the
private stream knew it. Long enough is `Deadlines.absent_s`: what is asked may lag behind what is traded.
"""

from collections.abc import Awaitable, Callable

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.notices import OrderInDoubt, QuestionFailed
from seawall.engine.order_table import Order
from seawall.engine.settings import Deadlines
from seawall.model.errors import SeawallError
from seawall.model.order_states import Heard, OrderState
from seawall.model.venue import Probe, Venue

__all__ = ["Custody"]

_REPORT_S = 0.5
"""How long the private stream has to tell the end of an order whose cancel was accepted, before it is asked for."""

_SEEK_S = 15.0
"""Between two questions for an order that was not found and may still show."""


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
    _nursery: trio.Nursery | None = attrs.field(default=None, init=False)
    _in_care: dict[str, Order] = attrs.field(factory=dict, init=False)
    _absent_at_ns: dict[str, int] = attrs.field(factory=dict, init=False)
    _risen: set[str] = attrs.field(factory=set, init=False)
    """Orders that ended here, live at the exchange, and are being cancelled."""

    def open(self, nursery: trio.Nursery) -> None:
        """Tasks live in this nursery from now on; orders that already need care get theirs."""
        self._nursery = nursery
        self.blotter.on_contradiction = self._rescue
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

    def in_care(self) -> tuple[Order, ...]:
        """The orders that have a task now."""
        return tuple(self._in_care.values())

    def _rescue(self, order: Order) -> None:
        """An order that had ended here is alive at the exchange: whoever is right, it must not stay there."""
        if self._nursery is None or order.client_order_id in self._risen:
            return
        self._risen.add(order.client_order_id)
        self.start(lambda: self._cancel_risen(order), name=f"cancel risen {order.client_order_id}")

    async def _cancel_risen(self, order: Order) -> None:
        attempt = 0
        try:
            while not await self._cancel(order):
                await trio.sleep(self.pause(attempt))
                attempt += 1
        finally:
            self._risen.remove(order.client_order_id)

    async def ask(self, order: Order) -> int | None:
        """Read one order from the exchange; as how many it is known there. A failed question is a notice, and None."""
        try:
            with trio.fail_after(self.deadlines.query_s):
                reports, asked_at_ns = await self.venue.find_order(order.client_order_id, order.order_id)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed(order.client_order_id, f"{type(problem).__name__}: {problem}"))
            return None
        for report in reports:
            self.blotter.report(report, asked_at_ns)
        if reports:
            self._absent_at_ns.pop(order.client_order_id, None)
        elif order.in_doubt:
            self._absent(order, asked_at_ns)
        return len(reports)

    async def _care(self, order: Order) -> None:
        attempt = 0
        try:
            while _needs_care(order):
                wanted = order.wanted
                if not wanted:
                    await self._cancel(order)
                    if not order.ended:
                        await self._change_or(order, _REPORT_S)
                if _needs_care(order):
                    await self.ask(order)
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
            self.blotter.changed.pulse()

    async def _cancel(self, order: Order) -> bool:
        """Ask for the cancel once; true when the exchange answered, whatever it said."""
        try:
            with trio.fail_after(self.deadlines.cancel_s):
                await self.venue.cancel([order.client_order_id])
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed(order.client_order_id, f"cancel: {type(problem).__name__}: {problem}"))
            return False
        return True

    def _pause_s(self, order: Order, attempt: int) -> float:
        """Until the next question. Questions cost rate budget that cancels may need: few are asked before absence can decide."""
        decidable_ns = order.deadline_ns + int(self.deadlines.absent_s * 1e9)
        if order.client_order_id in self._absent_at_ns:
            decidable_ns = self._absent_at_ns[order.client_order_id] + int(self.deadlines.settle_s * 1e9)
        left_s = (decidable_ns - self.venue.now_ns()) / 1e9
        if not (order.in_doubt and order.wanted):
            return self.pause(attempt)
        # Before its deadline an order may still be on its way; after it, it may be there and not yet be shown.
        past_deadline_s = (order.deadline_ns - self.venue.now_ns()) / 1e9 + self.deadlines.settle_s
        return max(self.pause(attempt), min(left_s, max(past_deadline_s, _SEEK_S)))

    async def _change_or(self, order: Order, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self.blotter.changes_of(order).wait()

    def _absent(self, order: Order, asked_at_ns: int) -> None:
        if order.order_id is not None and not order.restored:
            return  # the exchange has named it to us: that it does not find it now is no proof that it never was
        settle_ns = int(self.deadlines.settle_s * 1e9)
        if asked_at_ns <= order.deadline_ns + int(self.deadlines.absent_s * 1e9) or not self.private_is_live():
            return
        first = self._absent_at_ns.setdefault(order.client_order_id, asked_at_ns)
        if asked_at_ns >= first + settle_ns:
            self.blotter.move(order, Heard.ABSENT, reason="asked past its deadline, the exchange knows no such order")


def _needs_care(order: Order) -> bool:
    return not order.ended and (order.in_doubt or (not order.wanted and order.state is OrderState.OPEN))
