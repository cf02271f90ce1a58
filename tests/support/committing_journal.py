"""A journal in memory that commits as a database does: soon, in order, and not at all what was still queued at a kill."""

from collections.abc import Sequence

import attrs
import trio

from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord, Record, Replayed
from seawall.model.order_states import ENDED

__all__ = ["CommittingJournal", "Disk"]


@attrs.define(eq=False)
class Disk:
    """What outlives the process: every record that was committed, and how the disk behaves."""

    records: list[Record] = attrs.field(factory=list)
    runs: int = 0
    commit_s: float = 0.004
    full: bool = False

    def replayed(self, run: int) -> Replayed:
        """What a run that opens the journal now finds."""
        intents = [record for record in self.records if isinstance(record, IntentRecord)]
        steps = {record.client_order_id: record for record in self.records if isinstance(record, OrderRecord)}
        live = [record for record in intents if not _ended(steps.get(record.client_order_id))]
        return Replayed(
            "c0ffee",
            run,
            tuple(live),
            tuple(steps[record.client_order_id] for record in live if record.client_order_id in steps),
            tuple(record for record in self.records if isinstance(record, FillRecord)),
            tuple((one, steps[one.client_order_id]) for one in intents if one not in live),
        )


@attrs.define(eq=False)
class CommittingJournal:
    """Implements `seawall.model.journal.Journal` on a disk; `run` is its writer."""

    disk: Disk
    replayed: Replayed = attrs.field(init=False)
    broken: bool = attrs.field(default=False, init=False)
    _queued: list[Record | trio.Event] = attrs.field(factory=list, init=False)
    _work: trio.Event = attrs.field(factory=trio.Event, init=False)
    _dead: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.disk.runs += 1
        self.replayed = self.disk.replayed(self.disk.runs)

    async def keep(self, records: Sequence[Record]) -> None:
        self.note(records)
        kept = trio.Event()
        self._queued.append(kept)
        await kept.wait()
        if self.broken:
            raise JournalFailed("no space left on the device")

    def note(self, records: Sequence[Record]) -> None:
        if self.broken:
            raise JournalFailed("no space left on the device")
        self._queued.extend(records)
        self._work.set()

    def kill(self) -> None:
        """The process has died: what was not committed is gone."""
        self._dead = True
        self._queued.clear()

    async def run(self) -> None:
        """Commit what is queued, all of it or nothing."""
        while True:
            await self._work.wait()
            await trio.sleep(self.disk.commit_s)
            if self._dead:
                return
            self._work = trio.Event()
            batch, self._queued = self._queued, []
            if self.disk.full:
                self.broken = True
            if not self.broken:
                self.disk.records.extend(one for one in batch if not isinstance(one, trio.Event))
            for one in batch:
                if isinstance(one, trio.Event):
                    one.set()


def _ended(step: OrderRecord | None) -> bool:
    return step is not None and step.state in ENDED
