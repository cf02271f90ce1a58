"""Strategies that read the market in other ways: whole books, trades too slowly, candles as they close."""

import attrs
import trio

from seawall.drill.workload.hand import Hand
from seawall.engine.market import Market
from seawall.model.market_data import Book, Candle
from seawall.model.orders import Side, TimeInForce, limit_buy, limit_sell

__all__ = ["BookReader", "CandleFollower", "SlowReader"]


@attrs.define(eq=False)
class BookReader(Hand):
    """Reads the whole book each time it changes; takes a little where one side is much thicker."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._read(market))

    async def _read(self, market: Market) -> None:
        next_s = trio.current_time() + self.rng.uniform(*self.pause_s)
        async with market.book(self.symbol) as books:
            async for book in books:
                if trio.current_time() >= next_s:
                    next_s = trio.current_time() + self.rng.uniform(*self.pause_s)
                    await self._act(market, book)

    async def _act(self, market: Market, book: Book) -> None:
        bid, ask = book.best_bid(), book.best_ask()
        if bid is None or ask is None:
            return
        thick = sum(level.qty for level in book.bids(5)) - sum(level.qty for level in book.asks(5))
        side = Side.BUY if thick > 0 or market.position(self.symbol).qty <= 0 else Side.SELL
        price, make = (ask.price, limit_buy) if side is Side.BUY else (bid.price, limit_sell)
        wish = make(self.symbol, qty=self.qty(market, price), price=price, time_in_force=TimeInForce.IOC)
        async with market.working(wish) as order:
            await order.done()


@attrs.define(eq=False)
class SlowReader(Hand):
    """Reads trades, and takes its time over each; and rests an order meanwhile whose fills it reads last."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._read(market))

    async def _read(self, market: Market) -> None:
        quote = await self.quote(market)
        price = self.price(market, quote, Side.BUY, self.rng.randint(0, 5))
        wish = limit_buy(self.symbol, qty=self.qty(market, price), price=price)
        async with market.trades(self.symbol) as trades, market.working(wish) as order:
            for _ in range(self.rng.randint(3, 12)):
                with trio.move_on_after(30.0):
                    await anext(aiter(trades))
                await trio.sleep(self.rng.uniform(0.5, 6.0))
            await order.cancel()
            async for _ in order.fills():
                pass
        await market.sell_all(self.symbol)


@attrs.define(eq=False)
class CandleFollower(Hand):
    """Goes with each closed candle: up, it buys; down, it sells what it has."""

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        await self.over_and_over(lambda: self._follow(market))

    async def _follow(self, market: Market) -> None:
        begun_s = trio.current_time()
        async with market.candles(self.symbol, "1m") as candles:
            async for candle in candles:
                # Those known already come at once, and are history.
                if candle.closed and trio.current_time() > begun_s + 1.0:
                    await self._act(market, candle)

    async def _act(self, market: Market, candle: Candle) -> None:
        if candle.close < candle.open:
            await market.sell_all(self.symbol)
            return
        quote = await self.quote(market)
        price = self.price(market, quote, Side.BUY, self.rng.randint(0, 3))
        async with market.working(limit_buy(self.symbol, qty=self.qty(market, price), price=price)) as order:
            with trio.move_on_after(self.rng.uniform(5.0, 50.0)):
                await order.done()
