"""What stands in line for the disk, and what became of it. No await: the journal's tasks wait on the events made here."""

import logging
from collections import deque
from collections.abc import Sequence

import attrs
import trio

from seawall.journal import records as rows
from seawall.journal.writer import Batch, Broke, Ended, Inbox, Kept, Opened, Word
from seawall.model.errors import JournalFailed
from seawall.model.journal import Record, Replayed
from seawall.model.venue import Probe

__all__ = ["JournalBroke", "JournalStatistics", "Line", "RecordsLeftBehind", "Ticket"]

_log = logging.getLogger(__name__)


@attrs.frozen
class JournalBroke:
    """A commit failed: nothing more is written. `records_lost` were handed over and are, as far as is known, not on the disk."""

    where: str
    reason: str
    records_lost: int


@attrs.frozen
class RecordsLeftBehind:
    """The journal had to be left before its disk had taken `records`: they are written if it still does, or lost."""

    where: str
    records: int
    waited_s: float


@attrs.frozen
class JournalStatistics:
    """Counts since the journal was opened; `queued` records wait or are being written now."""

    kept: int
    commits: int
    largest_commit: int
    queued: int
    most_queued: int
    queue_bound: int
    broken: bool


@attrs.define(eq=False)
class Ticket:
    """Records handed over in one call; `settled` once they are kept, or never will be."""

    batch: Batch
    kept: bool = False
    settled: trio.Event = attrs.field(factory=trio.Event)


class Line:
    """The tasks' side of the journal: bounds the inbox of the writing thread, and hears the thread's words."""

    def __init__(self, where: str, probe: Probe, queue_bound: int, inbox: Inbox) -> None:
        self.where = where
        self.opened = trio.Event()
        self.ended = trio.Event()
        self.replayed: Replayed | None = None
        self.fault: BaseException | None = None
        self.closed = False
        self._probe = probe
        self._queue_bound = queue_bound
        self._inbox = inbox
        self._unsettled: deque[Ticket] = deque()
        self._kept = self._commits = self._largest_commit = self._queued = self._most_queued = 0

    def hand_over(self, records: Sequence[Record], *, durable: bool) -> Ticket:
        """Put records in line. Raises `JournalFailed` when broken, closed or full, ValueError for what cannot be written."""
        if self.fault is not None:
            raise self.failure() from self.fault
        if self.closed:
            raise JournalFailed(f"{self.where}: the journal is closed")
        if self._queued + len(records) > self._queue_bound:
            # A caller that could wait for room is refused too: what is handed over later must not overtake it.
            raise JournalFailed(
                f"{self.where}: the disk is too slow: {self._queued} records wait for it, at most {self._queue_bound} may"
            )
        ticket = Ticket(Batch(tuple(map(rows.row, records)), durable))
        self._queued += len(records)
        self._most_queued = max(self._most_queued, self._queued)
        self._unsettled.append(ticket)
        self._inbox.put(ticket.batch)
        return ticket

    def failure(self) -> JournalFailed:
        """A fresh exception for one of those who must hear that the journal is broken."""
        return JournalFailed(f"{self.where}: the journal is broken: {_reason(self.fault)}")

    def hear(self, word: Word) -> None:
        """Take one word of the thread's, in the order they were said. Raises nothing."""
        match word:
            case Opened():
                self.replayed = word.replayed
                self.opened.set()
            case Kept():
                self._settle(word.batches)
            case Broke():
                self._break(word.fault)
            case Ended():
                self.ended.set()

    def close(self) -> None:
        """Take no more records; the thread ends once those in line are written."""
        self.closed = True
        self._inbox.put(None)

    def leave_behind(self, waited_s: float) -> None:
        """Say that what is in line was not waited for."""
        self._tell(RecordsLeftBehind(self.where, self._queued, waited_s))

    def statistics(self) -> JournalStatistics:
        """What has been kept so far, and what waits."""
        return JournalStatistics(
            kept=self._kept,
            commits=self._commits,
            largest_commit=self._largest_commit,
            queued=self._queued,
            most_queued=self._most_queued,
            queue_bound=self._queue_bound,
            broken=self.fault is not None,
        )

    def _settle(self, batches: int) -> None:
        written = 0
        for _ in range(batches):
            ticket = self._unsettled.popleft()
            written += len(ticket.batch.rows)
            ticket.kept = True
            ticket.settled.set()
        self._queued -= written
        self._kept += written
        self._commits += 1
        self._largest_commit = max(self._largest_commit, written)

    def _break(self, fault: BaseException) -> None:
        self.fault = fault
        if self.opened.is_set():  # otherwise `open_journal` raises it
            self._tell(JournalBroke(self.where, _reason(fault), self._queued))
        self.opened.set()
        for ticket in self._unsettled:
            ticket.settled.set()

    def _tell(self, notice: object) -> None:
        try:
            self._probe(notice)
        except Exception:  # noqa: BLE001 - reported below, and there is nobody above to raise it to: trio's loop calls this
            # The listener's fault is not the journal's: those who wait must hear of theirs.
            _log.exception("the probe raised at %r", notice)


def _reason(fault: BaseException | None) -> str:
    return f"{type(fault).__name__}: {fault}"
