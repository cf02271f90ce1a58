"""Which kind of database a path or a URL means."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from seawall.journal.place import Database

__all__ = ["Where", "database_at"]

Where = Path | str
"""A file, or a URL such as `postgresql://user@host/database`."""

_POSTGRES: Final = ("postgresql", "postgres")


def database_at(where: Where | Database) -> Database:
    """The database a path or a URL means, or the one given. Raises ValueError for a URL of neither kind; nothing is opened."""
    if not isinstance(where, Path | str):
        return where
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
