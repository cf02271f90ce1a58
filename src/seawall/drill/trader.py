"""The trading engine as a process on a machine of the world, and whoever starts it again when it has ended."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import attrs
import trio

from seawall.drill.journal import JournalFile, open_world_journal
from seawall.engine.certificate import Certificate
from seawall.engine.engine import Engine, EngineParts, open_engine_on
from seawall.engine.sentences import sentence
from seawall.engine.settings import EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.kraken.client import ClientSettings, open_venue
from seawall.model.venue import Probe
from seawall.resilience import Backoff, equal
from seawall.sim.world.hosts import Host, Machine
from seawall.sim.world.world import World

__all__ = ["Life", "Trader", "heard_as_facts"]

_ASK_AGAIN: Final = Backoff(base_s=0.25, max_s=5.0, jitter=equal)
_EXITED: Final = "exited"
_START_AGAIN_S: Final = 5.0
"""What a service manager waits before it starts again what has ended by itself."""
_LET_IN_S: Final = 16 * 60.0
"""And a person, where the key was locked out: each try would begin the quarter of an hour anew."""


@attrs.define(eq=False)
class Life:
    """One process, from its start to its end; times are seconds since the world began."""

    number: int
    began_s: float
    served_s: float | None = None
    died_s: float | None = None
    ended_s: float | None = None
    """When the last of it was gone."""
    death: str | None = None
    """How it was killed; None where it ended by itself."""
    stop_wanted_s: float | None = None
    certificate: Certificate | None = None
    failures: tuple[str, ...] = ()
    """What came out of it, where it ended by itself."""

    @property
    def is_locked_out(self) -> bool:
        """Whether it ended because the exchange would not let its key in."""
        return any("Temporary lockout" in failure for failure in self.failures)


@attrs.define(eq=False)
class Trader:
    """Runs engines one after another on one machine and one journal, until it is told to stop."""

    world: World
    machine: Machine
    client: ClientSettings
    settings: EngineSettings
    strategies: Callable[[], Sequence[StrategySpec]]
    """New ones for each life: a process remembers nothing of the one before."""
    heard: Probe
    file: JournalFile = attrs.field(factory=JournalFile)
    journal_sync: bool = True
    started: list[Callable[[], None]] = attrs.field(factory=list, init=False)
    """Called whenever a process starts."""
    lives: list[Life] = attrs.field(factory=list, init=False)
    host: Host | None = attrs.field(default=None, init=False)
    engine: Engine | None = attrs.field(default=None, init=False)
    """The one that serves; None between two of them."""
    sockets_left: int = attrs.field(default=0, init=False)
    """Sockets that processes which ended by themselves had not closed; their system closed them then."""
    asleep: list[tuple[float, float]] = attrs.field(factory=list, init=False)
    """From when to when nobody in the world did anything."""
    ended: trio.Event = attrs.field(factory=trio.Event, init=False)
    _held: bool = attrs.field(default=False, init=False)
    _is_wanted: bool = attrs.field(default=False, init=False)
    _stopping: bool = attrs.field(default=False, init=False)
    _changed: trio.Event = attrs.field(factory=trio.Event, init=False)

    async def run(self) -> None:
        """Start engines until `stop`; then see the last one end. One that is killed while it stops has a successor too."""
        try:
            while not self._stopping or (self.lives and self.lives[-1].death is not None):
                await self._live()
                await self._pause(_LET_IN_S if self.lives[-1].is_locked_out else _START_AGAIN_S)
                while self._held and not self._stopping:
                    await self._wait(math.inf)
        finally:
            self.ended.set()

    def kill_trader(self, how: str = "killed") -> None:
        """End the process as `kill -9` does (`killed`), or its machine (`power cut`); it stays down until `start_trader`."""
        self._held = True
        if self.host is not None:
            self.host.die(how)

    def start_trader(self) -> None:
        """Let it be started again."""
        self._held, self._is_wanted = False, True
        self._changed.set()

    def suspend(self, for_s: float) -> None:
        """Let time pass in which nobody in the world does anything."""
        began_s = trio.current_time()
        self.world.clock.suspend(for_s)
        self.asleep.append((began_s, began_s + for_s))

    def stop(self, reason: str) -> None:
        """Ask the engine to stop in good order, and start none again."""
        self._stopping = True
        self._changed.set()
        if self.engine is not None:
            self.lives[-1].stop_wanted_s = trio.current_time()
            self.engine.stop(reason)

    async def _pause(self, seconds: float) -> None:
        """Until somebody starts it again, a person or what looks after the machine."""
        until_s = trio.current_time() + seconds
        self._is_wanted = False
        while not (self._stopping or self._is_wanted) and trio.current_time() < until_s:
            await self._wait(until_s - trio.current_time())

    async def _wait(self, at_most_s: float) -> None:
        with trio.move_on_after(at_most_s):
            self._changed = trio.Event()
            await self._changed.wait()

    async def serving(self) -> Engine:
        """The engine that serves, once there is one."""
        while self.engine is None:
            self._changed = trio.Event()
            await self._changed.wait()
        return self.engine

    async def _live(self) -> None:
        host = self.host = self.machine.boot()
        life = Life(host.life, trio.current_time())
        self.lives.append(life)
        host.on_death.append(partial(self._died, life))
        for tell in self.started:
            tell()
        self._say(host, "process", f"engine started, life {host.life}")
        try:
            with host.living():
                async with trio.open_nursery() as threads, open_engine_on(self._parts(host, threads)) as engine:
                    self._serves(host, life, engine)
                    await engine.stopped()
                    life.certificate = engine.certificate
        except Exception as crash:  # noqa: BLE001 - kept, and judged by the oracle: here a process has ended with a traceback
            life.failures = tuple(_leaves(crash))
        finally:
            self.engine = None
            life.ended_s = trio.current_time()
            if host.alive:
                self._say(host, "process", f"engine ended by itself{''.join(f'; {failure}' for failure in life.failures)}")
                self.sockets_left += self.world.network.open_sockets(host.name)
                host.die(_EXITED)

    def _serves(self, host: Host, life: Life, engine: Engine) -> None:
        if not host.alive:
            return
        self.engine = engine
        life.served_s = trio.current_time()
        self._changed.set()
        if self._stopping:
            self.stop("the run is over")

    def _died(self, life: Life, how: str) -> None:
        if how == _EXITED:
            return
        life.death, life.died_s = how, trio.current_time()
        self.engine = None
        lost = self.file.cut_power(self.machine.disk.left_after_power_cut) if how == "power cut" else 0
        tail = f"; {lost} commits were not on the disk yet" if lost else ""
        self.world.trace.tell("host", "died", f"{self.machine.name}: {how}{tail}")

    def _say(self, host: Host, kind: str, text: str) -> None:
        self.world.trace.tell("host", kind, f"{host.name}: {text}")

    def _parts(self, host: Host, threads: trio.Nursery) -> EngineParts:
        rng = self.world.chance.stream(f"engine, life {host.life}")

        def hear(notice: object) -> None:
            if host.alive:
                self.heard(notice)

        return EngineParts(
            name="seawall",
            settings=self.settings,
            open_venue=lambda listener, probe: open_venue(self.client, listener, probe=probe, now_ns=host.wall.now_ns, rng=rng),
            open_journal=lambda probe: open_world_journal(self.file, host, threads, probe=probe, rng=rng, sync=self.journal_sync),
            strategies=self.strategies(),
            probe=hear,
            now_ns=host.wall.now_ns,
            pause=lambda attempt: _ASK_AGAIN.delay_s(attempt, rng),
        )


def heard_as_facts(world: World) -> Probe:
    """A probe that takes every notice of an engine down as a fact, in the words that a person is told."""

    def hear(notice: object) -> None:
        text = sentence(notice)
        if text:
            kind = type(notice).__name__
            lane = "sockets" if type(notice).__module__.startswith("seawall.kraken") else "desk"
            world.trace.tell(lane, kind, text)

    return hear


def _leaves(crash: BaseException) -> list[str]:
    """What is in a group, flat: class and message of each."""
    if isinstance(crash, BaseExceptionGroup):
        return [leaf for part in crash.exceptions for leaf in _leaves(part)]
    return [f"{type(crash).__name__}: {crash}"]
