"""Ways to read a WebSocket: ours, and the libraries one would build upon, each given the same decoder and book.

So the difference is the way from the socket to the message. Libraries of asyncio run on uvloop where it is installed.
"""

import asyncio
import json
import random
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from importlib import import_module
from typing import Any, Final, cast

import attrs
import trio
from benchmarks.feed import Burst, Feed, Reader, Tally, our_take, subscription
from benchmarks.frames import DEPTH, SYMBOL
from benchmarks.naive import NaiveBook
from benchmarks.rounds import installed
from trio_websocket import open_websocket_url

from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.data import MarketData
from seawall.kraken.client.session.session import Session
from seawall.kraken.client.session.subscriptions import Ask, Subscription
from seawall.kraken.client.session.subscriptions import Feed as Wanted
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.frames import Frame
from seawall.kraken.dialect.socket.market_frames import BookFrame, TickerFrame
from seawall.model.market_data import Book
from seawall.model.venue import VenueListener
from seawall.resilience import Breaker, ConnectionBudget, Reconnect, ignore

__all__ = ["LIBRARIES", "naive", "run_asyncio", "seawall", "stock"]

Take = Callable[[bytes | str], None]


def run_asyncio(main: Callable[[], Awaitable[float]]) -> float:
    """Run on uvloop, or on asyncio's own loop."""
    factory = import_module("uvloop").new_event_loop if installed("uvloop") else None
    with asyncio.Runner(loop_factory=factory) as runner:

        async def bounded() -> float:
            async with asyncio.timeout(60):
                return await main()

        return runner.run(bounded())


def naive_take(channel: str, began: Callable[[], None], tally: Tally) -> Take:
    """`json` with exact numbers, and a book of dictionaries."""
    book = NaiveBook(DEPTH, checked=True)

    def take(message: bytes | str) -> None:
        frame = json.loads(message, parse_float=Decimal)
        if frame.get("channel") != channel or (channel == "book" and not book.apply(frame)):
            return
        if frame["type"] == "snapshot":
            began()
        else:
            tally()

    return take


def _trio_websocket(feed: Feed, burst: Burst, make: Callable[[str, Callable[[], None], Tally], Take]) -> float:
    async def run() -> float:
        tally, began = Tally(), trio.Event()
        take = make(burst.channel, began.set, tally)
        async with (
            open_websocket_url(feed.url, ssl_context=feed.context) as websocket,
            trio.open_nursery() as nursery,
        ):

            async def read() -> None:
                while True:
                    take(await websocket.get_message())

            await websocket.send_message(subscription(burst.channel))
            nursery.start_soon(read)
            await began.wait()
            took_us = await feed.counted(burst, tally, trio.Event)
            nursery.cancel_scope.cancel()
        return took_us

    return trio.run(run)


def naive(feed: Feed, burst: Burst) -> float:
    """trio-websocket as it comes, and what one would write around it."""
    return _trio_websocket(feed, burst, naive_take)


def stock(feed: Feed, burst: Burst) -> float:
    """trio-websocket as it comes, and Seawall's dialect."""
    return _trio_websocket(feed, burst, our_take)


class _Listener:
    """Of a listener, what a book calls."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:  # noqa: ARG002 - the interface has them
        self._tally()

    def book_lost(self, symbol: str, reason: str) -> None:
        raise AssertionError(f"{symbol}: {reason}")


@attrs.define(eq=False)
class _Follower:
    """Gives meaning to a session, as the client's public socket does: books are kept, tickers handed on."""

    channel: str
    tally: Tally
    session: Session = attrs.field(init=False)
    market: MarketData = attrs.field(init=False)

    async def prepare(self) -> None:
        """Nothing is needed."""

    def encode(self, ask: Ask) -> str:
        depth = DEPTH if ask.channel == "book" else None
        return requests.subscribe(ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, snapshot=True)

    def took(self, frame: Frame, received_s: float) -> None:
        if isinstance(frame, BookFrame):
            self.market.take_book(frame, received_s)
        elif isinstance(frame, TickerFrame):
            if frame.snapshot:
                self.session.feeds.filled(Wanted("ticker", SYMBOL), received_s)
            self.tally()

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        raise AssertionError(f"{bad}: {message!r}")

    def refused(self, row: Subscription) -> None:
        raise AssertionError(f"refused: {row}")

    def lost(self, reason: str) -> None:
        """It ends with the benchmark."""


