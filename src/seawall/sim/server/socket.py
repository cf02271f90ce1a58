"""The bytes of one WebSocket connection: wsproto between a stream and a session.

wsproto rather than a library with sockets of its own: silence, garbage and a cut in the middle must be as easy to make
as a proper conversation.
"""

import re
from collections.abc import Callable
from typing import Final

import attrs
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, RejectConnection, RejectData, Request, TextMessage
from wsproto.utilities import RemoteProtocolError

from seawall.sim.faults import Answered, AnswerFault
from seawall.sim.feeds.frames import HEARTBEAT
from seawall.sim.server.http import swallow
from seawall.sim.server.raw import raw_frame
from seawall.sim.server.session import Asked, Session

__all__ = ["GOING_AWAY", "NOT_JSON", "Socket", "refuse_upgrade", "upgrade"]

NOT_JSON: Final = "CloudFlare WebSocket proxy restarting"
"""Seen as a frame just before a drop."""

CHUNK: Final = 65_536

SLOW_READER: Final = 1008
GOING_AWAY: Final = 1001


def upgrade(headers: list[tuple[bytes, bytes]], target: str, trailing: bytes) -> WSConnection:
    """A server's side of a handshake whose request was read already. Raises `RemoteProtocolError` for a bad one."""
    wire = WSConnection(ConnectionType.SERVER)
    wire.initiate_upgrade_connection(headers, target)
    if trailing:
        wire.receive_data(trailing)
    return wire


_ACCEPT: Final = re.compile(rb"(sec-websocket-accept: *)[^\r]+", re.IGNORECASE)

_WHILE_OPEN: Final = frozenset({ConnectionState.OPEN})
_MAY_SEND: Final = {
    AcceptConnection: frozenset({ConnectionState.CONNECTING}),
    CloseConnection: frozenset({ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING}),
}
"""Once the peer has said goodbye, only the answer to that may still be sent."""


async def refuse_upgrade(stream: trio.abc.Stream, wire: WSConnection, status: int) -> None:
    """Answer a handshake with an HTTP status."""
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    data = wire.send(RejectConnection(status_code=status, headers=headers, has_body=True))
    data += wire.send(RejectData(data=b"refused\n"))
    await stream.send_all(data)


