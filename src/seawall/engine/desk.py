"""The one writer of orders: checks, journals, sends, follows, and lets go of none before it has ended.

An order's way: `Intake.admit` (limits, deadline, and the order counts as exposure from here on) → the journal, on disk → the
venue. Between the first byte and the answer nobody knows; a failure there, or a cancellation, leaves the order in doubt
and in the custody of a task of the desk's own, which outlives the caller.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import attrs
import trio

from seawall.engine.amends import Amends
from seawall.engine.blotter import Blotter
from seawall.engine.custody import Custody
from seawall.engine.hosting import in_words
from seawall.engine.intake import Intake
from seawall.engine.keeping import keep
from seawall.engine.notices import OrderPlanned
from seawall.engine.order_table import Order
from seawall.engine.portfolio import total
from seawall.engine.settings import Deadlines
from seawall.model.errors import NotSent, RefusedByExchange, SeawallError
from seawall.model.journal import IntentRecord
from seawall.model.numbers import ZERO
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import Intent, OrderType, Side
from seawall.model.reports import PlaceOrder
from seawall.model.venue import Probe, Venue

__all__ = ["Desk", "DeskStatistics"]


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
    intake: Intake
    amends: Amends
    deadlines: Deadlines
    probe: Probe
    _cleanups: list[trio.CancelScope] = attrs.field(factory=list, init=False)
    _hurry_reason: str | None = attrs.field(default=None, init=False)

    def open_intake(self) -> None:
        """Take orders from now on."""
        self.intake.open()

    def close_intake(self, reason: str) -> None:
        """Take no new order from now on, not even one that is on its way to the journal. Cancels go on."""
        self.intake.shut(reason)

    async def place(self, owner: str, intent: Intent, *, closing: bool = False) -> Order:
        """Send one order; return it acknowledged, in doubt, or already ended.

        `closing` marks an order of the engine's own that closes a position: limits that guard against new risk do not
        hold it up, and neither does a closed intake.

        Raises `RefusedByRisk` (nothing was sent), `RefusedByExchange`, `NotSent`, `JournalFailed`. On cancellation an
        order that may have left is released to the desk, which sees it ended.
        """
        await trio.lowlevel.checkpoint_if_cancelled()  # who is cancelled hears that, not how little time is left
        order = self.intake.admit(owner, intent, closing=closing)
        try:
            await self._journal(order)
            self.intake.check_open(owner, intent.symbol, closing=closing)  # it may have closed while the disk was busy
            await self._send(order)
        except BaseException as problem:
            self._abandon(order, in_words(problem))
            raise
        return order

    async def decided(self, order: Order) -> None:
        """Return once the order is not in doubt."""
        while order.in_doubt:
            await self.blotter.changes_of(order).wait()

    async def ended(self, order: Order) -> None:
        """Return once the order has ended and every fill the exchange told of has arrived, or is overdue (`FillsOverdue`)."""
        while not order.settled:
            await self.blotter.changes_of(order).wait()

    async def see_off(self, order: Order) -> None:
        """Have the order cancelled, and return once it has ended. The work goes on when the caller gives up waiting."""
        if not order.ended:
            self.custody.release(order)
        await self.ended(order)

    async def amend(self, order: Order, *, qty: Decimal | None = None, limit_price: Decimal | None = None) -> None:
        """Change an open order in place; see `Amends.amend`."""
        await trio.lowlevel.checkpoint_if_cancelled()
        await self.amends.amend(order, qty=qty, limit_price=limit_price)

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

        An order that stays undecided for longer than one round of cancels holds up only what it may itself have closed: the
        rest is closed without it, and what it turns out to have opened afterwards.

        Meanwhile the owner's own orders of that symbol are refused (`closing`): one more sale would sell what is gone.
        Returns the quantity that could not be closed: below the exchange's minimum, or not filled. Raises as `place`.
        """
        with self.intake.closing(owner, symbol):
            is_settled = False
            while not is_settled:
                await self._settle(owner, symbol)
                # Nothing waits from here to the order that closes: whoever closes at the same time sees it, and waits for it.
                is_settled = not self.blotter.table.unsettled(owner, symbol)
                qty = self.closable_qty(owner, symbol)
                if qty:
                    side = Side.SELL if qty > 0 else Side.BUY
                    order = await self.place(owner, Intent(symbol, side, OrderType.MARKET, abs(qty)), closing=True)
                    with trio.move_on_after(self.deadlines.cancel_s):
                        await self.ended(order)
                    await self.see_off(order)  # nobody told of its end: asked for, as an order that is let go of is
        return self.blotter.portfolio.position(owner, symbol).qty

    def closable_qty(self, owner: str, symbol: str) -> Decimal:
        """What the exchange would take of a position, signed as it is; zero when that is too little.

        What orders that are not settled may close already is left out: it is never sold twice.
        """
        held = self.blotter.portfolio.position(owner, symbol).qty
        side = Side.SELL if held > 0 else Side.BUY
        unsettled = self.blotter.table.unsettled(owner, symbol)
        left = max(abs(held) - total(order.exposed_qty for order in unsettled if order.side is side), ZERO)
        return self.tradable_qty(symbol, left if held > 0 else -left)

    def tradable_qty(self, symbol: str, qty: Decimal) -> Decimal:
        """How much of a position of `qty` one order could close, signed as it is; zero when that is below a minimum."""
        instrument = self.venue.instrument(symbol)
        whole = qty - qty % instrument.qty_increment  # the remainder of a decimal has its sign
        quote = self.intake.feed.quote(symbol)
        price = None if quote is None else quote.bid if qty > 0 else quote.ask
        if abs(whole) < instrument.qty_min:
            return ZERO
        return ZERO if price is not None and instrument.fault_of_cost(abs(whole) * price) is not None else whole

    def statistics(self) -> DeskStatistics:
        """How many orders are live, in doubt, and in the desk's care."""
        live = self.blotter.table.live()
        return DeskStatistics(len(live), sum(order.in_doubt for order in live), len(self.custody.in_care()))

    async def _settle(self, owner: str, symbol: str) -> None:
        """Have an owner's orders of a symbol cancelled; return once they have ended, or after one round of cancels."""
        with trio.move_on_after(self.deadlines.cancel_s):
            while orders := self.blotter.table.unsettled(owner, symbol):
                for order in orders:
                    self.custody.release(order)  # all of them, before one is waited for
                for order in orders:
                    await self.ended(order)

    async def _journal(self, order: Order) -> None:
        record = IntentRecord(
            order.client_order_id, order.owner, order.intent, order.deadline_ns, order.planned_at_ns, order.seen
        )
        await keep(self.blotter, [record], self.deadlines, f"intent {order.client_order_id}")
        self.probe(OrderPlanned(order.client_order_id, order.owner, str(order.intent)))

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
