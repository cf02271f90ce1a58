"""The journal of an engine in a world: the same tables, rows, line and replay, on a disk of the world.

The database itself is SQLite in memory. It keeps what it has committed, as it does on a real disk; what was committed and not
synced goes with the power, and how long a commit takes, and whether it fails, the world's disk says.
"""

import functools
import queue
import sqlite3
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from random import Random
from typing import Final

import attrs
import sqlalchemy as sa
import trio
from sqlalchemy.pool import StaticPool

from seawall.journal.journal import SqlJournal
from seawall.journal.line import Line
from seawall.journal.making import begin_new
from seawall.journal.place import Append
from seawall.journal.sqlite_append import SqliteAppend
from seawall.journal.store import FAULTS, Store, open_store
from seawall.journal.tables import KEPT, journal
from seawall.journal.writer import Batch, Broke, Ended, Kept, Opened
from seawall.model.errors import JournalFailed
from seawall.model.venue import Probe
from seawall.sim.world.hosts import Host, HostDied

__all__ = ["JournalFile", "open_world_journal"]

_LOOK_AGAIN_S: Final = 0.05
"""How often a writer whose disk hangs looks whether it still does."""


@attrs.define(eq=False)
class JournalFile:
    """One journal on a disk of the world. Outlives the processes that write it; implements `seawall.journal.place.Database`."""

    name: str = "seawall.sqlite"
    _engine: sa.Engine = attrs.field(init=False)
    _unsynced: deque[int] = attrs.field(factory=deque, init=False)
    """The newest row of each commit since the last one that was synced."""
    _synced: int = attrs.field(default=0, init=False)

    _made: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._engine = _in_memory()
        weakref.finalize(self, self._engine.dispose)

    @contextmanager
    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> Generator[sa.Connection, None, None]:
        """See `Database.opened`."""
        if not self._made:
            self._make(now_ns, rng)
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[sa.Connection, None, None]:
        """See `Database.reading`."""
        with self._engine.connect() as connection:
            yield connection

    def connection(self) -> sa.Connection:
        """For whoever looks into it while it is written, at what is committed."""
        if not self._made:
            self._make(lambda: 0, Random(0))
        return self._engine.connect()

    def appender(self, connection: sa.Connection, run: int) -> Append:
        """See `Database.appender`."""
        return SqliteAppend(_driver(connection), run, (), _nothing)

    def committed(self, newest_seq: int, *, synced: bool) -> None:
        """A commit that ended with this row is there; with `synced` it and all before it are safe from now on."""
        if synced:
            self._unsynced.clear()
            self._synced = newest_seq
        else:
            self._unsynced.append(newest_seq)

    def cut_power(self, left: Callable[[int], int]) -> int:
        """Lose what was not synced, but for the first `left(commits)` of its commits; returns how many were lost."""
        kept = left(len(self._unsynced))
        lost = len(self._unsynced) - kept
        newest = self._unsynced[kept - 1] if kept else self._synced
        if lost:
            with self._engine.begin() as connection:
                for table in KEPT:
                    connection.execute(table.delete().where(table.c.seq > newest))
        self._unsynced.clear()
        self._synced = newest
        return lost

    def _make(self, now_ns: Callable[[], int], rng: Random) -> None:
        with self._engine.connect() as connection:
            _driver(connection).deserialize(_empty())
            with connection.begin():
                new = {"journal_id": f"{rng.getrandbits(64):016x}", "created_ns": now_ns()}
                connection.execute(journal.update().values(new))
        self._made = True


@functools.cache
def _empty() -> bytes:
    """A journal nobody has written to. Making its tables takes longer than many a run, so it is done once."""
    engine = _in_memory()
    try:
        with engine.connect() as connection:
            with connection.begin():
                begin_new(connection, lambda: 0, Random(0))
            return _driver(connection).serialize()
    finally:
        engine.dispose()


def _in_memory() -> sa.Engine:
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False),
        poolclass=StaticPool,
    )
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), driver
    return driver


def _nothing() -> None:
    """There is no file that could be taken away."""


