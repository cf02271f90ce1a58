"""One run: a world out of a seed, an exchange and a trader in it, faults, healing, and what was left.

safety      the engine trades while everything breaks
healing     every fault ends
liveness    within ninety seconds it has to be in step with the exchange again, and trade
stop        in good order; the certificate
judgement   by the oracle, which knows the exchange, the journal, and what strategies were told
"""

from collections.abc import Callable
from typing import Final

import attrs
import trio

from seawall.drill.actors import Actors, open_actors
from seawall.drill.courses import course_of
from seawall.drill.spec import Phases, RunSpec, Verdict
from seawall.drill.told import Told
from seawall.drill.witnessing import Witnessing
from seawall.model.order_states import OrderState
from seawall.sim.catalogue import RunningPlan, Stage, swarm
from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.chance import Chance
from seawall.sim.world.world import Ran, World, run_world

__all__ = ["DOUBT_S", "LIVENESS_S", "plan_of", "run"]

LIVENESS_S: Final = 90.0
"""How long after the healing an engine may take to be in step and trading again."""
DOUBT_S: Final = 60.0
"""And how much longer where the answer to an order was lost shortly before: one that was taken may take a minute to show
(docs.kraken.com/api/docs/guides/spot-errors). So long nobody can say that it was never placed, and its pair is not traded."""
_LOCKED_OUT_S: Final = 17 * 60.0
"""How long a lockout may last once nobody tries the key any more; a quarter of an hour, by the exchange's word."""
_BEAT_S: Final = 10.0
"""And how much longer until a strategy trades the pair again, once that is decided."""
_LOOK_S: Final = 0.25
_SERVE_S: Final = 120.0
_END_S: Final = 60.0
"""How long after the wish to stop a run waits for the trader's end."""
_AFTERMATH_S: Final = 2.0
"""What the exchange is given to hear of the last closed sockets."""


def plan_of(spec: RunSpec) -> tuple[Planned, ...]:
    """The faults of a run: as the spec says, else the swarm of its seed."""
    return spec.faults if spec.faults is not None else swarm(Chance(spec.seed).stream("swarm"), spec.length_s)


def run(spec: RunSpec) -> Verdict:
    """Run it in a world of its own, and judge it. Always the same for the same spec and code.

    Raises `ConfigError` for a configuration that is none, ValueError for a fault that is not in the catalogue.
    """
    play = _Play(spec, plan_of(spec))
    return play.verdict(run_world(spec.seed, play.main, keep_facts=spec.keep_facts))


@attrs.define(eq=False)
class _Play:
    """One run as it goes on."""

    spec: RunSpec
    plan: tuple[Planned, ...]
    _witnessing: Witnessing = attrs.field(init=False)
    _phases: Phases = attrs.field(init=False)
    _recovered_s: float | None = attrs.field(default=None, init=False)
    _amiss_at_last: str = attrs.field(default="", init=False)
    """What was not in step when the time for it was over."""

    async def main(self, world: World) -> Actors:
        """Through all phases."""
        told = Told(trio.current_time, world.trace.tell)
        course = course_of(self.spec.config_file, world.chance, told)
        witnessing = self._witnessing = Witnessing(world, self.spec, self.plan, told, course.settings)
        course = attrs.evolve(course, probes=(witnessing.hear,))
        async with open_actors(world, course, clock_errors_s=self._clock_errors_s(world), meet=witnessing.meet) as actors:
            actors.trader.machine.die_at = self.spec.kill_at
            async with trio.open_nursery() as nursery:
                nursery.start_soon(witnessing.look, name="the oracle's watch")
                await self._through(world, actors, nursery)
                nursery.cancel_scope.cancel()
            witnessing.collect(self._phases)
        return actors

    async def _through(self, world: World, actors: Actors, nursery: trio.Nursery) -> None:
        with trio.move_on_after(_SERVE_S):
            await actors.trader.serving()
        trading_s = trio.current_time()
        machine = actors.trader.machine
        stage = Stage(world.trace, world.network, actors.exchange, machine, actors.exchange_host.machine, actors.trader)
        faults = RunningPlan(stage, self.plan)
        nursery.start_soon(faults.run, name="the faults")
        await trio.sleep(self.spec.length_s)
        faults.heal()
        await self._be_let_in(actors)
        actors.trader.start_trader()
        healed_s = trio.current_time()
        self._recovered_s = await self._recover(actors, healed_s)
        stop_s = trio.current_time()
        actors.trader.stop("the run is over")
        with trio.move_on_after(_END_S):
            await actors.trader.ended.wait()
        await trio.sleep(_AFTERMATH_S)
        self._phases = Phases(trading_s, healed_s, stop_s, trio.current_time())

    def verdict(self, ran: Ran[Actors]) -> Verdict:
        """What is said of it."""
        violations, statistics, measures = self._witnessing.judge(ran, self._phases, self._recovered_s, self._amiss_at_last)
        return Verdict(
            spec=self.spec,
            planned=self.plan,
            violations=violations,
            statistics=statistics,
            measures=measures,
            trace_digest=ran.trace.digest(),
            schedule_digest=ran.schedule_digest,
            facts=tuple(ran.trace.facts),
            phases=self._phases,
        )

    def _clock_errors_s(self, world: World) -> tuple[float, float]:
        """No two clocks agree: up to half a second between the exchange's and the trader's."""
        rng: Callable[[float, float], float] = world.chance.stream("clocks").uniform
        return rng(-0.05, 0.05), rng(-0.5, 0.5)

    async def _be_let_in(self, actors: Actors) -> None:
        """A key that was locked out while the world was ill is a fault as well, which ends only when nobody tries it."""
        with trio.move_on_after(_LOCKED_OUT_S):
            while (left_s := actors.exchange.locked_out_s) > 0:  # noqa: ASYNC110 - the exchange tells nobody when it is over
                await trio.sleep(left_s + _LOOK_S)

    async def _recover(self, actors: Actors, healed_s: float) -> float | None:
        """Seconds until the engine is in step and trades; None where it did not within its time."""
        until_s, doubt_s = healed_s + LIVENESS_S, healed_s
        while (amiss := self._amiss(actors, healed_s)) is not None:
            if self._is_in_doubt(actors):
                doubt_s = min(trio.current_time(), until_s + DOUBT_S)
            if trio.current_time() >= max(until_s, doubt_s + _BEAT_S):
                self._amiss_at_last = amiss
                return None
            await trio.sleep(_LOOK_S)
        return trio.current_time() - healed_s

    def _is_in_doubt(self, actors: Actors) -> bool:
        engine = actors.trader.engine
        return engine is not None and any(order.uncertain is not None for order in engine.snapshot().orders)

    def _amiss(self, actors: Actors, healed_s: float) -> str | None:
        """What is not in step yet; None once all is well."""
        engine = actors.trader.engine
        if engine is None:
            return "no engine serves"
        snapshot = engine.snapshot()
        there = {order.cl_ord_id for order in actors.exchange.exchange.open_orders()}
        doubts = [
            *(f"the book of {quote.symbol} is not verified" for quote in snapshot.quotes if not quote.verified),
            *(f"order {order.client_order_id} is in doubt" for order in snapshot.orders if order.uncertain is not None),
            *(
                f"order {order.client_order_id} is open to the engine, and not at the exchange"
                for order in snapshot.orders
                if order.state == OrderState.OPEN and order.client_order_id not in there
            ),
        ]
        if snapshot.mode != "running":
            doubts.append(f"the engine is {snapshot.mode}")
        if (actors.pulse.beat_s or 0.0) <= healed_s:
            doubts.append("no order was taken since")
        return doubts[0] if doubts else None
