"""A strategy can be a class with `run(market)`: its attributes are the parameters, checked when the file is read."""

from decimal import Decimal

import attrs
import trio

from seawall import Market, NotSent, Refused, limit_buy, limit_sell, round_up


@attrs.define
class BuyTheDip:
    """Buy `qty` once the ask is a fraction `dip` below the highest bid seen, then rest a sale a fraction `gain` above the cost.

    What an earlier run bought is sold first: positions come out of the journal. There is no stop here, on purpose: the
    configuration's `exits` close a position that goes wrong, whatever the strategy is waiting for.
    """

    symbol: str
    qty: Decimal
    dip: Decimal = Decimal("0.002")
    gain: Decimal = Decimal("0.002")

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        while True:
            try:
                if market.position(self.symbol).qty < market.instrument(self.symbol).qty_min:
                    await self._wait_for_a_dip(market)
                    await self._buy(market)
                else:
                    await self._sell(market)
            except (Refused, NotSent) as problem:  # a limit of ours, the exchange, its rate limit: nothing rests
                market.say(f"not placed: {problem}")
                await trio.sleep(problem.retry_after_s or 5)

    async def _wait_for_a_dip(self, market: Market) -> None:
        high = Decimal(0)
        async with market.quotes(self.symbol) as quotes:
            async for quote in quotes:
                if quote.after_gap:
                    high = Decimal(0)  # what happened in between was not seen
                high = max(high, quote.bid)
                if quote.ask <= high * (1 - self.dip):
                    return

    async def _buy(self, market: Market) -> None:
        quote = market.quote(self.symbol)
        if quote is None:  # the book was lost just now
            return
        async with market.working(limit_buy(self.symbol, qty=self.qty, price=quote.ask)) as order:
            with trio.move_on_after(5):
                await order.done()

    async def _sell(self, market: Market) -> None:
        position = market.position(self.symbol)
        if position.average_price is None:
            return
        price = round_up(position.average_price * (1 + self.gain), market.instrument(self.symbol).price_increment)
        async with market.working(limit_sell(self.symbol, qty=position.qty, price=price)) as order:
            await order.done()
