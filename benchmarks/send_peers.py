"""How other clients send the order of `benchmarks.send`: each over a connection of its own, answered before the next."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

import attrs
import trio
from benchmarks.bare import open_bare, run_steps
from benchmarks.exchange import ExchangeProcess
from benchmarks.frames import SYMBOL
from benchmarks.send_stamps import Stamps, stamped_sockets
from trio_websocket import wrap_client_stream

from seawall.kraken.client.wire.masking import TextFrames
from seawall.kraken.dialect.times import to_rfc3339

__all__ = ["PRICE", "QTY", "SENDERS", "Each", "Load", "Sent", "Timer", "deadline_ns", "send_bare", "send_with_trio_websocket"]

T = TypeVar("T")

PRICE: Final = "60000.0"
QTY: Final = "0.0001"
WARM_UP: Final = 5
_DEADLINE_NS: Final = 30_000_000_000


@attrs.frozen
class Sent:
    """Per order: the wall's time from the call until it was written, and this process's own until it was answered (us)."""

    until_written_us: list[float]
    cpu_us: float


def deadline_ns() -> int:
    """Half a minute from now: every client sends one."""
    return time.time_ns() + _DEADLINE_NS


@attrs.frozen
class Load:
    """So many orders, and how many of them are sent before the first answer is waited for."""

    orders: int
    at_once: int = 1


Each = Sequence[Callable[[], Awaitable[object]]]


class Timer:
    """Runs orders, and takes their times. `stamps` says when writes were done; without it, when `send` came back."""

    def __init__(self, load: Load, stamps: Stamps | None) -> None:
        self._load = load
        self._stamps = Stamps() if stamps is None else stamps
        self._is_written = stamps is None

    async def run(
        self,
        make: Callable[[], T],
        send: Callable[[T], Awaitable[object]],
        answered: Callable[[], Awaitable[object]] | None = None,
        together: Callable[[Each], Awaitable[object]] | None = None,
    ) -> Sent:
        """`make` makes an order, which takes no part in its time. `send` returns once it is written, and then `answered` is
        awaited; or it returns once it is answered, and then `together` runs several at once.
        """
        load, times_us, cpu_s = self._load, list[float](), 0.0
        for place in range(-WARM_UP, load.orders // load.at_once):
            if place == 0:
                cpu_s = time.process_time()
                times_us.clear()
            orders = [make() for _ in range(load.at_once)]
            times_us += await self._time(orders, send, together)
            if answered is not None:
                for _ in orders:
                    await answered()
        return Sent(times_us, (time.process_time() - cpu_s) / load.orders * 1e6)

    async def _time(
        self,
        orders: Sequence[T],
        send: Callable[[T], Awaitable[object]],
        together: Callable[[Each], Awaitable[object]] | None,
    ) -> list[float]:
        calls_s: list[float] = []
        self._stamps.written_s.clear()

        async def one(order: T) -> None:
            calls_s.append(time.perf_counter())
            await send(order)
            if self._is_written:
                self._stamps.note()

        if together is not None:
            await together([partial(one, order) for order in orders])
        else:
            for order in orders:
                await one(order)
        written_s = self._stamps.written_s
        if len(written_s) != len(calls_s):
            return []  # a ping came between
        return [(written - called) * 1e6 for called, written in zip(calls_s, written_s, strict=True)]


def _order(token: str) -> dict[str, object]:
    """The order, as one would write it: it is made into text by whoever sends it, which is a part of sending."""
    return {
        "order_type": "limit",
        "side": "buy",
        "symbol": SYMBOL,
        "order_qty": float(QTY),
        "limit_price": float(PRICE),
        "time_in_force": "gtc",
        "cl_ord_id": f"{time.perf_counter_ns():x}",
        "deadline": to_rfc3339(deadline_ns(), places=3),
        "token": token,
    }


def _text(order: dict[str, object]) -> str:
    return json.dumps({"method": "add_order", "params": order, "req_id": 1})


async def _answer(receive: Callable[[], Awaitable[Any]]) -> None:
    while (answer := json.loads(await receive())).get("method") != "add_order":
        pass
    assert answer["success"], answer


@attrs.define(eq=False)
class _Stamped(trio.abc.Stream):
    """trio's own sockets write past `stamped_sockets`, so this notes when a write is done."""

    _stream: trio.abc.Stream
    _stamps: Stamps

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)
        self._stamps.note()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


def send_bare(exchange: ExchangeProcess, load: Load) -> Sent:
    """A blocking socket, and frames that were made beforehand: only the kernel takes time."""
    frames = TextFrames()
    with open_bare(exchange.addresses.private) as bare:

        async def send(frame: bytes) -> None:  # noqa: ASYNC910, ASYNC124 - it blocks
            bare.sock.sendall(frame)

        waiting: list[bytes] = []

        async def receive() -> bytes:  # noqa: ASYNC910, ASYNC124 - as above
            while not waiting:
                waiting.extend(bare.read())
            return waiting.pop(0)

        return run_steps(
            Timer(load, None).run(lambda: frames.frame(_text(_order(exchange.token))), send, lambda: _answer(receive))
        )


