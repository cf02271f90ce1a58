"""The matching engine: places, fills and ends orders, and tells every fact.

It judges nothing: what comes here was checked by `exchange.Exchange`.
"""

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.accounts import Account, reserved_by
from seawall.sim.exchange.book import Resting
from seawall.sim.exchange.clearing import Clearing
from seawall.sim.exchange.events import (
    BookChanged,
    Event,
    IcebergRefilled,
    LedgerPosted,
    Listener,
    OrderEnded,
    OrderFilled,
    OrderOpened,
    OrderReceived,
    OrderTraded,
    OrderTrailed,
    OrderTriggered,
    TradePrint,
    TradesPrinted,
)
from seawall.sim.exchange.ids import Ids
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.matching import Plan, plan
from seawall.sim.exchange.openings import settled
from seawall.sim.exchange.orders import NewOrder, SimFill, SimOrder, Status

__all__ = ["EXPIRED", "NO_FUNDS", "SELF_TRADE", "USER_REQUESTED", "Floor"]

USER_REQUESTED: Final = "User requested"
SELF_TRADE: Final = "Self trade prevention"
NOTHING_LEFT_TO_TAKE: Final = "Nothing left to take"
NO_FUNDS: Final = "Insufficient funds"
EXPIRED: Final = "Expired"

KEEP_VERSIONS_NS: Final = 60 * 10**9
"""How long superseded states of an order are kept, for reads that lag behind."""


