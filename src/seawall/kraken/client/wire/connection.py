"""One WebSocket connection: upgraded, read, written, closed; nothing of it is left afterwards."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Final
from urllib.parse import urlsplit

import attrs
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection, wrap_client_stream
from wsproto.utilities import ProtocolError

from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.wire.splitter import FrameSplitter
from seawall.kraken.client.wire.tap import FrameTap, Receive
from seawall.model.errors import NotSent, Unavailable

__all__ = ["Connection", "ConnectionLost", "UpgradeRefused", "open_connection"]

_USER_AGENT: Final = (b"User-Agent", b"seawall")
_CLOSE_S: Final = 1.0


class ConnectionLost(Unavailable):
    """The connection broke, or the peer closed it."""


class UpgradeRefused(Unavailable):
    """The server answered the WebSocket upgrade with an HTTP status that says no."""

    def __init__(self, status: int, *, url: str = "a socket", retry_after_s: float | None = None) -> None:
        super().__init__(f"the upgrade of {url} was answered with HTTP {status}", retry_after_s=retry_after_s)
        self.status = status


@attrs.frozen(eq=False)
class Connection:
    """A connection that serves; leave its block to end it."""

    _tap: FrameTap

    def leave(self) -> None:
        """Send and receive no more messages from now on; the caller leaves the block next."""
        self._tap.leave()

    async def send(self, text: str, sending: Sending = nothing) -> None:
        """Write one message. `sending` is called just before its first byte.

        Raises `NotSent` when the connection had ended before that, `ConnectionLost` when it broke afterwards.
        Cancellation before the first byte leaves nothing; afterwards the message is written all the same.
        """
        begun = False

        def begin() -> None:
            nonlocal begun
            begun = True
            sending()

        try:
            await self._tap.send_text(text, begin)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            if begun:
                raise ConnectionLost(f"it broke while writing: {error}") from error
            raise NotSent("the connection had ended") from error

    async def say(self, text: str, sending: Sending = nothing) -> None:
        """As `send`, for tasks of the connection's own: when it has ended, its reader says why, and ends them too."""
        try:
            await self.send(text, sending)
        except (NotSent, ConnectionLost):
            await trio.sleep_forever()


@contextlib.asynccontextmanager
async def open_connection(
    stream: trio.abc.Stream,
    url: str,
    receive: Receive,
    lost: Callable[[], None],
    *,
    write_s: float,
    goodbye_s: float,
    max_message_bytes: int,
    busy_poll: bool = False,
) -> AsyncGenerator[Connection, None]:
    """Upgrade `stream`, and give `receive` every message until the block is left. The stream is closed in any case.

    `lost` is called the moment the connection is seen to have ended, before anything is awaited. With `busy_poll` the
    reader never sleeps, as `FrameTap` has it.
    Raises `UpgradeRefused`, and `ConnectionLost` (in a group once the block was entered) when the connection ends by
    itself. What `receive` raises comes out as it is: it is a bug of ours, and no failure of the network.
    """
    tap = FrameTap(stream, receive, lost, write_s, FrameSplitter(max_message_bytes), busy_poll)
    reader = _Reader(tap, url)
    try:
        async with trio.open_nursery() as nursery:
            websocket = await nursery.start(reader.run)
            try:
                yield Connection(tap)
            except Exception:
                tap.end()  # it failed: there is nobody to take leave of, and no time to lose before the next dial
                raise
            finally:
                reader.leaving = True
                tap.leave()
                if not tap.ended.is_set():
                    with trio.move_on_after(goodbye_s, shield=True):
                        await _say_goodbye(websocket)
                reader.stop()
    finally:
        with trio.move_on_after(_CLOSE_S, shield=True):
            await trio.aclose_forcefully(stream)


async def _say_goodbye(websocket: WebSocketConnection) -> None:
    # what fails here had ended, or ends now: there is nobody to take leave of
    with contextlib.suppress(ConnectionClosed, ProtocolError, OSError, trio.BrokenResourceError, trio.ClosedResourceError):
        await websocket.aclose()


@attrs.define(eq=False)
class _Reader:
    """trio-websocket's reader in a nursery of its own, so that whatever it dies of costs this connection alone.

    It is shielded while the connection serves: a goodbye needs somebody who reads the reply.
    """

    _tap: FrameTap
    _url: str
    leaving: bool = attrs.field(default=False, init=False)
    _life: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)

    def stop(self) -> None:
        # It stays shielded, so that this is the only cancellation it sees, and what it has to say is still said.
        self._life.cancel(reason="the connection's block was left")

    async def run(self, *, task_status: trio.TaskStatus[WebSocketConnection]) -> None:
        parts = urlsplit(self._url)
        failures: list[Exception] = []
        websocket: WebSocketConnection | None = None
        with self._life:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._watch)
                    websocket = await wrap_client_stream(
                        nursery,
                        self._tap,  # type: ignore[arg-type]  # typed narrower than what it takes: any trio Stream
                        parts.netloc.rpartition("@")[2],
                        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                        extra_headers=[_USER_AGENT],
                    )
                    self._life.shield = True
                    task_status.started(websocket)
            except* Exception as group:  # noqa: BLE001 - every leaf is told below, as what the peer did or as our bug
                failures.extend(_leaves(group))
        if self._tap.bug is not None or not self.leaving:
            raise self._reason(failures, websocket)

    async def _watch(self) -> None:
        """End the nursery with the stream: the library's reader leaves silently, and whoever waits for it waits for ever."""
        await self._tap.ended.wait()
        raise _Ended

    def _reason(self, failures: list[Exception], websocket: WebSocketConnection | None) -> Exception:
        if self._tap.bug is not None:
            return self._tap.bug
        for failure in failures:
            if isinstance(failure, ConnectionRejected):
                return _refused(failure, self._url)
        if self._tap.fault is not None:
            return ConnectionLost(f"the peer sent {self._tap.fault}")
        told = [_root(failure) for failure in failures if not isinstance(failure, _Ended)]
        if told and websocket is None:
            return ConnectionLost(f"the upgrade was answered with something else: {'; '.join(told)}")
        if told:
            return ConnectionLost("; ".join(told))
        if websocket is None:
            return ConnectionLost("the peer closed before it answered the upgrade")
        closed = websocket.closed
        if closed is None or closed.code == 1006:
            return ConnectionLost("the peer is gone without a close frame")
        return ConnectionLost(f"the peer closed with code {closed.code} {closed.reason or ''}".rstrip())


class _Ended(Exception):
    """The stream has ended."""


def _leaves(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    found: list[Exception] = []
    for error in group.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


def _refused(rejected: ConnectionRejected, url: str) -> UpgradeRefused:
    seconds = None
    for name, value in rejected.headers or ():
        if name.lower() == b"retry-after" and value.isdigit() and len(value) < 6:
            seconds = float(value)
    return UpgradeRefused(rejected.status_code, url=url, retry_after_s=seconds)


def _root(failure: BaseException) -> str:
    """What began it: trio-websocket 0.12.2 answers an answer that is none, which h11 does not let it, and raises that."""
    while isinstance(failure.__context__, Exception):
        failure = failure.__context__
    return f"{type(failure).__name__}: {failure}"
