"""What a fault is: a name, a sentence for whoever reads it in a scorecard, and how it is done to a stage."""

from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from random import Random

import attrs
import trio

from seawall.sim.catalogue.plan import Planned
from seawall.sim.catalogue.stage import Injury, Stage

__all__ = ["Begun", "Case", "FaultKind", "Group"]


class Group(StrEnum):
    """What part of the world misbehaves."""

    NETWORK = "network"
    REST = "rest"
    WEBSOCKET = "websocket"
    EXCHANGE = "exchange"
    HOST = "host"


@attrs.frozen
class Case:
    """One occurrence of a fault: where, what was planned, its chance, and what undoes it."""

    stage: Stage
    planned: Planned
    rng: Random
    undo: ExitStack

    def turn(self, target: object, **values: object) -> None:
        """Set attributes until the fault ends."""
        self.undo.enter_context(self.stage.dials.turned(target, **values))


@attrs.frozen
class Begun:
    """A fault that has begun: what it is in particular, and what it does again and again while it lasts.

    `strike` returns what it has done, or None where that is not worth telling; the waits between are about `every_s`.
    """

    text: str
    strike: Callable[[], str | None] | None = None
    every_s: float = 0.0


@attrs.frozen(eq=False)
class FaultKind:
    """One fault of the catalogue. It usually lasts between the two `lasts_s`, and comes `weight` times as often as most."""

    name: str
    sentence: str
    group: Group
    begin: Callable[[Case], Begun]
    lasts_s: tuple[float, float] = (5.0, 40.0)
    weight: float = 1.0

    async def run(self, stage: Stage, planned: Planned, rng: Random) -> None:
        """Do it to the stage, for as long as was planned, and undo it; being cancelled undoes it as well."""
        until_s = trio.current_time() + planned.lasts_s
        injury = Injury()
        stage.injuries.append(injury)
        try:
            injury.undo.callback(stage.tell, "fault ended", f"{self.name} is over")
            begun = self.begin(Case(stage, planned, rng, injury.undo))
            stage.tell("fault begun", f"{self.name}: {begun.text}")
            if begun.strike is not None:
                await self._strike(stage, injury, begun, until_s, rng)
            await trio.sleep_until(until_s)
        finally:
            injury.heal()
            if injury in stage.injuries:
                stage.injuries.remove(injury)

    async def _strike(self, stage: Stage, injury: Injury, begun: Begun, until_s: float, rng: Random) -> None:
        assert begun.strike is not None
        while not injury.over:
            text = begun.strike()
            if text is not None:
                stage.tell("fault struck", f"{self.name}: {text}")
            next_s = trio.current_time() + begun.every_s * (0.5 + rng.random())
            if next_s >= until_s:
                return
            await trio.sleep_until(next_s)
