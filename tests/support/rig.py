"""The acting parts of an engine on a venue in memory, without the engine around them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import attrs
import trio

from seawall.engine.assembly import Assembly, assemble
from seawall.engine.blotter import Blotter
from seawall.engine.custody import Custody
from seawall.engine.desk import Desk
from seawall.engine.foundation import Foundation, lay_foundation
from seawall.engine.market import Market
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import JournalFailed
from seawall.model.orders import Intent, limit_buy
from support.journal import MemoryJournal
from support.venue import FakeVenue

BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")


@attrs.define(eq=False)
class Rig:
    """Foundation, venue and assembly; every notice, and every failure of the journal."""

    settings: EngineSettings = attrs.field(factory=EngineSettings)
    journal: MemoryJournal = attrs.field(factory=MemoryJournal)
    strategies: Sequence[StrategySpec] = ()
    notices: list[object] = attrs.field(factory=list, init=False)
    journal_failures: list[JournalFailed] = attrs.field(factory=list, init=False)
    foundation: Foundation = attrs.field(init=False)
    venue: FakeVenue = attrs.field(init=False)
    assembly: Assembly = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.foundation = lay_foundation(self.journal, self.notices.append, self._now_ns, self.journal_failures.append)
        self.venue = FakeVenue(self.foundation.hub)
        self.assembly = assemble(
            self.foundation, self.venue, self.settings, self.strategies, self.notices.append, self._now_ns, self._pause
        )

    @property
    def blotter(self) -> Blotter:
        return self.foundation.blotter

    @property
    def custody(self) -> Custody:
        return self.assembly.custody

    @property
    def desk(self) -> Desk:
        return self.assembly.desk

    def market(self, owner: str = "me") -> Market:
        """What a strategy of that name is handed."""
        return self.assembly.runner.market_of(owner)

    @asynccontextmanager
    async def caring(self) -> AsyncGenerator[trio.Nursery, None]:
        """The custody alone, the private stream live, a book, and the intake open."""
        async with trio.open_nursery() as nursery:
            self.custody.open(nursery)
            self.venue.restore_private()
            self.foundation.hub.snapshot = None
            self.venue.quote()
            self.desk.open_intake()
            yield nursery
            self.custody.close()
            nursery.cancel_scope.cancel(reason="the test has ended")

    async def opened(self, intent: Intent = BID, owner: str = "me") -> Order:
        """An order that rests."""
        return await self.desk.place(owner, intent)

    def told(self, kind: type) -> list[object]:
        """Every notice of one class."""
        return [notice for notice in self.notices if isinstance(notice, kind)]

    @staticmethod
    def _now_ns() -> int:
        return int(trio.current_time() * 1e9)

    @staticmethod
    def _pause(attempt: int) -> float:
        return float(min(0.1 * 2**attempt, 2.0))
