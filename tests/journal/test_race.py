"""Engines that come at the same instant to a journal that is not there yet: one of them makes it, and has it."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from support.postgres import PostgresServer, find_postgres, open_postgres

from seawall.journal import verify_journal

RACER = Path(__file__).with_name("racer.py")


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer, None, None]:
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    pytest.importorskip("psycopg", reason="the driver is in the extra `postgres`")
    with open_postgres(binaries) as running:
        yield running


def won_by_one(place: object) -> None:
    told = subprocess.run([sys.executable, RACER, str(place)], capture_output=True, text=True, check=True, timeout=60).stdout
    lines = sorted(told.splitlines())
    assert lines[0] == "1", told
    assert [line.partition(":")[0] for line in lines[1:]] == ["JournalInUse"] * 3, told


@pytest.mark.parametrize("attempt", range(3))
def test_for_a_file(path: Path, attempt: int) -> None:
    won_by_one(path.with_name(f"{attempt}.sqlite"))
    assert verify_journal(path.with_name(f"{attempt}.sqlite")).faults == ()


def test_for_a_schema(server: PostgresServer) -> None:
    for _ in range(3):
        url = server.new_database()
        won_by_one(url)
        assert verify_journal(url).faults == ()
