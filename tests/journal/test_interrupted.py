"""A journal that is being made, or brought up to date, by a process that dies at any statement of it."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from support.postgres import PostgresServer, find_postgres, open_postgres

from seawall.journal import migrations
from seawall.journal.sqlite import APPLICATION_ID

UPGRADER = Path(__file__).with_name("upgrader.py")

OLD_ORDER = (
    "INSERT INTO intents (seq, client_order_id, owner, symbol, side, order_type, qty, limit_price, time_in_force, post_only,"
    " keep, deadline_ns, at_ns) VALUES (1, 'c-1', 'grid', 'BTC/USD', 'buy', 'limit', '0.1', '10', 'gtc', 0, 0, 2, 1)"
)
OLD_JOURNAL = "INSERT INTO journal VALUES ('c0ffee', 1)"

MOST = 60
"""Statements that making a journal may take."""


def killed_at_every_statement(expected: str, *places: object) -> int:
    """How many there were."""
    done = subprocess.run([sys.executable, UPGRADER, expected, *map(str, places)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def make_first_version(connection: sa.Connection) -> None:
    """The tables as the first program that noted a version made them, with one order."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    connection.exec_driver_sql(OLD_JOURNAL)
    connection.exec_driver_sql(OLD_ORDER)


def test_making_a_file(tmp_path: Path) -> None:
    assert killed_at_every_statement("", *(tmp_path / f"{number}.sqlite" for number in range(MOST))) > 15


def test_bringing_a_file_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    engine = sa.create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        make_first_version(connection)
    engine.dispose()
    with closing(sqlite3.connect(old)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("PRAGMA journal_mode = WAL")
    copies = [tmp_path / f"{number}.sqlite" for number in range(MOST)]
    for copy in copies:
        shutil.copy(old, copy)
    assert killed_at_every_statement("c-1", *copies) > 8


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer, None, None]:
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    pytest.importorskip("psycopg", reason="the driver is in the extra `postgres`")
    with open_postgres(binaries) as running:
        yield running


def schemas_of(server: PostgresServer, make: Callable[[sa.Connection], object]) -> list[str]:
    """The URLs of many schemas, each of which `make` has been in."""
    url = server.new_database()
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        for number in range(MOST):
            with connection.begin():
                connection.exec_driver_sql(f"CREATE SCHEMA s{number}")
                connection.exec_driver_sql(f"SET LOCAL search_path = s{number}")
                make(connection)
    engine.dispose()
    return [f"{url}&options=-csearch_path%3Ds{number}" for number in range(MOST)]


def test_making_a_schema(server: PostgresServer) -> None:
    assert killed_at_every_statement("", *schemas_of(server, lambda _: None)) > 15


def test_bringing_a_schema_up_to_date(server: PostgresServer) -> None:
    assert killed_at_every_statement("c-1", *schemas_of(server, make_first_version)) > 8
