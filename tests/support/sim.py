"""A small exchange on a clock that tests turn by hand, and what was heard of it."""

import random
from decimal import Decimal
from typing import TypeVar

import attrs

from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.admission import PostOnlyCrossing
from seawall.sim.exchange.events import Event, LevelChange
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, SelfTrade, SimOrder
from seawall.sim.exchange.pairs import make_pair

START_NS = 1_790_000_000 * 10**9
SYMBOL = "BTC/USD"
BUY, SELL = Side.BUY, Side.SELL

E = TypeVar("E", bound=Event)


def these(*values: object) -> tuple[object, ...]:
    """Several facts at once, to be compared with plain numbers."""
    return values


@attrs.define
class Clock:
    """A wall clock that moves when told."""

    ns: int = START_NS

    def __call__(self) -> int:
        return self.ns

    def advance(self, seconds: float) -> None:
        self.ns += int(seconds * 10**9)


@attrs.define
class Stage:
    """An exchange with one pair, priced about 100.0 in steps of 0.1, and an account with 10,000 dollars and 10 coins."""

    exchange: Exchange
    clock: Clock
    events: list[Event] = attrs.field(factory=list)

    def order(
        self,
        side: Side,
        qty: str,
        price: str | None = None,
        *,
        order_type: OrderType | None = None,
        trigger: str | None = None,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        cl_ord_id: str | None = None,
        deadline_ns: int | None = None,
        expire_ns: int | None = None,
        self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST,
        fee_in_base: bool = False,
        userref: int | None = None,
    ) -> NewOrder:
        return NewOrder(
            pair=self.exchange.pairs[SYMBOL],
            side=side,
            order_type=order_type or (OrderType.MARKET if price is None else OrderType.LIMIT),
            qty=Decimal(qty),
            limit_price=None if price is None else Decimal(price),
            trigger_price=None if trigger is None else Decimal(trigger),
            time_in_force=tif,
            post_only=post_only,
            cl_ord_id=cl_ord_id,
            userref=userref,
            deadline_ns=deadline_ns,
            expire_ns=expire_ns,
            self_trade=self_trade,
            fee_in_base=fee_in_base,
        )

    def place(self, ask: NewOrder) -> SimOrder:
        order = self.exchange.add_order(ask)
        assert order is not None
        return order

    def crowd(self, side: Side, qty: str, price: str) -> None:
        """Let the crowd rest an order, whatever it would meet."""
        market = self.exchange.market(SYMBOL)
        market.book.rest(side, Decimal(price), Decimal(qty))
        self.exchange.floor.settle(market)

    def take(self, side: Side, qty: str, limit: str | None = None) -> Decimal:
        """Let the crowd take; returns what it did not find."""
        market = self.exchange.market(SYMBOL)
        return self.exchange.floor.crowd_take(market, side, None if limit is None else Decimal(limit), Decimal(qty))

    def outside(self, *levels: tuple[Side, str, str], snapshot: bool = False) -> None:
        """Let a feed from outside say how levels stand: side, price, quantity."""
        changes = [LevelChange(side, Decimal(price), Decimal(qty)) for side, price, qty in levels]
        self.exchange.apply_outside_book(SYMBOL, changes, snapshot=snapshot)

    def depth(self, side: Side) -> list[tuple[str, str]]:
        """What rests on one side, best first."""
        half = self.exchange.market(SYMBOL).book.half(side)
        return [(f"{price:f}", f"{half.qty_at(price):f}") for price in half.prices()]

    def heard(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def story(self, order: SimOrder) -> list[str]:
        """The kinds of events an order went through."""
        return [type(event).__name__ for event in self.events if getattr(event, "order", None) is order]

    def balance(self, asset: str) -> Decimal:
        return self.exchange.balances[asset]


def make_stage(post_only_crossing: PostOnlyCrossing = "refuse", *, limits_enforced: bool = True) -> Stage:
    clock = Clock()
    exchange = Exchange.of(
        [make_pair(SYMBOL, price="100.0", price_precision=1, ordermin="0.001")],
        {"USD": Decimal(10_000), "BTC": Decimal(10)},
        now_ns=clock,
        rng=random.Random(7),
        post_only_crossing=post_only_crossing,
        limits_enforced=limits_enforced,
    )
    stage = Stage(exchange, clock)
    exchange.listen(stage.events.append)
    return stage
