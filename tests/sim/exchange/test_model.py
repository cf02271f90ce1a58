"""The matching engine against a model of it that is short enough to be read: a list of orders, searched anew each time."""

from decimal import Decimal

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage

from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.events import TradesPrinted
from seawall.sim.exchange.orders import OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.refusal import ApiError

ME, CROWD = "me", "crowd"


@attrs.define(eq=False)
class Rest:
    """One order of the model that rests."""

    name: str
    owner: str
    side: Side
    price: int
    qty: int


@attrs.define
class Model:
    """Price, then time: the list is in order of time. Prices are in ticks, quantities in coins."""

    resting: list[Rest] = attrs.field(factory=list)
    trades: list[tuple[int, int]] = attrs.field(factory=list)

    def met(self, side: Side, limit: int | None) -> list[Rest]:
        """What a taker meets, in the order it is met."""
        others = [rest for rest in self.resting if rest.side is not side]
        reached = [rest for rest in others if limit is None or side.sign * rest.price <= side.sign * limit]
        return sorted(reached, key=lambda rest: side.sign * rest.price)

    def fillable(self, owner: str, side: Side, limit: int | None, mode: SelfTrade) -> int:
        """How much would trade at once, before the taker's own orders stand in its way."""
        total = 0
        for rest in self.met(side, limit):
            if rest.owner == owner == ME:
                if mode is SelfTrade.CANCEL_OLDEST:
                    continue
                break
            total += rest.qty
        return total

    def take(self, owner: str, side: Side, qty: int, limit: int | None, mode: SelfTrade) -> tuple[int, bool]:
        """Trade; returns what is left, and whether the taker has to go because of an order of its own."""
        for rest in self.met(side, limit):
            if not qty:
                break
            if rest.owner == owner == ME:
                if mode is not SelfTrade.CANCEL_NEWEST:
                    self.resting.remove(rest)
                if mode is not SelfTrade.CANCEL_OLDEST:
                    return qty, True
                continue
            traded = min(qty, rest.qty)
            self.trades.append((rest.price, traded))
            rest.qty -= traded
            qty -= traded
            if not rest.qty:
                self.resting.remove(rest)
        return qty, False

    def place(
        self, name: str, side: Side, qty: int, limit: int | None, tif: TimeInForce, mode: SelfTrade, *, post_only: bool
    ) -> bool:
        """Place an order of the user's; False when it is refused."""
        if post_only and self.met(side, limit):
            return False
        if tif is TimeInForce.FOK and self.fillable(ME, side, limit, mode) < qty:
            return True
        left, stopped = self.take(ME, side, qty, limit, mode)
        if left and not stopped and limit is not None and tif is TimeInForce.GTC:
            self.resting.append(Rest(name, ME, side, limit, left))
        return True

    def amend(self, name: str, qty_delta: int, price: int | None, mode: SelfTrade) -> None:
        """Less keeps the place in the queue; more, or another price, goes to the back and may trade."""
        [rest] = [rest for rest in self.resting if rest.name == name]
        moved = price is not None and price != rest.price
        rest.qty += qty_delta
        rest.price = rest.price if price is None else price
        if rest.qty <= 0:
            self.resting.remove(rest)
        elif moved or qty_delta > 0:
            self.resting.remove(rest)
            self.place(name, rest.side, rest.qty, rest.price, TimeInForce.GTC, mode, post_only=False)

    def crowd(self, side: Side, qty: int, price: int) -> None:
        """Let the crowd take what it reaches, and rest what is left."""
        left, _ = self.take(CROWD, side, qty, price, SelfTrade.CANCEL_NEWEST)
        if left:
            self.resting.append(Rest(CROWD, CROWD, side, price, left))

    def book(self, side: Side) -> list[tuple[int, int, str]]:
        """One side, best first: price, quantity, whose."""
        mine = sorted((rest for rest in self.resting if rest.side is side), key=lambda rest: -side.sign * rest.price)
        return [(rest.price, rest.qty, rest.owner) for rest in mine]


def ticks(price: int) -> str:
    return f"{Decimal(price) / 10}"


