"""The engine as the benchmarks run it: real client, real desk, and one of two journals."""

import random
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import attrs
import trio
from benchmarks.exchange import ExchangeProcess

from seawall import RestartPolicy, StrategySpec
from seawall.engine.engine import EngineParts
from seawall.engine.notices import StrategyFailed
from seawall.engine.settings import EngineSettings
from seawall.journal import open_journal
from seawall.kraken.client import ClientSettings, open_venue
from seawall.model.journal import Journal, Record, Replayed
from seawall.model.venue import Probe

__all__ = ["MemoryJournal", "OpenJournal", "engine_parts", "in_memory", "on_disk"]

OpenJournal = Callable[[Probe], AbstractAsyncContextManager[Journal]]

ONCE = RestartPolicy(on=(Exception,), delays_s=(), exhausted="quarantine")


class MemoryJournal:
    """Keeps nothing: what is left is the cost of everything but the disk."""

    def __init__(self) -> None:
        self.replayed = Replayed(f"{random.getrandbits(28):x}", 1, (), (), ())  # ids of orders begin with it: no two alike

    async def keep(self, records: Sequence[Record]) -> None:  # noqa: ARG002 - the protocol hands them over
        """Return at once."""
        await trio.lowlevel.checkpoint()

    def note(self, records: Sequence[Record]) -> None:
        """Forget them."""


@asynccontextmanager
async def in_memory(_probe: Probe) -> AsyncGenerator[Journal, None]:
    """A journal without a disk."""
    yield MemoryJournal()


def on_disk(path: Path) -> OpenJournal:
    """The journal as it ships: SQLite, write-ahead log, `synchronous = FULL`."""
    return lambda probe: open_journal(path, now_ns=time.time_ns, probe=probe)


def engine_parts(
    exchange: ExchangeProcess,
    strategy: StrategySpec,
    journal: OpenJournal = in_memory,
) -> EngineParts:
    """An engine that trades at the exchange process."""
    settings = ClientSettings(
        addresses=exchange.addresses, credentials=exchange.credentials, quiet_after_s=3_600.0, tier="pro", goodbye_s=0.1
    )

    def probe(notice: object) -> None:
        if isinstance(notice, StrategyFailed):
            print(notice, file=sys.stderr)

    return EngineParts(
        name="benchmark",
        settings=EngineSettings(),
        open_venue=lambda listener, tell: open_venue(settings, listener, probe=tell, rng=random.Random(1)),
        open_journal=journal,
        strategies=[attrs.evolve(strategy, restart=ONCE)],
        probe=probe,
        now_ns=time.time_ns,
        pause=lambda _attempt: 0.1,
    )
