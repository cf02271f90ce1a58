"""A public socket: market data for the listener."""

import attrs

from seawall.kraken.client.market.owner import MarketOwner
from seawall.kraken.client.session.rows import Ask, Feed
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.frames import Frame
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

    def took(self, frame: Frame, received_s: float) -> None:
        """Books first: they are nearly all there is."""
        if isinstance(frame, BookFrame):
            self._market.books.take(frame.data, frame.snapshot, received_s)
        elif isinstance(frame, TickerFrame):
            self._market.tickers.take(frame, received_s)
        elif isinstance(frame, TradeFrame):
            self._market.trades.take(frame, received_s)
        elif isinstance(frame, CandleFrame):
            self._market.candles.take(frame, received_s)
        elif isinstance(frame, Status):
            self._reference.take_status(frame)
        elif isinstance(frame, InstrumentFrame):
            self._reference.take_instruments(frame)
            if frame.snapshot:
                self.session.feeds.filled(INSTRUMENTS, received_s)