@attrs.define(eq=False)
class Floor:
    """All markets and the one account that trades on them beside the crowd.

    Of orders that ended the newest `history` are kept, and as many fills.
    """

    markets: dict[str, Market]
    account: Account
    ids: Ids
    now_ns: Callable[[], int]
    history: int = 10_000
    matching: bool = True
    orders: dict[str, SimOrder] = attrs.field(factory=dict)
    open: dict[str, SimOrder] = attrs.field(factory=dict)
    fills: deque[SimFill] = attrs.field(init=False)
    ended: deque[SimOrder] = attrs.field(factory=deque)
    clearing: Clearing = attrs.field(init=False)
    listeners: list[Listener] = attrs.field(factory=list)
    _closing: deque[NewOrder] = attrs.field(factory=deque)
    """Conditional closes of fills, still to be placed."""

    def __attrs_post_init__(self) -> None:
        self.fills = deque(maxlen=self.history)
        self.clearing = Clearing(self.markets, self.account, self.ids)

    def matches(self, market: Market) -> bool:
        """Whether orders of a pair trade now (docs.kraken.com/api/docs/websocket-v2/status)."""
        return self.matching and market.matching

    def tell(self, event: Event) -> None:
        """Hand a fact to every listener, in the order in which they came."""
        for listener in self.listeners:
            listener(event)

    def held(self) -> dict[str, Decimal]:
        """What open orders reserve of each asset."""
        held: dict[str, Decimal] = {}
        for order in self.open.values():
            asset, amount = reserved_by(order)
            held[asset] = held.get(asset, ZERO) + amount
        return held

    def free(self, asset: str) -> Decimal:
        """What a new order may use."""
        return self.account.balance(asset) - self.held().get(asset, ZERO)

    # Orders of users.

    def accept(self, ask: NewOrder, *, doomed: str | None = None) -> SimOrder:
        """Take an order in: it waits for its time or its trigger, rests, or trades at once, as it says.

        With `doomed` it is canceled for that reason before it is live.
        """
        order = self._receive(ask)
        if doomed is not None:
            self.end(order, Status.CANCELED, doomed)
        elif order.started:
            self._open(order, order.opened_ns)
            self.settle(self.markets[order.pair.symbol])
        return order

    def start(self, order: SimOrder, *, doomed: str | None = None) -> None:
        """Let an order whose time has come be live; what it says of distances and cash counts from now."""
        market = self.markets[order.pair.symbol]
        self.change(order)
        order.started = True
        if doomed is not None:
            self.end(order, Status.CANCELED, doomed)
            return
        ask = settled(market, order.ask)
        if ask.trail is not None or ask.trigger_offset is not None:
            order.trigger_price = ask.trigger_price
        if ask.cash_qty is not None:
            order.qty = ask.qty
        self._open(order, self.now_ns())
        self.settle(market)

    def _receive(self, ask: NewOrder) -> SimOrder:
        now_ns = self.now_ns()
        values = ask.qty, ask.limit_price, ask.trigger_price
        order = SimOrder(self.ids.order(), ask, *values, now_ns, now_ns, changed_ns=now_ns, display_qty=ask.display_qty)
        order.started = ask.start_ns is None or ask.start_ns <= now_ns
        order.note_values(self.ids.trade(), "original", now_ns)
        self.orders[order.order_id] = self.open[order.order_id] = order
        self.tell(OrderReceived(order, now_ns))
        return order

    def _open(self, order: SimOrder, at_ns: int) -> None:
        self.change(order)
        order.status = Status.NEW
        self.tell(OrderOpened(order, at_ns))
        if order.dormant:
            self.markets[order.pair.symbol].dormant[order.order_id] = order
        else:
            self.work(order)

    def change(self, order: SimOrder) -> None:
        """Call before an order changes: earlier states stay readable for a while."""
        order.remember(self.now_ns(), KEEP_VERSIONS_NS)

    def meets(self, order: NewOrder | SimOrder, qty: Decimal, limit: Decimal | None) -> Plan:
        """Whom an order would meet now."""
        ask = order.ask if isinstance(order, SimOrder) else order
        market = self.markets[ask.pair.symbol]
        if not self.matches(market):
            return Plan((), qty)
        against = market.book.half(ask.side.other)
        return plan(against.walk(limit), qty, is_user=True, self_trade=ask.self_trade)

    def work(self, order: SimOrder) -> None:
        """Match an order that is live, then let the rest of it rest, or end it."""
        found = self.meets(order, order.left, order.limit_price)
        if order.ask.time_in_force is TimeInForce.FOK and found.left:
            self.end(order, Status.CANCELED, NOTHING_LEFT_TO_TAKE)
            return
        for own in found.own:
            assert own.order is not None
            self.end(own.order, Status.CANCELED, SELF_TRADE)
        self._trade(self.markets[order.pair.symbol], order.side, found.matches, order)
        if not order.live:
            return
        if found.stopped:
            self.end(order, Status.CANCELED, SELF_TRADE)
        elif order.limit_price is None or order.ask.time_in_force is not TimeInForce.GTC:
            self.end(order, Status.CANCELED, NOTHING_LEFT_TO_TAKE)
        else:
            book = self.markets[order.pair.symbol].book
            book.rest(order.side, order.limit_price, order.left, order, peak=order.display_qty)

    def end(self, order: SimOrder, status: Status, reason: str | None) -> None:
        """Take an order off the book for good."""
        assert order.live, order
        now_ns = self.now_ns()
        market = self.markets[order.pair.symbol]
        market.dormant.pop(order.order_id, None)
        resting = market.book.users.get(order.order_id)
        if resting is not None:
            market.book.remove(resting)
        self.change(order)
        order.status, order.reason, order.closed_ns = status, reason, now_ns
        del self.open[order.order_id]
        self.ended.append(order)
        if len(self.ended) > self.history:
            del self.orders[self.ended.popleft().order_id]
        self.tell(OrderFilled(order, now_ns) if status is Status.FILLED else OrderEnded(order, now_ns))

    # The crowd, and feeds from outside.

    def crowd_take(self, market: Market, side: Side, limit: Decimal | None, qty: Decimal) -> Decimal:
        """Let the crowd take what it reaches; returns what it did not find."""
        found = plan(market.book.half(side.other).walk(limit), qty, is_user=False)
        self._trade(market, side, found.matches, None)
        self.settle(market)
        return found.left

    def meet_outside(self, market: Market) -> None:
        """Fill resting orders of users that the outside book has come to meet, at their own price, best price first."""
        if self.matches(market):
            for side in Side:
                mine = [entry for entry in market.book.users.values() if entry.side is side]
                for entry in sorted(mine, key=lambda entry: (-side.sign * entry.price, entry.seq)):
                    self._meet(market, entry)
        self.settle(market)

    def settle(self, market: Market) -> None:
        """Set off what the last price triggers and what fills are to be followed by, and what that brings, until there is
        nothing more; then tell how the book changed.
        """
        for order in market.trailed():
            self.tell(OrderTrailed(order, market.last, self.now_ns()))
        while self.matches(market) and (self._closing or market.due_triggers()):
            while self._closing:
                self._follow(self._closing.popleft())
            for order in market.due_triggers():
                if order.live:
                    self._trigger(market, order)
        levels = market.book.touched()
        if levels and not market.fed_from_outside:
            self.tell(BookChanged(market.pair, levels, self.now_ns()))

    def _meet(self, market: Market, entry: Resting) -> None:
        assert entry.order is not None
        opposite = market.book.half(entry.side.other)
        others = (other for other in opposite.walk(entry.price) if other.order is None)
        found = plan(others, entry.qty, is_user=True)
        for other, qty in found.matches:
            market.book.take(other, qty)
        met = entry.qty - found.left
        if met:
            self._trade(market, entry.side.other, ((entry, met),), None)
        if met and not found.left and entry.order.live:
            # An iceberg that showed its next part meets what is left.
            self._meet(market, entry)

    def _follow(self, ask: NewOrder) -> None:
        """Place a conditional close. One that the account cannot bear is received, and ends at once."""
        order = self._receive(settled(self.markets[ask.pair.symbol], ask))
        if order.idle or self.affords(order, order.qty, order.limit_price, spare=order):
            self._open(order, order.opened_ns)
        else:
            self.end(order, Status.CANCELED, NO_FUNDS)

    def _trigger(self, market: Market, order: SimOrder) -> None:
        del market.dormant[order.order_id]
        now_ns = self.now_ns()
        self.change(order)
        order.triggered_ns = now_ns
        if order.ask.limit_offset is not None and order.trigger_price is not None:
            order.limit_price = order.ask.limit_offset.from_price(order.trigger_price, order.pair)
        self.tell(OrderTriggered(order, market.last, now_ns))
        if self.affords(order, order.qty, order.limit_price, spare=order):
            self.work(order)
        else:
            self.end(order, Status.CANCELED, NO_FUNDS)

    def affords(self, order: NewOrder | SimOrder, qty: Decimal, limit: Decimal | None, *, spare: SimOrder | None = None) -> bool:
        """Whether the account can bear `qty` at `limit`; what `spare` reserves now counts as free."""
        ask = order.ask if isinstance(order, SimOrder) else order
        pair = ask.pair
        asset = pair.base.name if ask.side is Side.SELL else pair.quote.name
        free = self.free(asset)
        if spare is not None:
            free += reserved_by(spare)[1]
        fee = 1 + pair.taker_fee
        if ask.side is Side.SELL:
            return qty * (fee if ask.fee_in_base else 1) <= free
        cost = self.meets(order, qty, None).cost(pair) if limit is None else limit * qty
        return cost * (1 if ask.fee_in_base else fee) <= free

    # Trades.

    def _trade(self, market: Market, side: Side, matches: Iterable[tuple[Resting, Decimal]], taker: SimOrder | None) -> None:
        now_ns = self.now_ns()
        order_type = OrderType.MARKET if taker is not None and taker.limit_price is None else OrderType.LIMIT
        printed: list[TradePrint] = []
        for entry, qty in matches:
            maker = entry.order
            printed.append(market.print_trade(side, entry.price, qty, order_type, now_ns))
            refilled = market.book.take(entry, qty)
            for order, is_maker in ((maker, True), (taker, False)):
                if order is not None:
                    self._fill(order, printed[-1], is_maker=is_maker)
            for order in (maker, taker):
                if order is not None and not order.left:
                    self.end(order, Status.FILLED, None)
            if refilled and maker is not None:
                self.tell(IcebergRefilled(maker, entry.qty, now_ns))
        if printed:
            self.tell(TradesPrinted(market.pair, tuple(printed)))

    def _fill(self, order: SimOrder, trade: TradePrint, *, is_maker: bool) -> None:
        fill = self.clearing.fill(order, trade, is_maker=is_maker)
        self.change(order)
        order.cum_qty += fill.qty
        order.cum_cost += fill.cost
        order.cum_fee += fill.fee
        order.status = Status.PARTIALLY_FILLED
        order.fills.append(fill.exec_id)
        self.fills.append(fill)
        self.tell(OrderTraded(order, fill, order.cum_qty, order.cum_cost, trade.at_ns))
        for entry in self.clearing.book(fill):
            self.tell(LedgerPosted(entry))
        if order.ask.close is not None:
            self._closing.append(attrs.evolve(order.ask.close, qty=fill.qty, ref_id=order.order_id))
