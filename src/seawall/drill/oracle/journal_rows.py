"""The journal, read from outside: rows as records, with their numbers, and a digest of every byte of them."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Self, TypeVar

import attrs
import sqlalchemy as sa

from seawall.journal import records
from seawall.journal.tables import KEPT, fills, intents, journal, notes, order_steps, runs
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord
from seawall.model.numbers import ZERO
from seawall.model.order_states import ENDED, OrderState

__all__ = ["JournalEye", "JournalRows"]

T = TypeVar("T")

Kept = dict[str, list[list[records.Value]]]
"""Rows by table."""

_BY_NAME: Final = sa.select(*(column for column in intents.columns if column.name != "seq")).where(
    intents.c.client_order_id == sa.bindparam("name")
)


@attrs.frozen
class JournalRows:
    """All of a journal. `runs` counts its openings; `text` is every text in it, `digest` the hash of every value in order."""

    intents: tuple[IntentRecord, ...] = ()
    steps: tuple[OrderRecord, ...] = ()
    fills: tuple[FillRecord, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
    runs: int = 0
    numbers: tuple[int, ...] = ()
    """The numbers of all rows, in rising order."""
    digest: str = ""
    texts: tuple[str, ...] = ()
    """Every text that stands in it, to be searched."""
    by_name: dict[str, IntentRecord] = attrs.field(init=False, repr=False, eq=False)
    _steps_of: dict[str, list[OrderRecord]] = attrs.field(init=False, repr=False, eq=False)
    _filled: dict[str, Decimal] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "by_name", {record.client_order_id: record for record in self.intents})
        steps_of: dict[str, list[OrderRecord]] = {}
        for step in self.steps:
            steps_of.setdefault(step.client_order_id, []).append(step)
        object.__setattr__(self, "_steps_of", steps_of)
        names = {step.order_id: step.client_order_id for step in self.steps if step.order_id is not None}
        filled: dict[str, Decimal] = {}
        for record in self.fills:
            fill = record.fill
            name = fill.client_order_id if fill.client_order_id in self.by_name else names.get(fill.order_id)
            if name is not None:
                filled[name] = filled.get(name, ZERO) + fill.qty
        object.__setattr__(self, "_filled", filled)

    @classmethod
    def read(cls, connection: sa.Connection) -> Self:
        """Read everything, through statements of our own."""
        digest = hashlib.blake2b(digest_size=16)
        texts: list[str] = []
        numbers: list[int] = []
        kept: Kept = {}
        for table in (journal, runs, *KEPT):
            for row in connection.execute(sa.select(table).order_by(*table.columns)):
                values = list(row)
                digest.update(f"{table.name}|{values!r}\n".encode())
                texts.extend(value for value in values if isinstance(value, str))
                kept.setdefault(table.name, []).append(values)
                if table in KEPT:
                    numbers.append(values[0])
        return cls(
            tuple(_records(kept, intents, records.intent)),
            tuple(_records(kept, order_steps, records.order)),
            tuple(_records(kept, fills, records.fill)),
            tuple(_records(kept, notes, records.note)),
            len(kept.get(runs.name, ())),
            tuple(sorted(numbers)),
            digest.hexdigest(),
            tuple(texts),
        )

    def steps_of(self, name: str) -> tuple[OrderRecord, ...]:
        """The steps of one order, oldest first."""
        return tuple(self._steps_of.get(name, ()))

    def ends_of(self, name: str) -> tuple[OrderState, ...]:
        """Every end that stands there for one order, each once."""
        return tuple(dict.fromkeys(step.state for step in self._steps_of.get(name, ()) if step.state in ENDED))

    def filled_of(self, name: str) -> Decimal:
        """What the fills of one order come to."""
        return self._filled.get(name, ZERO)

    def positions(self) -> dict[tuple[str, str], Decimal]:
        """What the fills of each owner and symbol come to; flat ones left out."""
        sums: dict[tuple[str, str], Decimal] = {}
        for record in self.fills:
            key = record.owner, record.fill.symbol
            sums[key] = sums.get(key, ZERO) + record.fill.qty * record.fill.side.sign
        return {key: qty for key, qty in sums.items() if qty}


def _records(kept: Kept, table: sa.Table, read: Callable[[list[records.Value]], T]) -> list[T]:
    return [read(values[1:]) for values in sorted(kept.get(table.name, ()), key=_number)]


def _number(values: list[records.Value]) -> int:
    number = values[0]
    assert isinstance(number, int), values
    return number


@attrs.frozen(eq=False)
class JournalEye:
    """Looks into a journal while it is being written, at what is committed."""

    connection: sa.Connection

    def intent(self, client_order_id: str) -> IntentRecord | None:
        """The intent of that id, if it is there by now."""
        row = self.connection.execute(_BY_NAME, {"name": client_order_id}).one_or_none()
        self.connection.rollback()
        return None if row is None else records.intent(list(row))
