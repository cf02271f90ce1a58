"""`kill -9` at every place of a scripted run, one by one: at each write of the journal, and at each request on its way.

So for the start that follows: its replay, its questions, its cancels and its own records, each with a third engine after it.

Each time a plain engine is started on what is left, and everything is compared with the exchange: no order lost, none doubled,
none left open but those that were to be kept, every fill counted once, and the journal without a fault.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from support.postgres import PostgresServer, find_postgres, open_postgres

TESTS = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs descriptors of processes, which Linux has")

FIRST_ORDER = "intents of order 1: before it is written"
CLAIM = "intents of order claimed: before it is written"


@pytest.fixture
def server() -> Generator[PostgresServer, None, None]:
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    pytest.importorskip("psycopg", reason="the driver is in the extra `postgres`")
    with open_postgres(binaries) as running:
        yield running


def killed_everywhere(directory: Path, *arguments: str) -> dict[str, list[str]]:
    """What was wrong, by place."""
    done = subprocess.run(
        [sys.executable, "-m", "support.forge", directory, *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[0] == {"place": None, "wrong": []}, f"the script, not killed at all: {told[0]}\n{done.stderr}"
    return {each["place"]: each["wrong"] for each in told[1:]}


IN_THE_MIDST = "private socket: add_order 6: after its last byte, 1"
"""Where the most is undone: of the orders before it one rests and one is kept, and nobody knows of this one, which fills."""


NEVER = ["the engine never came there"]
"""Told after several tries: how often the switch is renewed, and by which way, is a matter of time, so some places come once."""


def nothing_wrong(outcomes: dict[str, list[str]], *, at_least: int, capsys: pytest.CaptureFixture[str]) -> None:
    """At no place; and there are as many places as there have always been, few of which come once only."""
    reached = {place: wrong for place, wrong in outcomes.items() if wrong != NEVER}
    with capsys.disabled():
        sys.stdout.write(f" killed at {len(reached)} places ")
    assert {place: wrong for place, wrong in reached.items() if wrong} == {}
    assert len(reached) >= at_least
    assert len(outcomes) - len(reached) <= len(outcomes) / 10


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(3))
def test_at_every_write_and_every_send_by_the_socket(tmp_path: Path, capsys: pytest.CaptureFixture[str], part: int) -> None:
    nothing_wrong(killed_everywhere(tmp_path, "--part", str(part), "3"), at_least=40, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_by_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = killed_everywhere(tmp_path, "--script", "by REST", "--after", FIRST_ORDER)
    nothing_wrong(outcomes, at_least=70, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_with_the_journal_in_postgresql(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: PostgresServer
) -> None:
    outcomes = killed_everywhere(tmp_path, "--script", "short", "--after", FIRST_ORDER, "--postgres", server.new_database())
    nothing_wrong(outcomes, at_least=50, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_of_the_start_that_follows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recovery is begun again where it was ended."""
    nothing_wrong(killed_everywhere(tmp_path, "--then-at", IN_THE_MIDST), at_least=50, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_of_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Orders of another hand: taken over and ended, or taken over and kept, or left exactly as they were."""
    nothing_wrong(killed_everywhere(tmp_path, "--script", "claims", "--after", CLAIM), at_least=40, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_of_claims_by_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing_wrong(killed_everywhere(tmp_path, "--script", "claims by REST", "--after", CLAIM), at_least=30, capsys=capsys)


@pytest.mark.timeout(900)
def test_at_every_write_and_every_send_of_claims_with_the_journal_in_postgresql(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: PostgresServer
) -> None:
    outcomes = killed_everywhere(tmp_path, "--script", "claims", "--after", CLAIM, "--postgres", server.new_database())
    nothing_wrong(outcomes, at_least=30, capsys=capsys)
