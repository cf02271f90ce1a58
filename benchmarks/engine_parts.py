"""The engine as the benchmarks run it: real client, real desk, and one of two journals."""

import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import trio
from benchmarks.exchange import ExchangeProcess

from seawall import StrategySpec
from seawall.engine.engine import EngineParts
from seawall.engine.settings import EngineSettings
from seawall.journal import open_journal
from seawall.kraken.client import ClientSettings, open_venue
from seawall.model.journal import Journal, Record, Replayed
from seawall.resilience import ignore

__all__ = ["engine_parts", "in_memory", "on_disk"]


class MemoryJournal:
    """Keeps nothing: what is left is the cost of everything but the disk."""

    replayed = Replayed("bec4", 1, (), (), ())

    async def keep(self, records: Sequence[Record]) -> None:  # noqa: ARG002 - the protocol hands them over
        """Return at once."""
        await trio.lowlevel.checkpoint()

    def note(self, records: Sequence[Record]) -> None:
        """Forget them."""


@asynccontextmanager
async def in_memory() -> AsyncGenerator[Journal, None]:
    """A journal without a disk."""
    yield MemoryJournal()


def on_disk(path: Path) -> Callable[[], AbstractAsyncContextManager[Journal]]:
    """The journal as it ships: SQLite, write-ahead log, `synchronous = FULL`."""
    return partial(open_journal, path, now_ns=time.time_ns)


def engine_parts(
    exchange: ExchangeProcess,
    strategy: StrategySpec,
    journal: Callable[[], AbstractAsyncContextManager[Journal]] = in_memory,
) -> EngineParts:
    """An engine that trades at the exchange process."""
    settings = ClientSettings(
        addresses=exchange.addresses, credentials=exchange.credentials, quiet_after_s=3_600.0, tier="pro", goodbye_s=0.1
    )
    return EngineParts(
        name="benchmark",
        settings=EngineSettings(),
        open_venue=partial(open_venue, settings, rng=random.Random(1)),
        open_journal=journal,
        strategies=[strategy],
        probe=ignore,
        now_ns=time.time_ns,
        pause=lambda _attempt: 0.1,
    )
