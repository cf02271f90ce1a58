"""Another program on the same account: it places orders of its own, which are nobody else's to touch."""

import contextlib
from decimal import Decimal
from random import Random
from typing import Final

import attrs
import trio

from seawall.model.numbers import round_down
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, SimOrder
from seawall.sim.exchange.refusal import ApiError

__all__ = ["ForeignHand"]

_USERREF: Final = 4711
"""Other programs mark their orders so."""


@attrs.define(eq=False)
class ForeignHand:
    """Now and then places an order, mostly far from the market, and ends it after a while, or forgets it.

    It is at the exchange already: no fault of the network reaches it.
    """

    exchange: Exchange
    rng: Random
    every_s: float = 120.0
    placed: int = attrs.field(default=0, init=False)

    async def run(self) -> None:
        """Trade until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                await trio.sleep(self.rng.expovariate(1 / self.every_s))
                nursery.start_soon(self._rest, self._wish(), name="a foreign order")

    async def _rest(self, wish: NewOrder) -> None:
        order = self.place(wish)
        if order is None or self.rng.random() < 0.2:
            return
        await trio.sleep(self.rng.uniform(10.0, 180.0))
        self.end(order)

    def place(self, wish: NewOrder) -> SimOrder | None:
        """Place an order; None when the exchange does not take it."""
        try:
            order = self.exchange.add_order(wish)
        except ApiError:
            return None
        self.placed += 1
        return order

    def end(self, order: SimOrder) -> None:
        """Cancel an order of its own, if it is still open."""
        with contextlib.suppress(ApiError):
            self.exchange.cancel_order(order)

    def _wish(self) -> NewOrder:
        pair = self.rng.choice(tuple(self.exchange.pairs.values()))
        side = self.rng.choice((Side.BUY, Side.SELL))
        last = self.exchange.market(pair.symbol).last
        qty = max(pair.ordermin * 2, round_down(self.rng.randint(20, 200) / last, pair.qty_increment))
        if self.rng.random() < 0.15:
            return NewOrder(pair, side, OrderType.MARKET, qty, userref=_USERREF)
        away = Decimal(self.rng.randint(5, 300)) / 10_000
        price = round_down(last * (1 - side.sign * away), pair.tick_size)
        return NewOrder(pair, side, OrderType.LIMIT, qty, limit_price=price, userref=_USERREF)
