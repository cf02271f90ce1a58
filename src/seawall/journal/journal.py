"""The journal as the engine uses it: many tasks hand records over, one thread writes them."""

import queue
import random
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import trio

from seawall.journal.database import Where, database_at
from seawall.journal.line import JournalStatistics, Line
from seawall.journal.place import Database
from seawall.journal.store import open_store
from seawall.journal.writer import Inbox, Word, write
from seawall.model.errors import JournalFailed
from seawall.model.journal import Record, Replayed
from seawall.model.venue import Probe

__all__ = ["SqlJournal", "open_journal"]


class SqlJournal:
    """Implements `seawall.model.journal.Journal`; made by `open_journal`. Its methods are for the trio thread."""

    def __init__(self, line: Line, replayed: Replayed) -> None:
        self._line = line
        self._replayed = replayed

    def __repr__(self) -> str:
        numbers = self.statistics()
        state = "broken" if numbers.broken else "closed" if self._line.closed else f"{numbers.queued} queued"
        return f"<SqlJournal {self.where} run {self._replayed.run} ({state})>"

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return self._line.where

    @property
    def replayed(self) -> Replayed:
        """What was known when the journal was opened."""
        return self._replayed

    async def keep(self, records: Sequence[Record]) -> None:
        """Return once the records, and all handed over before them, are on the disk (with `sync`, else with the system).

        Callers that wait at the same time share one commit. Raises `JournalFailed` when the disk did not take them, when the
        queue is full and when the journal is closed; ValueError when a record holds what cannot be written. On
        cancellation the records stay in line: they will be kept unless the journal fails, and nobody else is held up.
        """
        ticket = self._line.hand_over(records, durable=True)
        await ticket.settled.wait()
        if not ticket.kept:
            raise self._line.failure() from self._line.fault

    def note(self, records: Sequence[Record]) -> None:
        """Queue records behind all that were handed over before; returns at once. Raises as `keep`."""
        self._line.hand_over(records, durable=False)

    def statistics(self) -> JournalStatistics:
        """What has been kept so far, and what waits."""
        return self._line.statistics()


@asynccontextmanager
async def open_journal(
    where: Where | Database,
    *,
    now_ns: Callable[[], int],
    sync: bool = True,
    probe: Probe = lambda _: None,
    rng: random.Random | None = None,
    queue_bound: int = 10_000,
    drain_s: float = 5.0,
) -> AsyncGenerator[SqlJournal, None]:
    """The journal at `where`, made when it is not there, for as long as the block lasts.

    `where` is a file, a URL such as `postgresql://user@host/database`, or a `Database` of the caller's own. What is kept is on
    the disk; without `sync` it is with the system only, and the last moments of it may be lost with the machine, though not with
    the process. `now_ns` is the wall clock, in nanoseconds; `rng` makes the id of a new journal (default: the system's).
    At most `queue_bound` records wait for the disk. Leaving the block, however it is left, takes no more records, waits up to
    `drain_s` seconds for those in line to be written, and tells `probe` of `RecordsLeftBehind` if that was not enough.

    Raises `JournalInUse` while another engine has it, `NotAJournal` for what is none or of an unknown version (which is left
    as it is), ValueError for a URL of another kind, `JournalFailed` with the cause when it cannot be opened, and at the end
    of a block that ended well when the last records could not be written.
    """
    database = database_at(where)  # a few stats; two names for one file are one journal, with one lock
    inbox: Inbox = queue.SimpleQueue()
    line = Line(database.name, probe, queue_bound, inbox)
    token = trio.lowlevel.current_trio_token()

    def say(word: Word) -> None:
        # A thread that was left behind may outlive the run: nobody is there to hear it.
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(line.hear, word)

    store = open_store(database, now_ns=now_ns, rng=rng or random.SystemRandom())
    writing = partial(write, store, inbox, say, sync=sync)
    thread = threading.Thread(target=writing, name=f"journal {database.name}", daemon=True)
    thread.start()
    try:
        await line.opened.wait()
        if line.fault is not None:
            raise line.fault
        assert line.replayed is not None, "opened without a fault, and nothing replayed"
        yield SqlJournal(line, line.replayed)
    finally:
        was_broken = line.statistics().broken
        line.close()
        with trio.move_on_after(drain_s, shield=True) as draining:
            await line.ended.wait()
        if draining.cancelled_caught:
            line.leave_behind(drain_s)
        else:
            thread.join()  # it has said its last word: only its return is left
    # Reached where the block itself ended well; what broke earlier was told to those who asked for something to be kept.
    if draining.cancelled_caught:
        raise JournalFailed(f"{database.name}: the disk had not taken the last records after {drain_s:g} s")
    if line.statistics().broken and not was_broken:
        raise line.failure() from line.fault
