from decimal import Decimal

from support.kraken_server import PUBLIC_ONLY, Stage
from trio.testing import MockClock

from seawall.kraken.client import MarketListener, open_venue
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.market_data import Book
from seawall.model.venue import VenueListener


class Engine(VenueListener):
    """Knows nothing of tickers."""

    def __init__(self) -> None:
        self.books: list[str] = []

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:  # noqa: ARG002 - the interface has them
        self.books.append(symbol)


class Trader(MarketListener):
    """Cares for one call of all there are."""

    def __init__(self) -> None:
        self.tickers: list[TickerRow] = []

    def ticker_changed(self, ticker: TickerRow, received_s: float) -> None:  # noqa: ARG002 - the interface has them
        self.tickers.append(ticker)


async def test_a_listener_of_what_the_engine_needs_goes_on_working(stage: Stage, autojump_clock: MockClock) -> None:
    engine = Engine()
    async with open_venue(PUBLIC_ONLY, engine, dial=stage.server.dial, transport=stage.server.transport()) as venue:
        await venue.follow_ticker("BTC/USD")
        await venue.follow_book("BTC/USD")
        ticker = venue.ticker("BTC/USD")
        assert ticker is not None
        assert ticker.last == Decimal("45283.5")
        assert engine.books == ["BTC/USD"]


async def test_a_listener_writes_down_only_what_it_cares_for(stage: Stage, autojump_clock: MockClock) -> None:
    trader = Trader()
    async with open_venue(PUBLIC_ONLY, trader, dial=stage.server.dial, transport=stage.server.transport()) as venue:
        await venue.follow_book("BTC/USD")
        await venue.follow_ticker("BTC/USD")
        assert [ticker.last for ticker in trader.tickers] == [Decimal("45283.5")]
