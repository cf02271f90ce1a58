"""A public socket: market data for the listener."""

import attrs

from seawall.kraken.client.market.doubts import feeds_in_doubt
from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.market.market import Market
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.refusals import take_refusal
from seawall.kraken.client.session.rows import Ask, Feed, Subscription
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.bad import BadFrame
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
class PublicSocket:
    """Gives meaning to a `Session` of the public host (an `Owner`). `session` is set by who builds both."""

    _market: Market
    _reference: Reference
    _listener: MarketListener
    session: Session = attrs.field(init=False)

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

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """Doubt what the frame seems to be of."""
        for feed in feeds_in_doubt(message, self.session.feeds):
            self._market.lose(feed, f"a frame was not understood: {bad.reason}")
            self.session.feeds.suspect(feed)

    def refused(self, row: Subscription) -> None:
        """Whoever follows it is told by `follow`, and the listener here."""
        take_refusal(row, self.session, self._listener)

    def lost(self, reason: str) -> None:
        """No book of this socket is to be trusted."""
        for row in self.session.feeds:
            self._market.lose(row.feed, reason)