def send_with_trio_websocket(exchange: ExchangeProcess, load: Load) -> Sent:
    """trio-websocket as it comes."""

    async def run() -> Sent:
        parts, stamps = urlsplit(exchange.addresses.private), Stamps()
        stream = _Stamped(await trio.open_tcp_stream(parts.hostname or "", parts.port or 80), stamps)
        async with trio.open_nursery() as nursery:
            typed: Any = stream  # the library's types are narrower than what it takes: any trio Stream
            websocket = await wrap_client_stream(nursery, typed, parts.netloc, parts.path)
            sent = await Timer(load, stamps).run(
                lambda: _order(exchange.token),
                lambda order: websocket.send_message(_text(order)),
                lambda: _answer(websocket.get_message),
            )
            await websocket.aclose()
        return sent

    return trio.run(run)


def _websockets(exchange: ExchangeProcess, load: Load) -> Sent:
    connect = import_module("websockets.asyncio.client").connect

    async def run(stamps: Stamps) -> Sent:
        async with connect(exchange.addresses.private) as websocket:
            return await Timer(load, stamps).run(
                lambda: _order(exchange.token),
                lambda order: websocket.send(_text(order)),
                lambda: _answer(websocket.recv),
            )

    with stamped_sockets() as stamps:
        return asyncio.run(run(stamps))


def _aiohttp(exchange: ExchangeProcess, load: Load) -> Sent:
    aiohttp = import_module("aiohttp")

    async def run(stamps: Stamps) -> Sent:
        async with aiohttp.ClientSession() as session, session.ws_connect(exchange.addresses.private) as websocket:
            return await Timer(load, stamps).run(
                lambda: _order(exchange.token),
                lambda order: websocket.send_str(_text(order)),
                lambda: _answer(websocket.receive_str),
            )

    with stamped_sockets() as stamps:
        return asyncio.run(run(stamps))


class _Transport(Protocol):
    def send(self, kind: object, message: bytes) -> None: ...

    def disconnect(self) -> None: ...


def _picows(exchange: ExchangeProcess, load: Load) -> Sent:
    picows = import_module("picows")

    async def run() -> Sent:
        frames: asyncio.Queue[bytes] = asyncio.Queue()

        class Listener(picows.WSListener):  # type: ignore[misc,name-defined]  # picows has no types where it is absent
            def on_ws_frame(self, _transport: object, frame: Any) -> None:
                if frame.msg_type == picows.WSMsgType.TEXT:
                    frames.put_nowait(frame.get_payload_as_bytes())

        connected: tuple[_Transport, object] = await picows.ws_connect(Listener, exchange.addresses.private)
        transport = connected[0]

        async def send(order: dict[str, object]) -> None:  # noqa: ASYNC910, ASYNC124 - it writes at once, from C
            transport.send(picows.WSMsgType.TEXT, _text(order).encode())

        sent = await Timer(load, None).run(lambda: _order(exchange.token), send, lambda: _answer(frames.get))
        transport.disconnect()
        return sent

    return asyncio.run(run())


def _kraken_sdk(exchange: ExchangeProcess, load: Load) -> Sent:
    client_of = import_module("kraken.spot").SpotWSClient
    base = exchange.addresses.private.removesuffix("/v2")

    async def run(stamps: Stamps) -> Sent:
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def take(message: dict[str, Any]) -> None:  # noqa: ASYNC910, ASYNC124 - the library's callbacks are coroutines
            if message.get("method") == "add_order":
                answers.put_nowait(message)

        client = client_of(
            key=exchange.credentials.key,
            secret=exchange.credentials.secret,
            callback=take,
            no_public=True,
            rest_url=exchange.addresses.rest,
            auth_ws_url=base,
        )
        client.get_nonce = lambda: str(time.time_ns())  # its milliseconds would come below the nonces of the others
        await client.start()
        sent = await Timer(load, stamps).run(
            lambda: {"method": "add_order", "params": _order(exchange.token), "req_id": 1},
            client.send_message,
            lambda: _taken(answers),
        )
        await client.close()
        return sent

    with stamped_sockets() as stamps:
        return asyncio.run(run(stamps))


async def _taken(answers: "asyncio.Queue[dict[str, Any]]") -> None:
    answer = await answers.get()
    assert answer["success"], answer


def _ccxt(exchange: ExchangeProcess, load: Load) -> Sent:
    module = import_module("ccxt.pro")

    async def run(stamps: Stamps) -> Sent:
        keys = {"apiKey": exchange.credentials.key, "secret": exchange.credentials.secret, "enableRateLimit": False}
        client = module.kraken(keys)
        client.nonce = time.time_ns
        for kind in ("public", "private"):
            client.urls["api"][kind] = exchange.addresses.rest
        client.urls["api"]["ws"]["privateV2"] = exchange.addresses.private
        await client.load_markets()
        await client.authenticate()  # orders that start together would each ask for a token
        # it puts parameters of the caller's beside the order in place of into it: so no client order id, and no deadline
        sent = await Timer(load, stamps).run(
            lambda: (SYMBOL, "limit", "buy", float(QTY), float(PRICE)),
            lambda order: client.create_order_ws(*order),
            together=lambda each: asyncio.gather(*(start() for start in each)),
        )
        await client.close()
        return sent

    with stamped_sockets() as stamps:
        return asyncio.run(run(stamps))


SENDERS: Final[dict[str, Callable[[ExchangeProcess, Load], Sent]]] = {
    "websockets": _websockets,
    "aiohttp": _aiohttp,
    "picows": _picows,
    "python-kraken-sdk": _kraken_sdk,
    "ccxt": _ccxt,
}
"""By the name of the distribution that each needs."""