def seawall(feed: Feed, burst: Burst) -> float:
    """The client's session: its tap, its watchdogs, decoder and book; to the listener's callback."""

    async def run() -> float:
        tally, settings = Tally(), ClientSettings(goodbye_s=0.1)
        context = feed.context or ssl.create_default_context()
        follower = _Follower(burst.channel, tally)
        clock = ExchangeClock(trio.current_time, lambda: 0)
        session = Session("public socket", feed.url, settings, context, clock, follower, ignore)
        follower.session = session
        listener = cast("VenueListener", _Listener(tally))
        follower.market = MarketData(listener, DEPTH, session.feeds.suspect, session.feeds.filled, ignore)
        reconnect = Reconnect("public", session.attempt, breaker=Breaker("feed"), budget=ConnectionBudget(), rng=random.Random(1))
        first = trio.Event()
        tally.expect(1, first)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reconnect.run)
            with trio.fail_after(10):
                await session.wait_live()
                await session.feeds.settle(Wanted(burst.channel, SYMBOL))
                await first.wait()
            took_us = await feed.counted(burst, tally, trio.Event)
            nursery.cancel_scope.cancel()
        return took_us

    return trio.run(run)


async def _read_beside(
    read: Callable[[], Coroutine[Any, Any, None]], began: asyncio.Event, feed: Feed, burst: Burst, tally: Tally
) -> float:
    """Measure while a task reads; a failure of the task is one of the measurement."""
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(read())
        await began.wait()
        took_us = await feed.counted(burst, tally, asyncio.Event)
        reader.cancel()
    return took_us


def _websockets(feed: Feed, burst: Burst) -> float:
    connect = import_module("websockets.asyncio.client").connect

    async def main() -> float:
        tally, began = Tally(), asyncio.Event()
        take = our_take(burst.channel, began.set, tally)
        async with connect(feed.url, ssl=feed.context, compression=None) as websocket:

            async def read() -> None:
                while True:
                    take(await websocket.recv(decode=False))

            await websocket.send(subscription(burst.channel))
            return await _read_beside(read, began, feed, burst, tally)

    return run_asyncio(main)


def _aiohttp(feed: Feed, burst: Burst) -> float:
    aiohttp = import_module("aiohttp")

    async def main() -> float:
        tally, began = Tally(), asyncio.Event()
        take = our_take(burst.channel, began.set, tally)
        async with aiohttp.ClientSession() as session, session.ws_connect(feed.url, ssl=feed.context or True) as websocket:

            async def read() -> None:
                async for message in websocket:
                    take(message.data)

            await websocket.send_str(subscription(burst.channel))
            return await _read_beside(read, began, feed, burst, tally)

    return run_asyncio(main)


def _picows(feed: Feed, burst: Burst) -> float:
    picows = import_module("picows")

    async def main() -> float:
        tally, began = Tally(), asyncio.Event()
        take = our_take(burst.channel, began.set, tally)

        class Listener(picows.WSListener):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
            def on_ws_frame(self, transport: Any, frame: Any) -> None:
                if frame.msg_type == picows.WSMsgType.TEXT:
                    take(frame.get_payload_as_bytes())
                elif frame.msg_type == picows.WSMsgType.PING:
                    transport.send_pong(frame.get_payload_as_bytes())

        transport, _ = await picows.ws_connect(Listener, feed.url, ssl_context=feed.context)
        transport.send(picows.WSMsgType.TEXT, subscription(burst.channel).encode())
        await began.wait()
        took_us = await feed.counted(burst, tally, asyncio.Event)
        transport.disconnect()
        return took_us

    return run_asyncio(main)


LIBRARIES: Final[dict[str, Reader]] = {"websockets": _websockets, "aiohttp": _aiohttp, "picows": _picows}
"""By distribution."""
