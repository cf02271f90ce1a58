"""The public socket: market data for the listener."""

import re
from typing import Final

import attrs
import trio

from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.data import MarketData
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.trades import TradeTapes
from seawall.kraken.client.session.session import Session
from seawall.kraken.client.session.subscriptions import Ask, Feed, Phase, Subscription
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.frames import Frame
from seawall.kraken.dialect.socket.market_frames import BookFrame, CandleFrame, InstrumentFrame, Status, TradeFrame
from seawall.model.errors import ExchangeError, UnknownSymbol
from seawall.model.market_data import Candle
from seawall.resilience import Link

__all__ = ["PublicSocket"]

_CHANNEL: Final = re.compile(rb'"channel"\s*:\s*"(\w+)"')
_SYMBOL: Final = re.compile(rb'"symbol"\s*:\s*"([A-Z0-9./]+)"')
_CANDLES_EVERY_S: Final = 1.0


@attrs.define(eq=False)
class PublicSocket:
    """Gives meaning to a `Session` of the public host (an `Owner`).

    `session`, `market` and `trades` are set by who builds all of them.
    """

    _reference: Reference
    _clock: ExchangeClock
    _depth: int
    session: Session = attrs.field(init=False)
    market: MarketData = attrs.field(init=False)
    trades: TradeTapes = attrs.field(init=False)

    async def attempt(self, link: Link) -> None:
        """One connection's life."""
        self.session.feeds.want(Feed("instrument"))
        await self.session.attempt(link)

    async def follow(self, feed: Feed) -> None:
        """Want a feed and wait until it is granted. Raises `UnknownSymbol` or `ExchangeError` where it is refused."""
        row = await self.session.feeds.settle(feed)
        if row.phase is Phase.REFUSED:
            error = row.error or ""
            if feed.symbol is not None and error.startswith("Currency pair not supported"):
                raise UnknownSymbol(feed.symbol)
            raise ExchangeError((error,))

    def candles(self, feed: Feed) -> tuple[Candle, ...]:
        """What is known of a candle feed."""
        return self.market.candles(feed)

    async def close_candles(self) -> None:
        """Close candles by the clock, for ever."""
        while True:
            await trio.sleep(_CANDLES_EVERY_S)
            self.market.close_candles(self._clock.at_least_ns())

    # As an Owner

    async def prepare(self) -> None:
        """Nothing is needed."""

    def encode(self, ask: Ask) -> str:
        """The text of a subscribe or unsubscribe."""
        depth = self._depth if ask.channel == "book" else None
        if ask.method == "unsubscribe":
            return requests.unsubscribe(ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, interval=ask.interval_min)
        snapshot = None if ask.channel == "trade" else True
        return requests.subscribe(
            ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, interval=ask.interval_min, snapshot=snapshot
        )

    def took(self, frame: Frame, received_s: float) -> None:
        """Books first: they are nearly all there is."""
        if isinstance(frame, BookFrame):
            self.market.take_book(frame, received_s)
        elif isinstance(frame, TradeFrame):
            self.trades.take(frame)
        elif isinstance(frame, CandleFrame):
            self.market.take_candles(frame, received_s)
        elif isinstance(frame, Status):
            self._reference.take_status(frame)
        elif isinstance(frame, InstrumentFrame):
            self._reference.take_instruments(frame)
            if frame.snapshot:
                self.session.feeds.filled(Feed("instrument"), received_s)

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """Doubt what the frame seems to be of: the symbols it names, or all of its channel.

        Text that is of no channel (a proxy's farewell) took nothing away; should it have, the next checksum tells.
        """
        channel = _CHANNEL.search(message)
        if channel is None:
            return
        name = channel[1].decode("ascii", "replace")
        symbols = {found.decode("ascii") for found in _SYMBOL.findall(message)}
        for row in list(self.session.feeds):
            feed = row.feed
            if feed.channel != name or (symbols and feed.symbol not in symbols):
                continue
            if feed.channel == "book" and feed.symbol is not None:
                self.market.lose_book(feed.symbol, f"a frame was not understood: {bad.reason}")
            self.session.feeds.suspect(feed)

    def refused(self, row: Subscription) -> None:
        """Whoever follows it is told by `follow`."""

    def lost(self, reason: str) -> None:
        """No book is to be trusted."""
        self.market.lose_books(reason)
