"""Where a journal can be: a file of SQLite, or a schema of PostgreSQL. What the two do differently, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

__all__ = ["Append", "Batches", "Database", "Where", "database_at"]

Where = Path | str
"""A file, or a URL such as `postgresql://user@host/database`."""

_POSTGRES: Final = ("postgresql", "postgres")


class Append(Protocol):
    """Writes rows: all of them or none."""

    def __call__(self, batches: "Batches", *, durable: bool) -> None:
        """Return once they are kept; when `durable`, they and all before them are on the disk then.

        Raises `TakenOver` when a newer run has begun, and what the driver raises.
        """
        ...


Batches = Mapping[sa.Table, Sequence[tuple[str | int | None, ...]]]
"""Rows by table, each with a value for every column, in the table's order."""


class Database(Protocol):
    """A place for one journal. Used by one thread at a time; every method blocks."""

    @property
    def name(self) -> str:
        """Where it is, for people: without any password."""
        ...

    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> AbstractContextManager[sa.Connection]:
        """A connection to the journal, held against other engines, made or brought up to date if need be.

        Raises `JournalInUse`, `NotAJournal`, and what the driver or the system raise.
        """
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that sees one moment of the journal and holds nobody up. Raises `NotAJournal`, `JournalFailed`."""
        ...

    def appender(self, connection: sa.Connection, run: int) -> "Append":
        """What writes rows, for as long as this run is the newest one."""
        ...


def database_at(where: Where) -> Database:
    """The database a path or a URL means. Raises ValueError for a URL of neither kind; nothing is opened."""
    # Each is loaded only when it is asked for: the driver of PostgreSQL need not be installed.
    if isinstance(where, Path) or "://" not in where:
        from seawall.journal.sqlite import SqliteFile  # noqa: PLC0415 - see above

        return SqliteFile(Path(where).resolve())
    try:
        url = sa.make_url(where)
    except ArgumentError:
        raise ValueError("journal: it is no URL such as postgresql://user@host/database") from None  # it may hold a password
    if url.get_backend_name() not in _POSTGRES:
        raise ValueError(f"journal: {url.get_backend_name()}:// is no journal: give a file, or postgresql://user@host/database")
    from seawall.journal.postgres import PostgresSchema  # noqa: PLC0415 - see above

    return PostgresSchema.at(url)
