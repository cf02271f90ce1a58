"""What faults act upon: the parts of a world, and the few things that only the run itself can do."""

from contextlib import ExitStack
from typing import Protocol

import attrs

from seawall.sim.assembly import Simulator
from seawall.sim.catalogue.dials import Dials
from seawall.sim.world.hosts import Machine
from seawall.sim.world.net import Link, Network
from seawall.sim.world.trace import Trace

__all__ = ["Injury", "Run", "Stage"]


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
class Injury:
    """One fault that lasts: what is to be undone when it ends, in the order opposite to how it was done."""

    undo: ExitStack = attrs.field(factory=ExitStack)
    over: bool = False

    def heal(self) -> None:
        """Undo it. The second time there is nothing left to do."""
        self.over = True
        self.undo.close()


@attrs.define(eq=False)
class Stage:
    """Everything a fault may reach for. One for each run; it remembers what is to be put back."""

    trace: Trace
    network: Network
    exchange: Simulator
    trader: Machine
    kraken: Machine
    run: Run
    dials: Dials = attrs.field(factory=Dials, init=False)
    injuries: list[Injury] = attrs.field(factory=list, init=False)
    """What lasts now, oldest first."""

    @property
    def both_ways(self) -> tuple[Link, Link]:
        """The ways from the engine's machine to the exchange's, and back."""
        trader, kraken = self.trader.name, self.kraken.name
        return self.network.link(trader, kraken), self.network.link(kraken, trader)

    def tell(self, kind: str, text: str) -> None:
        """Take down what a fault does, on the lane of faults."""
        self.trace.tell("faults", kind, text)

    def heal(self) -> None:
        """End every fault, now, and see that nothing is left of any."""
        for injury in reversed(self.injuries):
            injury.heal()
        self.injuries.clear()
        self.dials.reset()
        self.network.heal()
        self.exchange.faults.heal()
        self.trader.disk.heal()
        self.kraken.disk.heal()
