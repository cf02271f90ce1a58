"""One side of one connection, as its process has it: what the system's socket would be."""

import errno
import math
from collections.abc import Callable
from operator import index
from typing import Protocol

import attrs
import trio

from seawall.sim.world.hosts import Host, HostDied
from seawall.sim.world.net.flow import Flow
from seawall.sim.world.net.system import Address, Farewell, broken

__all__ = ["End", "Witness"]


class Witness(Protocol):
    """Who is told what becomes of connections, and knows which machines are there."""

    def sent(self, size: int, due_s: float) -> None:
        """Bytes have left, and will have arrived by then."""

    def closed(self, end: "End") -> None:
        """One side has closed, or its process is no more."""

    def is_there(self, machine: str) -> bool:
        """Whether a machine has power."""
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
    _descriptor: int
    _now_s: Callable[[], float]
    _witness: Witness
    peer: "End" = attrs.field(init=False)
    closed: bool = attrs.field(default=False, init=False)
    shut: bool = attrs.field(default=False, init=False)
    """Whether it has said that it will send no more."""
    deaf: bool = attrs.field(default=False, init=False)
    """Whether its machine knows of no such connection: what comes for it is answered with a reset, if the machine is there."""

    def __repr__(self) -> str:
        return f"<End of connection {self.number} at {self.host.name}{', closed' if self.closed else ''}>"

    def fileno(self) -> int:
        """A number that no descriptor of the system has; -1 once it is closed."""
        return -1 if self.closed else self._descriptor

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
        data = self.inbound.read(self._now_s(), index(limit))
        if data is None:
            raise broken(errno.EAGAIN)
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
            raise broken(errno.EAGAIN)
        self.host.io("send")
        taken = bytes(data[:room] if len(data) > room else data)
        if flow.link.lost:
            self.silence()
        due_s = flow.send(now_s, taken)
        self._witness.sent(len(taken), due_s)
        if self.peer.deaf and not flow.silent and self._witness.is_there(self.peer.host.name):
            self.reset(self.inbound.link.arrival_s(flow.link.arrival_s(now_s, 0), 0))
        self.host.io("sent")
        return len(taken)

    async def wait_readable(self) -> None:
        """Return when `readable`. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        inbound = self.inbound
        due_s = inbound.due_s
        if due_s <= self._now_s():
            await trio.lowlevel.checkpoint()
            return
        while due_s > self._now_s():
            self._check()
            await inbound.reader.until(due_s)
            due_s = inbound.due_s

    async def wait_writable(self) -> None:
        """Return when `writable`. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        if self.writable:
            await trio.lowlevel.checkpoint()
            return
        while not self.writable:
            self._check()
            await self.outbound.writer.until(self.inbound.reset_s)

    def shutdown(self) -> None:
        """Send no more, and say so."""
        self._check()
        self.shut = True
        self.outbound.end(self._now_s())

    def reset(self, at_s: float | None = None) -> None:
        """Break it, for this side, which learns of it at that time: now, where that is None."""
        now_s = self._now_s()
        self.inbound.reset(now_s if at_s is None else at_s, now_s)
        self.outbound.writer.expect(self.inbound.reset_s)

    def forget(self) -> None:
        """Reset it for this side, and tell the other nothing, who learns of it when it sends something."""
        self.deaf = True
        self.outbound.silent = True
        self.reset()

    def silence(self) -> None:
        """From now on neither side hears from the other."""
        self.outbound.silent = self.inbound.silent = True

    def close(self) -> None:
        """Close this side: the other one reads to the end, or is reset if it sent what nobody has read."""
        self.leave(_closed)

    def leave(self, farewell: Farewell, *, quietly: bool = False) -> None:
        """Be no more; who waits here gets the error. `quietly`: without a word to the other side."""
        if self.closed:
            return
        self.closed = self.deaf = True
        now_s = self._now_s()
        unread_s = self.inbound.due_s if self.inbound.waiting else math.inf
        self.inbound.clear()
        if not quietly and not self.outbound.silent:
            if unread_s > now_s:
                self.outbound.end(now_s)
            if unread_s != math.inf:
                self.peer.reset(self.outbound.link.arrival_s(max(now_s, unread_s), 0))
        self.inbound.link.drop(self.inbound)
        self.inbound.reader.wake(farewell)
        self.outbound.writer.wake(farewell)
        self._witness.closed(self)

    def _check(self) -> None:
        if not self.host.alive:
            raise HostDied(self.host.name)
        if self.closed:
            raise broken(errno.EBADF)


def _closed() -> BaseException:
    return trio.ClosedResourceError("this socket is closed")
