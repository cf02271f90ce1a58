"""Candles of one symbol and interval, and when one is closed: the exchange never says so."""

from collections.abc import Sequence
from typing import Final

import attrs

from seawall.model.market_data import Candle

__all__ = ["CandleSeries"]

_KEPT: Final = 720
"""As many as REST would give (docs.kraken.com/api/docs/rest-api/get-ohlc-data)."""
_GRACE_NS: Final = 3_000_000_000
"""A trade at the very end of an interval takes its time to be told."""
_NS_PER_S: Final = 1_000_000_000


@attrs.define(eq=False)
class CandleSeries:
    """Oldest first; all but the last are closed. Each method returns the candles that changed, in order."""

    interval_s: int
    _candles: list[Candle] = attrs.field(factory=list, init=False)

    def all(self) -> tuple[Candle, ...]:
        """Every candle kept, the newest 720 at most."""
        return tuple(self._candles)

    def take_snapshot(self, rows: Sequence[Candle]) -> list[Candle]:
        """Take what a subscription begins with. The first one is history, and no change."""
        first = not self._candles
        changed: list[Candle] = []
        for row in sorted(rows, key=lambda row: row.begin_ns):
            changed.extend(self.take(row))
        return [] if first else changed

    def take(self, row: Candle) -> list[Candle]:
        """Take one candle: the running one again, or a later one, which closes it. Earlier ones are over, and left."""
        changed: list[Candle] = []
        if self._candles:
            newest = self._candles[-1]
            if row.begin_ns < newest.begin_ns or (row.begin_ns == newest.begin_ns and newest.closed):
                return []
            if row.begin_ns == newest.begin_ns:
                self._candles[-1] = row
                return [row]
            if not newest.closed:
                changed.append(self._close_newest())
        self._candles.append(row)
        del self._candles[:-_KEPT]
        return [*changed, row]

    def close_by(self, now_ns: int) -> list[Candle]:
        """Close the running candle once its interval is over on the exchange's clock, and a moment more."""
        if not self._candles or self._candles[-1].closed:
            return []
        if now_ns < self._candles[-1].begin_ns + self.interval_s * _NS_PER_S + _GRACE_NS:
            return []
        return [self._close_newest()]

    def _close_newest(self) -> Candle:
        closed = attrs.evolve(self._candles[-1], closed=True)
        self._candles[-1] = closed
        return closed
