"""The streams of the market."""

from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

import attrs
import trio

from seawall.kraken.client.api.calls.rest import NO_KEY
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.api.streams import kinds
from seawall.kraken.client.api.streams.hub import Hub
from seawall.kraken.client.api.streams.mailbox import Terms
from seawall.kraken.client.api.streams.stream import StreamStatistics
from seawall.kraken.client.api.streams.topic import Topic
from seawall.kraken.client.api.streams.views import BookSnapshot, Level3Snapshot
from seawall.kraken.client.api.streams.watch import Source, Watch
from seawall.kraken.client.venue import KrakenVenue
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.errors import AccessDenied
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus

__all__ = ["INTERVALS_S", "Interval", "MarketStreams"]

I = TypeVar("I")  # noqa: E741 - what comes in, as in `mailbox`
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

Interval = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "15d"]
"""Of candles: what the exchange serves (docs.kraken.com/api/docs/websocket-v2/ohlc)."""
INTERVALS_S: Final[dict[Interval, int]] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "4h": 14400,
    "1d": 86400,
    "1w": 604800,
    "15d": 1296000,
}


class _Counted(Protocol):
    def statistics(self) -> StreamStatistics: ...


async def nothing_to_end() -> None:
    """For what is told whether anybody asks or not."""
    await trio.lowlevel.checkpoint()


