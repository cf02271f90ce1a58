"""A small world for tests of its network: machines on a network, one time, one seed."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import attrs
import trio
from trio.testing import MockClock

from seawall.sim.world.chance import Chance
from seawall.sim.world.clocks import WallClock
from seawall.sim.world.disk import Disk
from seawall.sim.world.hosts import Host, Machine
from seawall.sim.world.net import Network
from seawall.sim.world.schedule import Schedule, VirtualClock, seeded
from seawall.sim.world.trace import Trace

T = TypeVar("T")


@attrs.frozen(eq=False)
class Pair:
    """A connection between two processes, and the port it came in by."""

    here: Host
    ours: trio.SocketStream
    there: Host
    theirs: trio.SocketStream
    door: trio.socket.SocketType


@attrs.define(eq=False)
class Lab:
    """A network, and the processes that are on it."""

    seed: int = 1
    clock: VirtualClock | MockClock = attrs.field(factory=VirtualClock)
    schedule: Schedule = attrs.field(init=False)
    chance: Chance = attrs.field(init=False)
    trace: Trace = attrs.field(init=False)
    network: Network = attrs.field(init=False)
    machines: dict[str, Machine] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.chance = Chance(self.seed)
        self.schedule = Schedule(self.chance.stream("schedule"))
        self.trace = Trace(self.clock.current_time, keep=True)
        self.network = Network(self.chance.stream("network"), self.trace)

    @property
    def now_s(self) -> float:
        return self.clock.current_time()

    def boot(self, name: str) -> Host:
        """A new process on the machine of this name."""
        machine = self.machines.get(name)
        if machine is None:
            machine = self.machines[name] = Machine(name, WallClock(self.clock.current_time), Disk(Random(1)))
        return machine.boot()

    async def pair(self, near: str = "trader", far: str = "kraken", port: int = 443) -> Pair:
        """Connect two machines, which are booted for it. Neither process has begun to live: that is the caller's."""
        there, here = self.boot(far), self.boot(near)
        door = self.network._kernel.socket(there)
        await door.bind((self.network.ip(far), port))
        door.listen()
        ours = self.network._kernel.socket(here)
        await ours.connect((self.network.ip(far), port))
        theirs, _ = await door.accept()
        return Pair(here, trio.SocketStream(ours), there, trio.SocketStream(theirs), door)

    def kinds(self) -> list[str]:
        """What the network told, in order."""
        return [fact.kind for fact in self.trace.facts if fact.lane == "sockets"]

    def told(self, kind: str) -> list[str]:
        """What the network said of one kind."""
        return [fact.text for fact in self.trace.facts if (fact.lane, fact.kind) == ("sockets", kind)]

    def run(self, main: Callable[[], Awaitable[T]]) -> T:
        """Run it in virtual time, to its end."""

        async def begin() -> T:
            trio.socket.set_custom_socket_factory(self.network)
            trio.socket.set_custom_hostname_resolver(self.network)
            with trio.fail_after(10_000):
                return await main()

        with seeded(self.schedule):
            return trio.run(begin, clock=self.clock, instruments=[self.schedule])
