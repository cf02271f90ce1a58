"""How rows are added, in SQL that every database has, and the question whether this run may still add any."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from seawall.journal.errors import TakenOver
from seawall.journal.tables import KEPT, fills, runs

__all__ = ["NEWEST_RUN", "check_newest", "inserts"]

NEWEST_RUN: Final = sa.select(sa.func.coalesce(sa.func.max(runs.c.run), 0))


def inserts(dialect: str) -> dict[sa.Table, sa.Insert]:
    """The statement for each table. A fill that is there already is left as it is; a missing value is an error."""
    plain: dict[sa.Table, sa.Insert] = {table: table.insert() for table in KEPT}
    insert = postgresql.insert(fills) if dialect == "postgresql" else sqlite.insert(fills)
    return plain | {fills: insert.on_conflict_do_nothing(index_elements=[fills.c.exec_id])}


def check_newest(run: int, newest: int) -> None:
    """Raise `TakenOver` unless this run is the newest."""
    if run != newest:
        raise TakenOver
