"""A venue in memory, for tests of the engine: it answers at once, and misbehaves on request."""

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

import attrs
import trio

from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange, Unavailable, UnknownSymbol
from seawall.model.instruments import Instrument
from seawall.model.market_data import Candle, Level, VenueStatus
from seawall.model.orders import Intent, Side
from seawall.model.reports import (
    Acknowledgement,
    AmendOrder,
    Balance,
    Fee,
    Fill,
    OrderReport,
    OrderStatus,
    PlaceOrder,
    PrivateSnapshot,
)
from seawall.model.venue import CancelOutcome, OpenOrders, Probe, Venue, VenueListener
from seawall.resilience import Limiter, WaitTooLong

BTC_USD = Instrument(
    symbol="BTC/USD",
    base="BTC",
    quote="USD",
    rest_name="XBTUSD",
    rest_id="XXBTZUSD",
    price_precision=1,
    qty_precision=8,
    price_increment=Decimal("0.1"),
    qty_increment=Decimal("0.00000001"),
    qty_min=Decimal("0.0001"),
    cost_min=Decimal("0.5"),
)
ETH_USD = attrs.evolve(BTC_USD, symbol="ETH/USD", base="ETH", rest_name="ETHUSD", rest_id="XETHZUSD")


@attrs.frozen
class FixedBook:
    """A book of one level a side."""

    symbol: str
    bid: Decimal
    ask: Decimal
    at_ns: int = 0

    def best_bid(self) -> Level | None:
        return Level(self.bid, Decimal(1))

    def best_ask(self) -> Level | None:
        return Level(self.ask, Decimal(1))

    def bids(self, count: int) -> Sequence[Level]:
        return [Level(self.bid, Decimal(1))][:count]

    def asks(self, count: int) -> Sequence[Level]:
        return [Level(self.ask, Decimal(1))][:count]


@attrs.define(eq=False)
class FakeOrder:
    """One order as the fake exchange keeps it."""

    order_id: str
    wire: PlaceOrder
    status: OrderStatus = OrderStatus.OPEN
    qty: Decimal = Decimal(0)
    limit_price: Decimal | None = None
    filled: Decimal = Decimal(0)
    reason: str | None = None
    opened_ns: int = 0
    by_hand: bool = False
    """Whether its maker gave it no client order id; the one of the wire form is then ours alone, to find it by."""


