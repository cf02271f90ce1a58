"""The real engine over real sockets: a simulated exchange on loopback, and engines that are pointed at it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from seawall import Config, Engine, Market, RestartPolicy, StrategySpec, Surroundings, open_engine
from seawall.config import Deadlines, Exchange, Lease, Mode
from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.sim import SimSettings, Simulator, open_sim

Strategy = Callable[[Market], Awaitable[None]]

ONCE = RestartPolicy(on=(Exception,), delays_s=(), exhausted="quarantine")


@attrs.define(eq=False)
class Stage:
    """One simulated exchange, and where the engine's journal lies."""

    sim: Simulator
    directory: Path
    notices: list[object] = attrs.field(factory=list)
    deadlines: Deadlines = attrs.field(factory=Deadlines)
    book_depth: int = 10

    @property
    def journal(self) -> Path:
        """The engine's journal."""
        return self.directory / "journal.sqlite"

    def config(self) -> Config:
        """A configuration for an engine that uses this exchange as any other: by its addresses and a key."""
        addresses = self.sim.addresses
        return Config(
            mode=Mode.SIM,
            name="stage",
            journal=self.journal,
            exchange=Exchange(
                rest=addresses.rest,
                public=addresses.public,
                private=addresses.private,
                level3=addresses.level3,
                tier="pro",
                book_depth=self.book_depth,
            ),
            lease=Lease(directory=self.directory),
            deadlines=self.deadlines,
        )

    @asynccontextmanager
    async def engine(self, *strategies: Strategy | StrategySpec, watch_signals: bool = False) -> AsyncGenerator[Engine, None]:
        """An engine that runs these; a bare function under its own name, never restarted."""
        specs = [one if isinstance(one, StrategySpec) else StrategySpec(_name(one), one, ONCE) for one in strategies]
        environ = {KEY_VARIABLE: self.sim.api_key, SECRET_VARIABLE: self.sim.api_secret}
        where = Surroundings(environ=environ, watch_signals=watch_signals)
        async with open_engine(self.config(), strategies=specs, probe=self.notices.append, surroundings=where) as engine:
            yield engine

    def told(self, kind: type) -> list[object]:
        """Every notice of one class."""
        return [notice for notice in self.notices if isinstance(notice, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once something is so; the deadline is the caller's."""
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another program
            await trio.sleep(0.01)


@asynccontextmanager
async def open_stage(
    directory: Path, settings: SimSettings, *, deadlines: Deadlines | None = None, book_depth: int = 10
) -> AsyncGenerator[Stage, None]:
    """A stage for one test, for a minute at most."""
    with trio.fail_after(60):
        async with open_sim(settings) as sim:
            yield Stage(sim, directory, deadlines=deadlines or Deadlines(absent_s=1.0), book_depth=book_depth)


def _name(strategy: Strategy) -> str:
    return str(getattr(strategy, "__name__", "strategy"))
