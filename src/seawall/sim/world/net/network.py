"""The network of a world: trio asks it for sockets and names, faults turn it, the trace hears of it."""

import errno
import socket
from collections.abc import Callable
from random import Random
from typing import Final, Literal

import attrs
import trio

from seawall.sim.world.hosts import Host, HostDied, current_host
from seawall.sim.world.net.ends import Address, End, broken
from seawall.sim.world.net.flow import Flow
from seawall.sim.world.net.link import Link
from seawall.sim.world.net.places import Places
from seawall.sim.world.net.sockets import Listening, VirtualSocket
from seawall.sim.world.net.statistics import NetworkStatistics
from seawall.sim.world.trace import Trace

__all__ = ["Network"]

_LANE: Final = "sockets"
_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 1_000_003
_FIRST_DESCRIPTOR: Final = 1 << 24
"""Far from what the system gives, so that a mistake is an error and not somebody's file."""
_SYN_AGAIN_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How long a system waits for the answer to each SYN before it sends another, and at last gives up (tcp(7), tcp_syn_retries)."""

_Found = tuple[Literal[socket.AddressFamily.AF_INET], socket.SocketKind, int, str, tuple[str, int]]
_Found6 = tuple[
    Literal[socket.AddressFamily.AF_INET6], socket.SocketKind, int, str, tuple[str, int, int, int] | tuple[int, bytes]
]


@attrs.define(eq=False, slots=False)
class Network(trio.abc.SocketFactory, trio.abc.HostnameResolver):
    """Virtual TCP between the hosts of a world; install it in a run of trio before anything is opened:

        trio.socket.set_custom_socket_factory(network)
        trio.socket.set_custom_hostname_resolver(network)

    Sockets belong to `current_host()`, and end with it. All links begin with `latency_s`; that of a machine to itself has none.
    """

    rng: Random = attrs.field(repr=False)
    _trace: Trace = attrs.field(repr=False)
    latency_s: float = 0.01
    names_s: float = 0.005
    """How long a name takes to be looked up."""
    names_fail: bool = False
    """Whether no name can be looked up just now."""
    traffic: int = 0
    """A hash of sizes and times of arrival of everything that was sent: never of the bytes."""
    _places: Places = attrs.field(factory=Places, init=False, repr=False)
    _links: dict[tuple[str, str], Link] = attrs.field(factory=dict, init=False, repr=False)
    _ends: dict[End, None] = attrs.field(factory=dict, init=False, repr=False)
    """Every open side of every connection, oldest first."""
    _hosts: dict[str, Host] = attrs.field(factory=dict, init=False, repr=False)
    """The newest process of each machine, by name."""
    _dark: dict[str, None] = attrs.field(factory=dict, init=False, repr=False)
    """Machines without power."""
    _refusing: dict[str, None] = attrs.field(factory=dict, init=False, repr=False)
    _descriptors: int = _FIRST_DESCRIPTOR
    _connections: int = 0
    _refused: int = 0
    _resets: int = 0
    _segments: int = 0
    _bytes: int = 0
    _largest: int = 0
    _now_s: Callable[[], float] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._now_s = self._trace.now_s

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
        host = current_host()
        self._know(host)
        return VirtualSocket(self, host, self._descriptor())

    async def getaddrinfo(
        self,
        host: bytes | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - trio's name
        proto: int = 0,
        flags: int = 0,
    ) -> list[_Found | _Found6]:
        """Look a name up. Raises `socket.gaierror`."""
        asking = current_host()
        asking.io("look up")
        await trio.sleep(self.names_s)
        asking.io("looked up")
        name = (host or b"localhost").decode("ascii")
        if self.names_fail:
            self._tell("name failed", f"{asking.name} cannot look up {name}")
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        ip = self._places.find(name, asking.name)
        if ip is None or family not in {0, socket.AF_INET} or not str(port or 0).isdigit():
            raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {name}")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, int(port or 0)))]

    async def getnameinfo(self, sockaddr: tuple[str, int] | tuple[str, int, int, int], flags: int) -> tuple[str, str]:
        """The name of an address, and the port."""
        await trio.lowlevel.checkpoint()
        return self._places.machine_at(sockaddr[0], current_host().name) or sockaddr[0], str(sockaddr[1])

    # What sockets ask.

    def bound(self, host: Host, address: Address) -> Address:
        """As `Ports` has it."""
        return self._places.bound(host, address)

    def listen(self, host: Host, address: Address, room: int) -> Listening:
        """As `Ports` has it."""
        host.io("listen")
        listening = Listening(host, address, room)
        self._places.open(listening)
        return listening

    def unlisten(self, listening: Listening) -> None:
        """As `Ports` has it."""
        if not listening.gone:
            self._places.close(listening)
            listening.leave(trio.ClosedResourceError("this socket is closed"))

    async def connect(self, host: Host, local: Address | None, remote: Address) -> End:
        """As `Ports` has it. Raises OSError as the system would: refused, timed out."""
        host.io("connect")
        machine = self._places.machine_at(remote[0], host.name)
        if machine is None:
            raise broken(errno.EHOSTUNREACH)
        here = "127.0.0.1" if machine == host.name and remote[0].startswith("127.") else self._places.ip(host.name)
        local = (here, local[1] if local else self._places.free_port(host.name))
        out, back = self.link(host.name, machine), self.link(machine, host.name)
        told = f"{host.name}:{local[1]} to {machine}:{remote[1]}"
        self._tell("connect", told)
        for again_s in _SYN_AGAIN_S:
            sent_s = self._now_s()
            if out.passable and machine not in self._dark:
                await trio.sleep(out.latency_s)
                end = self._arrive(host, local, remote, machine, told)
                if back.passable:
                    return await self._welcome(end, back.latency_s)
                if end is not None:
                    end.leave(broken(errno.ETIMEDOUT), quietly=True)
            await trio.sleep(max(0.0, sent_s + again_s - self._now_s()))
        self._tell("timed out", told)
        raise broken(errno.ETIMEDOUT)

    def accepted(self, end: End) -> VirtualSocket:
        """As `Ports` has it."""
        self._tell("accepted", f"connection {end.number} by {end.host.name}:{end.local[1]}")
        return VirtualSocket(self, end.host, end.fileno(), end)

    # What ends tell.

    def sent(self, end: End, size: int, due_s: float) -> None:
        """As `Witness` has it."""
        self._segments += 1
        self._bytes += size
        self.traffic = (self.traffic * _FACTOR ^ size ^ hash(due_s)) & _MASK

    def closed(self, end: End) -> None:
        """As `Witness` has it."""
        self._ends.pop(end, None)
        self._largest = max(self._largest, end.inbound.largest)
        self._tell("closed", f"connection {end.number} by {end.host.name}, after {end.outbound.sent} bytes of its own")

    def answers(self, end: End) -> bool:
        """As `Witness` has it."""
        return end.host.name not in self._dark

    # What faults and oracles ask.

    def link(self, source: str, target: str) -> Link:
        """The way from one machine to another, by their names; the way back is another link."""
        link = self._links.get((source, target))
        if link is None:
            latency_s = 0.0 if source == target else self.latency_s
            link = self._links[source, target] = Link(source, target, self.rng, self._now_s, latency_s)
        return link

    def name(self, name: str, machine: str) -> None:
        """Let this name lead to a machine. Each is known by its own, and by that with `.world` behind it, anyway."""
        self._places.name(name, machine)

    def ip(self, machine: str) -> str:
        """The address of a machine."""
        return self._places.ip(machine)

    def open_sockets(self, host: str) -> int:
        """Open sides of connections that processes of this machine have."""
        return sum(end.host.name == host for end in self._ends)

    def reset(self, *between: str, rng: Random | None = None, share: float = 1.0) -> int:
        """Break connections, for both sides at once. Returns how many.

        All of them; or those of one machine, or between two, by name; or of these a `share`, chosen by `rng`.
        """
        chosen = self._chosen(between, rng, share)
        now_s = self._now_s()
        for end in chosen:
            self._resets += 1
            self._tell("reset", f"connection {end.number}, {end.host.name} to {end.peer.host.name}")
            end.inbound.reset(now_s, now_s)
            end.peer.inbound.reset(now_s, now_s)
        return len(chosen)

    def cut_short(self, sender: str, receiver: str, *, rng: Random, share: float = 1.0) -> int:
        """Let connections end in the middle of what `sender` says next (FIN). Returns how many."""
        chosen = self._chosen((sender, receiver), rng, share)
        for end in chosen:
            half = end if end.host.name == sender else end.peer
            half.outbound.ends_after = rng.randrange(1, 200)
            self._tell("cut short", f"connection {end.number}: {sender} ends in the middle of its next words")
        return len(chosen)

    def half_open(self, machine: str, *, rng: Random | None = None, share: float = 1.0) -> int:
        """Let connections of this machine be reset for it, while the other side is told nothing, and is never answered again."""
        chosen = self._chosen((machine,), rng, share)
        now_s = self._now_s()
        for end in chosen:
            half = end if end.host.name == machine else end.peer
            self._tell("half open", f"connection {end.number}: only {half.peer.host.name} still believes in it")
            half.silence()
            half.inbound.reset(now_s, now_s)
        return len(chosen)

    def refuse(self, machine: str, *, refused: bool = True) -> None:
        """Whether connections to this machine are refused, whoever listens there."""
        if refused:
            self._refusing[machine] = None
        else:
            self._refusing.pop(machine, None)

    def vanish(self, host: str) -> None:
        """Power loss: nobody there says anything any more, until a new process of this machine opens a socket."""
        self._dark[host] = None
        self._leave(host, "power cut", quietly=True)

    def drop(self, host: str) -> None:
        """The process is killed: its system closes its connections, and resets those with unread bytes."""
        self._leave(host, "killed", quietly=False)

    def heal(self) -> None:
        """End every fault. What is broken stays so."""
        self.names_fail = False
        self._refusing.clear()
        for link in self._links.values():
            link.heal()

    def statistics(self) -> NetworkStatistics:
        """Counts since the world began."""
        return NetworkStatistics(
            connections=self._connections,
            open_connections=len({end.number: None for end in self._ends}),
            refused=self._refused,
            resets=self._resets,
            segments=self._segments,
            bytes_sent=self._bytes,
            largest_unread=max([self._largest, *(end.inbound.largest for end in self._ends)]),
        )

    def _arrive(self, host: Host, local: Address, remote: Address, machine: str, told: str) -> End | None:
        """A SYN is there: make the connection, or None when nobody wants it."""
        listening = self._places.listening(machine, remote[0], remote[1])
        if listening is None or machine in self._refusing or len(listening.waiting) >= listening.room:
            return None
        self._connections += 1
        number = self._connections
        there, back = Flow(self.link(host.name, machine)), Flow(self.link(machine, host.name))
        near = End(host, number, local, remote, back, there, self._now_s, self, self._descriptor())
        far = End(listening.host, number, remote, local, there, back, self._now_s, self, self._descriptor())
        near.peer, far.peer = far, near
        self._ends[near] = self._ends[far] = None
        listening.offer(far)
        return near

    async def _welcome(self, end: End | None, latency_s: float) -> End:
        try:
            await trio.sleep(latency_s)
            if end is None:
                self._refused += 1
                raise broken(errno.ECONNREFUSED)
            end.host.io("connected")
        except BaseException:
            if end is not None:
                end.close()
            raise
        return end

    def _chosen(self, between: tuple[str, ...], rng: Random | None, share: float) -> list[End]:
        """One side of each connection that is meant, oldest first."""
        found: dict[int, End] = {}
        for end in self._ends:
            names = {end.host.name, end.peer.host.name}
            if not end.outbound.silent and names.issuperset(between):
                found.setdefault(end.number, end)
        return [end for end in found.values() if rng is None or share >= 1.0 or rng.random() < share]

    def _know(self, host: Host) -> None:
        if self._hosts.get(host.name) is not host:
            self._hosts[host.name] = host
            self._places.ip(host.name)
            self._dark.pop(host.name, None)
            host.on_death.append(lambda how: self._died(host, how))

    def _died(self, host: Host, how: str) -> None:
        if how.startswith("power"):
            self._dark[host.name] = None
        self._end_all(host, quietly=how.startswith("power"))

    def _leave(self, name: str, how: str, *, quietly: bool) -> None:
        host = self._hosts.get(name)
        if host is not None:
            self._end_all(host, quietly=quietly)

    def _end_all(self, host: Host, *, quietly: bool) -> None:
        error = HostDied(host.name)
        for listening in self._places.listening_of(host):
            self._places.close(listening)
            listening.leave(error, quietly=quietly)
        for end in [end for end in self._ends if end.host is host]:
            end.leave(error, quietly=quietly)

    def _tell(self, kind: str, text: str) -> None:
        self._trace.tell(_LANE, kind, text)

    def _descriptor(self) -> int:
        self._descriptors += 1
        return self._descriptors
