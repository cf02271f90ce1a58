"""Everything that listens: four addresses, the connections behind them, and how they end."""

import random
import struct
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs
import trio
from wsproto.utilities import RemoteProtocolError

from seawall.sim.exchange.events import Event, StatusChanged
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.faults import AnswerFault, Faults, SocketSwitches
from seawall.sim.feeds.frames import status_frame
from seawall.sim.requests import Request, RequestLog
from seawall.sim.server.http import HttpRequest, Upgrade, serve_http, swallow
from seawall.sim.server.outbox import Outbox
from seawall.sim.server.raw import CLOSE, raw_frame
from seawall.sim.server.rest import Rest
from seawall.sim.server.session import Asked, Session
from seawall.sim.server.socket import GOING_AWAY, Socket, refuse_upgrade, upgrade
from seawall.sim.server.subscriptions import Feeds
from seawall.sim.server.tokens import Tokens
from seawall.sim.settings import Door, SimSettings

__all__ = ["DoorStatistics", "Doors"]

BUDGET_WINDOW_S: Final = 600.0


@attrs.frozen
class DoorStatistics:
    """Counts since the start."""

    connections: int
    sockets_open: int
    handshakes_refused: int


@attrs.define(eq=False)
class Doors:
    """Serves every connection. `followed` and `kick` are told of changed subscriptions and of requests carried out.

    `listeners` are told of each connection as it is made, with the door it came to and its number.
    """

    settings: SimSettings
    exchange: Exchange
    feeds: Feeds
    tokens: Tokens
    rest: Rest
    faults: Faults
    log: RequestLog
    rng: random.Random
    followed: Callable[[], None]
    kick: Callable[[], None]
    sockets: dict[int, tuple[Door, Socket]] = attrs.field(factory=dict)
    listeners: list[Callable[[Door, int], None]] = attrs.field(factory=list)
    _connections: int = 0
    _refused: int = 0
    _handshakes: deque[float] = attrs.field(factory=deque)
    _banned_until_s: float = 0.0

    def __attrs_post_init__(self) -> None:
        key = self.rest.key
        switches = SocketSwitches(
            self._cut,
            self._say,
            self._throw,
            self.tokens.expire_all,
            key.use,
            lambda: key.nonce,
        )
        self.faults.bind(switches)
        self.exchange.listen(self._hear)

    def statistics(self) -> DoorStatistics:
        """Counts since the start."""
        return DoorStatistics(self._connections, len(self.sockets), self._refused)

    async def serve(self, door: Door, stream: trio.abc.Stream) -> None:
        """Serve one connection from its first byte to its last."""
        self._connections += 1
        number = self._connections
        for listener in self.listeners:
            listener(door, number)
        try:
            if self.faults.refuse_connections:
                return
            turned = await serve_http(
                stream,
                lambda request: self.rest.answer(request, number),
                silent=lambda: self._silent(door),
                hangs_up=lambda: self.faults.rest_hangs_up,
            )
            if turned is not None:
                await self._serve_socket(door, stream, turned, number)
        except trio.BrokenResourceError:
            # The client went away in the middle of something: at an exchange that is every day.
            pass
        finally:
            # By force: a TLS goodbye could wait for a client that is gone.
            await trio.aclose_forcefully(stream)

    async def room(self) -> None:
        """Wait until every reader has caught up to half of its queue."""
        for _, socket in tuple(self.sockets.values()):
            await socket.session.outbox.room()
        await trio.lowlevel.checkpoint()

    async def say_goodbye(self) -> None:
        """Send every socket a close frame."""
        for _, socket in tuple(self.sockets.values()):
            await socket.goodbye()

    async def _serve_socket(self, door: Door, stream: trio.abc.Stream, turned: Upgrade, number: int) -> None:
        if self._silent(door) or self.faults.handshakes_hang:
            # Whoever waits for the answer is heard leaving; nothing else is.
            await swallow(stream)
            return
        path = turned.request.target.partition("?")[0]
        try:
            wire = upgrade(list(turned.request.headers), turned.request.target, turned.trailing)
        except RemoteProtocolError:
            return
        status = self._refusal_of(path)
        if status is not None:
            self._refused += 1
            await refuse_upgrade(stream, wire, status)
            return
        session = self._session(_door_of(door, turned.request), number)
        socket = Socket(
            stream,
            wire,
            session,
            self.settings.heartbeat_s,
            self.settings.idle_close_s,
            silent=lambda: self._silent(session.door),
            seen=lambda asked: self._seen(session, asked),
            carried_out=self.kick,
            goodbye_in_place=lambda: self.faults.goodbye,
            accepts_wrongly=self.faults.wrong_accept,
        )
        self.sockets[number] = (session.door, socket)
        if self.faults.close_at_once:
            session.outbox.put(raw_frame(struct.pack("!H", GOING_AWAY), CLOSE))
            session.outbox.put(b"")
        try:
            await socket.serve(status_frame(self.exchange.status, session.connection_id))
        finally:
            del self.sockets[number]
            session.leave()
            self.followed()

    def _session(self, door: Door, number: int) -> Session:
        return Session(
            door,
            number,
            self.exchange.floor.ids.connection(),
            self.exchange,
            self.feeds,
            self.tokens,
            Outbox(self.settings.outbox_frames),
            self.settings.answer_order,
            self.rng,
            self.followed,
            self.rest.key,
            self.faults.dress,
            self.faults.frames.carry,
        )

    def _refusal_of(self, path: str) -> int | None:
        """The HTTP status that refuses a handshake; None when it is taken. Every attempt counts against the budget
        (docs.kraken.com/api/docs/guides/spot-ws-intro).
        """
        now_s = trio.current_time()
        self._handshakes.append(now_s)
        while self._handshakes[0] <= now_s - BUDGET_WINDOW_S:
            self._handshakes.popleft()
        budget = self.settings.connection_budget
        if budget is not None and len(self._handshakes) > budget:
            self._banned_until_s = now_s + BUDGET_WINDOW_S
        if now_s < self._banned_until_s:
            return 429
        if self.faults.handshake_status is not None:
            return self.faults.handshake_status
        return None if path.rstrip("/").endswith("/v2") else 404

    def _seen(self, session: Session, asked: Asked) -> AnswerFault | None:
        said = {name: value for name, value in asked.params.items() if name != "token"}
        self.log.add(Request(session.door, asked.method, said, asked.arrived_ns, session.number))
        return self.faults.take_answer(asked.method, session.door)

    def _silent(self, door: Door) -> bool:
        return door in self.faults.silent

    def _cut(self, door: Door | None) -> int:
        chosen = [socket for at, socket in tuple(self.sockets.values()) if door is None or at is door]
        for socket in chosen:
            socket.cut()
        return len(chosen)

    def _throw(self, door: Door | None, data: bytes, then_end: bool) -> int:
        chosen = [socket for at, socket in tuple(self.sockets.values()) if door is None or at is door]
        for socket in chosen:
            if data:
                socket.session.outbox.put(data)
            if then_end:
                socket.session.outbox.put(b"")
        return len(chosen)

    def _say(self, door: Door | None, text: str) -> None:
        for at, socket in tuple(self.sockets.values()):
            if door is None or at is door:
                socket.session.send(text)

    def _hear(self, event: Event) -> None:
        if isinstance(event, StatusChanged):
            for _, socket in tuple(self.sockets.values()):
                socket.session.send(status_frame(event.status, socket.session.connection_id))


def _door_of(door: Door, request: HttpRequest) -> Door:
    """Which socket is meant: the socket addresses say so themselves; on REST's, /private/v2 and /level3/v2 do."""
    if door is not Door.REST:
        return door
    named = request.target.split("/")[1]
    return Door(named) if named in {Door.PRIVATE, Door.LEVEL3} else Door.PUBLIC
