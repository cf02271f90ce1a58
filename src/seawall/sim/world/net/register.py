"""Every connection there is, what was sent, and the word to the trace."""

from random import Random
from typing import Final

import attrs

from seawall.sim.world.hosts import Host
from seawall.sim.world.net.ends import End
from seawall.sim.world.net.statistics import NetworkStatistics
from seawall.sim.world.trace import Trace

__all__ = ["Register"]

_LANE: Final = "sockets"
_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 1_000_003


@attrs.define(eq=False)
class Register:
    """The witness of all connections. Sizes and times of arrival go into `traffic`, a hash; never the bytes."""

    _trace: Trace
    dark: dict[str, None] = attrs.field(factory=dict, init=False)
    """Machines without power."""
    traffic: int = attrs.field(default=0, init=False)
    connections: int = attrs.field(default=0, init=False)
    refused: int = attrs.field(default=0, init=False)
    resets: int = attrs.field(default=0, init=False)
    _segments: int = attrs.field(default=0, init=False)
    _bytes: int = attrs.field(default=0, init=False)
    _largest: int = attrs.field(default=0, init=False)
    _ends: dict[End, None] = attrs.field(factory=dict, init=False)
    """Every open side of every connection, oldest first."""

    def tell(self, kind: str, text: str) -> None:
        """Take down a fact."""
        self._trace.tell(_LANE, kind, text)

    def opened(self, *ends: End) -> None:
        """There is a new connection."""
        self._ends.update(dict.fromkeys(ends))

    def sent(self, size: int, due_s: float) -> None:
        """As `Witness` has it."""
        self._segments += 1
        self._bytes += size
        self.traffic = (self.traffic * _FACTOR ^ size ^ hash(due_s)) & _MASK

    def closed(self, end: End) -> None:
        """As `Witness` has it."""
        self._ends.pop(end, None)
        self._largest = max(self._largest, end.inbound.largest)
        self.tell("closed", f"connection {end.number} by {end.host.name}, which has sent {end.outbound.sent} bytes")

    def is_there(self, machine: str) -> bool:
        """As `Witness` has it."""
        return machine not in self.dark

    def of(self, host: Host) -> list[End]:
        """The open sides of one process, oldest first."""
        return [end for end in self._ends if end.host is host]

    def count(self, machine: str) -> int:
        """How many there are on one machine."""
        return sum(end.host.name == machine for end in self._ends)

    def chosen(self, between: tuple[str, ...], rng: Random | None, share: float) -> list[End]:
        """One side of each connection that has both and can still be heard: those of these machines, or a share of them."""
        found: dict[int, End] = {}
        for end in self._ends:
            if not (end.outbound.silent or end.peer.closed) and {end.host.name, end.peer.host.name}.issuperset(between):
                found.setdefault(end.number, end)
        return [end for end in found.values() if rng is None or share >= 1.0 or rng.random() < share]

    def statistics(self) -> NetworkStatistics:
        """Counts since the world began."""
        return NetworkStatistics(
            connections=self.connections,
            open_connections=len({end.number: None for end in self._ends}),
            refused=self.refused,
            resets=self.resets,
            segments=self._segments,
            bytes_sent=self._bytes,
            largest_unread=max([self._largest, *(end.inbound.largest for end in self._ends)]),
        )
