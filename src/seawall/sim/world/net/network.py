"""The network of a world: trio asks it for sockets and names, faults turn it, the trace hears of it."""

import errno
import socket
from random import Random
from typing import Literal

import attrs
import trio

from seawall.sim.world.hosts import current_host
from seawall.sim.world.net.kernel import Kernel
from seawall.sim.world.net.link import Link, Links
from seawall.sim.world.net.places import Places
from seawall.sim.world.net.register import Register
from seawall.sim.world.net.sockets import VirtualSocket
from seawall.sim.world.net.statistics import NetworkStatistics
from seawall.sim.world.net.system import broken
from seawall.sim.world.trace import Trace

__all__ = ["Network"]

_Found4 = tuple[Literal[socket.AddressFamily.AF_INET], socket.SocketKind, int, str, tuple[str, int]]
_Found6 = tuple[
    Literal[socket.AddressFamily.AF_INET6], socket.SocketKind, int, str, tuple[str, int, int, int] | tuple[int, bytes]
]
_LONGEST_CUT_BYTES = 200


@attrs.define(eq=False, slots=False)
class Network(trio.abc.SocketFactory, trio.abc.HostnameResolver):
    """Virtual TCP between the machines of a world.

    To be installed in a run of trio with `trio.socket.set_custom_socket_factory` and `set_custom_hostname_resolver`. Sockets
    belong to `current_host()`, and end with it. A machine gets an address when it is first heard of, and has two names: its own,
    and that with `.world` behind it. All links begin with `latency_s`; that of a machine to itself has none.
    """

    rng: Random = attrs.field(repr=False)
    _trace: Trace = attrs.field(repr=False)
    latency_s: float = attrs.field(default=0.01, on_setattr=attrs.setters.frozen)
    """What links begin with."""
    names_s: float = 0.005
    """How long a name takes to be looked up."""
    names_fail: bool = False
    """Whether no name can be looked up just now."""
    _register: Register = attrs.field(init=False, repr=False)
    _kernel: Kernel = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        now_s = self._trace.now_s
        self._register = Register(self._trace)
        self._kernel = Kernel(now_s, Places(), Links(self.rng, now_s, self.latency_s), self._register)

    # What trio asks.

    def socket(
        self,
        family: socket.AddressFamily | int = socket.AF_INET,
        type: socket.SocketKind | int = socket.SOCK_STREAM,  # noqa: A002 - trio's name
        proto: int = 0,
    ) -> VirtualSocket:
        """A new socket of `current_host()`. Raises OSError for anything but TCP over IPv4."""
        if family != socket.AF_INET:
            raise broken(errno.EAFNOSUPPORT)
        if type != socket.SOCK_STREAM or proto not in {0, socket.IPPROTO_TCP}:
            raise broken(errno.EPROTONOSUPPORT)
        return self._kernel.socket(current_host())

    async def getaddrinfo(
        self,
        host: bytes | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002, ARG002 - trio's name; there are streams alone
        proto: int = 0,  # noqa: ARG002 - there is TCP alone
        flags: int = 0,  # noqa: ARG002 - of no use with one address a name
    ) -> list[_Found4 | _Found6]:
        """Look a name up, as the machine of `current_host()` would. Raises `socket.gaierror`."""
        asking = current_host()
        asking.io("look up")
        await self._kernel.pause(asking, trio.current_time() + self.names_s)
        asking.io("looked up")
        name = (host or b"localhost").decode("ascii")
        if self.names_fail:
            self._register.tell("name failed", f"{asking.name} cannot look up {name}")
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        ip = self._kernel.places.find(name, asking.name)
        if ip is None or family not in {0, socket.AF_INET}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, int(port or 0)))]

    async def getnameinfo(
        self,
        sockaddr: tuple[str, int] | tuple[str, int, int, int],
        flags: int,  # noqa: ARG002 - there is one name an address
    ) -> tuple[str, str]:
        """The name of an address, and the port."""
        await trio.lowlevel.checkpoint()
        return self._kernel.places.machine_at(sockaddr[0], current_host().name) or sockaddr[0], str(sockaddr[1])

    # What those ask who build a world, and judge it.

    def link(self, source: str, target: str) -> Link:
        """The way from one machine to another, by their names; the way back is another link."""
        return self._kernel.links.between(source, target)

    def name(self, name: str, machine: str) -> None:
        """Let one more name lead to a machine."""
        self._kernel.places.name(name, machine)

    def ip(self, machine: str) -> str:
        """The address of a machine."""
        return self._kernel.places.ip(machine)

    def open_sockets(self, machine: str) -> int:
        """Open sides of connections that processes of this machine have."""
        return self._register.count(machine)

    @property
    def traffic(self) -> int:
        """A hash of the sizes and times of arrival of all that was sent; never of the bytes."""
        return self._register.traffic

    def sum_up(self) -> None:
        """Put everything that was sent into the trace, as one fact."""
        seen = self.statistics()
        text = f"{seen.connections} connections, {seen.segments} times {seen.bytes_sent} bytes in all, hash {self.traffic:016x}"
        self._register.tell("traffic", text)

    def statistics(self) -> NetworkStatistics:
        """Counts since the world began."""
        return self._register.statistics()

    # What faults do.

    def reset(self, *between: str, rng: Random | None = None, share: float = 1.0) -> int:
        """Break connections (RST), for both sides at once. Returns how many.

        All of them; or those of one machine, or between two, by name; or of these a `share`, chosen by `rng`.
        """
        chosen = self._register.chosen(between, rng, share)
        for end in chosen:
            self._register.resets += 1
            self._register.tell("reset", f"connection {end.number}, {end.host.name} to {end.peer.host.name}")
            end.reset()
            end.peer.reset()
        return len(chosen)

    def cut_short(self, sender: str, receiver: str, *, rng: Random, share: float = 1.0) -> int:
        """Let connections end (FIN) in the middle of what `sender` says next. Returns how many."""
        chosen = self._register.chosen((sender, receiver), rng, share)
        for end in chosen:
            half = end if end.host.name == sender else end.peer
            half.outbound.ends_after = rng.randrange(1, _LONGEST_CUT_BYTES)
            self._register.tell("cut short", f"connection {end.number}: {sender} ends in the middle of what it says next")
        return len(chosen)

    def half_open(self, machine: str, *, rng: Random | None = None, share: float = 1.0) -> int:
        """Let connections of this machine be reset for it alone. The other side learns of it when it sends something."""
        chosen = self._register.chosen((machine,), rng, share)
        for end in chosen:
            half = end if end.host.name == machine else end.peer
            self._register.tell("half open", f"connection {end.number}: only {half.peer.host.name} still believes in it")
            half.forget()
        return len(chosen)

    def refuse(self, machine: str, *, refused: bool = True) -> None:
        """Whether connections to this machine are refused, whoever listens there."""
        if refused:
            self._kernel.refusing[machine] = None
        else:
            self._kernel.refusing.pop(machine, None)

    def vanish(self, machine: str) -> None:
        """Cut the power: the process dies, and nobody hears of it. There again once another one opens a socket."""
        self._end(machine, "power cut")

    def drop(self, machine: str) -> None:
        """Kill the process: its system closes its connections, and resets those with unread bytes."""
        self._end(machine, "killed")

    def heal(self) -> None:
        """End every fault. What is broken stays so."""
        self.names_fail = False
        self._kernel.refusing.clear()
        self._kernel.links.heal()

    def _end(self, machine: str, how: str) -> None:
        host = self._kernel.host(machine)
        if host is not None:
            host.die(how)
