"""A start on a disk, or a file, that cannot be used: refused with the reason, and what is there stays as it is."""

import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest
from support.disks import fill_up, make_read_only, mounted_ext4, mounted_tmpfs

from seawall.journal import read_orders, records, verify_journal
from seawall.journal.sqlite import SqliteFile
from seawall.journal.store import open_store
from seawall.model.errors import JournalFailed
from seawall.model.journal import IntentRecord

_NOBODY = 65534

Planned = Callable[[str], IntentRecord]


def write(path: Path, *appended: IntentRecord) -> None:
    with open_store(SqliteFile(path, busy_s=0.1), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append(map(records.row, appended))


def files(directory: Path) -> dict[str, bytes]:
    """All that is there but the lock, which a start may write its number into."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file() and path.suffix != ".lock"}


def test_a_full_disk_has_no_new_journal_and_keeps_an_old_one(tmp_path: Path, planned: Planned) -> None:
    with mounted_tmpfs(tmp_path / "disk", "1m") as disk:
        write(disk / "old.sqlite", planned("c-1"))
        fill_up(disk)
        before = (disk / "old.sqlite").read_bytes()
        with pytest.raises(JournalFailed, match="full"):
            write(disk / "old.sqlite", planned("c-2"))
        with pytest.raises(JournalFailed, match=r"full|No space"):
            write(disk / "new.sqlite")
        assert not (disk / "new.sqlite").exists()
        assert (disk / "old.sqlite").read_bytes() == before
        (disk / "ballast").unlink()
        assert verify_journal(disk / "old.sqlite").faults == ()
        write(disk / "old.sqlite", planned("c-2"))
        write(disk / "new.sqlite", planned("c-1"))


def test_a_disk_that_is_read_only_is_named_and_its_journal_can_still_be_read(tmp_path: Path, planned: Planned) -> None:
    with mounted_ext4(tmp_path / "disk") as disk:
        path = disk / "seawall.sqlite"
        write(path, planned("c-1"))
        os.sync()
        make_read_only(disk)
        before = files(disk)
        with pytest.raises(JournalFailed, match="Read-only file system"):
            write(path, planned("c-2"))
        with pytest.raises(JournalFailed, match="Read-only file system"):
            write(disk / "new.sqlite")
        assert files(disk) == before
        assert [order.intent for order in read_orders(path)] == [planned("c-1")]


def test_a_journal_that_another_program_has_locked_is_not_waited_for_without_end(path: Path, planned: Planned) -> None:
    write(path, planned("c-1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalFailed, match="database is locked"):
            write(path, planned("c-2"))
    write(path, planned("c-2"))
    assert [order.intent.client_order_id for order in read_orders(path)] == ["c-1", "c-2"]


@pytest.mark.parametrize("left", [0.25, 0.5, 0.75, 0.999])
def test_a_file_that_was_cut_is_refused_and_left_as_it_is(path: Path, planned: Planned, left: float) -> None:
    write(path, *(planned(f"c-{number}") for number in range(500)))
    os.truncate(path, int(path.stat().st_size * left))
    before = files(path.parent)
    with pytest.raises(JournalFailed, match=r"damaged|malformed|not a journal"):
        write(path, planned("c-new"))
    assert files(path.parent) == before


@pytest.fixture
def of_root() -> Generator[Path, None, None]:
    """A directory that others may look into, for the rest of the test seen by another user: root may do everything."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        try:
            yield Path(directory)
        finally:
            os.seteuid(0)


def test_who_may_not_write_there_is_told_so(of_root: Path, planned: Planned) -> None:
    path = of_root / "seawall.sqlite"
    write(path, planned("c-1"))
    before = files(of_root)
    os.seteuid(_NOBODY)
    with pytest.raises(JournalFailed, match="Permission denied"):
        write(path, planned("c-2"))
    with pytest.raises(JournalFailed, match="Permission denied"):
        write(of_root / "new.sqlite")
    os.seteuid(0)
    assert files(of_root) == before