@attrs.define
class Both:
    """The engine and the model, told the same."""

    stage: Stage
    model: Model = attrs.field(factory=Model)
    mine: dict[str, SimOrder] = attrs.field(factory=dict)

    def place(self, side: Side, qty: int, price: int | None, tif: TimeInForce, mode: SelfTrade, *, post_only: bool) -> None:
        name = f"n{len(self.mine)}"
        ask = self.stage.order(
            side,
            str(qty),
            None if price is None else ticks(price),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            tif=tif,
            post_only=post_only,
            self_trade=mode,
        )
        taken = self.model.place(name, side, qty, price, tif, mode, post_only=post_only)
        if taken:
            self.mine[name] = self.stage.place(ask)
        else:
            with pytest.raises(ApiError, match="EOrder:Post only order"):
                self.stage.place(ask)

    def resting(self) -> list[str]:
        return [name for name, order in self.mine.items() if order.live]

    def cancel(self, which: int) -> None:
        if names := self.resting():
            name = names[which % len(names)]
            self.stage.exchange.cancel_order(self.mine[name])
            self.model.resting = [rest for rest in self.model.resting if rest.name != name]

    def amend(self, which: int, delta: int, price: int | None) -> None:
        if not (names := self.resting()):
            return
        name = names[which % len(names)]
        order = self.mine[name]
        if order.qty + delta < 1:
            return
        change = OrderChange(qty=order.qty + delta, limit_price=None if price is None else Decimal(ticks(price)))
        [rest] = [rest for rest in self.model.resting if rest.name == name]
        if not delta and price in {None, rest.price}:
            with pytest.raises(ApiError, match="EOrder:No amendable parameters specified"):
                self.stage.exchange.amend_order(order, change)
            return
        # What is filled already stays filled, so the model is told what that leaves.
        left = max(order.left + delta, Decimal(0))
        if order.ask.post_only and left and price is not None and self.model.met(rest.side, price):
            with pytest.raises(ApiError, match="EOrder:Post only order"):
                self.stage.exchange.amend_order(order, change)
            return
        self.stage.exchange.amend_order(order, change)
        self.model.amend(name, int(left) - rest.qty, price, order.ask.self_trade)

    def crowd(self, side: Side, qty: int, price: int) -> None:
        left = self.stage.take(side, str(qty), ticks(price))
        if left:
            self.stage.crowd(side, str(left), ticks(price))
        self.model.crowd(side, qty, price)

    def check(self) -> None:
        for side in Side:
            half = self.stage.exchange.market(SYMBOL).book.half(side)
            engine = [
                (int(entry.price * 10), int(entry.qty), CROWD if entry.order is None else ME)
                for price in half.prices()
                for entry in half.queue_at(price)
            ]
            assert engine == self.model.book(side)
        printed = [trade for event in self.stage.heard(TradesPrinted) for trade in event.trades]
        assert [(int(trade.price * 10), int(trade.qty)) for trade in printed] == self.model.trades
        assert {name for name in self.mine if self.mine[name].live} == {
            rest.name for rest in self.model.resting if rest.owner == ME
        }


sides = st.sampled_from([BUY, SELL])
sizes = st.integers(1, 5)
prices = st.integers(996, 1004)
steps = st.one_of(
    st.tuples(
        st.just("place"),
        sides,
        sizes,
        st.none() | prices,
        st.sampled_from([*TimeInForce]),
        st.sampled_from([*SelfTrade]),
        st.booleans(),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("amend"), st.integers(0, 5), st.integers(-3, 3), st.none() | prices),
    st.tuples(st.just("crowd"), sides, sizes, prices),
    st.tuples(st.just("crowd"), sides, sizes, prices),
)


def perform(both: Both, step: tuple[object, ...]) -> None:
    match step:
        case ("place", Side() as side, int(qty), (int() | None) as price, TimeInForce() as tif, SelfTrade() as mode, post):
            in_force = TimeInForce.IOC if price is None else tif
            post_only = bool(post) and in_force is TimeInForce.GTC
            both.place(side, qty, price, in_force, mode, post_only=post_only)
        case ("cancel", int(which)):
            both.cancel(which)
        case ("amend", int(which), int(delta), (int() | None) as price):
            both.amend(which, delta, price)
        case ("crowd", Side() as side, int(qty), int(price)):
            both.crowd(side, qty, price)
        case _:
            raise AssertionError(step)


def rich_stage() -> Stage:
    """One whose account can bear every order that is asked for here."""
    stage = make_stage(limits_enforced=False)
    stage.exchange.deposit("USD", Decimal(10**7))
    stage.exchange.deposit("BTC", Decimal(10**5))
    return stage


@settings(max_examples=300, deadline=None)
@example(
    [
        ("place", SELL, 1, 997, TimeInForce.GTC, SelfTrade.CANCEL_NEWEST, True),
        ("crowd", BUY, 1, 996),
        ("amend", 0, 0, 996),
    ]
)
@given(st.lists(steps, max_size=30))
def test_the_engine_does_what_the_model_does(story: list[tuple[object, ...]]) -> None:
    both = Both(rich_stage())

    for step in story:
        perform(both, step)
        both.check()
