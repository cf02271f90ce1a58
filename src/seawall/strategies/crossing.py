"""Hold while a fast moving average is above a slow one, on candles."""

from collections import deque
from decimal import Decimal

import attrs
import trio

from seawall import Market, NotSent, Refused, market_buy

__all__ = ["MovingAverage", "cross"]

PAUSE_S = 5.0
"""After an order that was not taken, where nobody said how long to wait."""


@attrs.define
class MovingAverage:
    """The mean of the newest `length` values, by a running sum: one addition and one subtraction a value, none of them rounded.

    Exact while sums have no more than 28 digits, which prices do not come near.
    """

    length: int = attrs.field(validator=attrs.validators.ge(1))
    _values: deque[Decimal] = attrs.field(factory=deque, init=False)
    total: Decimal = attrs.field(default=Decimal(0), init=False)
    """The sum of the values it has now."""

    @property
    def is_full(self) -> bool:
        """Whether `length` values have been added."""
        return len(self._values) == self.length

    def add(self, value: Decimal) -> None:
        """Take the next value; the oldest one goes."""
        if self.is_full:
            self.total -= self._values.popleft()
        self._values.append(value)
        self.total += value

    def is_above(self, other: "MovingAverage") -> bool:
        """Whether this mean is the greater one, without the rounding of a division. Both are full."""
        return self.total * other.length > other.total * self.length


async def cross(market: Market, *, symbol: str, qty: Decimal, interval: str = "1m", fast: int = 12, slow: int = 48) -> None:
    """Buy `qty` at market while the mean of the last `fast` closes is above that of the last `slow`; sell it all once it is not.

    Only closed candles count. The exchange sends enough past ones to begin with, so it decides at once; what is decided is
    whether to hold, not whether to trade, so a restart, or a fill that took two tries, changes nothing.

    Raises ValueError when `fast` is not shorter than `slow`. Crossings are the example everybody knows, and no advice: fees
    and whipsaws make most of them lose.
    """
    if not 0 < fast < slow:
        raise ValueError(f"fast: {fast} is not above zero and below slow, {slow}")
    averages = MovingAverage(fast), MovingAverage(slow)
    async with market.quotes(symbol), market.candles(symbol, interval) as candles:
        async for candle in candles:
            if candle.closed:
                for average in averages:
                    average.add(candle.close)
            elif averages[1].is_full:
                # The running candle follows the last closed one: whatever was closed is known now, the past included.
                await _hold(market, symbol, qty if averages[0].is_above(averages[1]) else Decimal(0))


async def _hold(market: Market, symbol: str, qty: Decimal) -> None:
    """Bring the position to `qty`, all or nothing."""
    held = market.position(symbol).qty
    try:
        if qty and held <= 0:
            async with market.working(market_buy(symbol, qty=qty)) as order:
                await order.done()
        elif not qty and held > 0:
            await market.sell_all(symbol)
    except (Refused, NotSent) as problem:
        market.say(f"not placed: {problem}")
        await trio.sleep(problem.retry_after_s or PAUSE_S)
