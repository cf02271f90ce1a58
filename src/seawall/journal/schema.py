"""The file: what is in it, how one is made, and how one is told from any other file."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from seawall.journal.errors import NotAJournal

__all__ = ["APPLICATION_ID", "VERSION", "check", "check_file", "create"]

APPLICATION_ID: Final = 0x53574A4C
"""`SWJL`, in the header of every journal (sqlite.org/fileformat.html, offset 68)."""

VERSION: Final = 1

# Every record has a number of its own, `seq`, from one count for all tables: the order in which they were handed over.
# Rows are added and never changed. Prices and sizes are text; instants are nanoseconds since the epoch.
_SCHEMA: Final = """
CREATE TABLE journal (journal_id TEXT NOT NULL, created_ns INTEGER NOT NULL) STRICT;
CREATE TABLE runs (run INTEGER PRIMARY KEY, opened_ns INTEGER NOT NULL) STRICT;
CREATE TABLE intents (
    seq INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    qty TEXT NOT NULL,
    limit_price TEXT,
    trigger_price TEXT,
    time_in_force TEXT NOT NULL,
    post_only INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    deadline_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE order_steps (
    seq INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    order_id TEXT,
    qty TEXT,
    limit_price TEXT,
    filled_qty TEXT,
    reason TEXT
) STRICT;
CREATE INDEX order_steps_by_order ON order_steps (client_order_id, seq, state);
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY,
    exec_id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    order_id TEXT NOT NULL,
    client_order_id TEXT,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    qty TEXT NOT NULL,
    price TEXT NOT NULL,
    cost TEXT NOT NULL,
    fees TEXT NOT NULL,
    maker INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE notes (
    seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, at_ns INTEGER NOT NULL
) STRICT;
"""


def create(path: Path, journal_id: str, created_ns: int) -> None:
    """Make an empty journal, readable by its owner only. Raises `NotAJournal`, OSError or sqlite3.Error.

    It is made whole under another name, then renamed: a crash leaves a journal or none, never half of one.
    """
    for suffix in ("-wal", "-journal"):
        orphan = path.with_name(path.name + suffix)
        # SQLite would play such a log into the new file, whosever it was.
        if orphan.exists() and orphan.stat().st_size:
            raise NotAJournal(path, f"is missing, but its log {orphan.name} is there: put both back, or move the log away")
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(f"BEGIN; {_SCHEMA}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT")
        db.execute("INSERT INTO journal VALUES (?, ?)", (journal_id, created_ns))
        db.execute("PRAGMA journal_mode = WAL")
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def check_file(path: Path) -> None:
    """Raise `NotAJournal` unless the file at `path` is a journal of this version. Changes nothing, not even beside it."""
    if path.stat().st_size == 0:
        # We never leave an empty file: something else did, and where a journal was expected that is worth a look.
        raise NotAJournal(path, "is empty, which no journal is: remove it to begin a new one")
    # `immutable`: no lock is taken, and no log or index is made beside the file. The header it reads is never in the
    # log only, since `create` closed the file before it was given its name.
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        check(db, path)


def check(db: sqlite3.Connection, path: Path) -> None:
    """Raise `NotAJournal` unless `db` is a journal of this version."""
    try:
        (application_id,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as fault:
        if isinstance(fault, sqlite3.OperationalError):
            raise
        raise NotAJournal(path, f"is not a journal ({fault})") from fault
    if application_id != APPLICATION_ID:
        raise NotAJournal(path, "is an SQLite file of another program, not a journal")
    if version != VERSION:
        advice = "use the newer program that wrote it" if version > VERSION else "no program wrote such a one"
        raise NotAJournal(path, f"is a journal of version {version}, and this program knows version {VERSION} only: {advice}")
