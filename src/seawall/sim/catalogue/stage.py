"""What faults act upon: the parts of a world, and the few things that only the run itself can do."""

from collections.abc import Callable
from typing import Protocol

import attrs

from seawall.sim.assembly import Simulator
from seawall.sim.catalogue.dials import Dials
from seawall.sim.world.clocks import WallClock
from seawall.sim.world.disk import Disk
from seawall.sim.world.trace import Trace

__all__ = ["Computer", "Link", "Network", "Run", "Stage"]


class Computer(Protocol):
    """A machine: its name in the network, its clock, its disk."""

    @property
    def name(self) -> str:
        """What others call it."""
        ...

    @property
    def wall(self) -> WallClock:
        """The clock its programs read."""
        ...

    @property
    def disk(self) -> Disk:
        """The disk its programs write to."""
        ...


class Link(Protocol):
    """One direction between two machines. All of it may be set at any time."""

    latency_s: float
    jitter_s: float
    bytes_per_s: float
    pieces: int | None
    """The most bytes that arrive together; None is as they were sent."""
    stalled: bool
    """Whether bytes wait until this is over."""
    lost: bool
    """Whether connections that are opened get no answer, and those that are used never hear from each other again."""


class Network(Protocol):
    """The network, as far as faults turn it."""

    names_fail: bool

    def link(self, source: str, target: str) -> Link:
        """The direction from one machine to another."""
        ...


class Run(Protocol):
    """What the run does for faults: only it can start a program, or let time pass."""

    def kill_trader(self, how: str) -> None:
        """End the trading process now (`killed`, `power cut`) and keep it from being started until `start_trader`."""
        ...

    def start_trader(self) -> None:
        """Let the trading process be started again. Does nothing for one that lives."""
        ...

    def suspend(self, for_s: float) -> None:
        """Let time pass in which no program gets to do anything."""
        ...


@attrs.define(eq=False)
class Stage:
    """Everything a fault may reach for. One for each run; `dials` remembers what is to be put back."""

    trace: Trace
    network: Network
    exchange: Simulator
    trader: Computer
    kraken: Computer
    run: Run
    dials: Dials = attrs.field(factory=Dials, init=False)

    def tell(self, kind: str, text: str) -> None:
        """Take down what a fault does, on the lane of faults."""
        self.trace.tell("faults", kind, text)

    @property
    def now_s(self) -> Callable[[], float]:
        """The time of the world."""
        return self.trace.now_s