@attrs.define(eq=False)
class FakeVenue:
    """Implements `seawall.model.venue.Venue` on a dictionary. Switches are consumed by the call they spoil."""

    listener: VenueListener
    name: str = "fake"
    orders: dict[str, FakeOrder] = attrs.field(factory=dict)
    fills: list[Fill] = attrs.field(factory=list)
    placed: list[PlaceOrder] = attrs.field(factory=list)
    """Every order that arrived, whether or not its answer did."""
    cancelled: list[str] = attrs.field(factory=list)
    cancel_requests: list[list[str]] = attrs.field(factory=list)
    """The ids of each request, whether or not it was answered."""
    lists_hide: list[str] = attrs.field(factory=list)
    """Client order ids that neither list has: found by the exchange's own id alone."""
    asked_for: list[str] = attrs.field(factory=list)
    """The client order ids of questions about single orders."""
    armed: list[int] = attrs.field(factory=list)
    foreign: list[OrderReport] = attrs.field(factory=list)
    market_status: VenueStatus = VenueStatus.ONLINE
    instruments: dict[str, Instrument] = attrs.field(factory=lambda: {"BTC/USD": BTC_USD, "ETH/USD": ETH_USD})
    refuse_next: str | None = None
    not_sent_next: bool = False
    lose_next: str | None = None
    """`after`: take the next order, lose the answer. `before`: lose the order. `hang`: take it, never answer."""
    lose_next_amend: str | None = None
    cancels_fail: bool = False
    fills_fail: bool = False
    unreachable: bool = False
    reads: Limiter | None = None
    """What questions about single orders (1, and 5 where the exchange's id is not known) and for fills (4) draw on."""
    silent: bool = False
    """Keep facts to itself: no reports, no fills."""
    deposited_usd: Decimal = Decimal(0)
    book_price: Decimal = Decimal("50000.0")
    bugs: list[str] = attrs.field(factory=list)
    """Methods that raise what no venue should, once each."""
    travel_s: float = 0.01
    """How long every question takes."""
    count: int = 0
    """Ids given so far."""

    def instrument(self, symbol: str) -> Instrument:
        found = self.instruments.get(symbol)
        if found is None:
            raise UnknownSymbol(symbol)
        return found

    def status(self) -> VenueStatus:
        return self.market_status

    def now_ns(self) -> int:
        return int(trio.current_time() * 1e9)

    def quote(self, symbol: str = "BTC/USD", bid: str = "50000.0", ask: str = "50000.1") -> None:
        """Change the book of a symbol."""
        self.listener.book_changed(symbol, FixedBook(symbol, Decimal(bid), Decimal(ask), self.now_ns()), trio.current_time())

    async def follow_book(self, symbol: str) -> None:
        self.instrument(symbol)
        await self._travel()
        self.quote(symbol)

    async def follow_trades(self, symbol: str) -> None:
        self.instrument(symbol)
        await self._travel()

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        self.instrument(symbol)
        await self._travel()
        price = self.book_price
        return (Candle(symbol, interval_s, 0, price, price, price, price, Decimal(1), 1, closed=False),)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        if self.not_sent_next:
            self.not_sent_next = False
            raise NotSent("the socket is down")
        if self.unreachable:
            raise NotSent("no way to the exchange")
        self._bug("place")
        sending()
        how, self.lose_next = self.lose_next, None
        if how == "before":
            await trio.lowlevel.checkpoint()
            raise OutcomeUnknown("the socket closed")
        self.placed.append(order)
        refusal, self.refuse_next = self.refuse_next, None
        if refusal is not None:
            await trio.lowlevel.checkpoint()
            raise RefusedByExchange(refusal, "said the exchange")
        taken = self._take(order)
        if how == "hang":
            await trio.sleep_forever()
        if how == "after":
            await trio.lowlevel.checkpoint()
            raise OutcomeUnknown("the answer was lost")
        await self._travel()
        self.report(taken)
        return Acknowledgement(taken.order_id, order.client_order_id)

    async def amend(self, change: AmendOrder) -> None:
        await self._travel()
        by_id = {order.order_id: order for order in self.orders.values()}
        order = by_id[change.order_id] if change.order_id is not None else self.orders[change.client_order_id]
        how, self.lose_next_amend = self.lose_next_amend, None
        if how == "before":
            raise OutcomeUnknown("the socket closed")
        if order.status is not OrderStatus.OPEN:
            raise RefusedByExchange("EOrder:Unknown order", "it has ended")
        order.qty = change.qty or order.qty
        order.limit_price = change.limit_price or order.limit_price
        if how == "after":
            raise OutcomeUnknown("the answer was lost")
        self.report(order)

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        self._bug("cancel")
        self.cancel_requests.append([*client_order_ids, *order_ids])
        await self._travel()
        if self.cancels_fail:
            raise OutcomeUnknown("no answer to the cancel")
        self.cancelled.extend([*client_order_ids, *order_ids])
        keys = {order.order_id: key for key, order in self.orders.items()}
        outcomes = [self._cancel(client_order_id) for client_order_id in client_order_ids]
        outcomes += [attrs.evolve(self._cancel(keys.get(name, "")), client_order_id=name) for name in order_ids]
        return tuple(outcomes)

    async def cancel_all_after(self, timeout_s: int) -> None:
        self._bug("cancel_all_after")
        await self._travel()
        self.armed.append(timeout_s)

    async def find_order(
        self,
        client_order_id: str,
        order_id: str | None = None,
    ) -> tuple[tuple[OrderReport, ...], int]:
        self._bug("find_order")
        self.asked_for.append(client_order_id)
        asked_at_ns = self.now_ns()
        await self._turn(5 if order_id is None else 1)
        await self._travel()
        order = next((order for order in self.orders.values() if order.order_id == order_id), None)
        if order is None and client_order_id not in self.lists_hide:
            order = self.orders.get(client_order_id)
        return ((self._report_of(order),) if order is not None else ()), asked_at_ns

    async def open_orders(self) -> OpenOrders:
        self._bug("open_orders")
        asked_at_ns = self.now_ns()
        await self._travel()
        live = [self._report_of(order) for order in self.orders.values() if order.status is OrderStatus.OPEN]
        return OpenOrders((*live, *self.foreign), asked_at_ns)

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        self._bug("fills_since")
        await self._turn(4)
        await self._travel()
        if self.fills_fail:
            raise Unavailable("busy")
        return tuple(fill for fill in self.fills if fill.at_ns >= at_ns)

    async def balances(self) -> tuple[Balance, ...]:
        self._bug("balances")
        await self._travel()
        moved = sum((fill.side.sign * fill.qty for fill in self.fills), Decimal(0))
        paid = sum((fill.side.sign * fill.cost + sum(fee.qty for fee in fill.fees) for fill in self.fills), Decimal(0))
        return (Balance("BTC", Decimal(10) + moved), Balance("USD", Decimal(1_000_000) + self.deposited_usd - paid))

    def fill(self, client_order_id: str, qty: str, price: str = "50000.0") -> Fill:
        """Execute a part of an order, and tell of it."""
        order = self.orders[client_order_id]
        amount = Decimal(qty)
        order.filled += amount
        self.count += 1
        cost = amount * Decimal(price)
        fill = Fill(
            exec_id=f"T{self.count}",
            order_id=order.order_id,
            client_order_id=None if order.by_hand else client_order_id,
            symbol=order.wire.symbol,
            side=order.wire.side,
            qty=amount,
            price=Decimal(price),
            cost=cost,
            fees=(Fee("USD", cost * Decimal("0.002")),),
            maker=True,
            at_ns=self.now_ns(),
        )
        self.fills.append(fill)
        if not self.silent:
            self.listener.filled(fill)
        if order.filled >= order.qty:
            order.status = OrderStatus.FILLED
            self.report(order)
        return fill

    def place_by_hand(self, intent: Intent, *, client_order_id: str | None = None) -> FakeOrder:
        """Another hand places an order, and gives it a client order id or none. It is told as any other."""
        self.count += 1
        key = client_order_id or f"by hand {self.count}"
        wire = PlaceOrder(
            key,
            intent.symbol,
            intent.side,
            intent.order_type.value,
            intent.qty,
            intent.limit_price,
            intent.trigger_price,
            intent.time_in_force.value,
            intent.post_only,
            self.now_ns(),
        )
        order = FakeOrder(f"X{self.count}", wire, qty=intent.qty, limit_price=intent.limit_price, opened_ns=self.now_ns())
        order.by_hand = client_order_id is None
        self.orders[key] = order
        self.report(order)
        return order

    def end(self, client_order_id: str, status: OrderStatus, reason: str) -> None:
        """End an order by the exchange's own decision."""
        order = self.orders[client_order_id]
        order.status, order.reason = status, reason
        self.report(order)

    def report(self, order: FakeOrder) -> None:
        """Tell of an order, unless silent."""
        if not self.silent:
            self.listener.order_reported(self._report_of(order))

    def restore_private(self) -> None:
        """The private stream (re)starts with its snapshot."""
        live = tuple(self._report_of(order) for order in self.orders.values() if order.status is OrderStatus.OPEN)
        self.listener.private_restored(PrivateSnapshot(live, tuple(self.fills[-50:])))

    def open_ids(self) -> list[str]:
        """Client order ids of what rests."""
        return [name for name, order in self.orders.items() if order.status is OrderStatus.OPEN]

    def _take(self, wire: PlaceOrder) -> FakeOrder:
        self.count += 1
        order = FakeOrder(f"O{self.count}", wire, qty=wire.qty, limit_price=wire.limit_price, opened_ns=self.now_ns())
        self.orders[wire.client_order_id] = order
        if wire.order_type == "market":
            self.fill(wire.client_order_id, str(wire.qty), str(self.book_price))
        return order

    def _cancel(self, client_order_id: str) -> CancelOutcome:
        order = self.orders.get(client_order_id)
        if order is None or order.status is not OrderStatus.OPEN:
            return CancelOutcome(client_order_id, accepted=False, reason="EOrder:Unknown order")
        order.status, order.reason = OrderStatus.CANCELED, "User requested"
        self.report(order)
        return CancelOutcome(client_order_id, accepted=True)

    def _report_of(self, order: FakeOrder) -> OrderReport:
        return OrderReport(
            order_id=order.order_id,
            client_order_id=None if order.by_hand else order.wire.client_order_id,
            status=order.status,
            at_ns=order.opened_ns if order.status is OrderStatus.OPEN else self.now_ns(),
            symbol=order.wire.symbol,
            side=Side(order.wire.side),
            qty=order.qty,
            limit_price=order.limit_price,
            filled_qty=order.filled,
            reason=order.reason,
            order_type=order.wire.order_type,
            trigger_price=order.wire.trigger_price,
            post_only=order.wire.post_only,
        )

    def _bug(self, method: str) -> None:
        if method in self.bugs:
            self.bugs.remove(method)
            raise ZeroDivisionError(f"a bug in {method}")

    async def _turn(self, weight: float) -> None:
        if self.reads is not None:
            try:
                await self.reads.take(weight=weight)
            except WaitTooLong as refusal:
                raise Unavailable(str(refusal), retry_after_s=refusal.retry_after_s) from refusal

    async def _travel(self) -> None:
        await trio.sleep(self.travel_s)
        if self.unreachable:
            raise Unavailable("no way to the exchange")


