"""The places at which a process may be ended: every write of its journal, and every request that it sends.

A place is named by what is done there and how often it was done before, so that one run's places are the next one's,
whatever the threads do in between. The seams here stand around what the engine is handed, and name each place as it is reached.
"""

import json
import os
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, Final

import attrs
import httpx
import sqlalchemy as sa

from seawall.journal.place import Append, Batches, Database
from seawall.kraken.client.wire.dialling import Dial
from seawall.kraken.client.wire.dialling import dial as dial_tcp
from seawall.kraken.client.wire.streams import Data, PromptStream

__all__ = ["Places", "WatchedDatabase", "WatchedTransport", "watched_dial"]

_ORDER_DIGITS: Final = 7
"""The end of a client order id: the order's number in its run."""


@attrs.define(eq=False)
class Places:
    """Notes each place as the process comes to it; at `fatal` the process ends, by the signal that nothing survives."""

    fatal: str | None = None
    reached: list[str] = attrs.field(factory=list)
    _seen: Counter[str] = attrs.field(factory=Counter[str])
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def reach(self, what: str) -> None:
        """The process is at the next place of this name."""
        with self._lock:
            self._seen[what] += 1
            place = f"{what}, {self._seen[what]}"
            self.reached.append(place)
            if place == self.fatal:
                os.kill(os.getpid(), signal.SIGKILL)


@attrs.frozen
class WatchedDatabase:
    """A journal's database that writes one record at a time, and names the places before, within and after each write."""

    inner: Database
    places: Places

    @property
    def name(self) -> str:
        return self.inner.name

    @contextmanager
    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> Generator[sa.Connection, None, None]:
        self.places.reach("journal: before it is opened")
        with self.inner.opened(now_ns=now_ns, rng=rng) as connection:
            self.places.reach("journal: made, and not yet this run's")
            yield connection
            self.places.reach("journal: before it is closed")

    def reading(self) -> Any:  # Any: a context manager of the inner's
        return self.inner.reading()

    def appender(self, connection: sa.Connection, run: int) -> Append:
        self.places.reach("journal: this run's")
        append = _WatchedAppend(self.inner.appender(connection, run), self.places)
        append.watch_commits(connection)
        return append


@attrs.define(eq=False)
class _WatchedAppend:
    """Writes each record by a commit of its own: between any two there is a place to die, however they came."""

    inner: Append
    places: Places
    _what: str = ""

    def watch_commits(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection  # Any: each driver has a class of its own
            driver.set_trace_callback(lambda statement: self._committing() if statement == "COMMIT" else None)
        else:
            sa.event.listen(connection, "commit", lambda _: self._committing())

    def __call__(self, batches: Batches, *, durable: bool) -> None:
        rows = [(table, row) for table, rows in batches.items() for row in rows]
        for table, row in sorted(rows, key=lambda each: int(each[1][0] or 0)):
            self._what = _record_in_words(table, row)
            self.places.reach(f"{self._what}: before it is written")
            self.inner({table: [row]}, durable=durable)
            self.places.reach(f"{self._what}: written, and nobody told")

    def _committing(self) -> None:
        self.places.reach(f"{self._what}: before it is committed")


def _record_in_words(table: sa.Table, row: tuple[str | int | None, ...]) -> str:
    values = dict(zip(table.columns.keys(), row, strict=True))
    about = f"journal: {table.name}"
    if values.get("client_order_id") is not None:
        about += f" of order {_number(str(values['client_order_id']))}"
    return f"{about} {values.get('state') or values.get('kind') or ''}".rstrip()


def _number(name: str) -> int | str:
    """The order's number in its run; another hand's has none, and an id of the exchange's that is another one each time."""
    return "claimed" if "-" in name else int(name[-_ORDER_DIGITS:], 36)


def watched_dial(places: Places, name_of: Callable[[str], str | None]) -> Dial:
    """Dials as ever, and names a place before, within and after each request that a socket sends.

    `name_of` names the socket of a URL; what has none is refused.
    """

    async def dial(url: str, context: ssl.SSLContext) -> PromptStream:
        name = name_of(url)
        if name is None:
            raise OSError(f"{url}: refused by the test")
        return _WatchedStream(await dial_tcp(url, context), places, name)

    return dial


class _WatchedStream(PromptStream):
    """Each text frame goes in two halves."""

    def __init__(self, inner: PromptStream, places: Places, name: str) -> None:
        self._inner = inner
        self._places = places
        self._name = name

    def receive_nowait(self) -> bytes | None:
        return self._inner.receive_nowait()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return bytes(await self._inner.receive_some(max_bytes))

    def send_nowait(self, data: Data) -> bool:
        what = _request_in_words(bytes(data))
        if what is None:
            return self._inner.send_nowait(data)
        self._places.reach(f"{self._name}: {what}: before its first byte")
        self._inner.send_nowait(data[: len(data) // 2])
        self._places.reach(f"{self._name}: {what}: half of it sent")
        gone = self._inner.send_nowait(data[len(data) // 2 :])
        self._places.reach(f"{self._name}: {what}: after its last byte")
        return gone

    async def flush(self) -> None:
        await self._inner.flush()

    async def send_all(self, data: Data) -> None:
        if not self.send_nowait(data):
            await self.flush()

    async def wait_send_all_might_not_block(self) -> None:
        await self._inner.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _request_in_words(frame: bytes) -> str | None:
    """What a client's frame asks for (RFC 6455, section 5.2); None for what comes by the clock, or is no request."""
    if frame.startswith(b"GET "):
        return "handshake"
    if frame[0] != 0x81:  # not one whole text
        return None
    size, at = frame[1] & 0x7F, 2
    at += {126: 2, 127: 8}.get(size, 0)
    key, masked = frame[at : at + 4], frame[at + 4 :]
    request = json.loads(bytes(byte ^ key[place % 4] for place, byte in enumerate(masked)))
    params = request.get("params", {})
    match request["method"]:
        case "ping":
            return None
        case "subscribe" | "unsubscribe":
            return f"{request['method']} {params['channel']}"
        case "add_order" | "amend_order":
            return f"{request['method']} {_number(params.get('cl_ord_id') or params['order_id'])}"
        case "cancel_order":
            names = [*params.get("cl_ord_id", ()), *params.get("order_id", ())]
            return f"cancel_order {' '.join(str(_number(each)) for each in names)}"
        case "cancel_all_orders_after":
            return f"cancel_all_orders_after {params['timeout']}"
    return str(request["method"])


class WatchedTransport(httpx.AsyncBaseTransport):
    """Sends as ever, and names a place before the first byte of a request, after its head, and after its last byte."""

    def __init__(self, places: Places) -> None:
        self._inner = httpx.AsyncHTTPTransport(trust_env=False)
        self._places = places

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("BalanceEx"):
            return await self._inner.handle_async_request(request)  # comes by the clock, and changes nothing
        told = request.extensions["trace"]
        what = f"REST: {request.url.path.rpartition('/')[2]}"

        async def trace(event: str, details: Mapping[str, object]) -> None:
            await told(event, details)
            match event.partition(".")[2]:
                case "send_request_headers.started":
                    self._places.reach(f"{what}: before its first byte")
                case "send_request_body.started":
                    self._places.reach(f"{what}: its head sent")
                case "send_request_body.complete":
                    self._places.reach(f"{what}: after its last byte")

        request.extensions = {**request.extensions, "trace": trace}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
