"""What trades in the demo: a ready-made market maker, a follower of the trend, and one that stumbles.

They show the engine, not how to earn money: the market they trade in is made up.
"""

from decimal import Decimal
from functools import partial
from typing import Final

import attrs
import trio

from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import NotSent, Refused
from seawall.model.orders import limit_buy, market_buy
from seawall.strategies.touch import quote_the_touch

__all__ = ["demo_strategies"]

_QUOTED: Final = Decimal("0.002")
_REQUOTE_S: Final = 2.0


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
                try:
                    await self._follow(market, rising=quick > slow)
                except (Refused, NotSent) as problem:
                    market.say(f"not placed: {problem}")
                    await trio.sleep(problem.retry_after_s or 1.0)

    async def _follow(self, market: Market, *, rising: bool) -> None:
        held = market.position(self.symbol).qty > 0
        if rising and not held:
            async with market.working(market_buy(self.symbol, qty=self.qty)) as order:
                await order.done()
        elif held and not rising:
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
                except (Refused, NotSent) as problem:
                    market.say(f"not placed: {problem}")
                    await trio.sleep(problem.retry_after_s or 1.0)


def demo_strategies() -> tuple[StrategySpec, ...]:
    """The strategies of one demo; they keep what they have seen, so ask anew for each."""
    return (
        StrategySpec("quotes", partial(quote_the_touch, symbol="BTC/USD", qty=_QUOTED, requote_s=_REQUOTE_S)),
        StrategySpec("trend", FollowTheTrend().run),
        StrategySpec("stumbles", Stumble().run),
    )
