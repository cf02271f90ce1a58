"""What trades add up to: candles of every interval, and the last 24 hours."""

from collections import deque
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO

__all__ = ["INTERVALS", "Candles", "Day", "SimCandle"]

INTERVALS: Final = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""Minutes (docs.kraken.com/api/docs/websocket-v2/ohlc)."""

KEPT: Final = 720
"""What REST OHLC answers at most."""

_MINUTE_NS: Final = 60 * 10**9


@attrs.define(eq=False)
class SimCandle:
    """One interval: `begin_ns` since the epoch, volume in base, `worth` the sum of price times quantity."""

    begin_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO
    worth: Decimal = ZERO
    trades: int = 0

    @property
    def vwap(self) -> Decimal:
        """Mean price weighted by volume."""
        return self.worth / self.volume if self.volume else self.close

    def add(self, price: Decimal, qty: Decimal) -> None:
        """Count one trade in."""
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        self.volume += qty
        self.worth += price * qty
        self.trades += 1


@attrs.define(eq=False)
class Candles:
    """The newest candles of one interval; an interval without trades has none."""

    interval_min: int
    rows: deque[SimCandle] = attrs.field(factory=lambda: deque(maxlen=KEPT))

    def add(self, price: Decimal, qty: Decimal, at_ns: int) -> SimCandle:
        """Count one trade in; returns the candle it fell into."""
        begin_ns = at_ns - at_ns % (self.interval_min * _MINUTE_NS)
        if not self.rows or self.rows[-1].begin_ns < begin_ns:
            self.rows.append(SimCandle(begin_ns, price, price, price, price))
        # A wall clock that was set back must not reopen a candle: its trades count for the newest one.
        self.rows[-1].add(price, qty)
        return self.rows[-1]


@attrs.define(eq=False)
class Day:
    """The last 24 hours, to the minute."""

    _minutes: deque[SimCandle] = attrs.field(factory=deque)
    volume: Decimal = ZERO
    worth: Decimal = ZERO
    trades: int = 0
    low: Decimal = ZERO
    high: Decimal = ZERO

    def add(self, price: Decimal, qty: Decimal, at_ns: int) -> None:
        """Count one trade in, and what is older than a day out."""
        begin_ns = at_ns - at_ns % _MINUTE_NS
        if not self._minutes or self._minutes[-1].begin_ns < begin_ns:
            self._minutes.append(SimCandle(begin_ns, price, price, price, price))
            self._drop_old(begin_ns)
        self._minutes[-1].add(price, qty)
        self.volume += qty
        self.worth += price * qty
        self.trades += 1
        self.low = min(self.low, price) if self.trades > 1 else price
        self.high = max(self.high, price)

    @property
    def open(self) -> Decimal:
        """The first price of the day; zero without trades."""
        return self._minutes[0].open if self._minutes else ZERO

    @property
    def vwap(self) -> Decimal:
        """Mean price weighted by volume; zero without trades."""
        return self.worth / self.volume if self.volume else ZERO

    def _drop_old(self, now_ns: int) -> None:
        dropped = False
        while self._minutes[0].begin_ns <= now_ns - 1440 * _MINUTE_NS:
            old = self._minutes.popleft()
            self.volume -= old.volume
            self.worth -= old.worth
            self.trades -= old.trades
            dropped = True
        if dropped:
            self.low = min(minute.low for minute in self._minutes)
            self.high = max(minute.high for minute in self._minutes)
