"""A journal that is taken away, or spoiled, from under the engine that writes it."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from seawall.journal import read_notes, records, verify_journal
from seawall.journal.database import database_at
from seawall.journal.errors import JournalTakenAway
from seawall.journal.store import Store, open_store
from seawall.model.journal import NoteRecord

Said = Callable[[str], NoteRecord]


@contextmanager
def opened(path: Path) -> Generator[Store, None, None]:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        yield store


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def fill(store: Store, said: Said) -> None:
    """Write so much that both the file and its log have many pages."""
    for number in range(40):
        store.append([records.row(said(f"{number} " * 2_000))])


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("beside", ["", "-wal"])
@pytest.mark.parametrize(
    ("harm", "told"),
    [(remove, "was removed"), (replace, "was replaced by another file"), (cut, "was cut short"), (empty, "was cut short")],
)
def test_it_is_noticed_before_another_record_counts_as_kept(
    path: Path, said: Said, harm: Callable[[Path], None], told: str, beside: str
) -> None:
    with opened(path) as store:
        fill(store, said)
    with opened(path) as store:
        fill(store, said)
        harm(path.with_name(path.name + beside))
        with pytest.raises(JournalTakenAway, match=told):
            store.append([records.row(said("too late"))])


def test_another_program_may_play_the_log_in_and_pack_the_file(path: Path, said: Said) -> None:
    with opened(path) as store:
        fill(store, said)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert log_of(path).stat().st_size == 0
        store.append([records.row(said("after the log was played in"))])
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("CREATE TABLE large AS SELECT * FROM notes")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            store.append([records.row(said("between"))])
            db.execute("DROP TABLE large")
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.append([records.row(said("after the file was packed"))])
    assert [note.text for note in read_notes(path)][-3:] == [
        "after the log was played in",
        "between",
        "after the file was packed",
    ]
    assert verify_journal(path).faults == ()
