"""Adding rows to a journal in an SQLite file."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from seawall.journal.place import Batches
from seawall.journal.watched_file import WatchedFile
from seawall.journal.writes import NEWEST_RUN, check_newest, inserts

__all__ = ["SqliteAppend"]

_DIALECT: Final = SQLiteDialect_pysqlite()


class SqliteAppend:
    """Writes by the driver, with statements that SQLAlchemy made: orders wait for this, and its layers take most of the time."""

    def __init__(self, db: sqlite3.Connection, run: int, files: Sequence[WatchedFile], look_again: Callable[[], None]) -> None:
        self._db = db
        self._run = run
        self._files = files
        self._look_again = look_again
        self._inserts = {table: str(insert.compile(dialect=_DIALECT)) for table, insert in inserts("sqlite").items()}
        self._newest_run = str(NEWEST_RUN.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
        self._durable: bool | None = None
        self._others_wrote = -1

    def __call__(self, batches: Batches, *, durable: bool) -> None:
        """See `Append`; raises `JournalTakenAway` as well."""
        self._check_files()  # before: what is written hides that a file was cut
        self._write(batches, durable=durable)
        self._check_files()  # and after: nothing counts as kept in a file that had lost its name by then

    def _write(self, batches: Batches, *, durable: bool) -> None:
        db = self._db
        if durable is not self._durable:
            # With a log, the sync of a later commit covers all earlier ones (sqlite.org/pragma.html#pragma_synchronous).
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        db.execute("BEGIN IMMEDIATE")
        try:
            self._check()
            for table, rows in batches.items():
                db.executemany(self._inserts[table], rows)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # after some I/O errors SQLite has rolled back by itself
                db.execute("ROLLBACK")
            raise

    def _check_files(self) -> None:
        # A file may become smaller rightly, when another program has the log played in or the file packed.
        if any(file.has_shrunk() for file in self._files):
            self._look_again()

    def _check(self) -> None:
        # The number changes when another connection has written, and only then (sqlite.org/pragma.html#pragma_data_version).
        (others_wrote,) = self._db.execute("PRAGMA data_version").fetchone()
        if others_wrote != self._others_wrote:
            check_newest(self._run, self._db.execute(self._newest_run).fetchone()[0])
            self._others_wrote = others_wrote
