"""The account lease across hosts: an advisory lock of a session of PostgreSQL, and an epoch in a table.

The lock says who may take the account, and is freed by the server when the session ends, however it ends
(postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). But an engine that is cut off from the server does not learn
that its session has ended; so each holder promises to stop by itself when it could not renew the lease for so long, and
whoever comes next waits until that promise has run out, by the server's own clock.
"""

import hashlib
from contextlib import ExitStack, suppress
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from seawall.journal.postgres import PostgresSchema
from seawall.journal.tables import leases
from seawall.model.errors import AccountLeased, JournalFailed, LeaseLost
from seawall.model.lease import Holder

__all__ = ["LeaseRow"]

_S: Final = 1_000_000_000
_NOW_NS: Final = sa.literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000000 AS bigint)", leases.c.taken_ns.type)
_TRY_LOCK: Final = sa.text("SELECT pg_try_advisory_lock(:key)")
_UNLOCK: Final = sa.text("SELECT pg_advisory_unlock(:key)")


class LeaseRow:
    """The lease of one account in one database. Used by one thread at a time; every method blocks."""

    def __init__(self, schema: PostgresSchema, account: str, valid_s: float) -> None:
        self._schema = schema
        self._account = account
        self._valid_ns = int(valid_s * _S)
        self._key = {"key": int.from_bytes(hashlib.sha256(f"seawall {account}".encode()).digest()[:8], signed=True)}
        self._epoch = 0
        self._session: ExitStack | None = None
        self._connection: sa.Connection | None = None
        self._locked = False

    def take(self) -> None:
        """Lock the account. Raises `AccountLeased`; `JournalFailed` where the server cannot be asked."""
        try:
            connection = self._connected()
            if not connection.execute(_TRY_LOCK, self._key).scalar_one():
                raise AccountLeased(self._account, self._newest(connection)[1])
        except SQLAlchemyError as fault:
            self.release()
            raise self._failure(fault) from fault
        self._locked = True

    def promised(self) -> tuple[str | None, float]:
        """Who had it before, and for how many seconds that engine may still believe that it has. For who holds the lock."""
        assert self._connection is not None, "not taken"
        try:
            until_ns, holder = self._newest(self._connection)
            now_ns = self._connection.execute(sa.select(_NOW_NS)).scalar_one()
        except SQLAlchemyError as fault:
            raise self._failure(fault) from fault
        return holder, max(0.0, (until_ns - now_ns) / _S)

    def begin(self, holder: Holder) -> int:
        """Begin an epoch, and return its number. For who holds the lock."""
        assert self._connection is not None, "not taken"
        newest = sa.select(sa.func.coalesce(sa.func.max(leases.c.epoch), 0) + 1).where(leases.c.account == self._account)
        values = {
            "account": self._account,
            "epoch": newest.scalar_subquery(),
            "holder": str(holder),
            "taken_ns": _NOW_NS,
            "renewed_ns": _NOW_NS,
            "valid_until_ns": _NOW_NS + self._valid_ns,
        }
        try:
            self._epoch = self._connection.execute(leases.insert().values(values).returning(leases.c.epoch)).scalar_one()
        except SQLAlchemyError as fault:
            raise self._failure(fault) from fault
        return self._epoch

    def renew(self) -> None:
        """Promise anew. Raises `LeaseLost` when the session is gone or a newer epoch has begun; `JournalFailed` else."""
        connection = self._connection
        if connection is None:
            raise LeaseLost(f"the account {self._account} was let go of")
        try:
            renewed = connection.execute(self._change({"renewed_ns": _NOW_NS, "valid_until_ns": _NOW_NS + self._valid_ns}))
        except SQLAlchemyError as fault:
            if connection.invalidated or connection.closed:
                raise LeaseLost(f"the session that holds the account {self._account} has ended: {_told(fault)}") from fault
            raise self._failure(fault) from fault
        if renewed.rowcount != 1:
            raise LeaseLost(f"the account {self._account} has a newer epoch than {self._epoch}: another engine trades it")

    def release(self) -> None:
        """End the session, and with it the lock. Raises nothing."""
        connection, session = self._connection, self._session
        self._connection = self._session = None
        # Where the server is gone it lets go of the lock by itself, and the promise runs out.
        with suppress(SQLAlchemyError):
            if connection is not None and self._locked and not connection.invalidated:
                connection.execute(self._change({"valid_until_ns": 0}))
                connection.execute(_UNLOCK, self._key)
        self._locked = False
        with suppress(SQLAlchemyError):
            if session is not None:
                session.close()

    def unlock(self) -> None:
        """Give the lock back, and keep the session for the next try. Raises nothing."""
        try:
            if self._connection is not None and self._locked:
                self._connection.execute(_UNLOCK, self._key)
                self._locked = False
        except SQLAlchemyError:
            self.release()

    def _change(self, values: dict[str, Any]) -> sa.Update:  # Any: a number, or what makes one in SQL
        newer = leases.alias()
        superseded = sa.exists().where(newer.c.account == self._account, newer.c.epoch > self._epoch)
        return leases.update().where(leases.c.account == self._account, leases.c.epoch == self._epoch, ~superseded).values(values)

    def _newest(self, connection: sa.Connection) -> tuple[int, str | None]:
        """Until when the newest epoch is promised, and to whom; 0 and nobody where there is none."""
        if not sa.inspect(connection).has_table(leases.name):
            return 0, None
        columns = (leases.c.valid_until_ns, leases.c.holder)
        newest = sa.select(*columns).where(leases.c.account == self._account).order_by(leases.c.epoch.desc()).limit(1)
        row = connection.execute(newest).one_or_none()
        return (0, None) if row is None else (row[0], row[1])

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            with ExitStack() as stack:
                connection = stack.enter_context(self._schema.connected())
                self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                self._session = stack.pop_all()
        return self._connection

    def _failure(self, fault: SQLAlchemyError) -> JournalFailed:
        return JournalFailed(f"{self._schema.name}: the lease of the account {self._account} cannot be asked for: {_told(fault)}")


def _told(fault: SQLAlchemyError) -> str:
    return str(getattr(fault, "orig", None) or fault)
