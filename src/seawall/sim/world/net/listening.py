"""A port that is open, and who has connected to it."""

import errno
import math
from collections import deque

import attrs
import trio

from seawall.sim.world.hosts import Host, HostDied
from seawall.sim.world.net.ends import End
from seawall.sim.world.net.system import Address, Farewell, broken
from seawall.sim.world.net.waiting import Wait

__all__ = ["Listening"]


@attrs.define(eq=False)
class Listening:
    """Connections that wait to be accepted: at most `room`."""

    host: Host
    address: Address
    room: int
    _waiting: deque[End] = attrs.field(factory=deque, init=False)
    _acceptor: Wait = attrs.field(factory=Wait, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    @property
    def full(self) -> bool:
        """Whether nobody else can connect just now."""
        return len(self._waiting) >= self.room

    def offer(self, end: End) -> None:
        """Somebody has connected."""
        self._waiting.append(end)
        self._acceptor.wake()

    async def take(self) -> End:
        """Wait for a connection. Raises `trio.ClosedResourceError` when the port is closed meanwhile."""
        if self._waiting:
            await trio.lowlevel.checkpoint()
        while not self._waiting:
            if not self.host.alive:
                raise HostDied(self.host.name)
            if self._closed:
                raise broken(errno.EBADF)
            await self._acceptor.until(math.inf)
        return self._waiting.popleft()

    def leave(self, farewell: Farewell, *, quietly: bool = False) -> None:
        """Close the port, and connections that nobody has accepted."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().leave(farewell, quietly=quietly)
        self._acceptor.wake(farewell)
