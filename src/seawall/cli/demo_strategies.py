"""What trades in the demo: three small strategies, one of which stumbles. Written against `Market` alone, as anyone's would be.

They show the engine, not how to earn money: the market they trade in is made up.
"""

from decimal import Decimal
from typing import Final

import attrs
import trio

from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import Refused
from seawall.model.orders import limit_buy, limit_sell, market_buy

__all__ = ["demo_strategies"]

_REST_S: Final = 4.0


async def quote_the_touch(market: Market) -> None:
    """Rest a small order at the touch for a few seconds at a time: buy while little is held, else sell."""
    symbol, qty, most = "BTC/USD", Decimal("0.002"), Decimal("0.006")
    async with market.quotes(symbol) as quotes:
        async for quote in quotes:
            buys = market.position(symbol).qty < most
            intent = limit_buy(symbol, qty=qty, price=quote.bid) if buys else limit_sell(symbol, qty=qty, price=quote.ask)
            async with market.working(intent) as order:
                with trio.move_on_after(_REST_S):
                    await order.done()


@attrs.define
class FollowTheTrend:
    """Hold while the quick average of the middle price is above the slow one."""

    symbol: str = "ETH/USD"
    qty: Decimal = Decimal("0.05")
    quick_s: float = 3.0
    slow_s: float = 12.0

    async def run(self, market: Market) -> None:
        """Trade at market whenever the averages cross."""
        quick = slow = 0.0  # floats are for signals; what is ordered is exact
        last_s: float | None = None
        async with market.quotes(self.symbol) as quotes:
            async for quote in quotes:
                mid, now_s = float(quote.mid), trio.current_time()
                if last_s is None:
                    quick = slow = mid
                else:
                    quick += (mid - quick) * min(1.0, (now_s - last_s) / self.quick_s)
                    slow += (mid - slow) * min(1.0, (now_s - last_s) / self.slow_s)
                last_s = now_s
                held = market.position(self.symbol).qty > 0
                if quick > slow and not held:
                    async with market.working(market_buy(self.symbol, qty=self.qty)) as order:
                        await order.done()
                elif quick < slow and held:
                    await market.sell_all(self.symbol)


class Stumble:
    """Rest an order far below the market, and raise while it rests: once. Its orders are cancelled, no other's."""

    def __init__(self) -> None:
        self._stumbled = False

    async def run(self, market: Market) -> None:
        """As the class says; the second run rests its orders in peace."""
        symbol = "BTC/USD"
        tick = market.instrument(symbol).price_increment
        async with market.quotes(symbol) as quotes:
            async for quote in quotes:
                price = quote.bid - 2000 * tick
                try:
                    async with market.working(limit_buy(symbol, qty="0.001", price=price)) as order:
                        with trio.move_on_after(8.0):
                            await order.done()
                        if not self._stumbled:
                            self._stumbled = True
                            raise RuntimeError("stumbled on purpose, with an order open")
                except Refused as refusal:
                    market.say(f"refused: {refusal}")
                    await trio.sleep(1.0)


def demo_strategies() -> tuple[StrategySpec, ...]:
    """The strategies of one demo; they keep what they have seen, so ask anew for each."""
    return (
        StrategySpec("quotes", quote_the_touch),
        StrategySpec("trend", FollowTheTrend().run),
        StrategySpec("stumbles", Stumble().run),
    )
