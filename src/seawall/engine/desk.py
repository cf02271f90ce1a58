"""The one writer of orders: checks, journals, sends, follows, and lets go of none before it has ended.

An order's way: `_admit` (limits, deadline, and the order counts as exposure from here on) → the journal, on disk → the
venue. Between the first byte and the answer nobody knows; a failure there, or a cancellation, leaves the order in doubt
and in the custody of a task of the desk's own, which outlives the caller.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.custody import Custody
from seawall.engine.feed import Feed
from seawall.engine.modes import Mode
from seawall.engine.notices import AmendInDoubt, OrderPlanned
from seawall.engine.order_table import Order
from seawall.engine.risk import check, check_amend
from seawall.engine.settings import EngineSettings
from seawall.model.errors import (
    JournalFailed,
    NotSent,
    OutcomeUnknown,
    RefusedByExchange,
    RefusedByRisk,
    SeawallError,
)
from seawall.model.journal import IntentRecord, OrderRecord
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import Intent, OrderType, Side
from seawall.model.reports import AmendOrder, PlaceOrder
from seawall.model.venue import Probe, Venue

__all__ = ["Desk", "DeskStatistics"]

MIN_DEADLINE_S = 0.5
"""Kraken takes deadlines from 500 ms to 60 s ahead (docs.kraken.com/api/docs/websocket-v2/add_order)."""


@attrs.frozen
class DeskStatistics:
    """Orders now: not ended, in doubt among them, and those that a task of the desk's asks about or cancels."""

    live: int
    in_doubt: int
    in_care: int


