"""The journal as an SQLite file: how one is made, and how one is told from any other file."""

import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Final

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from seawall.journal import migrations
from seawall.journal.errors import JournalTakenAway, NotAJournal
from seawall.journal.lock import locked
from seawall.journal.making import begin_new, check_version, read_version
from seawall.journal.place import Append
from seawall.journal.sqlite_append import SqliteAppend
from seawall.journal.watched_file import WatchedFile
from seawall.model.errors import JournalFailed

__all__ = ["APPLICATION_ID", "SqliteFile"]

APPLICATION_ID: Final = 0x53574A4C
"""`SWJL`, in the header of every journal (sqlite.org/fileformat.html, offset 68)."""

_UNVERSIONED: Final = 1
"""What `user_version` says of files that were made before versions were noted in a table of their own."""


@attrs.frozen
class SqliteFile:
    """A journal in one file, with its log beside it while it is open."""

    path: Path
    busy_s: float = 10.0
    """How long a commit waits for a foreign program that has the file locked; readers never lock it."""

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @contextmanager
    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> Generator[sa.Connection, None, None]:
        """See `Database.opened`. Files are readable by their owner only."""
        with locked(self.path):
            if not self.path.exists():
                _create(self.path, now_ns, rng)
            self._check_file()
            with _connected(self._engine("")) as connection:
                self._check_whole(_driver(connection))  # again, as the version is: it may be in the log alone
                with connection.begin():
                    check_version(connection, self.name, oldest=None)
                    if read_version(connection) is None:
                        migrations.stamp(connection, migrations.known()[0])
                    if read_version(connection) != migrations.newest():
                        migrations.upgrade(connection)
                _driver(connection).execute("PRAGMA journal_mode = WAL")
                _driver(connection).execute("PRAGMA synchronous = FULL")
                yield connection

    @contextmanager
    def reading(self) -> Generator[sa.Connection, None, None]:
        """See `Database.reading`."""
        if not self.path.is_file():
            raise JournalFailed(f"{self.path}: there is no such journal")
        with _connected(self._engine(self._way_to_read()), begin="BEGIN") as connection, connection.begin():
            self._check(_driver(connection))
            check_version(connection, self.name, oldest=migrations.newest())
            yield connection

    def appender(self, connection: sa.Connection, run: int) -> Append:
        """See `Database.appender`."""
        db = _driver(connection)
        (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
        files = [WatchedFile(self.path), WatchedFile(_log_of(self.path), page_bytes)]
        return SqliteAppend(db, run, files, self._look_again)

    def _way_to_read(self) -> str:
        """A reader, too, makes files beside the journal. Where it cannot, as on a disk that has failed or in a copy that was put
        away, it is to read the file as it lies there: all of it, where nothing is in the log.
        """
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as db:
            try:
                db.execute("PRAGMA application_id")
            except sqlite3.DatabaseError as fault:
                cannot = fault.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
                if cannot and not _has_bytes(_log_of(self.path)):
                    return "?mode=ro&immutable=1"
        return "?mode=ro"

    def _look_again(self) -> None:
        """See with other eyes whether all of it is there. Raises `JournalTakenAway`; takes long where there is much."""
        try:
            with self.reading() as connection:
                self._check_whole(_driver(connection))
        except (sqlite3.Error, SQLAlchemyError, JournalFailed) as fault:
            raise JournalTakenAway(self.path, f"was cut short ({fault})") from fault

    def _engine(self, query: str) -> sa.Engine:
        uri = f"{self.path.as_uri()}{query}"
        return sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self.busy_s),
            poolclass=NullPool,
        )

    def _check_file(self) -> None:
        """Raise `NotAJournal` unless the file is a journal of a version that is known. Changes nothing, not even beside it."""
        if self.path.stat().st_size == 0:
            # We never leave an empty file: something else did, and where a journal was expected that is worth a look.
            raise NotAJournal(self.path, "is empty, which no journal is: remove it to begin a new one")
        # `immutable`: no lock is taken, and no log or index is made beside the file. The header it reads is never in the
        # log only, since the file was closed before it was given its name.
        with _connected(self._engine("?mode=ro&immutable=1"), begin="BEGIN") as connection:
            self._check(_driver(connection))
            with connection.begin():
                check_version(connection, self.name, oldest=None)
            if not _has_bytes(_log_of(self.path)):  # what is only in the log would seem to be missing
                self._check_whole(_driver(connection))

    def _check_whole(self, db: sqlite3.Connection) -> None:
        """Raise `JournalFailed` for a file that has lost a part: replay may not come by it, and new records would go on top."""
        found = "; ".join(str(said) for (said,) in db.execute("PRAGMA quick_check(1)"))
        if found != "ok":
            raise JournalFailed(f"{self.path}: is damaged ({' '.join(found.split())}): keep it, and go back to a copy")

    def _check(self, db: sqlite3.Connection) -> None:
        try:
            (application_id,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as fault:
            if isinstance(fault, sqlite3.OperationalError):
                raise
            raise NotAJournal(self.path, f"is not a journal ({fault})") from fault
        if application_id != APPLICATION_ID:
            raise NotAJournal(self.path, "is an SQLite file of another program, not a journal")
        if version != _UNVERSIONED:
            raise NotAJournal(self.path, f"is a journal of another make ({version}): use the program that wrote it")


def _create(path: Path, now_ns: Callable[[], int], rng: Random) -> None:
    """Make an empty journal, readable by its owner only. Raises `NotAJournal`, OSError or a driver's error.

    It is made whole under another name, then renamed: a crash leaves a journal or none, never half of one.
    """
    for suffix in ("-wal", "-journal"):
        orphan = path.with_name(path.name + suffix)
        # SQLite would play such a log into the new file, whosever it was.
        if _has_bytes(orphan):
            raise NotAJournal(path, f"is missing, but its log {orphan.name} is there: put both back, or move the log away")
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with _connected(SqliteFile(unfinished)._engine("")) as connection:  # noqa: SLF001 - its own class
        driver = _driver(connection)
        driver.execute("PRAGMA synchronous = FULL")
        with connection.begin():
            driver.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            driver.execute(f"PRAGMA user_version = {_UNVERSIONED}")
            begin_new(connection, now_ns, rng)
        driver.execute("PRAGMA journal_mode = WAL")
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _connected(engine: sa.Engine, *, begin: str = "BEGIN IMMEDIATE") -> Generator[sa.Connection, None, None]:
    """A connection on which SQLAlchemy's transactions are SQLite's: the driver opens none of its own."""

    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "begin", begun)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection, for what must be said outside of a transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), driver
    return driver
