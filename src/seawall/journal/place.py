"""A place for a journal: what a file of SQLite and a schema of PostgreSQL do each in its own way, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from typing import Protocol

import sqlalchemy as sa

__all__ = ["Append", "Batches", "Database"]


class Database(Protocol):
    """A place for one journal. Used by one thread at a time; every method blocks."""

    @property
    def name(self) -> str:
        """Where it is, for people: without any password."""
        ...

    def opened(self, *, now_ns: Callable[[], int], rng: Random) -> AbstractContextManager[sa.Connection]:
        """A connection to the journal, held against other engines, made or brought up to date if need be.

        Raises `JournalInUse`, `NotAJournal`, and what the driver or the system raise.
        """
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that sees one moment of the journal and holds nobody up. Raises `NotAJournal`, `JournalFailed`."""
        ...

    def appender(self, connection: sa.Connection, run: int) -> "Append":
        """What writes rows, for as long as this run is the newest one."""
        ...


class Append(Protocol):
    """Writes rows: all of them or none."""

    def __call__(self, batches: "Batches", *, durable: bool) -> None:
        """Return once they are kept; when `durable`, they and all before them are on the disk then.

        Raises `TakenOver` when a newer run has begun, and what the driver raises.
        """
        ...


Batches = Mapping[sa.Table, Sequence[tuple[str | int | None, ...]]]
"""Rows by table, each with a value for every column, in the table's order."""
