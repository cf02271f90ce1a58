"""The candles of every pair and interval that is followed. No waiting anywhere."""

from collections.abc import Callable

import attrs

from seawall.kraken.client.market.candles import CandleSeries
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.dialect.socket.market_frames import CandleFrame
from seawall.kraken.dialect.socket.reports import candle
from seawall.model.market_data import Candle
from seawall.model.venue import VenueListener

__all__ = ["CandleFeeds"]


@attrs.define(eq=False)
class CandleFeeds:
    """Keeps what is followed, and tells the listener of each candle that changed. `filled` is told of each snapshot."""

    _listener: VenueListener
    _filled: Callable[[Feed, float], None]
    _series: dict[Feed, CandleSeries] = attrs.field(factory=dict, init=False)
    _heard_s: dict[Feed, float] = attrs.field(factory=dict, init=False)

    def all(self, feed: Feed) -> tuple[Candle, ...]:
        """The candles of a feed, oldest first."""
        series = self._series.get(feed)
        return series.all() if series is not None else ()

    def follow(self, feed: Feed) -> None:
        """Keep the candles of a symbol and interval from now on."""
        self._series.setdefault(feed, CandleSeries((feed.interval_min or 1) * 60))

    def forget(self, feed: Feed) -> None:
        """Keep them no more, and say nothing more of them."""
        self._series.pop(feed, None)
        self._heard_s.pop(feed, None)

    def heard_s(self, feed: Feed) -> float:
        """When candles last changed (trio's clock); minus infinity before the first."""
        return self._heard_s.get(feed, float("-inf"))

    def take(self, frame: CandleFrame, received_s: float) -> None:
        """Hand on the candles that changed."""
        rows: dict[Feed, list[Candle]] = {}
        for row in frame.data:
            told = candle(row)
            rows.setdefault(Feed("ohlc", told.symbol, row.interval), []).append(told)
        for feed, told_rows in rows.items():
            series = self._series.get(feed)
            if series is None:
                continue  # the rest of a subscription that was ended
            self._heard_s[feed] = received_s
            if frame.snapshot:
                changed = series.take_snapshot(told_rows)
                self._filled(feed, received_s)
            else:
                changed = [each for told in told_rows for each in series.take(told)]
            for each in changed:
                self._listener.candle_changed(each)

    def close(self, now_ns: int) -> None:
        """Close what the exchange's clock has closed: an interval without trades is not announced."""
        for series in tuple(self._series.values()):
            for each in series.close_by(now_ns):
                self._listener.candle_changed(each)