class _Inbox(queue.SimpleQueue[Batch | None]):
    """Wakes a task in place of a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.filled = trio.Event()

    def put(self, item: Batch | None, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self.filled.set()

    async def take(self) -> list[Batch | None]:
        """All that waits, once there is something."""
        while self.empty():
            self.filled = trio.Event()
            await self.filled.wait()
        return [self.get_nowait() for _ in range(self.qsize())]


@asynccontextmanager
async def open_world_journal(
    file: JournalFile,
    host: Host,
    threads: trio.Nursery,
    *,
    probe: Probe,
    rng: Random,
    sync: bool = True,
    queue_bound: int = 10_000,
    drain_s: float = 5.0,
) -> AsyncGenerator[SqlJournal, None]:
    """The journal of a process in a world, for as long as the block lasts: `seawall.journal.open_journal` without the thread.

    What is a thread there is a task of `threads` here: outside of the engine's tree, which counts its tasks when it ends.
    """
    inbox = _Inbox()
    line = Line(file.name, probe, queue_bound, inbox)
    writer = _Writer(file, host, line, inbox, rng, sync)
    threads.start_soon(writer.run, name=f"journal writer of {host.name}")  # noqa: ASYNC113 - it says `opened` below
    try:
        await line.opened.wait()
        if line.fault is not None:
            raise line.fault
        assert line.replayed is not None, "opened without a fault, and nothing replayed"
        yield SqlJournal(line, line.replayed)
    finally:
        line.close()
        with trio.move_on_after(drain_s, shield=True) as draining:
            await line.ended.wait()
        if draining.cancelled_caught:
            line.leave_behind(drain_s)
        writer.life.cancel(reason="the journal is left")
    if draining.cancelled_caught:
        raise JournalFailed(f"{file.name}: the disk had not taken the last records after {drain_s:g} s")


@attrs.define(eq=False)
class _Writer:
    """What is a thread elsewhere."""

    file: JournalFile
    host: Host
    line: Line
    inbox: _Inbox
    rng: Random
    sync: bool
    life: trio.CancelScope = attrs.field(factory=lambda: trio.CancelScope(shield=True), init=False)
    """A thread is not cancelled with what surrounds it: it ends by itself, or is gone with its process."""

    async def run(self) -> None:
        """Open, replay, write until the inbox is closed."""
        self.host.on_death.append(lambda _: self.life.cancel(reason="the process died"))
        with self.life:
            try:
                await self._begin()
                with open_store(self.file, now_ns=self.host.wall.now_ns, rng=self.rng) as store:
                    self.line.hear(Opened(store.replayed))
                    await self._write_all(store)
            except (*FAULTS, JournalFailed) as fault:
                self.line.hear(Broke(fault))
            except HostDied as died:
                self.line.hear(Broke(died))
            finally:
                self.line.hear(Ended())

    async def _write_all(self, store: Store) -> None:
        broken = closed = False
        while not closed:
            waiting = await self.inbox.take()
            closed = None in waiting
            group = [batch for batch in waiting if batch is not None]
            if not group or broken:
                continue
            durable = self.sync and any(batch.durable for batch in group)
            try:
                await self._disk(synced=durable)
                store.append((row for batch in group for row in batch.rows), durable=durable)
                self.file.committed(store.last_seq, synced=durable)
                self.host.io("journal: committed")
            except (*FAULTS, JournalFailed) as fault:
                self.line.hear(Broke(fault))
                broken = True
                continue
            self.line.hear(Kept(len(group)))

    async def _begin(self) -> None:
        """The first write, of the run's own row: a disk that does not work is found out there."""
        try:
            await self._disk(synced=True)
        except OSError as fault:
            raise JournalFailed(f"{self.file.name}: cannot be used as a journal: {fault}") from fault

    async def _disk(self, *, synced: bool) -> None:
        """As long as the disk takes, and its verdict."""
        disk = self.host.disk
        await trio.sleep(disk.delay_s(synced=synced))
        while disk.stalled:  # noqa: ASYNC110 - a look costs nothing in virtual time, and a disk stays a set of plain switches
            await trio.sleep(_LOOK_AGAIN_S)
        self.host.io("journal: before the commit")
        disk.check(synced=synced)
