"""A new journal in an empty database, and the version of one that is there."""

from collections.abc import Callable
from random import Random

import sqlalchemy as sa

from seawall.journal import migrations
from seawall.journal.errors import NotAJournal
from seawall.journal.tables import journal

__all__ = ["begin_new", "check_version", "read_version"]

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.Text))


def begin_new(connection: sa.Connection, now_ns: Callable[[], int], rng: Random) -> None:
    """Make the tables and give the journal its id, in the transaction that is open."""
    migrations.upgrade(connection)
    connection.execute(journal.insert().values(journal_id=f"{rng.getrandbits(64):016x}", created_ns=now_ns()))


def read_version(connection: sa.Connection) -> str | None:
    """The version of the tables; None for those made before versions were noted."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()


def check_version(connection: sa.Connection, where: str, *, oldest: str | None) -> None:
    """Raise `NotAJournal` for a version that this program does not know, or one before `oldest`."""
    version = read_version(connection)
    known = migrations.known()
    if version is not None and version not in known:
        raise NotAJournal(
            where,
            f"is a journal of version {version}, and this program knows {known[-1]} at most: use the newer program that wrote it",
        )
    if oldest is not None and (version or known[0]) != oldest:
        raise NotAJournal(where, f"is a journal of version {version or known[0]}: an engine that opens it brings it to {oldest}")
