"""Files that are looked at between writes, as they are cut, put aside and written on."""

import os
import resource
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from seawall.journal.errors import JournalTakenAway
from seawall.journal.watched_file import WatchedFile


@pytest.fixture
def log(tmp_path: Path) -> Generator[tuple[sqlite3.Connection, WatchedFile], None, None]:
    """A database with a log of many frames, none of which is played in, and the log as it is watched."""
    path = tmp_path / "database"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE words (word)")
        write(db)
        (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
        yield db, WatchedFile(tmp_path / "database-wal", page_bytes)


def write(db: sqlite3.Connection, times: int = 20) -> None:
    for number in range(times):
        db.execute("INSERT INTO words VALUES (?)", [f"{number} " * 1_000])


def test_a_log_that_grows_and_begins_anew_is_whole(log: tuple[sqlite3.Connection, WatchedFile]) -> None:
    db, watched = log
    for checkpoint in ("", "PASSIVE", "RESTART", ""):
        for _ in range(30):
            write(db, 1)
            assert not watched.has_shrunk()
        if checkpoint:
            db.execute(f"PRAGMA wal_checkpoint({checkpoint})")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    write(db, 1)

    assert watched.has_shrunk()
    write(db, 30)
    assert not watched.has_shrunk()


@pytest.mark.parametrize("left", [0.0, 0.5, 0.9])
def test_a_log_that_was_cut_while_it_was_written_has_a_gap(log: tuple[sqlite3.Connection, WatchedFile], left: float) -> None:
    db, watched = log
    assert not watched.has_shrunk()
    os.truncate(watched.path, int(watched.path.stat().st_size * left))  # after the look before a commit, and then it commits
    write(db, 1)

    with pytest.raises(JournalTakenAway, match="was cut short, and written on behind the gap"):
        watched.has_shrunk()


def test_without_a_descriptor_to_look_with_the_gap_is_found_at_the_next_look(log: tuple[sqlite3.Connection, WatchedFile]) -> None:
    db, watched = log
    os.truncate(watched.path, watched.path.stat().st_size // 2)
    write(db, 1)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        assert not watched.has_shrunk()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    with pytest.raises(JournalTakenAway, match="behind the gap"):
        watched.has_shrunk()


def test_a_log_that_was_cut_between_two_looks_has_shrunk(log: tuple[sqlite3.Connection, WatchedFile]) -> None:
    _, watched = log
    os.truncate(watched.path, watched.path.stat().st_size // 2)

    assert watched.has_shrunk()


def test_a_file_that_is_no_log_may_have_zeros_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(10_000))
    watched = WatchedFile(path)
    path.write_bytes(bytes(20_000))

    assert not watched.has_shrunk()
