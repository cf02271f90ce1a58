"""What the systems of all machines do for their sockets: ports, and how connections begin and end."""

import errno
from collections.abc import Callable
from typing import Final, NoReturn

import attrs
import trio

from seawall.sim.world.hosts import Host, HostDied
from seawall.sim.world.net.ends import End
from seawall.sim.world.net.flow import Flow
from seawall.sim.world.net.link import Link, Links
from seawall.sim.world.net.listening import Listening
from seawall.sim.world.net.places import Places
from seawall.sim.world.net.register import Register
from seawall.sim.world.net.sockets import VirtualSocket
from seawall.sim.world.net.system import Address, Farewell, broken
from seawall.sim.world.net.waiting import Wait

__all__ = ["Kernel"]

_FIRST_DESCRIPTOR: Final = 1 << 24
"""Far from what the system gives, so that a mistake is an error and not somebody's file."""
_SYN_AGAIN_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How long Linux waits for the answer to each SYN before it sends another, and at last gives up (tcp(7), tcp_syn_retries)."""


@attrs.define(eq=False)
class Kernel:
    """Implements `Ports` for every socket of a world."""

    _now_s: Callable[[], float]
    places: Places
    links: Links
    register: Register
    refusing: dict[str, None] = attrs.field(factory=dict, init=False)
    """Machines where nobody gets in, whoever listens."""
    _hosts: dict[str, Host] = attrs.field(factory=dict, init=False)
    """The newest process of each machine, by name."""
    _pausing: dict[Wait, Host] = attrs.field(factory=dict, init=False)
    _descriptors: int = attrs.field(default=_FIRST_DESCRIPTOR, init=False)

    def socket(self, host: Host) -> VirtualSocket:
        """A new socket of this process."""
        self._know(host)
        return VirtualSocket(self, host, self._descriptor())

    def host(self, machine: str) -> Host | None:
        """The newest process of a machine that has been on the network."""
        return self._hosts.get(machine)

    def bound(self, host: Host, address: Address) -> Address:
        """As `Ports` has it."""
        return self.places.bound(host, address)

    def listen(self, host: Host, address: Address, room: int) -> Listening:
        """As `Ports` has it."""
        host.io("listen")
        listening = Listening(host, address, room)
        self.places.open(listening)
        return listening

    def unlisten(self, listening: Listening) -> None:
        """As `Ports` has it."""
        self.places.close(listening)
        listening.leave(_closed)

    def accepted(self, end: End) -> VirtualSocket:
        """As `Ports` has it."""
        self.register.tell("accepted", f"connection {end.number} by {end.host.name}:{end.local[1]}")
        return VirtualSocket(self, end.host, end.fileno(), end)

    async def connect(self, host: Host, local: Address | None, remote: Address) -> End:
        """As `Ports` has it."""
        machine = self.places.machine_at(remote[0], host.name)
        if machine is None:
            raise broken(errno.EHOSTUNREACH)
        host.io("connect")
        here = remote[0] if remote[0].startswith("127.") else self.places.ip(host.name)
        local = here, local[1] if local else self.places.free_port(host.name)
        told = f"{host.name}:{local[1]} to {machine}:{remote[1]}"
        self.register.tell("connect", told)
        out, back = self.links.between(host.name, machine), self.links.between(machine, host.name)
        for again_s in _SYN_AGAIN_S:
            again_at_s = self._now_s() + again_s
            if await self._arrives(host, out, back):
                listening = self.places.listening(machine, *remote)
                if listening is None or machine in self.refusing:
                    await self._refused(host, told, back.latency_s)
                elif not listening.full:
                    return await self._welcomed(self._connection(host, local, remote, listening), back.latency_s)
            await self.pause(host, again_at_s)
        self.register.tell("timed out", told)
        raise broken(errno.ETIMEDOUT)

    async def pause(self, host: Host, until_s: float) -> None:
        """Let time pass for a task of this process; raises `HostDied` at once when that dies."""
        wait = Wait()
        self._pausing[wait] = host
        try:
            await wait.until(until_s)
        finally:
            del self._pausing[wait]

    def _descriptor(self) -> int:
        self._descriptors += 1
        return self._descriptors

    async def _arrives(self, host: Host, out: Link, back: Link) -> bool:
        """Whether a SYN arrives, which takes its time, and an answer would."""
        there = out.answers and self.register.is_there(out.target)
        if there:
            await self.pause(host, self._now_s() + out.latency_s)
        return there and back.answers and self.register.is_there(out.target)

    async def _refused(self, host: Host, told: str, latency_s: float) -> NoReturn:
        await self.pause(host, self._now_s() + latency_s)
        host.io("refused")
        self.register.refused += 1
        self.register.tell("refused", told)
        raise broken(errno.ECONNREFUSED)

    async def _welcomed(self, end: End, latency_s: float) -> End:
        """Somebody has taken the connection, which is known here a little later."""
        try:
            await self.pause(end.host, self._now_s() + latency_s)
            end.host.io("connected")
        except BaseException:
            end.close()
            raise
        return end

    def _connection(self, host: Host, local: Address, remote: Address, listening: Listening) -> End:
        register, there = self.register, listening.host
        register.connections += 1
        number = register.connections
        out, back = Flow(self.links.between(host.name, there.name)), Flow(self.links.between(there.name, host.name))
        near = End(host, number, local, remote, back, out, self._descriptor(), self._now_s, register)
        far = End(there, number, remote, local, out, back, self._descriptor(), self._now_s, register)
        near.peer, far.peer = far, near
        register.opened(near, far)
        listening.offer(far)
        return near

    def _know(self, host: Host) -> None:
        if self._hosts.get(host.name) is not host:
            self._hosts[host.name] = host
            self.places.ip(host.name)
            self.register.dark.pop(host.name, None)
            host.on_death.append(lambda how: self._died(host, how))

    def _died(self, host: Host, how: str) -> None:
        """Its system closes what the process had, unless it is gone itself."""
        dark = how.startswith("power")
        if dark:
            self.register.dark[host.name] = None
        farewell = _death_of(host)
        for listening in self.places.listening_of(host):
            self.places.close(listening)
            listening.leave(farewell, quietly=dark)
        for end in self.register.of(host):
            end.leave(farewell, quietly=dark)
        for wait in [wait for wait, waiting in self._pausing.items() if waiting is host]:
            wait.wake(farewell)


def _death_of(host: Host) -> Farewell:
    return lambda: HostDied(host.name)


def _closed() -> BaseException:
    return trio.ClosedResourceError("this socket is closed")
