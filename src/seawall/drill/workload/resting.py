"""Strategies whose orders rest: quoters, amenders, those that think better of it at once, and grids that are kept."""

from decimal import Decimal

import attrs
import trio

from seawall.drill.workload.hand import Hand
from seawall.engine.market import Market
from seawall.engine.working import WorkingOrder
from seawall.model.errors import NotSent, Refused
from seawall.model.numbers import round_down
from seawall.model.orders import Intent, Side, limit_buy, limit_sell

__all__ = ["Amender", "Keeper", "Quoter", "Retractor"]


@attrs.define(eq=False)
class Quoter(Hand):
    """Rests one order near the touch for a while, on either side, and reads its fills."""

    post_only: bool = False

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._quote(market))

    async def _quote(self, market: Market) -> None:
        intent = await self._intent(market)
        async with market.working(intent) as order:
            with trio.move_on_after(self.rng.uniform(*self.pause_s)):
                async for _ in order.fills():
                    pass

    async def _intent(self, market: Market) -> Intent:
        quote, side = await self.quote(market), self.side(market)
        price = self.price(market, quote, side, self.rng.randint(0, 8))
        make = limit_buy if side is Side.BUY else limit_sell
        return make(self.symbol, qty=self.qty(market, price), price=price, post_only=self.post_only)


@attrs.define(eq=False)
class Amender(Quoter):
    """Rests an order, and changes its price, its quantity, or both, again and again."""

    async def _quote(self, market: Market) -> None:
        intent = await self._intent(market)
        async with market.working(intent) as order:
            for _ in range(self.rng.randint(1, 4)):
                with trio.move_on_after(self.rng.uniform(*self.pause_s)):
                    await order.done()
                if order.ended:
                    return
                await self._amend(market, intent.side, order)

    async def _amend(self, market: Market, side: Side, order: WorkingOrder) -> None:
        quote = market.quote(self.symbol)
        if quote is None:
            return
        price = self.price(market, quote, side, self.rng.randint(0, 8)) if self.rng.random() < 0.7 else None
        factor = Decimal(self.rng.choice(("0.5", "0.9", "1.5")))
        step = market.instrument(self.symbol).qty_increment
        qty = round_down(order.qty * factor, step) if price is None or self.rng.random() < 0.3 else None
        try:
            await order.amend(qty=qty, price=price)
        except (Refused, NotSent):
            return  # it stays as it was


@attrs.define(eq=False)
class Retractor(Quoter):
    """Leaves the block at once, or as good as: what was just sent is cancelled."""

    async def _quote(self, market: Market) -> None:
        async with market.working(await self._intent(market)):
            if self.rng.random() < 0.5:
                await trio.sleep(self.rng.uniform(0.0, 0.3))
        await self.pause()


@attrs.define(eq=False)
class Keeper(Hand):
    """Leaves a few orders resting on purpose, a little way off, and then looks on."""

    rungs: int = 2

    async def run(self, market: Market) -> None:
        """Place what is to be kept, then trade nothing more."""
        left = self.rungs

        async def place() -> None:
            nonlocal left
            while left:
                quote, side = await self.quote(market), self.side(market)
                price = self.behind(market, quote, side, self.rng.randint(10, 80))
                make = limit_buy if side is Side.BUY else limit_sell
                async with market.working(make(self.symbol, qty=self.qty(market, price), price=price, keep=True)) as order:
                    left -= 1
                    market.say(f"{order.client_order_id} is to be kept")
                await self.pause()
            await trio.sleep_forever()

        await self.over_and_over(place)
