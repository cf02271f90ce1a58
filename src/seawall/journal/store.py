"""The journal in its database, without tasks: one connection, used by one thread."""

import gc
import os
import socket
import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from decimal import DecimalException
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from seawall.journal import records
from seawall.journal.place import Append, Database
from seawall.journal.records import Row
from seawall.journal.tables import KEPT, fills, intents, journal, order_steps, runs
from seawall.journal.writes import NEWEST_RUN
from seawall.model.errors import JournalFailed
from seawall.model.journal import IntentRecord, OrderRecord, Replayed
from seawall.model.order_states import ENDED, OrderState

__all__ = ["FAULTS", "Store", "make_ready", "open_store", "selected"]

FAULTS: Final = (SQLAlchemyError, sqlite3.Error, OSError)
"""What a database that does not work raises."""

_TABLES: Final = {table.name: table for table in KEPT}


def selected(table: sa.Table) -> sa.Select[Any]:  # Any: the columns' types are those of `records`
    """All columns but the number, as `records` reads them."""
    return sa.select(*(column for column in table.columns if column.name != "seq"))


# No step leads out of an end, so an order has ended when any of its steps says so.
_NOT_ENDED: Final = ~(
    sa.select(1)
    .select_from(order_steps)
    .where(
        order_steps.c.client_order_id == intents.c.client_order_id, order_steps.c.state.in_([end.value for end in sorted(ENDED)])
    )
    .correlate(intents)
    .exists()
)
_OPEN_INTENTS: Final = selected(intents).where(_NOT_ENDED).order_by(intents.c.seq)
_NEWEST_SEQS: Final = (
    sa.select(sa.func.max(order_steps.c.seq))
    .where(order_steps.c.client_order_id.in_(sa.select(intents.c.client_order_id).where(_NOT_ENDED)))
    .group_by(order_steps.c.client_order_id)
)
_NEWEST_STEPS: Final = selected(order_steps).where(order_steps.c.seq.in_(_NEWEST_SEQS)).order_by(order_steps.c.seq)
_NEVER_PLACED: Final = (
    sa.select(order_steps.c.client_order_id).where(order_steps.c.state == OrderState.NEVER_PLACED.value).distinct().subquery()
)
_REMEMBERED: Final = 1_000
"""Ended orders that a start learns: as many as a running engine keeps (`seawall.engine.order_table.OrderTable.keep_ended`)."""
_NEWEST_INTENTS: Final = sa.select(intents.c.seq).order_by(intents.c.seq.desc()).limit(_REMEMBERED).subquery()
_ENDED_NAMES: Final = sa.select(intents.c.client_order_id).where(
    sa.or_(
        intents.c.seq.in_(sa.select(_NEWEST_INTENTS.c.seq)),
        # Nobody told this end: it was inferred, so it is the one that may turn out to be wrong, however long after.
        intents.c.client_order_id.in_(sa.select(_NEVER_PLACED.c.client_order_id)),
    ),
    ~_NOT_ENDED,
)
_ENDED_INTENTS: Final = selected(intents).where(intents.c.client_order_id.in_(_ENDED_NAMES)).order_by(intents.c.seq)
_ENDED_STEPS: Final = selected(order_steps).where(
    order_steps.c.seq.in_(
        sa.select(sa.func.max(order_steps.c.seq))
        .where(order_steps.c.client_order_id.in_(_ENDED_NAMES))
        .group_by(order_steps.c.client_order_id)
    )
)
_FILLS: Final = selected(fills).order_by(fills.c.at_ns, fills.c.seq)


_AT_ONCE: Final = 10_000
"""So many rows are fetched with one call of the driver's."""


class Store:
    """An open journal; `replayed` is what it knew."""

    def __init__(self, append: Append, replayed: Replayed, last_seq: int) -> None:
        self.replayed = replayed
        self._append = append
        self._last_seq = last_seq

    def append(self, rows: Iterable[Row], *, durable: bool = True) -> None:
        """Return once all rows are kept, or none of them; `durable` ones, and all before them, are then on the disk.

        Raises one of `FAULTS`; `TakenOver` when another engine has opened the journal meanwhile.
        """
        seq = self._last_seq
        batches: dict[sa.Table, list[tuple[records.Value, ...]]] = {}
        for row in rows:
            seq += 1
            batches.setdefault(_TABLES[row.table], []).append((seq, *row.values))
        self._append(batches, durable=durable)
        self._last_seq = seq

    @property
    def last_seq(self) -> int:
        """The number of the newest row."""
        return self._last_seq


@contextmanager
def open_store(database: Database, *, now_ns: Callable[[], int], rng: Random) -> Generator[Store, None, None]:
    """Hold, make or check, and replay the journal; close it and let go of it on the way out.

    Raises `JournalInUse`, `NotAJournal`, or `JournalFailed` with the cause.
    """
    with ExitStack() as held:
        with _faults_of(database):
            connection = held.enter_context(database.opened(now_ns=now_ns, rng=rng))
            store = _begin_run(database, connection, now_ns())
        yield store


def make_ready(database: Database, *, now_ns: Callable[[], int], rng: Random) -> None:
    """Have the journal made or brought up to date, and leave it to whoever opens it next. Raises as `open_store`."""
    with _faults_of(database), database.opened(now_ns=now_ns, rng=rng):
        pass


@contextmanager
def _faults_of(database: Database) -> Generator[None, None, None]:
    try:
        yield
    except (*FAULTS, ValueError, TypeError, DecimalException) as fault:
        raise JournalFailed(f"{database.name}: cannot be used as a journal: {_told(fault)}") from fault


def _begin_run(database: Database, connection: sa.Connection, opened_ns: int) -> Store:
    # Counting the run is also the first write: a full or read-only disk is found out before any order is planned.
    with connection.begin(), _no_collections():
        run = connection.execute(NEWEST_RUN).scalar_one() + 1
        holder = f"{socket.gethostname()}, process {os.getpid()}"
        connection.execute(runs.insert().values(run=run, opened_ns=opened_ns, holder=holder))
        replayed = Replayed(
            journal_id=connection.execute(sa.select(journal.c.journal_id)).scalar_one(),
            run=run,
            intents=tuple(map(records.intent, connection.execute(_OPEN_INTENTS))),
            orders=tuple(map(records.order, connection.execute(_NEWEST_STEPS))),
            fills=tuple(map(records.fill, connection.execute(_FILLS).yield_per(_AT_ONCE))),
            ended=_ended(connection),
        )
        newest = [connection.execute(sa.select(sa.func.max(table.c.seq))).scalar_one() or 0 for table in KEPT]
    return Store(database.appender(connection, run), replayed, max(newest))


def _ended(connection: sa.Connection) -> tuple[tuple[IntentRecord, OrderRecord], ...]:
    newest = {step.client_order_id: step for step in map(records.order, connection.execute(_ENDED_STEPS))}
    planned = map(records.intent, connection.execute(_ENDED_INTENTS))
    return tuple((record, newest[record.client_order_id]) for record in planned)


@contextmanager
def _no_collections() -> Generator[None, None, None]:
    """While inside, Python looks for no cycles: a replay makes none, and what it makes stays. Looking took most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _told(fault: Exception) -> str:
    """The driver's words without the statement, which has nothing to say to who reads it."""
    return str(getattr(fault, "orig", None) or fault)
