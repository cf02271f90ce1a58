"""What may be sent: the desk's door, which can be shut, and the limits behind it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import attrs
import trio

from seawall.engine.blotter import Blotter
from seawall.engine.feed import Feed
from seawall.engine.modes import Mode
from seawall.engine.order_table import Order
from seawall.engine.risk import check, check_amend, check_claim
from seawall.engine.settings import EngineSettings
from seawall.model.errors import RefusedByRisk
from seawall.model.journal import IntentRecord, Seen
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent
from seawall.model.venue import Venue

__all__ = ["Intake"]

MIN_DEADLINE_S, MAX_DEADLINE_S = 0.5, 60.0
"""Kraken takes deadlines from 500 ms to 60 s ahead (docs.kraken.com/api/docs/websocket-v2/add_order)."""


@attrs.define(eq=False)
class Intake:
    """Admits orders and amends, or says by which rule not. Nothing here waits."""

    venue: Venue
    blotter: Blotter
    feed: Feed
    settings: EngineSettings
    ids: Iterator[str]
    now_ns: Callable[[], int]
    mode: Callable[[], Mode]
    lease_doubt: Callable[[], str | None] = attrs.field(default=lambda: None, init=False)
    """Why the account may not be this engine's; None when it is, and where nobody else can have it."""
    _shut_because: str | None = attrs.field(default="the engine has not started", init=False)
    _closing: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]], init=False)
    """Owner and symbol of positions that are being closed now."""

    def open(self) -> None:
        """Take orders from now on."""
        self._shut_because = None

    def shut(self, reason: str) -> None:
        """Take no new order from now on."""
        self._shut_because = reason

    @contextmanager
    def closing(self, owner: str, symbol: str) -> Iterator[None]:
        """While inside, the owner's own orders of the symbol are refused: one more sale would sell what is gone."""
        self._closing[owner, symbol] += 1
        try:
            yield
        finally:
            self._closing[owner, symbol] -= 1
            if not self._closing[owner, symbol]:
                del self._closing[owner, symbol]
            self.blotter.changed.pulse()

    def is_closing(self, owner: str, symbol: str) -> bool:
        """Whether the owner's position in a symbol is being closed now."""
        return self._closing[owner, symbol] > 0

    def admit(self, owner: str, intent: Intent, *, closing: bool) -> Order:
        """Plan an order that may be sent: from here on it has an id and a deadline, and counts as exposure.

        `closing` lets an order pass that closes a position: only the exchange's own minimums hold it up.
        Raises `RefusedByRisk`.
        """
        self.check_open(owner, intent.symbol, closing=closing)
        if closing:
            self._check_closing(intent)
        else:
            self._check_limits(intent)
        deadline_ns = self.venue.now_ns() + int(self.deadline_s() * 1e9)
        return self.blotter.plan(
            IntentRecord(next(self.ids), owner, intent, deadline_ns, self.now_ns(), self.seen(intent.symbol))
        )

    def admit_claim(self, owner: str, intent: Intent) -> None:
        """Raise `RefusedByRisk` where an order that rests at the exchange already must not become this owner's.

        Nothing is sent, so prices and sizes are as they are; what counts is what may come of it.
        """
        self.check_open(owner, intent.symbol)
        refusal = check_claim(
            intent,
            instrument=self.venue.instrument(intent.symbol),
            limits=self.settings.risk.of(intent.symbol),
            exposure=self.blotter.exposure(intent.symbol),
            mode=self.mode(),
        )
        if refusal is not None:
            raise refusal

    def check_open(self, owner: str, symbol: str, *, closing: bool = False) -> None:
        """Raise `RefusedByRisk` where no order of this owner and symbol is taken now, whatever its size and price."""
        doubt = self.lease_doubt()
        if doubt is not None:
            raise RefusedByRisk("lease", doubt)
        if closing:
            return
        if self._shut_because is not None:
            raise RefusedByRisk("stopping", self._shut_because)
        if self.is_closing(owner, symbol):
            raise RefusedByRisk("closing", f"the position in {symbol} is being closed")
        if self.mode() is Mode.HALTED:
            raise RefusedByRisk("mode", "the engine is halted: it takes no order")

    def check_amend(self, order: Order, qty: Decimal | None, limit_price: Decimal | None) -> None:
        """Raise `RefusedByRisk` where an order must not be changed so; None leaves a value as it is."""
        self.check_changeable(order)
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

    def check_changeable(self, order: Order) -> None:
        """Raise `RefusedByRisk` where an order is not to be changed at all: it has ended, or is on its way there."""
        if order.ended:
            raise RefusedByRisk("ended", f"the order is {order.state}")
        if order.state is not OrderState.OPEN:
            raise RefusedByRisk("in_doubt", f"the order is {order.state}")
        if not order.wanted:
            raise RefusedByRisk("canceling", "the order is being cancelled")
        self.check_open(order.owner, order.symbol)

    def deadline_s(self) -> float:
        """How long an order or amend may take: what the caller's scopes leave, and no more than the configuration says."""
        left_s = min(trio.current_effective_deadline() - trio.current_time(), self.settings.deadlines.order_s, MAX_DEADLINE_S)
        if left_s < MIN_DEADLINE_S:
            raise RefusedByRisk("deadline", f"{max(left_s, 0):.3f} s are left, and Kraken takes {MIN_DEADLINE_S} s or more")
        return left_s

    def seen(self, symbol: str) -> Seen:
        """What this order was decided on, for who asks later."""
        quote = self.feed.quote(symbol)
        position_qty = self.blotter.portfolio.total_qty(symbol)
        if quote is None:
            return Seen(position_qty=position_qty)
        age_ns = int((trio.current_time() - quote.received_s) * 1e9)
        return Seen(quote.bid, quote.ask, position_qty, age_ns)

    def _check_closing(self, intent: Intent) -> None:
        fault = self.venue.instrument(intent.symbol).fault_of_qty(intent.qty)
        if fault is not None:
            raise RefusedByRisk("minimum", fault)

    def _check_limits(self, intent: Intent) -> None:
        refusal = check(
            intent,
            instrument=self.venue.instrument(intent.symbol),
            limits=self.settings.risk.of(intent.symbol),
            exposure=self.blotter.exposure(intent.symbol),
            quote=self.feed.quote(intent.symbol),
            now_s=trio.current_time(),
            mode=self.mode(),
            status=self.venue.status(),
        )
        if refusal is not None:
            raise refusal
