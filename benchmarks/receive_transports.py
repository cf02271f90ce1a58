"""Libraries one would build upon, each given Seawall's decoder and book: what differs is the way from socket to message.

Those of asyncio run on uvloop where it is installed.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

import attrs
import trio
from benchmarks.bare import open_bare, run_steps
from benchmarks.feed import Feed
from benchmarks.frames import DEPTH, SYMBOL
from benchmarks.naive import NaiveBook
from benchmarks.rounds import installed
from benchmarks.work import Event, Measured, Tally, Work
from trio_websocket import open_websocket_url

from seawall.kraken.dialect import BookFrame, KrakenBook, TickerFrame, decode
from seawall.kraken.dialect.socket import requests

__all__ = ["aiohttp", "blocking", "naive", "picows", "run_asyncio", "stock", "trio_alone", "websockets"]

Take = Callable[[bytes | str], None]
MakeTake = Callable[[str, Callable[[], None], Tally], Take]
MAX_S: Final = 120


def run_asyncio(main: Callable[[], Awaitable[Measured]]) -> Measured:
    """Run on uvloop, or on asyncio's own loop."""
    factory = import_module("uvloop").new_event_loop if installed("uvloop") else None
    with asyncio.Runner(loop_factory=factory) as runner:

        async def bounded() -> Measured:
            async with asyncio.timeout(MAX_S):
                return await main()

        return runner.run(bounded())


def subscription(channel: str) -> str:
    """The request of a channel."""
    return requests.subscribe(channel, 1, symbols=[SYMBOL], depth=DEPTH if channel == "book" else None, snapshot=True)


def our_take(channel: str, began: Callable[[], None], tally: Tally) -> Take:
    """Seawall's decoder, and its book. `began` is called at the snapshot."""
    book = KrakenBook(SYMBOL, DEPTH)

    def take(message: bytes | str) -> None:
        frame = decode(message)
        if isinstance(frame, BookFrame):
            book.apply(frame.data[0], frame.snapshot)
        elif not isinstance(frame, TickerFrame):
            return
        if frame.snapshot:
            began()
        else:
            tally()

    assert channel in {"book", "ticker"}
    return take


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


async def _read_in_trio(read: Callable[[], Awaitable[None]], began: trio.Event, feed: Feed, work: Work, tally: Tally) -> Measured:
    """As `_read_beside`, in trio."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await began.wait()
        measured = await work.measure(feed, tally, trio.Event)
        nursery.cancel_scope.cancel()
    return measured


def _trio_websocket(feed: Feed, work: Work, make: MakeTake) -> Measured:
    async def run() -> Measured:
        tally, began = work.tally(), trio.Event()
        take = make(work.channel, began.set, tally)
        with trio.fail_after(MAX_S):
            async with open_websocket_url(feed.url, ssl_context=feed.context) as websocket:

                async def read() -> None:
                    while True:
                        take(await websocket.get_message())

                await websocket.send_message(subscription(work.channel))
                return await _read_in_trio(read, began, feed, work, tally)

    return trio.run(run)


def naive(_rest: str, feed: Feed, work: Work) -> Measured:
    """trio-websocket as it comes, and what one would write around it."""
    return _trio_websocket(feed, work, naive_take)


def stock(_rest: str, feed: Feed, work: Work) -> Measured:
    """trio-websocket as it comes."""
    return _trio_websocket(feed, work, our_take)


async def _read_beside(
    read: Callable[[], Coroutine[Any, Any, None]], began: asyncio.Event, feed: Feed, work: Work, tally: Tally
) -> Measured:
    """Measure while a task reads; a failure of the task is one of the measurement."""
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(read())
        await began.wait()
        measured = await work.measure(feed, tally, asyncio.Event)
        reader.cancel()
    return measured


def websockets(_rest: str, feed: Feed, work: Work) -> Measured:
    """Of websockets, the implementation for asyncio."""
    connect = import_module("websockets.asyncio.client").connect

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()
        take = our_take(work.channel, began.set, tally)
        async with connect(feed.url, ssl=feed.context, compression=None) as websocket:

            async def read() -> None:
                while True:
                    take(await websocket.recv(decode=False))

            await websocket.send(subscription(work.channel))
            return await _read_beside(read, began, feed, work, tally)

    return run_asyncio(main)


def aiohttp(_rest: str, feed: Feed, work: Work) -> Measured:
    """Of aiohttp, the client's WebSocket."""
    library = import_module("aiohttp")

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()
        take = our_take(work.channel, began.set, tally)
        async with library.ClientSession() as session, session.ws_connect(feed.url, ssl=feed.context or True) as websocket:

            async def read() -> None:
                async for message in websocket:
                    take(message.data)

            await websocket.send_str(subscription(work.channel))
            return await _read_beside(read, began, feed, work, tally)

    return run_asyncio(main)


def picows(_rest: str, feed: Feed, work: Work) -> Measured:
    """Of picows, the listener, which its transport calls."""
    library = import_module("picows")

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()
        take = our_take(work.channel, began.set, tally)

        class Listener(library.WSListener):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
            def on_ws_frame(self, transport: Any, frame: Any) -> None:
                if frame.msg_type == library.WSMsgType.TEXT:
                    take(frame.get_payload_as_bytes())
                elif frame.msg_type == library.WSMsgType.PING:
                    transport.send_pong(frame.get_payload_as_bytes())

        transport, _ = await library.ws_connect(Listener, feed.url, ssl_context=feed.context)
        transport.send(library.WSMsgType.TEXT, subscription(work.channel).encode())
        await began.wait()
        measured = await work.measure(feed, tally, asyncio.Event)
        transport.disconnect()
        return measured

    return run_asyncio(main)


@attrs.define(eq=False)
class _Reads:
    """An event whose waiting is reading: there is no loop."""

    _read: Callable[[], None]
    _is_set: bool = False

    def set(self) -> None:
        self._is_set = True

    async def wait(self) -> None:
        while not self._is_set:
            self._read()


def blocking(_rest: str, feed: Feed, work: Work) -> Measured:
    """A blocking socket and Seawall's splitter, without any loop: what no client can do better."""
    tally = work.tally()
    with open_bare(feed.url) as bare:

        def read() -> None:
            for message in bare.read():
                take(message)

        began = _Reads(read)
        take = our_take(work.channel, began.set, tally)
        bare.say(subscription(work.channel))

        async def measure() -> Measured:
            def event() -> Event:
                return _Reads(read)

            await began.wait()
            return await work.measure(feed, tally, event)

        return run_steps(measure())


def trio_alone(_rest: str, feed: Feed, work: Work) -> Measured:
    """Trio's word that a socket can be read, and Seawall's splitter: what no client on trio can do better while it sleeps."""

    async def run() -> Measured:
        tally, began = work.tally(), trio.Event()
        take = our_take(work.channel, began.set, tally)
        with trio.fail_after(MAX_S), open_bare(feed.url) as bare:
            bare.say(subscription(work.channel))
            bare.sock.settimeout(0)

            async def read() -> None:
                while True:
                    await trio.lowlevel.wait_readable(bare.sock)
                    for message in bare.read():
                        take(message)

            return await _read_in_trio(read, began, feed, work, tally)

    return trio.run(run)
