"""Is a journal whole, and does what it says agree with itself? For people, after a crash or before trust."""

from collections.abc import Callable, Iterator
from decimal import Decimal, DecimalException
from typing import Any, Final

import attrs
import sqlalchemy as sa

from seawall.journal import records
from seawall.journal.database import Where
from seawall.journal.tables import KEPT, fills, intents, notes, order_steps
from seawall.journal.view import reading
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord
from seawall.model.numbers import ZERO
from seawall.model.order_states import ENDED

__all__ = ["JournalVerified", "verify_journal"]

_READERS: Final[dict[sa.Table, Callable[..., object]]] = {
    intents: records.intent,
    order_steps: records.order,
    fills: records.fill,
    notes: records.note,
}


@attrs.frozen
class JournalVerified:
    """What a look through a whole journal found: `faults` are sentences; an empty tuple is the good news."""

    runs: int
    orders: int
    unfinished: int
    """Orders that had not ended: a start asks the exchange about them."""
    steps: int
    fills: int
    notes: int
    faults: tuple[str, ...]


def verify_journal(where: Where) -> JournalVerified:
    """Look at every record. Blocks; raises `JournalFailed` where the journal cannot be read at all."""
    with reading(where) as connection:
        faults = [*_faults_of_the_file(connection), *_repeated_numbers(connection)]
        kept: dict[sa.Table, list[Any]] = {}  # Any: each table has records of its own
        for table, read in _READERS.items():
            kept[table] = []
            for seq, *values in connection.execute(sa.select(table).order_by(table.c.seq)):
                try:
                    kept[table].append(read(values))
                except (ValueError, TypeError, DecimalException) as fault:
                    faults.append(f"{table.name}, row {seq}: cannot be read: {fault}")
        count = connection.execute(sa.text("SELECT COUNT(*) FROM runs")).scalar_one()
    story = _Story(kept[intents], kept[order_steps], kept[fills])
    faults.extend(story.faults())
    sizes = {table: len(rows) for table, rows in kept.items()}
    return JournalVerified(
        count, sizes[intents], story.unfinished(), sizes[order_steps], sizes[fills], sizes[notes], tuple(faults)
    )


def _faults_of_the_file(connection: sa.Connection) -> Iterator[str]:
    """SQLite looks through its own pages; PostgreSQL does so by checksums, as it reads."""
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if said != "ok":
                yield f"the file is damaged: {said}"


def _repeated_numbers(connection: sa.Connection) -> Iterator[str]:
    every = sa.union_all(*(sa.select(table.c.seq) for table in KEPT)).subquery()
    twice = sa.select(every.c.seq).group_by(every.c.seq).having(sa.func.count() > 1)
    for (seq,) in connection.execute(twice):
        yield f"row {seq}: two records have this number"


class _Story:
    """What the records say of each order, taken together."""

    def __init__(self, planned: list[IntentRecord], steps: list[OrderRecord], filled: list[FillRecord]) -> None:
        self._planned = {record.client_order_id: record for record in planned}
        self._steps: dict[str, list[OrderRecord]] = {}
        for step in steps:
            self._steps.setdefault(step.client_order_id, []).append(step)
        names = {step.order_id: step.client_order_id for step in steps if step.order_id is not None}
        names |= {record.client_order_id: record.client_order_id for record in planned if record.claimed}
        self._strangers: list[str] = []
        self._sums: dict[str, Decimal] = {}
        for record in filled:
            fill = record.fill
            name = fill.client_order_id if fill.client_order_id in self._planned else names.get(fill.order_id)
            if name is None:
                self._strangers.append(fill.exec_id)
            else:
                self._sums[name] = self._sums.get(name, ZERO) + fill.qty

    def unfinished(self) -> int:
        """How many orders have not ended."""
        return sum(not any(step.state in ENDED for step in self._steps.get(name, ())) for name in self._planned)

    def faults(self) -> Iterator[str]:
        """One sentence for each thing that cannot be."""
        for name in self._steps.keys() - self._planned.keys():
            yield f"order {name}: it took steps, and was never planned"
        for exec_id in self._strangers:
            yield f"fill {exec_id}: it is of no order of this journal"
        for name in self._planned:
            steps = self._steps.get(name, [])
            yield from _faults_of_steps(name, steps)
            yield from _faults_of_sum(name, steps, self._sums.get(name, ZERO))


def _faults_of_steps(name: str, steps: list[OrderRecord]) -> Iterator[str]:
    end: OrderRecord | None = None
    highest = ZERO
    ids: list[str] = []
    for step in steps:
        if end is not None and step.state is not end.state:
            yield f"order {name}: it was {end.state}, which is an end, and then {step.state}"
        if step.state in ENDED:
            end = step
        if step.filled_qty is not None and step.filled_qty < highest:
            yield f"order {name}: {highest} of it had filled, and then {step.filled_qty}"
        highest = max(highest, step.filled_qty or ZERO)
        if step.order_id is not None and step.order_id not in ids:
            ids.append(step.order_id)
    if len(ids) > 1:
        yield f"order {name}: the exchange has it under {len(ids)} ids: {', '.join(ids)}"


def _faults_of_sum(name: str, steps: list[OrderRecord], filled_qty: Decimal) -> Iterator[str]:
    told = max((step.filled_qty for step in steps if step.filled_qty is not None), default=ZERO)
    if any(step.state in ENDED for step in steps) and told != filled_qty:
        yield f"order {name}: it ended with {told} filled, and its fills come to {filled_qty}"
