"""Comparing the exchange's word with ours: at the start, after each gap of the private stream, and every few minutes.

The first start and the start after a crash are the same path: replay, ask, compare. Whatever differs is told with both
sides' figures; what nothing explains is counted, and the verdict on the whole goes to `on_verdict`.
"""

import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.changes import Changes
from seawall.engine.custody import Custody
from seawall.engine.differences import Differences
from seawall.engine.hub import Hub
from seawall.engine.notices import FillsOverdue, QuestionFailed, Reconciled
from seawall.engine.order_table import MISTAKEN_NS, Order
from seawall.engine.settings import LONGEST_DEADLINE_NS, EngineSettings
from seawall.model.errors import SeawallError, Unavailable
from seawall.model.order_states import OrderState
from seawall.model.reports import Fill, PrivateSnapshot
from seawall.model.venue import OpenOrders, Probe, Venue

__all__ = ["Reconciler"]

_FILLS_OF_A_SNAPSHOT = 50
"""The stream's snapshot has at most the newest fifty (docs.kraken.com/api/docs/websocket-v2/executions)."""

_SELDOM_S = 60.0
"""Between two questions for fills that nobody waits for any more."""


_FOREIGN_REMEMBERED = 1_000


def _unheard(_unexplained: int) -> None:
    """Where nobody acts on a verdict."""