@attrs.define(eq=False, repr=False)
class MarketStreams:
    """What the public sockets tell, and level 3. Each method gives a `Watch`: to be entered, or handed a callback.

    Pairs go by any of their names, and several can be asked for at once; items say which they are of (`symbol`). All raise
    `UnknownSymbol`, which names pairs that are near. With `raise_lost`, `StreamLost` is raised to the reader when what it
    read last of a symbol is not to be trusted any more; without, `stale` says so, and nothing is read until it is again.
    Trades and candles mend their gaps themselves, and are only late.
    """

    venue: KrakenVenue
    _hub: Hub
    _names: Names
    _has_key: bool
    _open: list[_Counted] = attrs.field(factory=list, init=False)

    def books(self, *symbols: str, depth: int | None = None, raise_lost: bool = False) -> Watch[Book, BookSnapshot]:
        """Books, `depth` levels a side (10, 25, 100, 500, 1000; None for the one in the settings), the newest of each.

        Only books whose checksum held are ever read. A callback is given the book itself.
        """

        async def follow(symbol: str) -> None:
            await self.venue.follow_book(symbol, depth)

        return self._of_pairs("books", symbols, self._hub.books, follow, self.venue.unfollow_book, kinds.BOOKS, raise_lost)

    def tickers(
        self, *symbols: str, event_trigger: Literal["trades", "bbo"] = "trades", raise_lost: bool = False
    ) -> Watch[TickerRow, TickerRow]:
        """The touch and the last 24 hours, the newest of each pair: after every trade, or whenever the touch changes (`bbo`)."""

        async def follow(symbol: str) -> None:
            await self.venue.follow_ticker(symbol, event_trigger)

        return self._of_pairs(
            "tickers", symbols, self._hub.tickers, follow, self.venue.unfollow_ticker, kinds.TICKERS, raise_lost
        )

    def trades(self, *symbols: str) -> Watch[Trade, Trade]:
        """Every trade that the market prints from now on, in order; `MissedMessages` where the exchange cannot tell some.

        A reader that is ten thousand behind loses the oldest, and is told how many by `MissedMessages`.
        """
        return self._of_pairs(
            "trades",
            symbols,
            self._hub.trades,
            self.venue.follow_trades,
            self.venue.unfollow_trades,
            kinds.TRADES,
            remembers=False,
        )

    def candles(self, *symbols: str, interval: Interval) -> Watch[Candle, Candle]:
        """Candles: the running one as it is when it is read, and every one that is `closed`, in order.

        Those before are to be had by `rest.ohlc`, or from `venue.follow_candles`. Raises ValueError for another interval.
        """
        interval_s = INTERVALS_S.get(interval)
        if interval_s is None:
            raise ValueError(f"interval: {interval!r} is not one of {', '.join(INTERVALS_S)}")
        topics = self._hub.candles

        def source(symbol: str) -> Source[Candle]:
            async def follow() -> Candle | None:
                return next(reversed(await self.venue.follow_candles(symbol, interval_s)), None)

            unfollow = partial(self.venue.unfollow_candles, symbol, interval_s)
            return _source(topics, (symbol, interval_s), Topic(symbol, remembers=False), follow, unfollow)

        return self._watch(f"candles {interval}", symbols, source, kinds.CANDLES)

    def level3(self, *symbols: str, depth: int = 10, raise_lost: bool = False) -> Watch[Level3Book, Level3Snapshot]:
        """Books of single orders at `depth` prices a side (10, 100, 1000), the newest of each.

        As with `books`, only what its checksum proved is ever read, and a callback is given the book itself. Raises
        `AccessDenied` without a key.
        """
        self._need_key("level3")

        async def follow(symbol: str) -> None:
            await self.venue.follow_level3(symbol, depth)

        return self._of_pairs("level3", symbols, self._hub.level3, follow, self.venue.unfollow_level3, kinds.LEVEL3, raise_lost)

    def instruments(self) -> Watch[Instrument, Instrument]:
        """Pairs that are new, or whose status or grid changed. Those that are there: `venue.instruments()`."""
        self._need_open("instruments")
        source = Source(self._hub.instruments, self.venue.follow_instruments, nothing_to_end)
        return Watch("instruments", kinds.INSTRUMENTS, lambda: [source], self._opened, raise_lost=False)

    def assets(self) -> Watch[InstrumentAsset, InstrumentAsset]:
        """Assets that are new, or whose status or terms changed. Those that are there: `venue.assets()`."""
        self._need_open("assets")
        source = Source(self._hub.assets, self.venue.follow_instruments, nothing_to_end)
        return Watch("assets", kinds.ASSETS, lambda: [source], self._opened, raise_lost=False)

    def status(self) -> Watch[VenueStatus, VenueStatus]:
        """What the exchange as a whole takes: now, and whenever that changes."""
        self._need_open("status")

        def sources() -> list[Source[VenueStatus]]:
            self._hub.status.newest.setdefault("", (self.venue.status(), trio.current_time()))
            return [Source(self._hub.status, trio.lowlevel.checkpoint, nothing_to_end)]

        return Watch("status", kinds.STATUS, sources, self._opened, raise_lost=False)

    def _need_open(self, what: str) -> None:
        if self.venue.closed:
            raise trio.ClosedResourceError(f"{what}: the client's block was left")

    def _need_key(self, what: str) -> None:
        self._need_open(what)
        if not self._has_key:
            raise AccessDenied(f"{what} {NO_KEY}")

    def _of_pairs(
        self,
        channel: str,
        symbols: Sequence[str],
        topics: dict[str, Topic[I]],
        follow: Callable[[str], Awaitable[None]],
        unfollow: Callable[[str], Awaitable[object]],
        terms: Terms[I, T],
        raise_lost: bool = False,
        *,
        remembers: bool = True,
    ) -> Watch[I, T]:
        def source(symbol: str) -> Source[I]:
            return _source(topics, symbol, Topic(symbol, remembers=remembers), partial(follow, symbol), partial(unfollow, symbol))

        return self._watch(channel, symbols, source, terms, raise_lost)

    def _watch(
        self,
        channel: str,
        names: Sequence[str],
        source: Callable[[str], Source[I]],
        terms: Terms[I, T],
        raise_lost: bool = False,
    ) -> Watch[I, T]:
        self._need_open(channel)
        if not names:
            raise ValueError(f"{channel}: name one pair at least")
        symbols = tuple(dict.fromkeys(map(self._names.symbol, names)))
        what = f"{channel} {', '.join(symbols)}"
        return Watch(what, terms, lambda: [source(symbol) for symbol in symbols], self._opened, raise_lost)

    @contextmanager
    def _opened(self, stream: _Counted) -> Generator[None, None, None]:
        self._open.append(stream)
        try:
            yield
        finally:
            self._open.remove(stream)


def _source(
    topics: dict[K, Topic[I]],
    key: K,
    fresh: Topic[I],
    follow: Callable[[], Awaitable[I | None]],
    unfollow: Callable[[], Awaitable[object]],
) -> Source[I]:
    """The topic of that key, or a fresh one, which is there while somebody wants it."""
    topic = topics.setdefault(key, fresh)

    async def end() -> None:
        if topics.get(key) is topic:
            del topics[key]
        await unfollow()

    return Source(topic, follow, end)
