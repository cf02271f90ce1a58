"""The account's lock file: one holder on one host, and its name for whoever comes second."""

import subprocess
import sys
from pathlib import Path

import pytest

from seawall.journal.lease_file import LeaseFile
from seawall.model.errors import AccountLeased, JournalFailed, LeaseLost
from seawall.model.lease import Holder

GRID = Holder("grid", "here", 4711, 1_767_605_400_000_000_000)
PROGRAM = """
import sys, time
from pathlib import Path
from seawall.journal.lease_file import LeaseFile
from seawall.model.lease import Holder
lease = LeaseFile(Path(sys.argv[1]), "main")
lease.take()
lease.sign(Holder("grid", "here", 4711, 1_767_605_400_000_000_000), 3)
print("taken", flush=True)
time.sleep(60)
"""


def test_another_process_is_refused_with_the_holder_until_it_is_killed(tmp_path: Path) -> None:
    mine = LeaseFile(tmp_path, "main")
    with subprocess.Popen([sys.executable, "-c", PROGRAM, tmp_path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"taken\n"
        with pytest.raises(AccountLeased, match="grid on here, process 4711, since 2026-01-05 09:30:00 UTC") as refused:
            mine.take()
        assert refused.value.holder == str(GRID)
        other.kill()
    mine.take()
    assert (mine.previous, mine.previous_epoch) == (GRID, 3)
    mine.release()


def test_two_accounts_do_not_know_of_each_other(tmp_path: Path) -> None:
    one, other = LeaseFile(tmp_path, "main"), LeaseFile(tmp_path, "spare")
    one.take()
    other.take()
    one.release()
    other.release()


def test_its_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    lease = LeaseFile(tmp_path / "state" / "seawall", "main")
    lease.take()
    lease.sign(GRID, 1)
    assert (lease.path.parent.stat().st_mode & 0o777, lease.path.stat().st_mode & 0o777) == (0o700, 0o600)
    lease.release()


def test_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    lease = LeaseFile(tmp_path, "main")
    for name in ("a name that is quite long", "b"):
        lease.take()
        lease.sign(Holder(name, "here", 1, 0), 1)
        lease.release()
    lease.take()
    assert lease.previous == Holder("b", "here", 1, 0)
    lease.release()


@pytest.mark.parametrize("text", [b"", b"\xff", b"4711\n", b'{"engine": "grid"', b'{"engine": 1, "epoch": "x"}'])
def test_what_names_nobody_is_taken_for_nobody(tmp_path: Path, text: bytes) -> None:
    holding, other = LeaseFile(tmp_path, "main"), LeaseFile(tmp_path, "main")
    holding.path.write_bytes(text)
    holding.take()
    assert (holding.previous, holding.previous_epoch) == (None, 0)
    with pytest.raises(AccountLeased, match="it left no name"):
        other.take()
    holding.release()


def test_a_file_that_was_removed_or_replaced_protects_nothing(tmp_path: Path) -> None:
    lease = LeaseFile(tmp_path, "main")
    lease.take()
    lease.check()
    lease.path.unlink()
    with pytest.raises(LeaseLost, match="gone"):
        lease.check()
    lease.path.touch()
    with pytest.raises(LeaseLost, match="another one"):
        lease.check()
    lease.release()


def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalFailed, match=r"main\.lease: the account's lock file cannot be opened"):
        LeaseFile(tmp_path / "file", "main").take()


def test_letting_go_twice_does_no_harm(tmp_path: Path) -> None:
    lease = LeaseFile(tmp_path, "main")
    lease.take()
    lease.release()
    lease.release()
    with pytest.raises(LeaseLost):
        lease.check()
