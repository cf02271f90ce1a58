"""Where a journal can be: a file of SQLite, or a schema of PostgreSQL. What the two do differently, and nothing else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

__all__ = ["Database", "Where", "database_at"]

Where = Path | str
"""A file, or a URL such as `postgresql://user@host/database`."""

_POSTGRES: Final = ("postgresql", "postgres")


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

    def transaction(self, connection: sa.Connection, *, durable: bool) -> AbstractContextManager[None]:
        """All or nothing; `durable` has it on the disk on the way out, else with the next one that is."""
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
