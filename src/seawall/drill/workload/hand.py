"""What every strategy of the workload has: a symbol, chance of its own, and patience."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random

import attrs
import trio

from seawall.engine.feed import FellBehind
from seawall.engine.market import Market
from seawall.model.errors import NotSent, Refused, SeawallError, Unavailable
from seawall.model.market_data import Quote
from seawall.model.numbers import round_down, round_up
from seawall.model.orders import Side

__all__ = ["Hand"]


@attrs.define(eq=False)
class Hand(ABC):
    """One strategy's way to trade one symbol. `worth` is what its orders are worth, in whole units of the quote asset."""

    symbol: str
    rng: Random
    worth: tuple[int, int] = (20, 300)
    pause_s: tuple[float, float] = (5.0, 40.0)
    """Between two orders."""
    breath_s: tuple[float, float] = (0.5, 3.0)
    """Between two attempts, whatever came of the first."""

    @abstractmethod
    async def run(self, market: Market) -> None:
        """Trade until cancelled."""

    async def over_and_over(self, attempt: Callable[[], Awaitable[object]]) -> None:
        """Try for ever. What is refused, not sent or not to be had now is tried again later; all else passes."""
        while True:
            wait_s = self.rng.uniform(*self.breath_s)
            try:
                await attempt()
            except* (Refused, NotSent, Unavailable, FellBehind) as problems:
                wait_s = max(wait_s, _longest_wait_s(problems))
            await trio.sleep(wait_s)

    async def quote(self, market: Market) -> Quote:
        """The touch, once there is one."""
        known = market.quote(self.symbol)
        if known is not None:
            return known
        async with market.quotes(self.symbol) as quotes:
            return await anext(aiter(quotes))

    async def pause(self) -> None:
        """Wait a while."""
        await trio.sleep(self.rng.uniform(*self.pause_s))

    def qty(self, market: Market, price: Decimal) -> Decimal:
        """A quantity of the usual worth, on the grid and above the minimums."""
        instrument = market.instrument(self.symbol)
        usual = round_down(self.rng.randint(*self.worth) / price, instrument.qty_increment)
        least = round_up(instrument.cost_min / price * Decimal("1.1"), instrument.qty_increment)
        return max(usual, instrument.qty_min, least)

    def price(self, market: Market, quote: Quote, side: Side, ticks: int) -> Decimal:
        """So many ticks behind the touch of its own side; below zero, through it."""
        tick = market.instrument(self.symbol).price_increment
        return (quote.bid if side is Side.BUY else quote.ask) - side.sign * ticks * tick

    def behind(self, market: Market, quote: Quote, side: Side, basis_points: int) -> Decimal:
        """So many hundredths of a percent behind the touch."""
        touch = quote.bid if side is Side.BUY else quote.ask
        tick = market.instrument(self.symbol).price_increment
        return round_down(touch * (1 - side.sign * Decimal(basis_points) / 10_000), tick)

    def side(self, market: Market) -> Side:
        """Buy while flat or short; else one way or the other."""
        return Side.BUY if market.position(self.symbol).qty <= 0 else self.rng.choice((Side.BUY, Side.SELL))


def _longest_wait_s(group: BaseExceptionGroup[SeawallError]) -> float:
    """What the exchange, or the engine, asks to be waited for at most."""
    waits_s = [
        _longest_wait_s(one) if isinstance(one, BaseExceptionGroup) else one.retry_after_s or 0.0 for one in group.exceptions
    ]
    return max(waits_s)
