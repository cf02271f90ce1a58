"""An engine on fakes, with everything it tells."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs

from seawall.engine.engine import Engine, EngineParts, open_engine_on
from seawall.engine.lease import LeaseTerms
from seawall.engine.market import Market
from seawall.engine.settings import EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.resilience import RestartPolicy
from support.journal import MemoryJournal
from support.venue import FakeExchange, FakeVenue

Strategy = Callable[[Market], Awaitable[None]]

ONCE = RestartPolicy(on=(Exception,), delays_s=(), exhausted="quarantine")


@attrs.define(eq=False)
class Bench:
    """An engine's surroundings: the exchange and the journal that outlive it, and every notice."""

    exchange: FakeExchange = attrs.field(factory=FakeExchange)
    journal: MemoryJournal = attrs.field(factory=MemoryJournal)
    notices: list[object] = attrs.field(factory=list)
    settings: EngineSettings = attrs.field(factory=EngineSettings)
    overdue: list[object] = attrs.field(factory=list)

    @property
    def venue(self) -> FakeVenue:
        assert self.exchange.venue is not None
        return self.exchange.venue

    @asynccontextmanager
    async def engine(self, *strategies: Strategy | StrategySpec, lease: LeaseTerms | None = None) -> AsyncGenerator[Engine, None]:
        """An engine that runs these, each under its function's name."""
        specs = [one if isinstance(one, StrategySpec) else StrategySpec(_name(one), one, ONCE) for one in strategies]
        parts = EngineParts(
            name="bench",
            settings=self.settings,
            open_venue=self.exchange.open,
            open_journal=self.journal.open,
            strategies=specs,
            probe=self.notices.append,
            now_ns=lambda: self.venue.now_ns() if self.exchange.venue is not None else 0,
            pause=lambda attempt: min(0.1 * 2**attempt, 2.0),
            stop_when_done=False,
            on_overdue=self.overdue.append,
            lease=lease,
        )
        async with open_engine_on(parts) as engine:
            yield engine

    def told(self, kind: type) -> list[object]:
        """Every notice of one class."""
        return [notice for notice in self.notices if isinstance(notice, kind)]


def _name(strategy: Strategy) -> str:
    return getattr(strategy, "__name__", "strategy")
