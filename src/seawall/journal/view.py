"""Reading a journal from outside, also while an engine writes it."""

from collections.abc import Generator
from contextlib import contextmanager
from decimal import DecimalException

import attrs
import sqlalchemy as sa

from seawall.journal import records
from seawall.journal.database import Where, database_at
from seawall.journal.store import FAULTS, selected
from seawall.journal.tables import fills, intents, journal, notes, order_steps, runs
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord

__all__ = [
    "JournalContents",
    "JournaledOrder",
    "JournaledRun",
    "read_fills",
    "read_journal",
    "read_notes",
    "read_orders",
    "reading",
]


@attrs.frozen
class JournaledOrder:
    """One order and every step it took, oldest first; none yet when it was only planned."""

    intent: IntentRecord
    steps: tuple[OrderRecord, ...]

    @property
    def order_id(self) -> str | None:
        """The exchange's own id of it, once one was told."""
        return next((step.order_id for step in reversed(self.steps) if step.order_id is not None), None)


@attrs.frozen
class JournaledRun:
    """One opening by an engine; `holder` is its host and process, None where it was not written down."""

    run: int
    opened_ns: int
    holder: str | None


@attrs.frozen
class JournalContents:
    """All of a journal at one moment; everything oldest first."""

    journal_id: str
    created_ns: int
    runs: tuple[JournaledRun, ...]
    orders: tuple[JournaledOrder, ...]
    fills: tuple[FillRecord, ...]
    notes: tuple[NoteRecord, ...]

    def find(self, order: str) -> JournaledOrder | None:
        """The order with this id, ours or the exchange's."""
        return next((found for found in self.orders if order in {found.intent.client_order_id, found.order_id}), None)

    def fills_of(self, order: JournaledOrder) -> tuple[FillRecord, ...]:
        """The executions of one order."""
        ids = {order.intent.client_order_id, order.order_id}
        return tuple(record for record in self.fills if {record.fill.client_order_id, record.fill.order_id} & ids - {None})


def read_journal(where: Where) -> JournalContents:
    """Everything in the journal. Blocks; raises `JournalFailed`."""
    with reading(where) as connection:
        (journal_id, created_ns) = connection.execute(sa.select(journal)).one()
        return JournalContents(
            journal_id,
            created_ns,
            tuple(JournaledRun(*row) for row in connection.execute(sa.select(runs).order_by(runs.c.run))),
            _orders(connection),
            _fills(connection),
            _notes(connection),
        )


def read_orders(where: Where) -> tuple[JournaledOrder, ...]:
    """Every order of the journal, in the order they were planned. Blocks; raises `JournalFailed`."""
    with reading(where) as connection:
        return _orders(connection)


def read_fills(where: Where) -> tuple[FillRecord, ...]:
    """Every fill of the journal, oldest first. Blocks; raises `JournalFailed`."""
    with reading(where) as connection:
        return _fills(connection)


def read_notes(where: Where) -> tuple[NoteRecord, ...]:
    """Every note of the journal, in the order they were made. Blocks; raises `JournalFailed`."""
    with reading(where) as connection:
        return _notes(connection)


@contextmanager
def reading(where: Where) -> Generator[sa.Connection, None, None]:
    """One moment of the journal: what is written meanwhile is not seen, and the writer is not held up."""
    database = database_at(where)
    try:
        with database.reading() as connection:
            yield connection
    except (*FAULTS, ValueError, TypeError, DecimalException) as fault:
        raise JournalFailed(f"{database.name}: cannot be read: {fault}") from fault


def _orders(connection: sa.Connection) -> tuple[JournaledOrder, ...]:
    planned = [records.intent(row) for row in connection.execute(selected(intents).order_by(intents.c.seq))]
    steps: dict[str, list[OrderRecord]] = {}
    for step in map(records.order, connection.execute(selected(order_steps).order_by(order_steps.c.seq))):
        steps.setdefault(step.client_order_id, []).append(step)
    return tuple(JournaledOrder(intent, tuple(steps.get(intent.client_order_id, ()))) for intent in planned)


def _fills(connection: sa.Connection) -> tuple[FillRecord, ...]:
    return tuple(map(records.fill, connection.execute(selected(fills).order_by(fills.c.at_ns, fills.c.seq))))


def _notes(connection: sa.Connection) -> tuple[NoteRecord, ...]:
    return tuple(map(records.note, connection.execute(selected(notes).order_by(notes.c.seq))))
