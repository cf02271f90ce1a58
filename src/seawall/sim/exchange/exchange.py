"""The exchange as its clients meet it: every request judged by Kraken's rules, then carried out at once.

Plain and synchronous: no task, no socket, and time only as a callable. What happens is told to listeners as events.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.accounts import Account, LedgerEntry
from seawall.sim.exchange.admission import POST_ONLY, Admission, PostOnlyCrossing
from seawall.sim.exchange.amends import amend
from seawall.sim.exchange.book import Book
from seawall.sim.exchange.checks import check_deadline, check_open
from seawall.sim.exchange.edits import REPLACED, OrderEdit, replacement
from seawall.sim.exchange.events import (
    LedgerPosted,
    LevelChange,
    Listener,
    OrderEnded,
    OrderFilled,
    OrderTraded,
    PairStatusChanged,
    StatusChanged,
    TradesPrinted,
)
from seawall.sim.exchange.floor import EXPIRED, USER_REQUESTED, Floor
from seawall.sim.exchange.ids import Ids
from seawall.sim.exchange.limits import Limits, Tier
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.openings import settled
from seawall.sim.exchange.orders import NewOrder, OrderChange, SimFill, SimOrder, Status
from seawall.sim.exchange.pairs import Pair, assets_of
from seawall.sim.exchange.refusal import ApiError

__all__ = ["Exchange", "ExchangeStatistics"]

SWITCHED_OFF: Final = "CancelAllOrdersAfter Timeout"
MAX_SWITCH_S: Final = 86_400
KEPT_ENTRIES: Final = 20_000


@attrs.frozen
class ExchangeStatistics:
    """Counts since the start."""

    orders_open: int
    orders_ended: int
    fills: int
    trades_printed: int


@attrs.define(eq=False)
class Exchange:
    """One account, a crowd, and the pairs they trade. Made by `Exchange.of`."""

    pairs: Mapping[str, Pair]
    floor: Floor
    now_ns: Callable[[], int]
    limits: Limits
    admission: Admission
    status: VenueStatus = VenueStatus.ONLINE
    switch_due_ns: int | None = None
    """When the dead man's switch fires (docs.kraken.com/api/docs/websocket-v2/cancel_after); None while it is off."""
    ledger: deque[LedgerEntry] = attrs.field(factory=lambda: deque(maxlen=KEPT_ENTRIES))
    """The newest movements of the account, oldest first."""
    _ended: int = 0
    _filled: int = 0
    _printed: int = 0

    @classmethod
    def of(
        cls,
        pairs: Iterable[Pair],
        balances: Mapping[str, Decimal],
        *,
        now_ns: Callable[[], int],
        rng: random.Random,
        tier: Tier = Tier.PRO,
        limits_enforced: bool = True,
        post_only_crossing: PostOnlyCrossing = "refuse",
        volume_usd: Decimal = ZERO,
    ) -> "Exchange":
        """An exchange with empty books. Balances are by asset name; those of assets no pair knows are refused.

        `volume_usd` is what the account traded just before.
        """
        by_symbol = {pair.symbol: pair for pair in pairs}
        assets = assets_of(by_symbol.values())
        strangers = sorted(set(balances) - set(assets))
        if strangers:
            raise ValueError(f"balances: no pair here trades {', '.join(strangers)}; there is {', '.join(assets)}")
        ids = Ids(rng)
        markets = {
            symbol: Market(pair, pair.start_price, book=Book(now_ns=now_ns, fresh_id=ids.order))
            for symbol, pair in by_symbol.items()
        }
        limits = Limits.of_tier(tier, now_ns=now_ns, enforced=limits_enforced)
        floor = Floor(markets, Account(assets, dict(balances)), ids, now_ns)
        floor.clearing.volume.add(volume_usd, now_ns())
        admission = Admission(floor, limits, now_ns, post_only_crossing)
        exchange = cls(by_symbol, floor, now_ns, limits, admission)
        floor.listeners.append(exchange._count)
        return exchange

    # What there is.

    @property
    def orders(self) -> Mapping[str, SimOrder]:
        """Every order by id: the open ones and the newest of those that ended."""
        return self.floor.orders

    @property
    def fills(self) -> tuple[SimFill, ...]:
        """The newest executions of the account, oldest first."""
        return tuple(self.floor.fills)

    @property
    def balances(self) -> Mapping[str, Decimal]:
        """What the account has, by asset name, reserved or not."""
        return self.floor.account.balances

    def open_orders(self) -> tuple[SimOrder, ...]:
        """The open orders, oldest first."""
        return tuple(self.floor.open.values())

    def market(self, symbol: str) -> Market:
        """One pair's state; raises `KeyError`."""
        return self.floor.markets[symbol]

    def find(self, *, order_id: str | None = None, cl_ord_id: str | None = None) -> SimOrder:
        """The open order of that id. Raises `ApiError`: one text for orders that ended, another for those that never were."""
        if order_id is not None:
            known = self.floor.orders.get(order_id)
            if known is not None and known.live:
                return known
        else:
            for order in self.floor.open.values():
                if order.cl_ord_id == cl_ord_id:
                    return order
            known = next((order for order in self.floor.ended if order.cl_ord_id == cl_ord_id), None)
        raise ApiError("EOrder:Invalid order" if known is None else "EOrder:Unknown order")

    def statistics(self) -> ExchangeStatistics:
        """Counts since the start."""
        return ExchangeStatistics(len(self.floor.open), self._ended, self._filled, self._printed)

    def listen(self, listener: Listener) -> None:
        """Have every later event handed to `listener`. It must not place, amend or cancel from there."""
        self.floor.listeners.append(listener)

    # What clients ask for. Each raises `ApiError` with Kraken's text.

    def add_order(self, ask: NewOrder, *, validate: bool = False, arrived_ns: int | None = None) -> SimOrder | None:
        """Place an order; None when it was only validated. `arrived_ns`: when the request reached the exchange."""
        now_ns = self.now_ns()
        arrived_ns = now_ns if arrived_ns is None else arrived_ns
        self.tick()
        market = self.floor.markets[ask.pair.symbol]
        check_open(self.status, market.status, ask)
        self.limits.charge_add(ask.pair.symbol)
        self.admission.check_deadline(ask, arrived_ns)
        ask = settled(market, ask)
        self.admission.check(ask)
        self.admission.check_room(ask)
        if validate:
            self.admission.check_crossing(ask)
            return None
        return self._accept(ask)

    def add_batch(
        self, asks: Sequence[NewOrder], *, validate: bool = False, arrived_ns: int | None = None
    ) -> list[SimOrder | ApiError | None]:
        """Place orders of one pair together (docs.kraken.com/api/docs/rest-api/add-order-batch).

        What is wrong with one order in itself refuses all; what only the book and the money say refuses that one, and
        stands in its place. None when they were only validated.
        """
        arrived_ns = self.now_ns() if arrived_ns is None else arrived_ns
        self.tick()
        symbol = asks[0].pair.symbol
        market = self.floor.markets[symbol]
        for ask in asks:
            check_open(self.status, market.status, ask)
        self.limits.charge_add(symbol, len(asks))
        asks = [settled(market, ask) for ask in asks]
        for ask in asks:
            self.admission.check_deadline(ask, arrived_ns)
            self.admission.check(ask)
        return [None if validate else self._try_to_accept(ask) for ask in asks]

    def amend_order(self, order: SimOrder, change: OrderChange, *, arrived_ns: int | None = None) -> str:
        """Change an open order in place; returns the id of the amend. It may end the order: see `amends`."""
        now_ns = self.now_ns()
        arrived_ns = now_ns if arrived_ns is None else arrived_ns
        self.tick()
        market = self.floor.markets[order.pair.symbol]
        check_open(self.status, market.status, None)
        if not order.live:
            raise ApiError("EOrder:Unknown order")
        if change.qty is not None and change.qty <= order.cum_qty:
            # What leaves nothing to fill is a cancel, and is counted as one.
            self.limits.charge_cancel(order.pair.symbol, order.amended_ns)
        else:
            self.limits.charge_amend(order.pair.symbol, order.amended_ns)
        if change.deadline_ns is not None:
            check_deadline(change.deadline_ns, arrived_ns=arrived_ns, now_ns=now_ns)
        return amend(self.floor, order, change)

    def edit_order(
        self, order: SimOrder, edit: OrderEdit, *, validate: bool = False, arrived_ns: int | None = None
    ) -> SimOrder | None:
        """Replace an open order by a new one; None when it was only validated. See `edits`."""
        now_ns = self.now_ns()
        arrived_ns = now_ns if arrived_ns is None else arrived_ns
        self.tick()
        if not order.live:
            raise ApiError("EOrder:Unknown order")
        ask = replacement(self.floor, order, edit)
        check_open(self.status, self.floor.markets[ask.pair.symbol].status, ask)
        self.limits.charge_edit(ask.pair.symbol, order.amended_ns)
        self.admission.check_deadline(ask, arrived_ns)
        if validate:
            return None
        self._cancel(order, REPLACED)
        return self._accept(ask)

    def cancel_order(self, order: SimOrder) -> None:
        """End an open order."""
        self.tick()
        self._check_cancels(order)
        if not order.live:
            raise ApiError("EOrder:Unknown order")
        self.limits.charge_cancel(order.pair.symbol, order.amended_ns)
        self._cancel(order, USER_REQUESTED)

    def cancel_all(self) -> int:
        """End every open order; returns how many there were."""
        self.tick()
        self._check_cancels()
        return self._cancel_all(USER_REQUESTED)

    def cancel_all_after(self, timeout_s: int) -> tuple[int, int | None]:
        """Arm the dead man's switch, or disarm it with 0; returns now and when it fires, in whole seconds since the epoch."""
        self.tick()
        self._check_cancels()
        if not 0 <= timeout_s < MAX_SWITCH_S:
            raise ApiError("EGeneral:Invalid arguments:Invalid timeout argument")
        now_s = self.now_ns() // 10**9
        if timeout_s == 0:
            self.switch_due_ns = None
            return now_s, None
        self.switch_due_ns = self.now_ns() + timeout_s * 10**9
        return now_s, now_s + timeout_s

    # What happens by itself, and what an operator does.

    def tick(self) -> None:
        """Let time do its work: expiries and the dead man's switch. In maintenance the engine is down and does neither,
        and catches up when it is back.
        """
        if self.status is VenueStatus.MAINTENANCE:
            return
        now_ns = self.now_ns()
        if self.switch_due_ns is not None and self.switch_due_ns <= now_ns:
            self.switch_due_ns = None
            self._cancel_all(SWITCHED_OFF)
        for order in self.open_orders():
            market = self.floor.markets[order.pair.symbol]
            if order.ask.expire_ns is not None and order.ask.expire_ns <= now_ns:
                self.floor.end(order, Status.EXPIRED, EXPIRED)
                self.floor.settle(market)
            elif not order.started and (order.ask.start_ns or 0) <= now_ns and self.floor.matches(market):
                self.floor.start(order, doomed=self.admission.doom_of(order))

    def next_due_ns(self) -> int | None:
        """When `tick` has something to do next; None when nothing is planned."""
        planned: list[int] = []
        for order in self.floor.open.values():
            times = (None if order.started else order.ask.start_ns), order.ask.expire_ns
            planned += [at_ns for at_ns in times if at_ns is not None]
        if self.switch_due_ns is not None:
            planned.append(self.switch_due_ns)
        return min(planned, default=None)

    def set_status(self, status: VenueStatus) -> None:
        """Change what the whole exchange takes; only `online` matches orders."""
        self.status = status
        self.floor.matching = status is VenueStatus.ONLINE
        self.floor.tell(StatusChanged(status, self.now_ns()))
        self.tick()
        for market in self.floor.markets.values():
            self.floor.meet_outside(market)

    def set_pair_status(self, symbol: str, status: PairStatus) -> None:
        """Change what one pair takes."""
        market = self.floor.markets[symbol]
        market.status = status
        self.floor.tell(PairStatusChanged(market.pair, self.now_ns()))
        self.tick()
        self.floor.meet_outside(market)

    def deposit(self, asset: str, amount: Decimal) -> None:
        """Pay in, or out below zero, as somebody with access to the account might."""
        ids = self.floor.ids
        kind = "deposit" if amount > ZERO else "withdrawal"
        entry = self.floor.account.move(
            asset, amount, ZERO, ledger_id=ids.ledger(), ref_id=ids.trade(), kind=kind, at_ns=self.now_ns()
        )
        self.floor.tell(LedgerPosted(entry))

    # What a source of market data says.

    def apply_outside_book(self, symbol: str, levels: Iterable[LevelChange], *, snapshot: bool) -> None:
        """Take over levels of a book that is made elsewhere, and fill the users' resting orders that they meet."""
        market = self.floor.markets[symbol]
        market.fed_from_outside = True
        market.set_outside(levels, snapshot=snapshot)
        self.floor.meet_outside(market)

    def print_outside_trade(self, symbol: str, side: Side, price: Decimal, qty: Decimal) -> None:
        """Print a trade that was made elsewhere; the last price follows."""
        market = self.floor.markets[symbol]
        trade = market.print_trade(side, price, qty, OrderType.LIMIT, self.now_ns())
        self.floor.tell(TradesPrinted(market.pair, (trade,)))
        self.floor.settle(market)

    def _accept(self, ask: NewOrder) -> SimOrder:
        crosses = self.admission.check_crossing(ask)
        return self.floor.accept(ask, doomed=POST_ONLY if crosses else None)

    def _try_to_accept(self, ask: NewOrder) -> SimOrder | ApiError:
        try:
            self.admission.check(ask)
            self.admission.check_room(ask)
            return self._accept(ask)
        except ApiError as error:
            return error

    def _check_cancels(self, order: SimOrder | None = None) -> None:
        if self.status is VenueStatus.MAINTENANCE or (order is not None and self._closed(order)):
            raise ApiError("EService:Unavailable")

    def _closed(self, order: SimOrder) -> bool:
        return self.floor.markets[order.pair.symbol].status is PairStatus.MAINTENANCE

    def _cancel_all(self, reason: str) -> int:
        orders = [order for order in self.open_orders() if not self._closed(order)]
        for order in orders:
            self._cancel(order, reason)
        return len(orders)

    def _cancel(self, order: SimOrder, reason: str) -> None:
        self.floor.end(order, Status.CANCELED, reason)
        self.floor.settle(self.floor.markets[order.pair.symbol])

    def _count(self, event: object) -> None:
        if isinstance(event, LedgerPosted):
            self.ledger.append(event.entry)
        self._printed += len(event.trades) if isinstance(event, TradesPrinted) else 0
        self._filled += isinstance(event, OrderTraded)
        self._ended += isinstance(event, OrderEnded | OrderFilled)
