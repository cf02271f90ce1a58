"""Tickers, handed on as they come."""

from collections.abc import Callable

import attrs

from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.session.subscriptions import Feed
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame, TickerRow

__all__ = ["Tickers"]


@attrs.define(eq=False)
class Tickers:
    """The newest ticker of each symbol that is followed. There is nothing to prove: each replaces the one before."""

    _listener: MarketListener
    _filled: Callable[[Feed, float], None]
    _newest: dict[str, TickerRow | None] = attrs.field(factory=dict, init=False)
    _heard_s: dict[str, float] = attrs.field(factory=dict, init=False)

    def follow(self, symbol: str) -> None:
        """Hand on the tickers of a symbol from now on."""
        self._newest.setdefault(symbol, None)

    def forget(self, symbol: str) -> None:
        """Hand on no more of a symbol."""
        self._newest.pop(symbol, None)
        self._heard_s.pop(symbol, None)

    def get(self, symbol: str) -> TickerRow | None:
        """The newest ticker of a symbol that is followed, while it may be trusted."""
        return self._newest.get(symbol)

    def heard_s(self, symbol: str) -> float:
        """When the newest one came (trio's clock); minus infinity before the first."""
        return self._heard_s.get(symbol, float("-inf"))

    def lose(self, symbol: str, reason: str) -> None:
        """Trust the newest one no more; the listener hears of it at once, and once."""
        if self._newest.get(symbol) is not None:
            self._newest[symbol] = None
            self._listener.ticker_lost(symbol, reason)

    def take(self, frame: TickerFrame, received_s: float) -> None:
        """Hand on a frame of `ticker`."""
        for row in frame.data:
            symbol = row.symbol
            if symbol not in self._newest:
                continue  # the rest of a subscription that was ended
            self._newest[symbol] = row
            self._heard_s[symbol] = received_s
            if frame.snapshot:
                self._filled(Feed("ticker", symbol), received_s)
            self._listener.ticker_changed(row, received_s)
