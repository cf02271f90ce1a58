import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from seawall.journal import records, tables
from seawall.journal.sqlite import SqliteFile
from seawall.model.journal import NoteRecord


def test_what_is_durable_is_synced_to_the_disk_and_nothing_else(path: Path, said: Callable[[str], NoteRecord]) -> None:
    normal, full = 1, 2
    with SqliteFile(path).opened(now_ns=lambda: 7, rng=random.Random(1)) as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        append = SqliteFile(path).appender(connection, 0)
        synced = []
        for seq, durable in enumerate((True, False, True)):
            append({tables.notes: [(seq, *records.row(said("a")).values)]}, durable=durable)
            synced.append(driver.execute("PRAGMA synchronous").fetchone()[0])
        assert synced == [full, normal, full]
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_migrations_make_the_tables_that_the_code_works_with(path: Path) -> None:
    with SqliteFile(path).opened(now_ns=lambda: 7, rng=random.Random(1)) as connection, connection.begin():
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
