"""A journal in memory, for tests of the engine."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import attrs
import trio

from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, Journal, OrderRecord, Record, Replayed
from seawall.model.order_states import ENDED
from seawall.model.venue import Probe

EMPTY = Replayed("c0ffee", 1, (), (), ())


@attrs.define(eq=False)
class MemoryJournal:
    """Implements `seawall.model.journal.Journal` on a list."""

    replayed: Replayed = EMPTY
    records: list[Record] = attrs.field(factory=list)
    broken: bool = False
    delay_s: float = 0.001
    closed: bool = False
    fails_to_close: bool = False

    async def keep(self, records: Sequence[Record]) -> None:
        await trio.sleep(self.delay_s)
        self.note(records)

    def note(self, records: Sequence[Record]) -> None:
        if self.broken:
            raise JournalFailed("no space left on the device")
        self.records.extend(records)

    def intents(self) -> list[IntentRecord]:
        """Every intent kept."""
        return [record for record in self.records if isinstance(record, IntentRecord)]

    def reopened(self) -> "MemoryJournal":
        """The same journal as the next run finds it."""
        steps = {record.client_order_id: record for record in self.records if isinstance(record, OrderRecord)}
        live = [record for record in self.intents() if not self._ended(steps.get(record.client_order_id))]
        names = [record.client_order_id for record in live]
        replayed = Replayed(
            self.replayed.journal_id,
            self.replayed.run + 1,
            tuple(live),
            tuple(steps[name] for name in names if name in steps),
            tuple(record for record in self.records if isinstance(record, FillRecord)),
            tuple((one, steps[one.client_order_id]) for one in self.intents() if one not in live),
        )
        return MemoryJournal(replayed, records=list(self.records))

    @asynccontextmanager
    async def open(self, probe: Probe) -> AsyncGenerator[Journal, None]:  # noqa: ARG002 - a protocol
        try:
            yield self
        finally:
            self.closed = True
        if self.fails_to_close:
            raise JournalFailed("the last records are lost")

    @staticmethod
    def _ended(step: OrderRecord | None) -> bool:
        return step is not None and step.state in ENDED
