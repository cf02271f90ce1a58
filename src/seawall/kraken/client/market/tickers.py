"""Tickers, handed on as they come."""

from collections.abc import Callable

import attrs

from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame, TickerRow

__all__ = ["Tickers"]


@attrs.define(eq=False)
class _Followed:
    """One symbol: its newest ticker while that may be trusted, and when it came."""

    newest: TickerRow | None = None
    heard_s: float = float("-inf")


@attrs.define(eq=False)
class Tickers:
    """The newest ticker of each symbol that is followed. There is nothing to prove: each replaces the one before."""

    _listener: MarketListener
    _filled: Callable[[Feed, float], None]
    _symbols: dict[str, _Followed] = attrs.field(factory=dict, init=False)

    def follow(self, symbol: str) -> None:
        """Hand on the tickers of a symbol from now on."""
        self._symbols.setdefault(symbol, _Followed())

    def forget(self, symbol: str) -> None:
        """Hand on no more of a symbol."""
        self._symbols.pop(symbol, None)

    def get(self, symbol: str) -> TickerRow | None:
        """The newest ticker of a symbol that is followed, while it may be trusted."""
        followed = self._symbols.get(symbol)
        return None if followed is None else followed.newest

    def heard_s(self, symbol: str) -> float:
        """When the newest one came (trio's clock); minus infinity before the first."""
        followed = self._symbols.get(symbol)
        return float("-inf") if followed is None else followed.heard_s

    def lose(self, symbol: str, reason: str) -> None:
        """Trust the newest one no more; the listener hears of it at once, and once."""
        followed = self._symbols.get(symbol)
        if followed is not None and followed.newest is not None:
            followed.newest = None
            self._listener.ticker_lost(symbol, reason)

    def take(self, frame: TickerFrame, received_s: float) -> None:
        """Hand on a frame of `ticker`."""
        for row in frame.data:
            followed = self._symbols.get(row.symbol)
            if followed is None:
                continue  # the rest of a subscription that was ended
            followed.newest = row
            followed.heard_s = received_s
            if frame.type == "snapshot":
                self._filled(Feed("ticker", row.symbol), received_s)
            self._listener.ticker_changed(row, received_s)
