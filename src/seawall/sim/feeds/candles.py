"""What trades add up to: candles of every interval, and the last 24 hours."""

from collections import deque
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO

__all__ = ["INTERVALS", "Candles", "Day", "History", "SimCandle"]

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
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += qty
        self.worth += price * qty
        self.trades += 1

    def take(self, part: "SimCandle") -> None:
        """Count in what a part of the interval came to."""
        self.high, self.low, self.close = max(self.high, part.high), min(self.low, part.low), part.close
        self.volume += part.volume
        self.worth += part.worth
        self.trades += part.trades


@attrs.define(eq=False)
class Candles:
    """The newest candles of one interval; an interval without trades has none."""

    interval_min: int
    rows: deque[SimCandle] = attrs.field(factory=lambda: deque(maxlen=KEPT))

    def add(self, price: Decimal, qty: Decimal, at_ns: int) -> SimCandle:
        """Count one trade in; returns the candle it fell into."""
        candle = self._of(at_ns, price)
        candle.add(price, qty)
        return candle

    def take(self, minute: SimCandle) -> None:
        """Count in all trades of one minute."""
        self._of(minute.begin_ns, minute.open).take(minute)

    def _of(self, at_ns: int, price: Decimal) -> SimCandle:
        begin_ns = at_ns - at_ns % (self.interval_min * _MINUTE_NS)
        # A wall clock that was set back must not reopen a candle: its trades count for the newest one.
        if not self.rows or self.rows[-1].begin_ns < begin_ns:
            self.rows.append(SimCandle(begin_ns, price, price, price, price))
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
        minute = SimCandle(at_ns - at_ns % _MINUTE_NS, price, price, price, price)
        minute.add(price, qty)
        self.take(minute)

    def take(self, minute: SimCandle) -> None:
        """Count in all trades of one minute, and what is older than a day out."""
        if not self._minutes or self._minutes[-1].begin_ns < minute.begin_ns:
            self._minutes.append(SimCandle(minute.begin_ns, minute.open, minute.open, minute.open, minute.open))
            self._drop_old(minute.begin_ns)
        self._minutes[-1].take(minute)
        self.low = min(self.low, minute.low) if self.trades else minute.low
        self.high = max(self.high, minute.high)
        self.volume += minute.volume
        self.worth += minute.worth
        self.trades += minute.trades

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


@attrs.define(eq=False)
class History:
    """What the trades of one symbol add up to, in every interval and in the last 24 hours.

    Every interval is made of whole minutes, so trades are counted into their minute alone; the rest is brought up to date when
    the minute is over, or somebody looks.
    """

    _candles: dict[int, Candles] = attrs.field(factory=lambda: {minutes: Candles(minutes) for minutes in INTERVALS})
    _day: Day = attrs.field(factory=Day)
    _minute: SimCandle | None = None
    """The trades that are not counted anywhere else yet."""

    def add(self, price: Decimal, qty: Decimal, at_ns: int) -> None:
        """Count one trade in."""
        begin_ns = at_ns - at_ns % _MINUTE_NS
        minute = self._minute
        if minute is None or minute.begin_ns < begin_ns:
            self._carry()
            minute = self._minute = SimCandle(begin_ns, price, price, price, price)
        minute.add(price, qty)

    def candles(self, interval_min: int) -> Candles:
        """The candles of one of `INTERVALS`, as they are now."""
        self._carry()
        return self._candles[interval_min]

    @property
    def day(self) -> Day:
        """The last 24 hours, as they are now."""
        self._carry()
        return self._day

    def _carry(self) -> None:
        minute, self._minute = self._minute, None
        if minute is not None:
            for candles in self._candles.values():
                candles.take(minute)
            self._day.take(minute)
