"""The way from one machine to another, and how good it is just now."""

import math
from collections.abc import Callable
from random import Random
from typing import Final, Protocol

import attrs

__all__ = ["MOST_PIECES", "WINDOW_BYTES", "Link", "Links", "Traffic"]

MOST_PIECES: Final = 32
"""Enough to cut every header, and so few that a line of single bytes does not cost more than all else together."""

WINDOW_BYTES: Final = 256 * 1024
"""What may be under way, or wait to be read, in one direction of a connection before its sender has to wait."""


class Traffic(Protocol):
    """What goes this way: one direction of a connection."""

    def hold_up(self, now_s: float) -> None:
        """What is on the way stays where it is."""

    def let_go(self, now_s: float) -> None:
        """It goes on."""


@attrs.define(eq=False)
class Link:
    """One direction between two machines. All of it may be set at any time; it holds for what is sent from then on."""

    source: str
    target: str
    _rng: Random = attrs.field(repr=False)
    _now_s: Callable[[], float] = attrs.field(repr=False)
    latency_s: float = 0.0
    jitter_s: float = 0.0
    """At most so much is added to the latency. Bytes of one connection never overtake each other."""
    pieces: int | None = None
    """The most bytes that one read brings, of the first `MOST_PIECES` reads of what was sent at once; the rest of that comes in
    one. None is whatever has arrived."""
    window_bytes: int = WINDOW_BYTES
    lost: bool = False
    """Of connections that are used, neither side ever hears from the other again; those that are opened get no answer."""
    unheard: bool = False
    """Connections that are opened get no answer; those that are there live on."""
    _bytes_per_s: float = attrs.field(default=math.inf, init=False)
    _stalled: bool = attrs.field(default=False, init=False)
    _free_s: float = attrs.field(default=-math.inf, init=False)
    _traffic: dict[Traffic, None] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def stalled(self) -> bool:
        """Whether bytes wait until this is over, those under way as well; they arrive then."""
        return self._stalled

    @stalled.setter
    def stalled(self, stalled: bool) -> None:
        if stalled != self._stalled:
            self._stalled = stalled
            if stalled:
                for each in tuple(self._traffic):
                    each.hold_up(self._now_s())
            else:
                self._go_on()

    @property
    def bytes_per_s(self) -> float:
        """What all connections together get through. A change is felt by what is under way as well."""
        return self._bytes_per_s

    @bytes_per_s.setter
    def bytes_per_s(self, bytes_per_s: float) -> None:
        if bytes_per_s != self._bytes_per_s:
            self._bytes_per_s = bytes_per_s
            if not self._stalled:
                self._go_on()

    @property
    def answers(self) -> bool:
        """Whether a packet that opens a connection arrives."""
        return not (self.lost or self.unheard or self._stalled)

    def arrival_s(self, now_s: float, size: int) -> float:
        """When so many bytes, sent now, will have arrived; never, while the link is stalled."""
        if self._stalled:
            return math.inf
        due_s = now_s
        if self._bytes_per_s != math.inf:
            due_s = self._free_s = max(now_s, self._free_s) + size / self._bytes_per_s
        due_s += self.latency_s
        if self.jitter_s:
            due_s += self.jitter_s * self._rng.random()
        return due_s

    def heal(self) -> None:
        """No stall, no loss, no pieces. What the way is like otherwise stays as it was set."""
        self.stalled = self.lost = self.unheard = False
        self.pieces = None

    def carry(self, traffic: Traffic) -> None:
        """From now on, this goes here."""
        self._traffic[traffic] = None

    def drop(self, traffic: Traffic) -> None:
        """It has come to its end."""
        self._traffic.pop(traffic, None)

    def _go_on(self) -> None:
        self._free_s = -math.inf
        for each in tuple(self._traffic):
            each.let_go(self._now_s())


@attrs.define(eq=False)
class Links:
    """Every way there is. A way begins with `latency_s`; from a machine to itself there is none."""

    _rng: Random = attrs.field(repr=False)
    _now_s: Callable[[], float] = attrs.field(repr=False)
    latency_s: float
    _links: dict[tuple[str, str], Link] = attrs.field(factory=dict, init=False)

    def between(self, source: str, target: str) -> Link:
        """The way from one machine to another, by their names."""
        link = self._links.get((source, target))
        if link is None:
            latency_s = 0.0 if source == target else self.latency_s
            link = self._links[source, target] = Link(source, target, self._rng, self._now_s, latency_s)
        return link

    def heal(self) -> None:
        """Heal each of them."""
        for link in self._links.values():
            link.heal()
