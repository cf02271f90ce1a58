"""All that is kept of the market, by feed."""

from decimal import Decimal

import attrs

from seawall.kraken.client.market.data import MarketData
from seawall.kraken.client.market.level3 import Level3Books
from seawall.kraken.client.market.tickers import Tickers
from seawall.kraken.client.market.trades import TradeTapes
from seawall.kraken.client.session.rows import Feed, Terms
from seawall.model.market_data import Book

__all__ = ["LEVEL3_DEPTH", "Market", "Touch"]

Touch = tuple[Decimal, Decimal]
"""Best bid and best ask."""


LEVEL3_DEPTH = 10
"""What the exchange serves unless asked for another (docs.kraken.com/api/docs/websocket-v2/level3)."""


@attrs.frozen(eq=False)
class Market:
    """Books, candles, trades, tickers and single orders. Of a feed that is not followed nothing is kept, and nothing told."""

    data: MarketData
    trades: TradeTapes
    tickers: Tickers
    level3: Level3Books

    def follow(self, feed: Feed, terms: Terms) -> None:
        """Keep what a feed says from now on."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                self.data.follow_book(symbol, terms.depth)
            case "ohlc":
                self.data.follow_candles(feed)
            case "trade":
                self.trades.follow(symbol)
            case "ticker":
                self.tickers.follow(symbol)
            case "level3":
                self.level3.follow(symbol, terms.depth or LEVEL3_DEPTH)

    def forget(self, feed: Feed) -> None:
        """Keep it no more, and say nothing more of it."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                self.data.forget_book(symbol)
            case "ohlc":
                self.data.forget_candles(feed)
            case "trade":
                self.trades.forget(symbol)
            case "ticker":
                self.tickers.forget(symbol)
            case "level3":
                self.level3.forget(symbol)

    def lose(self, feed: Feed, reason: str) -> None:
        """Trust a feed no more; the listener hears of it at once. Trades and candles mend their own gaps."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                self.data.lose_book(symbol, reason)
            case "ticker":
                self.tickers.lose(symbol, reason)
            case "level3":
                self.level3.lose(symbol, reason)

    def heard_s(self, feed: Feed) -> float:
        """When a feed last said something that holds (trio's clock); minus infinity before that."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                return self.data.book_heard_s(symbol)
            case "ohlc":
                return self.data.candles_heard_s(feed)
            case "trade":
                return self.trades.heard_s(symbol)
            case "ticker":
                return self.tickers.heard_s(symbol)
            case "level3":
                return self.level3.heard_s(symbol)
        return float("-inf")

    def touch(self, feed: Feed, terms: Terms) -> Touch | None:
        """Best bid and ask as a feed has them; None where it does not follow them, or one is missing."""
        if feed.channel == "ticker":
            ticker = self.tickers.get(feed.symbol or "")
            return (ticker.bid, ticker.ask) if ticker is not None and terms.event_trigger == "bbo" else None
        book = self._book(feed)
        if book is None:
            return None
        bid, ask = book.best_bid(), book.best_ask()
        return (bid.price, ask.price) if bid is not None and ask is not None else None

    def _book(self, feed: Feed) -> Book | None:
        match feed.channel:
            case "book":
                return self.data.book(feed.symbol or "")
            case "level3":
                return self.level3.book(feed.symbol or "")
        return None
