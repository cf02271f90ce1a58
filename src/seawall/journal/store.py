"""The journal on the disk, without tasks: one connection, used by one thread."""

import random
import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing, contextmanager
from decimal import DecimalException
from pathlib import Path
from typing import Final

from seawall.journal import records, schema
from seawall.journal.lock import locked
from seawall.journal.records import Row
from seawall.model.errors import JournalFailed
from seawall.model.journal import Replayed
from seawall.model.order_states import ENDED

__all__ = ["Store", "open_store"]

_BUSY_S: Final = 10.0
"""How long a commit waits for a foreign program that has the file locked; readers never lock it."""


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * (columns.count(",") + 2))
    return f"INSERT INTO {table} (seq, {columns}) VALUES ({marks})"  # noqa: S608 - both are constants of this package


_INSERTS: Final = {
    "intents": _insert("intents", records.INTENT_COLUMNS),
    "order_steps": _insert("order_steps", records.ORDER_COLUMNS),
    # Not OR IGNORE, which would also overlook a missing value.
    "fills": _insert("fills", records.FILL_COLUMNS) + " ON CONFLICT (exec_id) DO NOTHING",
    "notes": _insert("notes", records.NOTE_COLUMNS),
}

_ENDED: Final = ", ".join(f"'{state.value}'" for state in sorted(ENDED))

# No step leads out of an end, so an order has ended when any of its steps says so.
_NOT_ENDED: Final = (
    "NOT EXISTS (SELECT 1 FROM order_steps AS ended"  # noqa: S608 - constants of this package
    f" WHERE ended.client_order_id = intents.client_order_id AND ended.state IN ({_ENDED}))"
)
_OPEN_INTENTS: Final = f"SELECT {records.INTENT_COLUMNS} FROM intents WHERE {_NOT_ENDED} ORDER BY seq"  # noqa: S608 - constants
_NEWEST_STEPS: Final = (
    f"SELECT {records.ORDER_COLUMNS} FROM order_steps WHERE seq IN ("  # noqa: S608 - constants of this package
    " SELECT (SELECT MAX(seq) FROM order_steps AS step WHERE step.client_order_id = intents.client_order_id)"
    f" FROM intents WHERE {_NOT_ENDED}) ORDER BY seq"
)
_FILLS: Final = f"SELECT {records.FILL_COLUMNS} FROM fills ORDER BY at_ns, seq"  # noqa: S608 - constants of this package
_LAST_SEQ: Final = (
    "SELECT MAX(COALESCE((SELECT MAX(seq) FROM intents), 0), COALESCE((SELECT MAX(seq) FROM order_steps), 0),"
    " COALESCE((SELECT MAX(seq) FROM fills), 0), COALESCE((SELECT MAX(seq) FROM notes), 0))"
)


class Store:
    """An open journal; `replayed` is what it knew."""

    def __init__(self, db: sqlite3.Connection, replayed: Replayed) -> None:
        self.replayed = replayed
        self._db = db
        (self._last_seq,) = db.execute(_LAST_SEQ).fetchone()

    def append(self, rows: Iterable[Row]) -> None:
        """Return once all rows are on the disk, or none of them. Raises sqlite3.Error."""
        seq = self._last_seq
        with _transaction(self._db):
            for row in rows:
                seq += 1
                self._db.execute(_INSERTS[row.table], (seq, *row.values))
        self._last_seq = seq


@contextmanager
def open_store(path: Path, *, now_ns: Callable[[], int], rng: random.Random) -> Generator[Store, None, None]:
    """Lock, make or check, and replay the journal at `path`; close it and free the lock on the way out.

    Raises `JournalInUse`, `NotAJournal`, or `JournalFailed` with the cause.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(path))
            if not path.exists():
                schema.create(path, f"{rng.getrandbits(64):016x}", now_ns())
            schema.check_file(path)
            db = held.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)))
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            store = Store(db, _begin_run(db, now_ns()))
        except (OSError, sqlite3.Error, ValueError, TypeError, DecimalException) as fault:
            raise JournalFailed(f"{path}: cannot be used as a journal: {fault}") from fault
        yield store


def _begin_run(db: sqlite3.Connection, opened_ns: int) -> Replayed:
    # Counting the run is also the first write: a full or read-only disk is found out before any order is planned.
    with _transaction(db):
        (journal_id,) = db.execute("SELECT journal_id FROM journal").fetchone()
        (run,) = db.execute("SELECT COALESCE(MAX(run), 0) + 1 FROM runs").fetchone()
        db.execute("INSERT INTO runs VALUES (?, ?)", (run, opened_ns))
        return Replayed(
            journal_id=journal_id,
            run=run,
            intents=tuple(map(records.intent, db.execute(_OPEN_INTENTS))),
            orders=tuple(map(records.order, db.execute(_NEWEST_STEPS))),
            fills=tuple(map(records.fill, db.execute(_FILLS))),
        )


@contextmanager
def _transaction(db: sqlite3.Connection) -> Generator[None, None, None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # After some I/O errors SQLite has rolled back by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
