"""Faults as they were planned, one beside the other, and the end of all of them."""

from collections.abc import Iterable

import attrs
import trio

from seawall.sim.catalogue.catalogue import kind_of
from seawall.sim.catalogue.plan import Planned
from seawall.sim.catalogue.stage import Stage
from seawall.sim.world.chance import Chance

__all__ = ["RunningPlan", "run_plan"]


@attrs.define(eq=False)
class RunningPlan:
    """A plan on its stage. Run it in a nursery; `heal` ends it, whatever lasts or is still to come."""

    stage: Stage
    plan: tuple[Planned, ...]
    begun: int = attrs.field(default=0, init=False)
    """How many faults have begun."""
    _life: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)

    def __attrs_post_init__(self) -> None:
        for planned in self.plan:
            kind_of(planned.name)

    async def run(self) -> None:
        """Begin each fault at its time, counted from now; return when all are over. Being cancelled heals."""
        began_s = trio.current_time()
        with self._life:
            async with trio.open_nursery() as nursery:
                for number, planned in enumerate(self.plan):
                    nursery.start_soon(self._one, planned, began_s, name=f"fault {number} {planned.name}")

    def heal(self) -> None:
        """End all of it and put everything right, at once: nothing is left to be waited for."""
        self._life.cancel()
        self.stage.heal()
        self.stage.tell("healed", "every fault is over")

    async def _one(self, planned: Planned, began_s: float) -> None:
        await trio.sleep_until(began_s + planned.at_s)
        if self._life.cancel_called:
            # The healing came in this very moment, and the cancellation comes with the next wait.
            return
        self.begun += 1
        rng = Chance(planned.seed).stream(planned.name)
        await kind_of(planned.name).run(self.stage, planned, rng)


async def run_plan(stage: Stage, plan: Iterable[Planned]) -> None:
    """Run a plan to its end, and heal; also when it is cancelled."""
    running = RunningPlan(stage, tuple(plan))
    try:
        await running.run()
    finally:
        running.heal()
