"""What was acknowledged survives a disk that fills up, or loses power, in the midst of any write."""

import random
import resource
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.journal import records
from seawall.journal.database import database_at
from seawall.journal.store import Store, open_store
from seawall.model.journal import IntentRecord

Planned = Callable[[str], IntentRecord]


def known(path: Path) -> list[str]:
    """The orders that are there on reopening."""
    with open_store(database_at(path), now_ns=lambda: 8, rng=random.Random(1)) as store:
        return [intent.client_order_id for intent in store.replayed.intents]


@contextmanager
def room_for(size: int) -> Generator[None, None, None]:
    """No file of this process may grow beyond that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", range(1_000, 60_001, 5_900))
def test_a_disk_that_is_full_at_any_byte_loses_nothing_acknowledged(path: Path, planned: Planned, room: int) -> None:
    acknowledged: list[str] = []

    def fill_up(store: Store) -> None:
        for number in range(1_000):
            store.append([records.row(planned(f"c-{number}"))])
            acknowledged.append(f"c-{number}")

    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        size = path.with_name(f"{path.name}-wal").stat().st_size
        with room_for(size + room), pytest.raises(sqlite3.OperationalError):
            fill_up(store)
    assert known(path) == acknowledged


def test_a_log_that_is_torn_at_any_byte_loses_only_what_was_not_yet_whole(path: Path, planned: Planned) -> None:
    wal = path.with_name(f"{path.name}-wal")
    sizes: list[int] = []
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        for number in range(5):
            store.append([records.row(planned(f"c-{number}")), records.row(planned(f"d-{number}"))])
            sizes.append(wal.stat().st_size)
        torn = path.with_name("torn.sqlite")
        for size in range(sizes[0], sizes[-1] + 1, 1_733):
            shutil.copy(path, torn)
            torn.with_name(f"{torn.name}-wal").write_bytes(wal.read_bytes()[:size])
            whole = sum(synced <= size for synced in sizes)
            assert known(torn) == [f"{kind}-{number}" for number in range(whole) for kind in "cd"]
