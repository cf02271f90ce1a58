"""How fast time passes in a world: the whole engine and the whole exchange, in virtual time.

    python -m benchmarks.world [--quick] [--json]

What a world is compared with is what one would do without it: the same engine against the same exchange, over loopback sockets
and in real time, where a second takes a second. The load is one strategy that follows two pairs, of which something changes ten
times a second in all, and an order every five seconds; or the workload and the swarm of faults of a seed, with their healing.

A bare sleep is the ceiling: nothing runs faster than its wake-ups.
"""

import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

import attrs
import trio
import trio.testing
from benchmarks.engine_parts import in_memory
from benchmarks.rounds import Report, run_benchmark, take_turns
from benchmarks.rows import Row, rows_of

from seawall import Market, StrategySpec
from seawall.drill.actors import Course, open_actors
from seawall.drill.pulse import Pulse
from seawall.drill.run import run
from seawall.drill.spec import RunSpec
from seawall.engine.engine import Engine, EngineParts, open_engine_on
from seawall.engine.settings import EngineSettings
from seawall.kraken.client import Addresses, ClientSettings, Credentials, open_venue
from seawall.sim import DEFAULT_PAIRS, SimSettings, Simulator, open_sim
from seawall.sim.world.schedule import VirtualClock, sleeps_by
from seawall.sim.world.world import World, run_world

__all__ = ["main"]

SYMBOLS = ("BTC/USD", "ETH/USD")
PAIRS = tuple(pair for pair in DEFAULT_PAIRS if pair.symbol in SYMBOLS)
EXCHANGE = SimSettings(pairs=PAIRS, events_per_s=5.0, history_min=10, crowd_levels=20)

REAL = "over loopback, in real time"
WORLD = "seawall's world"
TYPICAL = "one strategy, two pairs, ten changes a second"


@attrs.frozen
class Size:
    """How much is measured."""

    rounds: int
    typical_s: float
    real_s: float
    seeds: tuple[int, ...]
    swarm_s: float
    wake_ups: int


FULL = Size(rounds=3, typical_s=600.0, real_s=5.0, seeds=(1, 2, 3, 4, 5), swarm_s=600.0, wake_ups=20_000)
QUICK = Size(rounds=1, typical_s=10.0, real_s=0.5, seeds=(1,), swarm_s=5.0, wake_ups=500)


@attrs.frozen
class Passed:
    """What it took to let time pass."""

    simulated_s: float
    cpu_s: float
    steps: int
    messages: int
    """Updates that the strategy was told of."""


@attrs.define
class Follower:
    """A strategy that looks at two pairs."""

    seen: int = 0

    def specs(self) -> Sequence[StrategySpec]:
        """It, by name."""
        return (StrategySpec("follower", self.follow),)

    async def follow(self, market: Market) -> None:
        """Count every change of the best prices."""
        async with trio.open_nursery() as nursery:
            for symbol in SYMBOLS:
                nursery.start_soon(self._follow_one, market, symbol)

    async def _follow_one(self, market: Market, symbol: str) -> None:
        async with market.quotes(symbol) as quotes:
            async for _ in quotes:
                self.seen += 1


def in_a_world(length_s: float, seed: int = 1) -> Passed:
    """The typical load, in virtual time."""
    follower = Follower()
    course = Course(follower.specs, EngineSettings(), EXCHANGE)

    async def trade(world: World) -> None:
        async with open_actors(world, course) as actors:
            await actors.trader.serving()
            await trio.sleep(length_s)
            actors.trader.stop("measured")
            await actors.trader.ended.wait()

    ran = run_world(seed, trade)
    return Passed(ran.simulated_s, ran.cpu_s, ran.steps, follower.seen)


@attrs.define(eq=False)
class _Steps(trio.abc.Instrument):
    count: int = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002 - trio calls it so
        self.count += 1


def over_loopback(length_s: float) -> Passed:
    """The typical load, in real time. Processor time is not what one waits for: that is `length_s`."""
    follower, steps = Follower(), _Steps()

    async def trade() -> None:
        pulse = Pulse(SYMBOLS[0])
        async with open_sim(EXCHANGE) as simulator, _engine(simulator, (*follower.specs(), pulse.spec())):
            await trio.sleep(length_s)

    trio.run(trade, instruments=[steps])
    return Passed(length_s, length_s, steps.count, follower.seen)


@asynccontextmanager
async def _engine(simulator: Simulator, strategies: Sequence[StrategySpec]) -> AsyncGenerator[Engine, None]:
    client = ClientSettings(
        addresses=Addresses(**attrs.asdict(simulator.addresses)),
        credentials=Credentials(simulator.api_key, simulator.api_secret),
    )
    parts = EngineParts(
        name="world",
        settings=EngineSettings(),
        open_venue=lambda listener, probe: open_venue(client, listener, probe=probe, now_ns=time.time_ns, rng=Random(1)),
        open_journal=in_memory,
        strategies=strategies,
        probe=lambda _: None,
        now_ns=time.time_ns,
        pause=lambda _: 0.1,
    )
    async with open_engine_on(parts) as engine:
        yield engine


def under_the_swarm(length_s: float, seed: int) -> Passed:
    """The workload and the faults of a seed, their healing, and the judgement."""
    done = run(RunSpec(seed, length_s)).statistics
    return Passed(done.simulated_s, done.cpu_s, done.scheduler_steps, 0)


def wake_ups(clock: Callable[[], trio.abc.Clock], count: int) -> float:
    """Wake-ups of one task that sleeps, in a second of processor time."""

    async def sleep_on() -> None:
        for _ in range(count):
            await trio.sleep(0.1)

    made = clock()
    began_s = time.process_time()
    if isinstance(made, VirtualClock):
        with sleeps_by(made):
            trio.run(sleep_on, clock=made)
    else:
        trio.run(sleep_on, clock=made)
    return count / (time.process_time() - began_s)


def speeds(load: str, passed: Sequence[Passed]) -> list[Row]:
    """How much faster than real time they were, together."""
    world = sum(each.simulated_s for each in passed) / sum(each.cpu_s for each in passed)
    return rows_of(load, "simulated seconds in one of processor time", "s/s", {REAL: 1.0, WORLD: world})


def measure(quick: bool) -> Report:
    """Everything."""
    size = QUICK if quick else FULL
    in_a_world(1.0)  # what is made once in a process is made
    real = over_loopback(size.real_s)
    typical = [in_a_world(size.typical_s) for _ in range(size.rounds)]
    swarms = [under_the_swarm(size.swarm_s, seed) for seed in size.seeds]
    steps = {REAL: real.steps / max(1, real.messages), WORLD: typical[0].steps / max(1, typical[0].messages)}
    sleepers = {
        "trio's MockClock": lambda: wake_ups(lambda: trio.testing.MockClock(autojump_threshold=0), size.wake_ups),
        WORLD: lambda: wake_ups(VirtualClock, size.wake_ups),
    }
    sleeps = rows_of("a bare sleep", "wake-ups in a second of processor time", "1/s", take_turns(sleepers, size.rounds))
    return Report(
        [
            *speeds(TYPICAL, typical),
            *speeds("the workloads of seeds, under swarms of faults", swarms),
            *rows_of(TYPICAL, "steps of the scheduler an update", "", steps),
            *sleeps,
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("world", "How fast time passes in a world.", ("trio", "trio-websocket", "httpx"), measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