@attrs.define(eq=False)
class Socket:
    """One open connection. `silent` says whether bytes may leave now; `seen` notes each request and plans its fate."""

    stream: trio.abc.Stream
    wire: WSConnection
    session: Session
    heartbeat_s: float
    idle_close_s: float
    silent: Callable[[], bool]
    seen: Callable[[Asked], AnswerFault | None]
    carried_out: Callable[[], None]
    """Called after each request: timers may have changed."""
    goodbye_in_place: Callable[[], bytes | None] = lambda: None
    """What is sent in place of the answer to a close frame; None is the answer."""
    accepts_wrongly: bool = False
    _life: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _heard_s: float = 0.0
    _wrote_s: float = 0.0
    _sending: trio.Lock = attrs.field(factory=trio.Lock)
    _partial: list[str] = attrs.field(factory=list)

    async def serve(self, hello: str) -> None:
        """Serve until either side ends it. The stream is the caller's to close."""
        self._heard_s = trio.current_time()
        with self._life:
            await self._accept()
            self.session.send(hello)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, name=f"sim socket {self.session.number} writer")
                nursery.start_soon(self._beat, name=f"sim socket {self.session.number} heartbeat")
                nursery.start_soon(self._watch, name=f"sim socket {self.session.number} idle watch")
                nursery.start_soon(self._drop_slow_reader, name=f"sim socket {self.session.number} queue watch")
                await self._read(nursery)
                nursery.cancel_scope.cancel()

    async def _accept(self) -> None:
        if not self.accepts_wrongly:
            await self._send(AcceptConnection())
            return
        data = self.wire.send(AcceptConnection())
        await self._send_raw(_ACCEPT.sub(rb"\1AAAAAAAAAAAAAAAAAAAAAAAAAAA=", data))

    def cut(self) -> None:
        """End the connection without a goodbye."""
        self._life.cancel()

    async def goodbye(self) -> None:
        """Send a close frame, if the connection is still fit for one; does not wait for the answer."""
        if self.wire.state is ConnectionState.OPEN:
            await self._send(CloseConnection(code=GOING_AWAY, reason="the simulator closes"))

    async def _read(self, nursery: trio.Nursery) -> None:
        while True:
            try:
                for event in self.wire.events():
                    if not await self._take(event, nursery):
                        return
                data = await self.stream.receive_some(CHUNK)
                self.wire.receive_data(bytes(data) if data else None)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return
            except RemoteProtocolError as error:
                if error.event_hint is not None:
                    await self._send(error.event_hint)
                return

    async def _take(self, event: Event, nursery: trio.Nursery) -> bool:
        """Handle one event; False when the connection is over."""
        match event:
            case TextMessage():
                self._heard_s = trio.current_time()
                return await self._take_text(event, nursery)
            case Ping():
                self._heard_s = trio.current_time()
                await self._send(event.response())
            case CloseConnection() if (said := self.goodbye_in_place()) is not None:
                await self._send_raw(said)
                await swallow(self.stream)
                return False
            case CloseConnection():
                if self.wire.state is ConnectionState.REMOTE_CLOSING:
                    await self._send(event.response())
                return False
            case Request():
                pass
        return True

    async def _take_text(self, event: TextMessage, nursery: trio.Nursery) -> bool:
        self._partial.append(event.data)
        if not event.message_finished:
            return True
        text = "".join(self._partial)
        self._partial.clear()
        asked = self.session.read(text)
        if asked is None:
            return True
        fault = self.seen(asked)
        if fault is None:
            self._carry_out(asked)
            return True
        if fault.delay_s:
            nursery.start_soon(self._later, asked, fault, name=f"sim socket {self.session.number} late {asked.method}")
            return True
        return await self._spoil(asked, fault)

    def _carry_out(self, asked: Asked, *, muted: bool = False) -> None:
        self.session.carry_out(asked, muted=muted)
        self.carried_out()

    async def _later(self, asked: Asked, fault: AnswerFault) -> None:
        await trio.sleep(fault.delay_s)
        if not await self._spoil(asked, fault):
            self.cut()

    async def _spoil(self, asked: Asked, fault: AnswerFault) -> bool:
        """Handle a request with a fault; False when the connection is over."""
        as_usual = fault.answered is Answered.AS_USUAL
        if fault.carried_out:
            self._carry_out(asked, muted=not as_usual)
        match fault.answered:
            case Answered.REFUSED:
                self.session.refuse(asked, fault.error)
            case Answered.GARBAGE:
                self.session.send(NOT_JSON)
            case Answered.TRUNCATED:
                self.session.send(_half_an_answer(asked))
            case Answered.HALF | Answered.TRICKLE:
                whole = raw_frame(_half_an_answer(asked).encode())
                await self._send_raw(whole[: len(whole) // 2])
                return False
            case Answered.BAD_GATEWAY | Answered.SERVER_ERROR:
                await self._send(TextMessage(data=NOT_JSON))
                return False
            case Answered.CUT:
                return False
            case _:
                pass
        return True

    async def _write(self) -> None:
        """Send what is queued; what is queued together, in one write."""
        while True:
            frames = await self.session.outbox.take()
            await self._take_turn()
            try:
                await self._push_all(frames)
            finally:
                self._sending.release()
            self._wrote_s = trio.current_time()

    async def _push_all(self, frames: tuple[str | bytes, ...]) -> None:
        data = bytearray()
        for frame in frames:
            if isinstance(frame, str):
                if self.wire.state is ConnectionState.OPEN:
                    data += raw_frame(frame.encode())
            elif frame:
                data += frame
            else:
                await self._push(bytes(data))
                self.cut()
                return
        await self._push(bytes(data))

    async def _beat(self) -> None:
        """Send a heartbeat where nothing was written for a while."""
        self._wrote_s = trio.current_time()
        while True:
            await trio.sleep(max(0.0, self._wrote_s + self.heartbeat_s - trio.current_time()))
            if self._wrote_s + self.heartbeat_s <= trio.current_time():
                self._wrote_s = trio.current_time()
                if self.session.subscribed:
                    await self._send(TextMessage(data=HEARTBEAT))

    async def _watch(self) -> None:
        """Close a connection from which nothing came for too long, or a private one that follows nothing for as long."""
        kept_s = trio.current_time()
        while (due_s := min(self._heard_s, kept_s) + self.idle_close_s) > (now_s := trio.current_time()):
            await trio.sleep(due_s - now_s)
            kept_s = trio.current_time() if self.session.kept else kept_s
        await self._send(CloseConnection(code=GOING_AWAY, reason="idle"))
        self.cut()

    async def _drop_slow_reader(self) -> None:
        """End a connection whose queue ran over; its stream is probably stuck, so a goodbye is only tried."""
        await self.session.outbox.overflowed.wait()
        with trio.move_on_after(self.heartbeat_s):
            await self._send(CloseConnection(code=SLOW_READER, reason="too slow a reader"))
        self.cut()

    async def _send(self, event: Event) -> None:
        await self._take_turn()
        try:
            if self.wire.state in _MAY_SEND.get(type(event), _WHILE_OPEN):
                await self._push(self.wire.send(event))
        finally:
            self._sending.release()

    async def _send_raw(self, data: bytes) -> None:
        """Send bytes beneath WebSocket."""
        await self._take_turn()
        try:
            await self._push(data)
        finally:
            self._sending.release()

    async def _take_turn(self) -> None:
        """Wait until nobody else sends; at once, without a pass of trio's loop, when nobody does."""
        try:
            self._sending.acquire_nowait()
        except trio.WouldBlock:
            await self._sending.acquire()

    async def _push(self, data: bytes) -> None:
        if not data or self.silent():
            return
        try:
            await self.stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._life.cancel()


def _half_an_answer(asked: Asked) -> str:
    req_id = "" if asked.req_id is None else f'"req_id":{asked.req_id},'
    return f'{{"method":"{asked.method}",{req_id}"success":true,"result":{{"order'
