"""How long it takes from the call until an order was written to the socket.

    python -m benchmarks.send [--quick] [--json]

Time on the wall, since that is what the order waits; each order is answered before the next. Seawall's goes through its venue:
checked, counted against the exchange's limits, encoded exactly, and its answer awaited; the others write JSON and read the
answer. The exchange is simulated, in a process of its own.
"""

import asyncio
import json
import random
import ssl
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any, Final, cast

import attrs
import trio
from benchmarks.exchange import ExchangeProcess, open_exchange
from benchmarks.frames import SYMBOL
from benchmarks.rounds import Report, installed, run_benchmark, split_cores, take_turns
from benchmarks.rows import rows_of
from trio_websocket import open_websocket_url

from seawall.kraken.client import ClientSettings, open_venue
from seawall.kraken.client.wire.dialling import dial
from seawall.model.orders import Side
from seawall.model.reports import PlaceOrder
from seawall.model.venue import VenueListener

__all__ = ["main"]

PRICE: Final = "60000.0"
QTY: Final = "0.0001"
WARM_UP: Final = 5
DEADLINE_NS: Final = 30_000_000_000


def order_text(token: str) -> str:
    """One order, as one would write it."""
    order = {"order_type": "limit", "side": "buy", "symbol": SYMBOL, "order_qty": float(QTY), "limit_price": float(PRICE)}
    params = {**order, "cl_ord_id": f"{time.perf_counter_ns():x}", "token": token}
    return json.dumps({"method": "add_order", "params": params, "req_id": 1})


@attrs.define(eq=False)
class _Stamped(trio.abc.Stream):
    """Remembers when the last write was done."""

    _stream: trio.abc.Stream
    written_s: float = 0.0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)
        self.written_s = time.perf_counter()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Deaf:
    """A listener of which nothing matters."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_arguments: None


def _seawall(exchange: ExchangeProcess, count: int) -> float:
    streams: list[_Stamped] = []
    times_us: list[float] = []

    async def stamped(url: str, context: ssl.SSLContext) -> trio.abc.Stream:
        stream = _Stamped(await dial(url, context))
        if url == exchange.addresses.private:
            streams.append(stream)
        return stream

    async def run() -> None:
        settings = ClientSettings(addresses=exchange.addresses, credentials=exchange.credentials, tier="pro", goodbye_s=0.1)
        listener = cast("VenueListener", _Deaf())
        async with open_venue(settings, listener, rng=random.Random(1), dial=stamped) as venue:
            with trio.fail_after(10):
                await venue.wait_live()
            (private,) = streams
            for _ in range(count + WARM_UP):
                order = PlaceOrder(
                    client_order_id=f"{time.perf_counter_ns():x}",
                    symbol=SYMBOL,
                    side=Side.BUY,
                    order_type="limit",
                    qty=Decimal(QTY),
                    limit_price=Decimal(PRICE),
                    trigger_price=None,
                    time_in_force="gtc",
                    post_only=False,
                    deadline_ns=venue.now_ns() + DEADLINE_NS,
                )
                called_s = time.perf_counter()
                await venue.place(order, lambda: None)
                times_us.append((private.written_s - called_s) * 1e6)

    trio.run(run)
    return statistics.median(times_us[WARM_UP:])


async def _timed(
    send: Callable[[str], Awaitable[object]], receive: Callable[[], Awaitable[str | bytes]], token: str, count: int
) -> float:
    times_us: list[float] = []
    for _ in range(count + WARM_UP):
        called_s = time.perf_counter()
        await send(order_text(token))
        times_us.append((time.perf_counter() - called_s) * 1e6)
        while (answer := json.loads(await receive())).get("method") != "add_order":
            pass
        assert answer["success"], answer
    return statistics.median(times_us[WARM_UP:])


def _trio_websocket(exchange: ExchangeProcess, count: int) -> float:
    async def run() -> float:
        async with open_websocket_url(exchange.addresses.private) as websocket:
            return await _timed(websocket.send_message, websocket.get_message, exchange.token, count)

    return trio.run(run)


def _websockets(exchange: ExchangeProcess, count: int) -> float:
    connect = import_module("websockets.asyncio.client").connect

    async def run() -> float:
        async with connect(exchange.addresses.private) as websocket:
            return await _timed(websocket.send, websocket.recv, exchange.token, count)

    return asyncio.run(run())


def _aiohttp(exchange: ExchangeProcess, count: int) -> float:
    aiohttp = import_module("aiohttp")

    async def run() -> float:
        async with aiohttp.ClientSession() as session, session.ws_connect(exchange.addresses.private) as websocket:
            receive: Any = websocket.receive_str
            return await _timed(websocket.send_str, receive, exchange.token, count)

    return asyncio.run(run())


SENDERS: Final[dict[str, Callable[[ExchangeProcess, int], float]]] = {"websockets": _websockets, "aiohttp": _aiohttp}


def measure(quick: bool) -> Report:
    """Each client."""
    senders: dict[str, Callable[[ExchangeProcess, int], float]] = {
        "trio-websocket as it comes": _trio_websocket,
        "seawall": _seawall,
    }
    senders |= {name: send for name, send in SENDERS.items() if installed(name)}
    with open_exchange(10, split_cores()) as exchange:
        cases = {name: partial(send, exchange, 5 if quick else 80) for name, send in senders.items()}
        values = take_turns(cases, 1 if quick else 7)
    return Report(rows_of("one order", "from the call until it is written, p50", "us", values))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("send", "What one order costs until it is written.", ["trio-websocket", *SENDERS], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
