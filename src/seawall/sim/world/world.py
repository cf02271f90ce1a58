"""A world: machines, a network between them, one time, one seed. `run_world` is where it begins and ends."""

import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Final, Generic, TypeVar

import attrs
import trio

from seawall.sim.world.chance import Chance
from seawall.sim.world.clocks import BEGIN_NS, WallClock
from seawall.sim.world.disk import Disk
from seawall.sim.world.guard import guarded
from seawall.sim.world.hosts import Machine
from seawall.sim.world.informer import Informer
from seawall.sim.world.net.network import Network
from seawall.sim.world.schedule import Schedule, VirtualClock, seeded, sleeps_by
from seawall.sim.world.trace import Trace

__all__ = ["Ran", "World", "run_world"]

T = TypeVar("T")

_COLLECT_EVERY_S: Final = 60.0


@attrs.define(eq=False)
class World:
    """What everybody in a world shares, and nobody in it sees: machines see their own clock and disk, and the network."""

    seed: int
    chance: Chance
    clock: VirtualClock
    trace: Trace
    network: Network
    machines: dict[str, Machine] = attrs.field(factory=dict, init=False)

    def machine(self, name: str, *, clock_error_s: float = 0.0) -> Machine:
        """A new machine of this name. Its clock is off by so many seconds."""
        if name in self.machines:
            raise ValueError(f"machine: there is a {name} in this world already")
        wall = WallClock(self.clock.current_time, round(clock_error_s * 1e9))
        made = self.machines[name] = Machine(name, wall, Disk(self.chance.stream(f"disk of {name}")))
        return made


@attrs.frozen
class Ran(Generic[T]):
    """What came of a run. Two runs of the same seed and code have the same digests."""

    value: T
    trace: Trace
    simulated_s: float
    cpu_s: float
    steps: int
    schedule_digest: str
    touched: tuple[str, ...]
    """Where something reached for the real world; such a run proves nothing."""
    asked: tuple[str, ...] = ()
    """Where strategies asked the machine itself for time or chance, of which no two runs get the same; only of a run that was to
    look for it."""


def run_world(
    seed: int, main: Callable[[World], Awaitable[T]], *, keep_facts: bool = False, look_for_leaks: bool = False
) -> Ran[T]:
    """Run `main` in a world of its own, in virtual time, until it returns. What it raises is raised here.

    One at a time in a process. While it runs, the standard library's time and chance are the world's (see `guard`). With
    `look_for_leaks` it is watched for what the guard cannot hold (see `informer`), which takes some times as long.
    """
    chance = Chance(seed)
    clock, schedule = VirtualClock(), Schedule(chance.stream("schedule"))
    trace = Trace(clock.current_time, keep=keep_facts)
    network = Network(chance.stream("network"), trace)
    world = World(seed, chance, clock, trace, network)
    cpu_began_s = time.process_time()

    async def begin() -> T:
        trio.socket.set_custom_socket_factory(network)
        trio.socket.set_custom_hostname_resolver(network)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_collect_garbage, name="the world's housekeeping")
            value = await main(world)
            network.sum_up()
            nursery.cancel_scope.cancel()
        return value

    def now_ns() -> int:
        return BEGIN_NS + round(clock.now_s * 1e9)

    guarding = guarded(clock.current_time, now_ns, chance.stream("system"))
    informer = Informer()
    informing = informer.listening() if look_for_leaks else nullcontext()
    with seeded(schedule), sleeps_by(clock), guarding as guard, informing:
        value = trio.run(begin, clock=clock, instruments=[schedule])
    return Ran(
        value,
        trace,
        clock.now_s,
        time.process_time() - cpu_began_s,
        schedule.steps,
        schedule.digest(),
        tuple(guard.touched),
        tuple(informer.notes),
    )


async def _collect_garbage() -> None:
    while True:
        await trio.sleep(_COLLECT_EVERY_S)
        gc.collect()
