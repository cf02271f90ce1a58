"""A public socket: market data for the listener."""

import attrs

from seawall.kraken.client.market.owner import MarketOwner
from seawall.kraken.client.session.facts import Takers
from seawall.kraken.client.session.rows import Ask, Feed
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.market_frames import (
    BookFrame,
    CandleFrame,
    InstrumentFrame,
    Status,
    TradeFrame,
)
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame

__all__ = ["INSTRUMENTS", "PublicSocket"]

INSTRUMENTS = Feed("instrument")


@attrs.define(eq=False)
class PublicSocket(MarketOwner):
    """Gives meaning to a `Session` of the public host (an `Owner`)."""

    async def prepare(self) -> None:
        """Nothing is needed."""

    def encode(self, ask: Ask) -> str:
        """The text of a subscribe or unsubscribe. A trade feed begins without those already told."""
        depth, trigger = ask.terms.depth, ask.terms.event_trigger
        if ask.method == "unsubscribe":
            return requests.unsubscribe(
                ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, interval=ask.interval_min, event_trigger=trigger
            )
        return requests.subscribe(
            ask.channel,
            ask.req_id,
            symbols=ask.symbols,
            depth=depth,
            interval=ask.interval_min,
            event_trigger=trigger,
            snapshot=None if ask.channel == "trade" else True,
        )

    def takers(self) -> Takers:
        """The market's, and what every socket is told."""
        market = self._market
        return {
            BookFrame: market.books.take,
            TickerFrame: market.tickers.take,
            TradeFrame: market.trades.take,
            CandleFrame: market.candles.take,
            Status: self._reference.take_status,
            InstrumentFrame: self._take_instruments,
        }

    def _take_instruments(self, frame: InstrumentFrame, received_s: float) -> None:
        self._reference.take_instruments(frame)
        if frame.snapshot:
            self.session.feeds.filled(INSTRUMENTS, received_s)
