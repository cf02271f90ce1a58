"""Reading a journal from outside, also while an engine writes it."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import attrs

from seawall.journal import records, schema
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord

__all__ = ["JournaledOrder", "read_fills", "read_notes", "read_orders"]

_INTENTS: Final = f"SELECT {records.INTENT_COLUMNS} FROM intents ORDER BY seq"  # noqa: S608 - constants of this package
_STEPS: Final = f"SELECT {records.ORDER_COLUMNS} FROM order_steps ORDER BY seq"  # noqa: S608 - constants of this package
_FILLS: Final = f"SELECT {records.FILL_COLUMNS} FROM fills ORDER BY at_ns, seq"  # noqa: S608 - constants of this package
_NOTES: Final = f"SELECT {records.NOTE_COLUMNS} FROM notes ORDER BY seq"  # noqa: S608 - constants of this package


@attrs.frozen
class JournaledOrder:
    """One order and every step it took, oldest first; none yet when it was only planned."""

    intent: IntentRecord
    steps: tuple[OrderRecord, ...]


def read_orders(path: Path) -> tuple[JournaledOrder, ...]:
    """Every order of the journal, in the order they were planned. Blocks; raises `JournalFailed`."""
    with _reading(path) as db:
        intents = [records.intent(row) for row in db.execute(_INTENTS)]
        steps: dict[str, list[OrderRecord]] = {}
        for step in map(records.order, db.execute(_STEPS)):
            steps.setdefault(step.client_order_id, []).append(step)
    return tuple(JournaledOrder(intent, tuple(steps.get(intent.client_order_id, ()))) for intent in intents)


def read_fills(path: Path) -> tuple[FillRecord, ...]:
    """Every fill of the journal, oldest first. Blocks; raises `JournalFailed`."""
    with _reading(path) as db:
        return tuple(map(records.fill, db.execute(_FILLS)))


def read_notes(path: Path) -> tuple[NoteRecord, ...]:
    """Every note of the journal, in the order they were made. Blocks; raises `JournalFailed`."""
    with _reading(path) as db:
        return tuple(map(records.note, db.execute(_NOTES)))


@contextmanager
def _reading(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """One moment of the journal: what is written meanwhile is not seen, and the writer is not held up."""
    if not path.is_file():
        raise JournalFailed(f"{path}: there is no such journal")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            schema.check(db, path)
            db.execute("BEGIN")
            yield db
    except sqlite3.Error as fault:
        raise JournalFailed(f"{path}: cannot be read: {fault}") from fault
