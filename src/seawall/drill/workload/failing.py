"""Strategies with bugs: they raise in the middle of their blocks, or will not end when they are told to."""

import contextlib
from typing import Final

import attrs
import trio

from seawall.drill.workload.hand import Hand
from seawall.engine.market import Market
from seawall.model.errors import NotSent, Refused
from seawall.model.orders import Side, limit_buy, limit_sell
from seawall.resilience import RestartPolicy

__all__ = ["RESTARTS", "Clinger", "Crasher", "PlannedBug"]

RESTARTS: Final = RestartPolicy(on=(Exception,), delays_s=(1.0, 2.0, 5.0), settled_after_s=15.0, exhausted="quarantine")
"""It runs for longer than fifteen seconds before it fails, so that earlier failures are forgotten and it is not left out."""


class PlannedBug(Exception):
    """What a strategy of the workload fails with."""


@attrs.define(eq=False)
class Crasher(Hand):
    """Fails with orders resting: one of its own, and one of a task beside it."""

    async def run(self, market: Market) -> None:
        """Trade until it fails."""
        fails_s = trio.current_time() + self.rng.uniform(20.0, 120.0)
        await self.over_and_over(lambda: self._trade(market, fails_s))

    async def _trade(self, market: Market, fails_s: float) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._rest, market, Side.SELL, name="the other side")
            await self._rest(market, Side.BUY)
            if trio.current_time() >= fails_s:
                raise PlannedBug("one of the workload's own")

    async def _rest(self, market: Market, side: Side) -> None:
        quote = await self.quote(market)
        price = self.behind(market, quote, side, self.rng.randint(3, 30))
        make = limit_buy if side is Side.BUY else limit_sell
        async with market.working(make(self.symbol, qty=self.qty(market, price), price=price)) as order:
            with trio.move_on_after(self.rng.uniform(*self.pause_s)):
                await order.done()
            if side is Side.BUY and self.rng.random() < 0.1:
                await trio.sleep(15.0)
                raise PlannedBug("one of the workload's own, with its order open")


@attrs.define(eq=False)
class Clinger(Hand):
    """Rests an order, and when it is told to end tries for a second to place another one."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled, and then once more."""
        try:
            await self.over_and_over(lambda: self._rest(market))
        finally:
            with trio.move_on_after(1.0, shield=True):
                await self._cling(market)

    async def _rest(self, market: Market) -> None:
        quote = await self.quote(market)
        price = self.behind(market, quote, Side.BUY, self.rng.randint(3, 30))
        async with market.working(limit_buy(self.symbol, qty=self.qty(market, price), price=price)) as order:
            with trio.move_on_after(self.rng.uniform(*self.pause_s)):
                await order.done()

    async def _cling(self, market: Market) -> None:
        quote = market.quote(self.symbol)
        if quote is None:
            return
        price = self.behind(market, quote, Side.BUY, 50)
        with contextlib.suppress(Refused, NotSent):
            async with market.working(limit_buy(self.symbol, qty=self.qty(market, price), price=price)):
                await trio.sleep(0.1)
