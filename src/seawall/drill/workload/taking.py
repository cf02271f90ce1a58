"""Strategies that take: at market, within blocks that hold a position, and in orders within orders."""

import attrs
import trio

from seawall.drill.workload.hand import Hand
from seawall.engine.market import Market
from seawall.model.errors import NotSent, Refused
from seawall.model.orders import Side, TimeInForce, limit_buy, limit_sell, market_buy

__all__ = ["Holder", "Nester", "Taker"]


@attrs.define(eq=False)
class Taker(Hand):
    """Buys at market or through the touch, and sells what it has the same way."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._take(market))

    async def _take(self, market: Market) -> None:
        quote = await self.quote(market)
        held = market.position(self.symbol).qty
        if held > 0 and self.rng.random() < 0.6:
            await market.sell_all(self.symbol)
        elif self.rng.random() < 0.5:
            async with market.working(market_buy(self.symbol, qty=self.qty(market, quote.ask))) as order:
                await order.done()
        else:
            price = self.price(market, quote, Side.BUY, -self.rng.randint(1, 30))
            kind = self.rng.choice((TimeInForce.IOC, TimeInForce.FOK))
            wish = limit_buy(self.symbol, qty=self.qty(market, price), price=price, time_in_force=kind)
            async with market.working(wish) as order:
                async for _ in order.fills():
                    pass
        await self.pause()


@attrs.define(eq=False)
class Holder(Hand):
    """Holds a position for as long as a block is open; leaves it by a rule, by itself, or by handing it over."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._hold(market))

    async def _hold(self, market: Market) -> None:
        quote = await self.quote(market)
        age_s = self.rng.uniform(10.0, 120.0)
        rules = {"stop_loss": "0.002", "take_profit": "0.002", "trailing": "0.003"}
        chosen = {name: value for name, value in rules.items() if self.rng.random() < 0.5}
        async with market.holding(self.symbol, max_age_s=age_s, adopt=True, **chosen) as position:
            if position.is_closed:
                async with market.working(market_buy(self.symbol, qty=self.qty(market, quote.ask))) as order:
                    await order.done()
            with trio.move_on_after(self.rng.uniform(5.0, 150.0)):
                await position.closed()
            if self.rng.random() < 0.1:
                position.hand_over("the block was left so, by chance")
        await self.pause()


@attrs.define(eq=False)
class Nester(Hand):
    """Orders within orders, side by side, under deadlines that may pass in the middle of anything."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._nest(market))

    async def _nest(self, market: Market) -> None:
        quote = await self.quote(market)
        low = self.behind(market, quote, Side.BUY, self.rng.randint(2, 40))
        high = self.behind(market, quote, Side.SELL, self.rng.randint(2, 40))
        bid = limit_buy(self.symbol, qty=self.qty(market, low), price=low)
        offer = limit_sell(self.symbol, qty=self.qty(market, high), price=high)
        with trio.move_on_after(self.rng.choice((0.8, 3.0, 15.0, 60.0))):
            async with market.working(bid) as outer, market.working(offer):
                await outer.done()
        if self.rng.random() < 0.5:
            with trio.move_on_after(self.rng.uniform(1.0, 20.0)):
                await self._side_by_side(market, self.rng.randint(2, 3))
        await self.pause()

    async def _side_by_side(self, market: Market, count: int) -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(self._one, market, name="one of several")

    async def _one(self, market: Market) -> None:
        quote = await self.quote(market)
        price = self.behind(market, quote, Side.BUY, self.rng.randint(2, 60))
        try:
            async with market.working(limit_buy(self.symbol, qty=self.qty(market, price), price=price)) as order:
                with trio.move_on_after(self.rng.uniform(0.5, 30.0)):
                    await order.done()
        except (Refused, NotSent):
            await trio.sleep(1.0)