@attrs.define(eq=False)
class Reconciler:
    """Asks, merges, and hands what is missing to the custody."""

    venue: Venue
    blotter: Blotter
    custody: Custody
    hub: Hub
    settings: EngineSettings
    probe: Probe
    pause: Callable[[int], float]
    on_verdict: Callable[[int], None] = _unheard
    """Called after each whole comparison, with the number of differences that nothing explains."""
    compared: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed after each whole comparison."""
    is_comparing: bool = attrs.field(default=False, init=False)
    """Whether facts may be missing that are being asked for."""
    _newest_fill_ns: int = attrs.field(default=0, init=False)
    _known_for_foreign: deque[str] = attrs.field(factory=lambda: deque(maxlen=_FOREIGN_REMEMBERED), init=False)
    """The exchange's ids of orders that were asked for because of their fills, and are not ours."""
    _ended_but_listed: dict[str, float] = attrs.field(factory=dict, init=False)
    """Client order ids that the last list had as open although they had ended here: since when that is so."""
    _unlisted: list[Order] = attrs.field(factory=list, init=False)
    """Orders that the newest snapshot of the stream has not, and that were too young to be missed."""
    _missing_since_s: dict[str, float] = attrs.field(factory=dict, init=False)
    """By order that has ended: since when its told fills are waited for."""

    async def at_start(self) -> None:
        """Bring what the journal left in step with the exchange. Raises what the venue raises: no start on guesses.

        Safe to repeat: fills of other hands count from the first time on.
        """
        if self.blotter.external_from_ns is None:
            self.blotter.external_from_ns = self.venue.now_ns()
        replayed = self.blotter.journal.replayed
        lately_ns = self.venue.now_ns() - MISTAKEN_NS
        inferred = (record for record, end in replayed.ended if end.state is OrderState.NEVER_PLACED)
        doubtful = [*replayed.intents, *(record for record in inferred if record.deadline_ns > lately_ns)]
        sent = [record.deadline_ns - LONGEST_DEADLINE_NS for record in doubtful]
        filled = [record.fill.at_ns for record in replayed.fills]
        self._newest_fill_ns = max(filled, default=self.venue.now_ns())
        since_ns = min([*sent, self._newest_fill_ns])
        await self._compare(since_ns)

    async def run(self) -> None:
        """Compare after each gap and every few minutes; a failed comparison is a notice, and is repeated."""
        while True:
            with trio.move_on_after(self.settings.reconcile_every_s):
                await self._snapshot()
            self.is_comparing = True
            snapshot, self.hub.snapshot = self.hub.snapshot, None
            self.custody.look_again()
            comparing = partial(self._compare_to_the_end, self._newest_fill_ns, snapshot)
            attempt = 0
            while (wait_s := await self._try("open orders", comparing)) is not None:
                await trio.sleep(max(wait_s, self.pause(attempt)))
                attempt += 1
            self.is_comparing = False
            self.compared.pulse()

    async def _snapshot(self) -> None:
        """Wait for a snapshot of the stream; ask meanwhile for what the last one may have been too early for."""
        attempt = 0
        while self.hub.snapshot is None:
            wait_s = max(self.settings.deadlines.settle_s, self.pause(attempt)) if self._unlisted else math.inf
            with trio.move_on_after(wait_s) as waiting:
                await self.hub.snapshots.wait()
            if waiting.cancelled_caught:
                await self._ask_for_unlisted()
                attempt += 1

    async def _ask_for_unlisted(self) -> None:
        """Ask for orders that were on their way when the stream came back: they may have ended before it began to tell."""
        unlisted, self._unlisted = self._unlisted, []
        for order in unlisted:
            if order.ended or order.in_doubt:
                continue  # nothing is missing, or the custody asks
            if order.order_id is None or await self.custody.ask(order) is None:
                self._unlisted.append(order)

    async def recover_fills(self) -> None:
        """Fetch fills that the exchange told of in totals only. Runs for ever; asks only when some are missing.

        An order that ended is not waited for without end: `absent_s` later it is asked for once more, and where the
        exchange goes on telling of fills that it does not give, that is a notice, and nobody waits for them any longer.
        """
        while True:
            while not self._orders_that_miss_fills():
                await self.blotter.fills_missed.wait()
            attempt, wait_s = 0, 0.0
            while self._orders_that_miss_fills():
                if all(order.fills_overdue for order in self._orders_that_miss_fills()):
                    with trio.move_on_after(_SELDOM_S):
                        await self.blotter.fills_missed.wait()
                        attempt = 0
                # The stream usually brings them within the moment.
                await trio.sleep(self.settings.deadlines.settle_s if attempt == 0 else max(wait_s, self.pause(attempt)))
                for order in self._orders_that_miss_fills():
                    if order.told_is_guess:
                        await self.custody.ask(order)
                oldest_ns = min((order.deadline_ns for order in self._orders_that_miss_fills()), default=None)
                if oldest_ns is not None:
                    wait_s = await self._try("fills", partial(self._fetch_fills, oldest_ns - LONGEST_DEADLINE_NS)) or 0.0
                await self._give_up_waiting()
                attempt += 1

    async def _give_up_waiting(self) -> None:
        """See to orders that ended `absent_s` ago and whose fills have not come: REST may be behind by a minute, not more."""
        now_s = trio.current_time()
        missing = [order for order in self._orders_that_miss_fills() if order.ended and not order.fills_overdue]
        before = self._missing_since_s
        self._missing_since_s = {order.client_order_id: before.get(order.client_order_id, now_s) for order in missing}
        for order in missing:
            if now_s - self._missing_since_s[order.client_order_id] < self.settings.deadlines.absent_s:
                continue
            order.told_is_guess = True  # what was told once may be wrong: the answer to this question counts, a lower one too
            answered = await self.custody.ask(order) is not None
            order.told_is_guess = False
            if answered and order.misses_fills:
                order.fills_overdue = True
                self.probe(FillsOverdue(order.client_order_id, order.owner, order.told_filled_qty, order.filled_qty))
            self.blotter.doubted(order)

    def _orders_that_miss_fills(self) -> list[Order]:
        return [order for order in self.blotter.table if order.misses_fills]

    async def _try(self, about: str, question: Callable[[], Awaitable[object]]) -> float | None:
        """None once it is answered; else a notice, and for how many seconds it is not to be asked again, as the failure says."""
        try:
            await question()
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed(about, f"{type(problem).__name__}: {problem}"))
            return (problem.retry_after_s or 0.0) if isinstance(problem, SeawallError) else 0.0
        return None

    async def _compare_to_the_end(self, fills_since_ns: int, snapshot: PrivateSnapshot | None) -> None:
        unanswered = await self._compare(fills_since_ns, snapshot)
        if unanswered:
            raise Unavailable(f"{unanswered} orders that were not listed could not be asked for")

    async def _compare(self, fills_since_ns: int, snapshot: PrivateSnapshot | None = None) -> int:
        """How many orders that were not listed could not be asked for.

        With a snapshot of the stream there is nothing to ask but what it cannot tell: questions cost rate budget.
        """
        late_s = self.settings.deadlines.absent_s
        lingering = [name for name, since_s in self._ended_but_listed.items() if trio.current_time() - since_s >= late_s]
        found = Differences(self.blotter, self.probe, self.venue.now_ns() - int(late_s * 1e9), lingering)
        if snapshot is None:
            with trio.fail_after(self.settings.deadlines.query_s):
                listed = await self.venue.open_orders()
            for report in listed.orders:
                found.listed(report)
                self.blotter.report(report, listed.asked_at_ns)
            self.blotter.externals.listed({report.order_id for report in listed.orders})
            before, now_s = self._ended_but_listed, trio.current_time()
            self._ended_but_listed = {name: before.get(name, now_s) for name in found.ended_but_listed}
        else:
            listed = OpenOrders(snapshot.open_orders, self.venue.now_ns())
        missing = self._missing(listed)
        if snapshot is not None:
            known = {report.order_id for report in listed.orders}
            self._unlisted = [
                order for order in self.blotter.table.live() if order.order_id not in known and order not in missing
            ]
        unanswered = 0
        for order in missing:
            if not order.ended:
                unanswered += await found.missing(order, self.custody.ask) is None
        recovered = 0
        if snapshot is None or self._may_have_missed(snapshot):
            recovered = await self._fetch_fills(fills_since_ns, found)
        self.probe(Reconciled(len(listed.orders), recovered, len(missing)))
        if not unanswered:
            self.on_verdict(found.unexplained)
        return unanswered

    def _may_have_missed(self, snapshot: PrivateSnapshot) -> bool:
        """Whether fills happened that are older than the oldest of a full snapshot."""
        oldest_ns = min((fill.at_ns for fill in snapshot.fills), default=0)
        return len(snapshot.fills) >= _FILLS_OF_A_SNAPSHOT and oldest_ns > self._newest_fill_ns

    async def _fetch_fills(self, since_ns: int, found: Differences | None = None) -> int:
        # From a little before: the exchange's times are neither unique nor in order, and what it lists may be a minute late.
        start_ns = since_ns - int((self.settings.deadlines.absent_s + self.settings.deadlines.settle_s) * 1e9)
        asked_at_ns = self.venue.now_ns()
        with trio.fail_after(self.settings.deadlines.query_s):
            fills = await self.venue.fills_since(start_ns)
        if found is not None:
            self._compare_fills(found, fills, start_ns, asked_at_ns)
        await self._learn_whose(fills)
        recovered = sum(self.blotter.fill(fill) for fill in fills)
        self._newest_fill_ns = max([self._newest_fill_ns, *(fill.at_ns for fill in fills)])
        return recovered

    async def _learn_whose(self, fills: Sequence[Fill]) -> None:
        """Ask whose an unknown order is that filled, where it may be one that was taken for never placed.

        These fills name the exchange's id alone, and of such an order nobody knows that; it knows ours. What the stream has told
        of another hand's order names its maker's id, so that needs no question.
        """
        table, externals = self.blotter.table, self.blotter.externals
        for fill in fills:
            unknown = fill.client_order_id is None and table.find(None, fill.order_id) is None
            is_foreign = externals.find(fill.order_id) is not None or externals.has_ended(fill.order_id)
            if is_foreign or fill.order_id in self._known_for_foreign:
                continue
            if unknown and table.may_be_mistaken(fill):
                with trio.fail_after(self.settings.deadlines.query_s):
                    reports, asked_at_ns = await self.venue.find_order(fill.order_id, fill.order_id)
                for report in reports:
                    if table.find(report.client_order_id, None) is not None:
                        self.blotter.report(report, asked_at_ns)
                    else:
                        self._known_for_foreign.append(report.order_id)

    def _compare_fills(self, found: Differences, fills: Sequence[Fill], start_ns: int, asked_at_ns: int) -> None:
        for fill in fills:
            found.fill_listed(fill)
        late_ns = int(self.settings.deadlines.absent_s * 1e9)
        found.fills_not_listed({fill.exec_id for fill in fills}, start_ns, asked_at_ns - late_ns)

    def _missing(self, listed: OpenOrders) -> list[Order]:
        """Orders held for open that were sent well before the question, and that the answer does not list."""
        known = {report.order_id for report in listed.orders}
        settle_ns = int((self.settings.deadlines.settle_s - self.settings.deadlines.order_s) * 1e9)
        return [
            order
            for order in self.blotter.table.live()
            if order.order_id is not None and order.order_id not in known and order.deadline_ns + settle_ns < listed.asked_at_ns
        ]
