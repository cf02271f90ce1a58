"""What may be told of the market beyond what an engine needs."""

from typing import Protocol, runtime_checkable

from seawall.kraken.client.session.rows import Feed
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.instruments import Instrument
from seawall.model.venue import VenueListener

__all__ = ["MarketListener", "market_listener"]


@runtime_checkable
class MarketListener(VenueListener, Protocol):
    """A `VenueListener` that is told everything. Extend it, and write down the calls you care for.

    The same holds for its calls: they come from the task that reads, return at once, and what they raise is a bug.
    """

    def ticker_changed(self, ticker: TickerRow, received_s: float) -> None:
        """The ticker of `ticker.symbol` changed; its numbers are exact. `received_s`: when its bytes arrived, trio's clock."""
        return

    def ticker_lost(self, symbol: str, reason: str) -> None:
        """The ticker of `symbol` may be behind until the next `ticker_changed`."""
        return

    def level3_changed(self, symbol: str, book: Level3Book, received_s: float) -> None:
        """The orders of `symbol` changed and their checksum held. The book changes under its reader, as every other."""
        return

    def level3_lost(self, symbol: str, reason: str) -> None:
        """The orders of `symbol` are not to be trusted until the next `level3_changed`. Called before any waiting."""
        return

    def instrument_changed(self, instrument: Instrument) -> None:
        """A pair is new, or its status or grid is another than before (docs.kraken.com/api/docs/websocket-v2/instrument)."""
        return

    def asset_changed(self, asset: InstrumentAsset) -> None:
        """An asset is new, or its status or terms are others than before. Those of the first list are no change."""
        return

    def subscription_refused(self, feed: Feed, error: str) -> None:
        """The exchange will not serve a feed, at once or after a reconnect. Following it again asks again."""
        return


class _Untold(MarketListener):
    """For a listener of what the engine needs: the rest is told to nobody."""


def market_listener(listener: VenueListener) -> MarketListener:
    """Who is told what the engine does not need: the listener itself, where it has all these calls, or nobody."""
    if isinstance(listener, MarketListener):
        return listener
    return _Untold()
