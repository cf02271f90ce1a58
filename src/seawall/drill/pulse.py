"""A strategy that only shows that trading goes on: every few seconds a bid far from the market, taken back at once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import attrs
import trio

from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import SeawallError
from seawall.model.numbers import round_down
from seawall.model.orders import limit_buy
from seawall.resilience import RestartPolicy

__all__ = ["Pulse"]

_EVERY_S: Final = 5.0
_FAR: Final = Decimal("0.95")
_FOR_EVER: Final = RestartPolicy(on=(Exception,), delays_s=(1.0,), settled_after_s=0.5, exhausted="quarantine")


@attrs.define(eq=False)
class Pulse:
    """Takes down when the exchange last took an order of its, and last took one back, in seconds of the world."""

    symbol: str = "BTC/USD"
    beat_s: float | None = None
    said: Callable[[str], None] = lambda _: None

    def spec(self) -> StrategySpec:
        """As a strategy."""
        return StrategySpec("pulse", self._run, restart=_FOR_EVER)

    async def _run(self, market: Market) -> None:
        while True:
            try:
                await self._beat(market)
            except SeawallError as refusal:
                self.said(f"no pulse: {refusal}")
            await trio.sleep(_EVERY_S)

    async def _beat(self, market: Market) -> None:
        async with market.quotes(self.symbol) as quotes:
            quote = await anext(aiter(quotes))
        instrument = market.instrument(self.symbol)
        price = round_down(quote.bid * _FAR, instrument.price_increment)
        async with market.working(limit_buy(self.symbol, qty=instrument.qty_min, price=price)):
            self.beat_s = trio.current_time()