@attrs.define(eq=False)
class FakeExchange:
    """What outlives an engine: the same orders and fills for the next one."""

    orders: dict[str, FakeOrder] = attrs.field(factory=dict)
    fills: list[Fill] = attrs.field(factory=list)
    foreign: list[OrderReport] = attrs.field(factory=list)
    venue: FakeVenue | None = None
    private: bool = True
    closed: bool = False
    crash: trio.Event = attrs.field(factory=trio.Event)
    """Set it to make a task of the venue die of a bug."""
    unreachable_s: float = 0.0
    """For how long after it was opened every question fails."""

    @asynccontextmanager
    async def open(self, listener: VenueListener, probe: Probe) -> AsyncGenerator[Venue, None]:  # noqa: ARG002 - a protocol
        self.venue = venue = FakeVenue(listener, orders=self.orders, fills=self.fills, foreign=self.foreign)
        venue.count = len(self.orders) + len(self.fills)  # an exchange gives no id twice
        if self.private:
            venue.restore_private()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._live, name="public socket")
                nursery.start_soon(self._outage, venue)
                yield venue
                nursery.cancel_scope.cancel()
        finally:
            self.closed = True

    async def _outage(self, venue: FakeVenue) -> None:
        if self.unreachable_s:
            venue.unreachable = True
            await trio.sleep(self.unreachable_s)
            venue.unreachable = False

    async def _live(self) -> None:
        with trio.CancelScope(deadline=math.inf):
            await self.crash.wait()
        raise ZeroDivisionError("a bug in the socket")
