"""Reading a journal from outside, also while an engine writes it."""

from collections.abc import Generator
from contextlib import contextmanager

import attrs
import sqlalchemy as sa

from seawall.journal import records
from seawall.journal.database import Where, database_at
from seawall.journal.store import FAULTS, selected
from seawall.journal.tables import fills, intents, notes, order_steps
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord

__all__ = ["JournaledOrder", "read_fills", "read_notes", "read_orders"]


@attrs.frozen
class JournaledOrder:
    """One order and every step it took, oldest first; none yet when it was only planned."""

    intent: IntentRecord
    steps: tuple[OrderRecord, ...]


def read_orders(where: Where) -> tuple[JournaledOrder, ...]:
    """Every order of the journal, in the order they were planned. Blocks; raises `JournalFailed`."""
    with _reading(where) as connection:
        planned = [records.intent(row) for row in connection.execute(selected(intents).order_by(intents.c.seq))]
        steps: dict[str, list[OrderRecord]] = {}
        for step in map(records.order, connection.execute(selected(order_steps).order_by(order_steps.c.seq))):
            steps.setdefault(step.client_order_id, []).append(step)
    return tuple(JournaledOrder(intent, tuple(steps.get(intent.client_order_id, ()))) for intent in planned)


def read_fills(where: Where) -> tuple[FillRecord, ...]:
    """Every fill of the journal, oldest first. Blocks; raises `JournalFailed`."""
    with _reading(where) as connection:
        return tuple(map(records.fill, connection.execute(selected(fills).order_by(fills.c.at_ns, fills.c.seq))))


def read_notes(where: Where) -> tuple[NoteRecord, ...]:
    """Every note of the journal, in the order they were made. Blocks; raises `JournalFailed`."""
    with _reading(where) as connection:
        return tuple(map(records.note, connection.execute(selected(notes).order_by(notes.c.seq))))


@contextmanager
def _reading(where: Where) -> Generator[sa.Connection, None, None]:
    """One moment of the journal: what is written meanwhile is not seen, and the writer is not held up."""
    database = database_at(where)
    try:
        with database.reading() as connection:
            yield connection
    except FAULTS as fault:
        raise JournalFailed(f"{database.name}: cannot be read: {fault}") from fault
