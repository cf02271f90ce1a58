"""Everybody in a world: an exchange and a trader, on machines of their own."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import attrs
import trio

from seawall.drill.exchange_lane import tell_of_exchange
from seawall.drill.pulse import Pulse
from seawall.drill.trader import Trader, heard_as_facts
from seawall.engine.settings import EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.kraken.client import Addresses, ClientSettings, Credentials
from seawall.model.venue import Probe
from seawall.sim import SimSettings, Simulator, open_sim
from seawall.sim.world.hosts import Host
from seawall.sim.world.world import World

__all__ = ["Actors", "Course", "open_actors"]

EXCHANGE: Final = "kraken"
TRADER: Final = "trader"


@attrs.frozen
class Course:
    """Who trades in a run, with what settings, and where."""

    strategies: Callable[[], Sequence[StrategySpec]]
    """Called for each life of the trading process; told of the world only through the market they are handed."""
    settings: EngineSettings
    exchange: SimSettings
    client: ClientSettings = attrs.field(factory=ClientSettings)
    """Without addresses and credentials of its own: those are the simulated exchange's."""
    journal_sync: bool = True
    probes: Sequence[Probe] = ()
    """Told of every notice of a living engine."""


@attrs.define(eq=False)
class Actors:
    """Everybody in a world: the exchange, the trader, and the pulse that shows whether trading goes on."""

    world: World
    exchange: Simulator
    exchange_host: Host
    trader: Trader
    pulse: Pulse


@asynccontextmanager
async def open_actors(
    world: World,
    course: Course,
    *,
    clock_errors_s: tuple[float, float] = (0.0, 0.0),
    meet: Callable[["Actors"], None] = lambda _: None,
) -> AsyncGenerator[Actors, None]:
    """An exchange and a trader of it, on machines of their own, whose clocks are off by so much. Leaving ends both at once.

    `meet` is shown them before the trader is started.
    """
    kraken = world.machine(EXCHANGE, clock_error_s=clock_errors_s[0])
    machine = world.machine(TRADER, clock_error_s=clock_errors_s[1])
    async with trio.open_nursery() as nursery:
        settings = attrs.evolve(
            course.exchange,
            seed=world.chance.stream("exchange").getrandbits(32),
            now_ns=kraken.wall.now_ns,
            host=world.network.ip(EXCHANGE),
            name=f"{EXCHANGE}.world",
        )
        host = kraken.boot()
        simulator: Simulator = await nursery.start(_serve, host, settings, name="the exchange")
        tell_of_exchange(simulator, world.trace.tell)
        client = attrs.evolve(
            course.client,
            addresses=Addresses(**attrs.asdict(simulator.addresses)),
            credentials=Credentials(simulator.api_key, simulator.api_secret),
        )
        pulse = Pulse(course.exchange.pairs[0].symbol)
        trader = Trader(
            world,
            machine,
            client,
            course.settings,
            lambda: (*course.strategies(), pulse.spec()),
            told_to(heard_as_facts(world), *course.probes),
            journal_sync=course.journal_sync,
        )
        actors = Actors(world, simulator, host, trader, pulse)
        meet(actors)
        nursery.start_soon(trader.run, name="the trader")  # noqa: ASYNC113 - who needs it to serve waits for `serving`
        try:
            yield actors
        finally:
            nursery.cancel_scope.cancel()


def told_to(*probes: Probe) -> Probe:
    """A probe that passes everything on to these."""

    def hear(notice: object) -> None:
        for probe in probes:
            probe(notice)

    return hear


async def _serve(host: Host, settings: SimSettings, *, task_status: trio.TaskStatus[Simulator]) -> None:
    with host.living():
        async with open_sim(settings) as simulator:
            task_status.started(simulator)
            await trio.sleep_forever()
