"""Who is where: addresses and names of machines, and who listens on which port."""

import errno
from typing import Final

import attrs

from seawall.sim.world.hosts import Host
from seawall.sim.world.net.listening import Listening
from seawall.sim.world.net.system import Address, broken

__all__ = ["ANYWHERE", "Places"]

ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - of a world's machine, not of this one
_LOOPBACK: Final = "127."
_FIRST_PORT: Final = 32_768
_LAST_PORT: Final = 60_999
_DOMAIN: Final = ".world"


@attrs.define(eq=False)
class Places:
    """Machines get addresses in the order in which they are first heard of: from 10.0.0.1 on."""

    _ips: dict[str, str] = attrs.field(factory=dict, init=False)
    _machines: dict[str, str] = attrs.field(factory=dict, init=False)
    _names: dict[str, str] = attrs.field(factory=dict, init=False)
    _listening: dict[tuple[str, int], list[Listening]] = attrs.field(factory=dict, init=False)
    _next_ports: dict[str, int] = attrs.field(factory=dict, init=False)

    def ip(self, machine: str) -> str:
        """The address of a machine, which it has from now on if it had none."""
        ip = self._ips.get(machine)
        if ip is None:
            number = len(self._ips) + 1
            ip = self._ips[machine] = f"10.0.{number >> 8}.{number & 255}"
            self._machines[ip] = machine
            for name in (machine, machine + _DOMAIN):
                self._names.setdefault(name.lower(), machine)
        return ip

    def name(self, name: str, machine: str) -> None:
        """Let this name lead to a machine. Each is known by its own, and by that with `.world` behind it, anyway."""
        self._names[name.lower()] = machine
        self.ip(machine)

    def find(self, name: str, asking: str) -> str | None:
        """The address that a name has for the machine that asks; None when there is no such name."""
        if name.lower() == "localhost":
            return "127.0.0.1"
        self.ip(asking)
        machine = self._names.get(name.lower())
        return None if machine is None else self.ip(machine)

    def machine_at(self, ip: str, asking: str) -> str | None:
        """The machine that has an address, as seen from another."""
        return asking if ip.startswith(_LOOPBACK) or ip == ANYWHERE else self._machines.get(ip)

    def bound(self, host: Host, address: Address) -> Address:
        """As `Ports` has it."""
        ip, port = address
        if ip not in {ANYWHERE, self.ip(host.name)} and not ip.startswith(_LOOPBACK):
            raise broken(errno.EADDRNOTAVAIL)
        if not port:
            return ip, self.free_port(host.name)
        if self._takes(host.name, ip, port):
            raise broken(errno.EADDRINUSE)
        return ip, port

    def free_port(self, machine: str) -> int:
        """A port for a socket that does not care which."""
        port = self._next_ports.get(machine, _FIRST_PORT)
        while (machine, port) in self._listening:
            port = port + 1 if port < _LAST_PORT else _FIRST_PORT
        self._next_ports[machine] = port + 1 if port < _LAST_PORT else _FIRST_PORT
        return port

    def open(self, listening: Listening) -> None:
        """A port is open from now on. Raises OSError when it is taken."""
        machine, (ip, port) = listening.host.name, listening.address
        if self._takes(machine, ip, port):
            raise broken(errno.EADDRINUSE)
        self._listening.setdefault((machine, port), []).append(listening)

    def close(self, listening: Listening) -> None:
        """It is not, from now on."""
        key = listening.host.name, listening.address[1]
        left = [each for each in self._listening.get(key, ()) if each is not listening]
        if left:
            self._listening[key] = left
        else:
            self._listening.pop(key, None)

    def listening(self, machine: str, ip: str, port: int) -> Listening | None:
        """Who listens there."""
        for each in self._listening.get((machine, port), ()):
            if each.address[0] in {ANYWHERE, ip}:
                return each
        return None

    def listening_of(self, host: Host) -> list[Listening]:
        """All open ports of one process."""
        return [each for many in self._listening.values() for each in many if each.host is host]

    def _takes(self, machine: str, ip: str, port: int) -> bool:
        return any(
            ANYWHERE in {ip, each.address[0]} or each.address[0] == ip for each in self._listening.get((machine, port), ())
        )
