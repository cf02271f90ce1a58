"""One side of one connection, as its process has it: what the system's socket would be."""

import errno
import math
import os
from collections.abc import Callable
from typing import Protocol

import attrs
import trio

from seawall.sim.world.hosts import Host, HostDied
from seawall.sim.world.net.flow import Flow

__all__ = ["Address", "End", "Witness", "broken"]

Address = tuple[str, int]


def broken(number: int) -> OSError:
    """The error that the system has for this number."""
    return OSError(number, os.strerror(number))


class Witness(Protocol):
    """Who is told what becomes of connections, and knows who may answer on them."""

    def sent(self, end: "End", size: int, due_s: float) -> None:
        """Bytes have left."""

    def closed(self, end: "End") -> None:
        """This side has closed, or its process is no more."""

    def answers(self, end: "End") -> bool:
        """Whether the machine of this side, whose socket is gone, would answer that it is."""
        ...


@attrs.define(eq=False)
class End:
    """Reads and writes at once, or raises BlockingIOError, as a socket that never blocks.

    `inbound` is what the other side sends, `outbound` what this one does. `peer` is the other side; both are made before either
    is used.
    """

    host: Host
    number: int
    """Of the connection, from 1 on."""
    local: Address
    remote: Address
    inbound: Flow
    outbound: Flow
    _now_s: Callable[[], float]
    _witness: Witness
    _descriptor: int
    peer: "End" = attrs.field(init=False)
    gone: bool = attrs.field(default=False, init=False)
    """Whether this side is closed."""
    shut: bool = attrs.field(default=False, init=False)
    """Whether it has said that it will send no more."""

    def __repr__(self) -> str:
        return f"<End of connection {self.number} at {self.host.name}{', closed' if self.gone else ''}>"

    def fileno(self) -> int:
        """A number that no descriptor of the system has; -1 once it is closed."""
        return -1 if self.gone else self._descriptor

    @property
    def readable(self) -> bool:
        """Whether a read would say something at once: bytes, the end, or what broke."""
        return self.inbound.due_s <= self._now_s()

    @property
    def writable(self) -> bool:
        """Whether a write would take a byte at once, or say what broke."""
        return self.outbound.room > 0 or self.inbound.reset_s <= self._now_s()

    def recv(self, limit: int) -> bytes:
        """Take what has arrived; b'' at the end. Raises BlockingIOError, ConnectionResetError."""
        self._check()
        data = self.inbound.read(self._now_s(), limit)
        if data is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.host.io("recv")
        return data

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Hand over as much as there is room for. Raises BlockingIOError, ConnectionResetError, BrokenPipeError."""
        self._check()
        now_s, flow = self._now_s(), self.outbound
        if self.inbound.reset_s <= now_s:
            raise broken(errno.ECONNRESET)
        if self.shut:
            raise broken(errno.EPIPE)
        room = flow.room
        if not room:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.host.io("send")
        taken = bytes(data[:room]) if len(data) > room else bytes(data)
        if flow.link.lost:
            self.silence()
        due_s = flow.send(now_s, taken)
        self._witness.sent(self, len(taken), due_s)
        if self.peer.gone:
            self._hear_of_the_peer(due_s, now_s)
        self.host.io("sent")
        return len(taken)

    async def wait_readable(self) -> None:
        """Return when `readable`. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        if self.readable:
            await trio.lowlevel.checkpoint()
        while not self.readable:
            self._check()
            await self.inbound.reader.until(self.inbound.due_s)

    async def wait_writable(self) -> None:
        """Return when `writable`. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        if self.writable:
            await trio.lowlevel.checkpoint()
        while not self.writable:
            self._check()
            await self.outbound.writer.until(self.inbound.reset_s)

    def shutdown(self) -> None:
        """Send no more, and say so."""
        self._check()
        self.shut = True
        self.outbound.end(self._now_s())

    def close(self) -> None:
        """Close this side: the other one reads to the end, or is reset if it sent what nobody has read."""
        if not self.gone:
            self.leave(trio.ClosedResourceError("this socket is closed"))

    def leave(self, error: BaseException, *, quietly: bool = False) -> None:
        """This side is no more; who waits here gets `error`. `quietly`: without a word to the other one."""
        now_s = self._now_s()
        self.gone = True
        unread_s = self.inbound.due_s if self.inbound.waiting else math.inf
        self.inbound.clear()
        if not quietly and not self.outbound.silent:
            if unread_s > now_s:
                self.outbound.end(now_s)
            if unread_s != math.inf:
                self._reset_peer(max(now_s, unread_s))
        self.inbound.link.drop(self.inbound)
        self.inbound.reader.wake(error)
        self.outbound.writer.wake(error)
        self._witness.closed(self)

    def silence(self) -> None:
        """From now on neither side hears from the other."""
        self.outbound.hush()
        self.inbound.hush()

    def _hear_of_the_peer(self, due_s: float, now_s: float) -> None:
        """What was sent to a side that is gone is answered with a reset, when somebody is there to do so."""
        if due_s != math.inf and self._witness.answers(self.peer):
            self.inbound.reset(due_s + self.inbound.link.latency_s, now_s)

    def _reset_peer(self, from_s: float) -> None:
        self.outbound.reset(self.outbound.link.arrival_s(from_s, 0), self._now_s())

    def _check(self) -> None:
        if not self.host.alive:
            raise HostDied(self.host.name)
        if self.gone:
            raise broken(errno.EBADF)
