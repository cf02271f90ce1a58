"""All that is kept of the market, by feed."""

from decimal import Decimal

import attrs

from seawall.kraken.client.market.books import ProvenBooks
from seawall.kraken.client.market.candle_feeds import CandleFeeds
from seawall.kraken.client.market.tickers import Tickers
from seawall.kraken.client.market.trades import TradeTapes
from seawall.kraken.client.session.rows import Feed, Terms
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.level3_frames import Level3Row
from seawall.kraken.dialect.socket.market_frames import BookRow
from seawall.model.market_data import Book

__all__ = ["Market", "Touch"]

Touch = tuple[Decimal, Decimal]
"""Best bid and best ask."""


@attrs.frozen(eq=False)
class Market:
    """Books, candles, trades, tickers and single orders. Of a feed that is not followed nothing is kept, and nothing told."""

    books: ProvenBooks[KrakenBook, BookRow]
    candles: CandleFeeds
    trades: TradeTapes
    tickers: Tickers
    level3: ProvenBooks[Level3Book, Level3Row]

    def follow(self, feed: Feed, terms: Terms) -> None:
        """Keep what a feed says from now on."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                self.books.follow(symbol, terms.depth)
            case "ohlc":
                self.candles.follow(feed)
            case "trade":
                self.trades.follow(symbol)
            case "ticker":
                self.tickers.follow(symbol)
            case "level3":
                self.level3.follow(symbol, terms.depth)

    def forget(self, feed: Feed) -> None:
        """Keep it no more, and say nothing more of it."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                self.books.forget(symbol)
            case "ohlc":
                self.candles.forget(feed)
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
                self.books.lose(symbol, reason)
            case "ticker":
                self.tickers.lose(symbol, reason)
            case "level3":
                self.level3.lose(symbol, reason)

    def heard_s(self, feed: Feed) -> float:
        """When a feed last said something that holds (trio's clock); minus infinity before that."""
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                return self.books.heard_s(symbol)
            case "ohlc":
                return self.candles.heard_s(feed)
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
                return self.books.book(feed.symbol or "")
            case "level3":
                return self.level3.book(feed.symbol or "")
        return None