@attrs.define(eq=False)
class Desk:
    """Takes intents from strategies and monitors. It outlives them all."""

    venue: Venue
    blotter: Blotter
    custody: Custody
    feed: Feed
    settings: EngineSettings
    ids: Iterator[str]
    probe: Probe
    now_ns: Callable[[], int]
    mode: Callable[[], Mode]
    _closed_because: str | None = attrs.field(default="the engine has not started", init=False)
    _closing: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]], init=False)
    """Owner and symbol of positions that are being closed now."""
    _amends: dict[str, "_Amend"] = attrs.field(factory=dict, init=False)
    """By order: the one amend that is under way."""
    _cleanups: list[trio.CancelScope] = attrs.field(factory=list, init=False)
    _hurry_reason: str | None = attrs.field(default=None, init=False)

    def open_intake(self) -> None:
        """Take orders from now on."""
        self._closed_because = None

    def close_intake(self, reason: str) -> None:
        """Take no new order from now on, not even one that is on its way to the journal. Cancels go on."""
        self._closed_because = reason

    async def place(self, owner: str, intent: Intent, *, closing: bool = False) -> Order:
        """Send one order; return it acknowledged, in doubt, or already ended.

        `closing` marks an order of the engine's own that closes a position: limits that guard against new risk do not
        hold it up, and neither does a closed intake.

        Raises `RefusedByRisk` (nothing was sent), `RefusedByExchange`, `NotSent`, `JournalFailed`. On cancellation an
        order that may have left is released to the desk, which sees it ended.
        """
        order = self._admit(owner, intent, closing=closing)
        try:
            await self._journal(order)
            self._check_intake(owner, intent.symbol, closing=closing)  # it may have closed while the disk was busy
            await self._send(order)
        except BaseException as problem:
            self._abandon(order, f"{type(problem).__name__}: {problem}")
            raise
        return order

    async def decided(self, order: Order) -> None:
        """Return once the order is not in doubt."""
        while order.in_doubt:
            await self.blotter.changes_of(order).wait()

    async def ended(self, order: Order) -> None:
        """Return once the order has ended and every fill the exchange told of has arrived."""
        while not order.ended or order.misses_fills:
            await self.blotter.changes_of(order).wait()

    async def see_off(self, order: Order) -> None:
        """Have the order cancelled, and return once it has ended. The work goes on when the caller gives up waiting."""
        if not order.ended:
            self.custody.release(order)
        await self.ended(order)

    async def amend(self, order: Order, *, qty: Decimal | None = None, limit_price: Decimal | None = None) -> None:
        """Change an open order in place; `qty` is the new total.

        Raises `RefusedByRisk`, `RefusedByExchange` (the order stays as it was), `NotSent`. A lost answer is read back
        before this returns; on cancellation the desk goes on reading it back, and takes no other amend of it until then.
        """
        self._admit_amend(order, qty, limit_price)
        left_s = self._deadline_s()
        change = AmendOrder(
            order.client_order_id,
            qty=qty,
            limit_price=limit_price,
            post_only=order.intent.post_only and limit_price is not None,
            deadline_ns=self.venue.now_ns() + int(left_s * 1e9),
        )
        order.asked_qty = qty
        amend = self._amends[order.client_order_id] = _Amend(change)
        try:
            await self._send_amend(order, change, left_s)
        except (RefusedByExchange, NotSent, JournalFailed) as refusal:
            made = _says_nothing_to_change(refusal)
            self._decide(order, amend, made=made)
            if not made:
                raise
            self.blotter.amended(order, qty, limit_price)
            return
        except (SeawallError, trio.TooSlowError) as lost:
            self._doubt_amend(order, amend)
            problem = lost
        except BaseException:
            self._doubt_amend(order, amend)
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

    @contextmanager
    def hurried(self, cleanup: trio.CancelScope) -> Iterator[None]:
        """While inside, `hurry` cuts this shielded scope short; after it, at once."""
        self._cleanups.append(cleanup)
        if self._hurry_reason is not None:
            cleanup.cancel(reason=self._hurry_reason)
        try:
            yield
        finally:
            self._cleanups.remove(cleanup)

    def hurry(self, reason: str) -> None:
        """Stop waiting for orders to end: the operator insists. What is left open will be listed."""
        self._hurry_reason = reason
        for cleanup in self._cleanups:
            cleanup.cancel(reason=reason)

    async def close_position(self, owner: str, symbol: str) -> Decimal:
        """Cancel the owner's orders of a symbol, then sell or buy back its position at market.

        Meanwhile the owner's own orders of that symbol are refused (`closing`): one more sale would sell what is gone.
        Returns the quantity that could not be closed: below the exchange's minimum, or not filled. Raises as `place`.
        """
        self._closing[owner, symbol] += 1
        try:
            while orders := self.blotter.table.unsettled(owner, symbol):
                for order in orders:
                    self.custody.release(order)  # all of them, before one is waited for
                for order in orders:
                    await self.ended(order)
            # Nothing waits from here to the order that closes: whoever closes at the same time sees it, and waits for it above.
            qty = self._closable_qty(owner, symbol)
            if qty:
                side = Side.SELL if qty > 0 else Side.BUY
                order = await self.place(owner, Intent(symbol, side, OrderType.MARKET, abs(qty)), closing=True)
                await self.ended(order)
        finally:
            self._closing[owner, symbol] -= 1
        return self.blotter.portfolio.position(owner, symbol).qty

    def statistics(self) -> DeskStatistics:
        """How many orders are live, in doubt, and in the desk's care."""
        live = self.blotter.table.live()
        return DeskStatistics(len(live), sum(order.in_doubt for order in live), len(self.custody.in_care()))

    def _closable_qty(self, owner: str, symbol: str) -> Decimal:
        """What the exchange would take of a position, signed as it is; zero when that is too little."""
        instrument = self.venue.instrument(symbol)
        held = self.blotter.portfolio.position(owner, symbol).qty
        qty = held - held % instrument.qty_increment  # the remainder of a decimal has its sign
        return qty if abs(qty) >= instrument.qty_min else Decimal(0)

    def _admit(self, owner: str, intent: Intent, *, closing: bool) -> Order:
        self._check_intake(owner, intent.symbol, closing=closing)
        self._check(intent, closing=closing)
        deadline_ns = self.venue.now_ns() + int(self._deadline_s() * 1e9)
        return self.blotter.plan(IntentRecord(next(self.ids), owner, intent, deadline_ns, self.now_ns()))

    def _check_intake(self, owner: str, symbol: str, *, closing: bool) -> None:
        if closing:
            return
        if self._closed_because is not None:
            raise RefusedByRisk("stopping", self._closed_because)
        if self._closing[owner, symbol]:
            raise RefusedByRisk("closing", f"the position in {symbol} is being closed")
        if self.mode() is Mode.HALTED:
            raise RefusedByRisk("mode", "the engine is halted: it takes no order")

    def _check(self, intent: Intent, *, closing: bool) -> None:
        instrument = self.venue.instrument(intent.symbol)
        if closing:
            fault = instrument.fault_of_qty(intent.qty)
            if fault is not None:
                raise RefusedByRisk("minimum", fault)
            return
        refusal = check(
            intent,
            instrument=instrument,
            limits=self.settings.risk.of(intent.symbol),
            exposure=self.blotter.exposure(intent.symbol),
            quote=self.feed.quote(intent.symbol),
            now_s=trio.current_time(),
            mode=self.mode(),
            status=self.venue.status(),
        )
        if refusal is not None:
            raise refusal

    def _admit_amend(self, order: Order, qty: Decimal | None, limit_price: Decimal | None) -> None:
        if order.ended:
            raise RefusedByRisk("ended", f"the order is {order.state}")
        if order.state is not OrderState.OPEN:
            raise RefusedByRisk("in_doubt", f"the order is {order.state}")
        if order.client_order_id in self._amends:
            raise RefusedByRisk("in_doubt", "an amend of the order is not decided yet")
        if not order.wanted:
            raise RefusedByRisk("canceling", "the order is being cancelled")
        self._check_intake(order.owner, order.symbol, closing=False)
        refusal = check_amend(
            order.intent,
            qty=order.qty if qty is None else qty,
            limit_price=order.limit_price if limit_price is None else limit_price,
            filled_qty=order.filled_qty,
            instrument=self.venue.instrument(order.symbol),
            limits=self.settings.risk.of(order.symbol),
            exposure=self.blotter.exposure(order.symbol, without=order),
            quote=self.feed.quote(order.symbol),
            now_s=trio.current_time(),
            mode=self.mode(),
            status=self.venue.status(),
        )
        if refusal is not None:
            raise refusal

    def _deadline_s(self) -> float:
        left_s = min(trio.current_effective_deadline() - trio.current_time(), self.settings.deadlines.order_s)
        if left_s < MIN_DEADLINE_S:
            raise RefusedByRisk("deadline", f"{max(left_s, 0):.3f} s are left, and Kraken takes {MIN_DEADLINE_S} s or more")
        return left_s

    async def _journal(self, order: Order) -> None:
        record = IntentRecord(order.client_order_id, order.owner, order.intent, order.deadline_ns, order.planned_at_ns)
        await self._keep(f"intent {order.client_order_id}", self.blotter.journal.keep([record]))
        self.probe(OrderPlanned(order.client_order_id, order.owner, str(order.intent)))

    async def _keep(self, what: str, keeping: Awaitable[None]) -> None:
        try:
            with trio.fail_after(self.settings.deadlines.journal_s):
                await keeping
        except trio.TooSlowError:
            failure = JournalFailed(f"{what} was not on disk after {self.settings.deadlines.journal_s} s")
            self.blotter.on_journal_failure(failure)
            raise failure from None
        except JournalFailed as failure:
            self.blotter.on_journal_failure(failure)
            raise

    async def _send(self, order: Order) -> None:
        left_s = min((order.deadline_ns - self.venue.now_ns()) / 1e9, trio.current_effective_deadline() - trio.current_time())
        if left_s <= 0:
            raise NotSent("its deadline passed while it was being journaled")
        try:
            with trio.fail_after(left_s):
                answer = await self.venue.place(_wire_form(order), lambda: self.blotter.move(order, Heard.SENDING))
        except RefusedByExchange as refusal:
            if order.state is not OrderState.PLANNED:
                self.blotter.move(order, Heard.REFUSED, reason=str(refusal))
            raise
        except (SeawallError, trio.TooSlowError) as problem:
            if order.state is OrderState.PLANNED:
                if isinstance(problem, NotSent):
                    raise
                raise NotSent(f"{type(problem).__name__}: {problem}", retry_after_s=_retry_after(problem)) from problem
            self.custody.doubt(order, f"{type(problem).__name__}: {problem}")
        else:
            self.blotter.move(order, Heard.ACCEPTED, order_id=answer.order_id)
            if not order.wanted:
                self.custody.take(order)  # let go of while its answer was out

    def _abandon(self, order: Order, reason: str) -> None:
        """The caller is leaving with an exception. Nothing waits here, so nothing can be lost on the way."""
        if order.state is OrderState.PLANNED:
            self.blotter.move(order, Heard.HELD_BACK, reason=reason)
        elif order.state is OrderState.SENT:
            order.wanted = False
            self.custody.doubt(order, reason)
        elif not order.ended:
            self.custody.release(order)

    async def _send_amend(self, order: Order, change: AmendOrder, left_s: float) -> None:
        await self._keep(f"amend of {order.client_order_id}", self.blotter.journal.keep([self._amend_step(order, change)]))
        with trio.fail_after(left_s):
            await self.venue.amend(change)

    def _amend_step(self, order: Order, change: AmendOrder) -> OrderRecord:
        return OrderRecord(
            order.client_order_id,
            order.state,
            self.now_ns(),
            order_id=order.order_id,
            qty=order.qty if change.qty is None else max(order.qty, change.qty),  # a restart counts what may be there
            limit_price=order.limit_price if change.limit_price is None else change.limit_price,
            filled_qty=order.filled_qty,
            reason="amend asked",
        )

    def _doubt_amend(self, order: Order, amend: "_Amend") -> None:
        """The answer to an amend was lost, or its caller has left: the desk reads the order back, whoever waits."""
        self.probe(AmendInDoubt(order.client_order_id, amend.change.qty, amend.change.limit_price))
        if not self.custody.start(lambda: self._read_back(order, amend), name=f"read back {order.client_order_id}"):
            self._decide(order, amend, made=None)

    async def _read_back(self, order: Order, amend: "_Amend") -> None:
        """Read an order until the exchange shows the change, or shows twice past its deadline that it did not make it."""
        unchanged = 0
        made: bool | None = None
        try:
            while unchanged < 2 and not order.ended:
                await trio.sleep(self.settings.deadlines.settle_s)
                asked_at_ns = self.venue.now_ns()
                known = bool(await self.custody.ask(order))
                if amend.shows_in(order):
                    break
                unchanged += known and asked_at_ns > (amend.change.deadline_ns or 0)
            made = amend.shows_in(order)
        finally:
            self._decide(order, amend, made=made)

    def _decide(self, order: Order, amend: "_Amend", *, made: bool | None) -> None:
        """What became of an amend; None when nobody will find out, and then its quantity goes on counting as exposure."""
        del self._amends[order.client_order_id]
        if made is not None:
            order.asked_qty = None
        if made:
            order.read_from_ns = self.venue.now_ns() + int(self.settings.deadlines.settle_s * 1e9)
        amend.made = made
        amend.decided.set()


@attrs.define(eq=False)
class _Amend:
    """One amend that is under way."""

    change: AmendOrder
    decided: trio.Event = attrs.field(factory=trio.Event)
    made: bool | None = None

    def shows_in(self, order: Order) -> bool:
        """Whether the order has the values that were asked for."""
        return self.change.qty in (None, order.qty) and self.change.limit_price in (None, order.limit_price)


def _says_nothing_to_change(refusal: SeawallError) -> bool:
    return isinstance(refusal, RefusedByExchange) and refusal.rule.startswith("EOrder:No amendable parameters")


def _retry_after(problem: BaseException) -> float | None:
    return problem.retry_after_s if isinstance(problem, SeawallError) else None


def _wire_form(order: Order) -> PlaceOrder:
    intent = order.intent
    return PlaceOrder(
        client_order_id=order.client_order_id,
        symbol=intent.symbol,
        side=intent.side,
        order_type=intent.order_type,
        qty=intent.qty,
        limit_price=intent.limit_price,
        trigger_price=intent.trigger_price,
        time_in_force=intent.time_in_force,
        post_only=intent.post_only,
        deadline_ns=order.deadline_ns,
    )
