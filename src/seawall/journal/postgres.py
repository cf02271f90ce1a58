"""The journal in PostgreSQL: one schema for each, on whatever host the engines can reach."""

import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Final

import attrs
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from seawall.journal import migrations
from seawall.journal.errors import JournalInUse, NotAJournal
from seawall.journal.making import begin_new, check_version, read_version
from seawall.journal.place import Append, Batches
from seawall.journal.tables import metadata
from seawall.journal.writes import NEWEST_RUN, check_newest, inserts
from seawall.model.errors import JournalFailed

__all__ = ["PostgresSchema"]

_LOCK: Final = 0x53574A4C
"""The first half of the advisory lock's key; the other is the schema's own number."""

_LIVENESS: Final = {
    "connect_timeout": "5",
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""A host that is gone is noticed in seconds, not in the system's hours (postgresql.org/docs/current/libpq-connect.html)."""

_LIVENESS_THERE: Final = sa.text(
    "SELECT set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '9000', false)"
)
"""The server's side of it: locks of a host that is gone are free after nine seconds, not the system's two hours
(postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS)."""

_SCHEMA_NUMBER: Final = sa.text("SELECT oid::int FROM pg_namespace WHERE nspname = current_schema()")
_TRY_LOCK: Final = sa.text("SELECT pg_try_advisory_lock(:lock, :schema)")
_HOLDER: Final = sa.text(
    "SELECT activity.application_name FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)"
    " WHERE locktype = 'advisory' AND classid = :lock AND objid = :schema AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@attrs.frozen
class PostgresSchema:
    """A journal in the schema that comes first on the connection's search path.

    The lock is the session's own: the server frees it when the connection ends, however it ends
    (postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
    """

    url: sa.URL = attrs.field(repr=lambda url: repr(url.render_as_string(hide_password=True)))

    @classmethod
    def at(cls, url: sa.URL) -> "PostgresSchema":
        """As a URL has it. Raises `JournalFailed` where the driver is not installed."""
        try:
            import psycopg  # noqa: F401, PLC0415 - an extra: asked for only where it is needed
        except ImportError as missing:
            raise JournalFailed("a journal in PostgreSQL needs its driver: install seawall[postgres]") from missing
        return cls(url.set(drivername="postgresql+psycopg"))

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)

    @contextmanager
    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> Generator[sa.Connection, None, None]:
        """See `Database.opened`."""
        with self.connected() as connection:
            with connection.begin():
                self._lock(connection)
            with connection.begin():
                if self._is_empty(connection):
                    begin_new(connection, now_ns, rng)
                check_version(connection, self.name, oldest=None)
                if read_version(connection) != migrations.newest():
                    migrations.upgrade(connection)
            yield connection

    @contextmanager
    def reading(self) -> Generator[sa.Connection, None, None]:
        """See `Database.reading`."""
        with self.connected() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                if self._is_empty(connection):
                    raise JournalFailed(f"{self.name}: there is no such journal")
                check_version(connection, self.name, oldest=migrations.newest())
                yield connection

    def appender(self, connection: sa.Connection, run: int) -> Append:
        """See `Database.appender`."""
        statements = inserts("postgresql")

        def append(batches: Batches, *, durable: bool) -> None:
            with connection.begin():
                # Said each time: what the server's own configuration has as its default is not ours to rely on.
                connection.exec_driver_sql(f"SET LOCAL synchronous_commit = {'on' if durable else 'off'}")
                check_newest(run, connection.execute(NEWEST_RUN).scalar_one())
                for table, rows in batches.items():
                    names = table.columns.keys()
                    connection.execute(statements[table], [dict(zip(names, row, strict=True)) for row in rows])

        return append

    def _lock(self, connection: sa.Connection) -> None:
        schema = connection.execute(_SCHEMA_NUMBER).scalar_one_or_none()
        if schema is None:
            raise JournalFailed(f"{self.name}: there is no schema to make a journal in: check the search path")
        key = {"lock": _LOCK, "schema": schema}
        if not connection.execute(_TRY_LOCK, key).scalar_one():
            holders = connection.execute(_HOLDER, key).scalars().all()
            raise JournalInUse(self.name, holders[0] if holders else None)

    def _is_empty(self, connection: sa.Connection) -> bool:
        """Whether no journal is there. Raises `NotAJournal` where other tables have our names."""
        inspector = sa.inspect(connection)
        taken = set(metadata.tables) & set(inspector.get_table_names())
        versioned = inspector.has_table("alembic_version")
        if versioned and "journal" in taken:
            return False
        if taken or versioned:
            found = ", ".join(sorted(taken)) or "alembic_version"
            raise NotAJournal(self.name, f"has tables of another program ({found}): give the journal a schema of its own")
        return True

    @contextmanager
    def connected(self) -> Generator[sa.Connection, None, None]:
        """A session of its own, which either end knows to be dead within seconds of the other's death."""
        given = dict(self.url.query)
        args = {name: value for name, value in _LIVENESS.items() if name not in given}
        args.setdefault("application_name", f"seawall on {socket.gethostname()}, process {os.getpid()}")
        engine = sa.create_engine(self.url, poolclass=NullPool, connect_args=args)
        try:
            with engine.connect() as connection:
                with connection.begin():
                    connection.execute(_LIVENESS_THERE)
                yield connection
        finally:
            engine.dispose()
