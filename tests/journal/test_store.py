import gc
import os
import random
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.journal import migrations, read_notes, records
from seawall.journal.database import database_at
from seawall.journal.errors import JournalInUse, NotAJournal
from seawall.journal.store import open_store
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record, Replayed
from seawall.model.order_states import ENDED, OrderState


def reopened(path: Path, *appended: Record) -> Replayed:
    """What the journal knows after these records and a restart."""
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append(map(records.row, appended))
    with open_store(database_at(path), now_ns=lambda: 8, rng=random.Random(2)) as store:
        return store.replayed


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if not path.name.endswith(".lock")}


def test_a_new_journal_knows_nothing_and_is_in_its_first_run(path: Path) -> None:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        known = store.replayed
    assert known == Replayed(f"{random.Random(1).getrandbits(64):016x}", 1, (), (), ())


def test_the_id_stays_and_the_runs_are_counted(path: Path) -> None:
    first, second = reopened(path), reopened(path)
    assert first.journal_id == second.journal_id
    assert (first.run, second.run) == (2, 4)


def test_only_the_owner_can_read_the_files(path: Path, said: Callable[[str], NoteRecord]) -> None:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append([records.row(said("hello"))])
        modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    beside = ("", "-wal", "-shm", ".lock")
    assert modes == {path.name + suffix: 0o600 for suffix in beside}


def test_a_planned_order_without_a_step_is_replayed(path: Path, planned: Callable[[str], IntentRecord]) -> None:
    known = reopened(path, planned("c-1"))
    assert known.intents == (planned("c-1"),)
    assert known.orders == ()


def test_of_an_order_that_has_not_ended_the_newest_step_is_replayed(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord]
) -> None:
    known = reopened(
        path,
        planned("c-1"),
        planned("c-2"),
        step("c-2", OrderState.SENT),
        step("c-1", OrderState.SENT),
        step("c-1", OrderState.IN_DOUBT),
        step("c-2", OrderState.OPEN),
    )
    assert known.intents == (planned("c-1"), planned("c-2"))
    assert known.orders == (step("c-1", OrderState.IN_DOUBT), step("c-2", OrderState.OPEN))


def test_a_clock_that_goes_back_changes_neither_what_is_newest_nor_which_run_may_write(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord]
) -> None:
    late, early = attrs.evolve(step("c-1", OrderState.SENT), at_ns=9_000), attrs.evolve(step("c-1", OrderState.OPEN), at_ns=10)
    with open_store(database_at(path), now_ns=lambda: 7_000, rng=random.Random(1)) as store:
        store.append([records.row(planned("c-1")), records.row(late)])
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        assert store.replayed.orders == (late,)
        store.append([records.row(early)])
    known = reopened(path)
    assert (known.run, known.orders) == (4, (early,))


@pytest.mark.parametrize("end", sorted(ENDED))
def test_an_order_that_has_ended_is_not_replayed(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord], end: OrderState
) -> None:
    known = reopened(path, planned("c-1"), step("c-1", OrderState.SENT), step("c-1", end))
    assert (known.intents, known.orders) == ((), ())


@pytest.mark.parametrize("state", sorted(set(OrderState) - ENDED))
def test_an_order_in_any_other_state_is_replayed(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord], state: OrderState
) -> None:
    assert reopened(path, planned("c-1"), step("c-1", state)).orders == (step("c-1", state),)


def test_fills_are_kept_once_and_replayed_oldest_first(path: Path, filled: Callable[[str, int], FillRecord]) -> None:
    known = reopened(path, filled("T-2", 20), filled("T-1", 10), filled("T-2", 20), filled("T-3", 20))
    assert [record.fill.exec_id for record in known.fills] == ["T-1", "T-2", "T-3"]
    assert known.fills[0] == filled("T-1", 10)


def test_records_of_all_kinds_keep_the_order_in_which_they_came(
    path: Path,
    planned: Callable[[str], IntentRecord],
    step: Callable[[str, OrderState], OrderRecord],
    said: Callable[[str], NoteRecord],
) -> None:
    reopened(path, said("a"), planned("c-1"))
    reopened(path, step("c-1", OrderState.SENT), said("b"))
    with closing(sqlite3.connect(path)) as db:
        union = " UNION ".join(f"SELECT seq, '{table}' FROM {table}" for table in ("intents", "order_steps", "fills", "notes"))
        rows = db.execute(f"SELECT * FROM ({union}) ORDER BY 1").fetchall()
    assert rows == [(1, "notes"), (2, "intents"), (3, "order_steps"), (4, "notes")]


def test_a_group_is_kept_whole_or_not_at_all(path: Path, planned: Callable[[str], IntentRecord]) -> None:
    def failing() -> Iterable[records.Row]:
        yield records.row(planned("c-1"))
        yield records.row(planned("c-1"))

    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        with pytest.raises(sqlite3.IntegrityError, match="client_order_id"):
            store.append(failing())
        store.append([records.row(planned("c-2"))])
    assert [intent.client_order_id for intent in reopened(path).intents] == ["c-2"]


def test_a_second_engine_is_refused_with_the_holder_and_the_file(path: Path) -> None:
    with (
        open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)),
        pytest.raises(JournalInUse, match=rf"{path.name}: in use by another engine \(process {os.getpid()}\)"),
        open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)),
    ):
        pytest.fail("two engines have it")


def test_a_freed_journal_can_be_opened_again_in_the_same_process(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)):
        raise ZeroDivisionError
    assert reopened(path).run == 3


def test_a_text_file_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("my diary, " * 100)
    before = files(path.parent)
    with pytest.raises(NotAJournal, match="is not a journal"):
        reopened(path)
    assert files(path.parent) == before


def test_an_empty_file_is_refused_and_left_as_it_is(path: Path) -> None:
    path.touch()
    with pytest.raises(NotAJournal, match="is empty"):
        reopened(path)
    assert files(path.parent) == {path.name: b""}


def test_the_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (name TEXT)")
    before = files(path.parent)
    with pytest.raises(NotAJournal, match="of another program"):
        reopened(path)
    assert files(path.parent) == before


def test_a_journal_of_another_make_is_refused_and_left_as_it_is(path: Path) -> None:
    reopened(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")
    before = files(path.parent)
    with pytest.raises(NotAJournal, match=r"of another make \(2\)"):
        reopened(path)
    assert files(path.parent) == before


def test_a_journal_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    reopened(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    before = files(path.parent)
    with pytest.raises(NotAJournal, match=f"of version 9999, and this program knows {migrations.newest()} at most"):
        reopened(path)
    assert files(path.parent) == before


def test_a_journal_of_the_first_version_is_brought_up_to_date_and_loses_nothing(
    path: Path, planned: Callable[[str], IntentRecord], filled: Callable[[str, int], FillRecord]
) -> None:
    """As the first releases made it: without a table of versions."""
    before = reopened(path, planned("c-1"), filled("T-1", 10))
    with closing(sqlite3.connect(path)) as db, db:
        for column in ("bid", "ask", "position_qty", "quote_age_ns", "claimed"):
            db.execute(f"ALTER TABLE intents DROP COLUMN {column}")
        db.execute("ALTER TABLE runs DROP COLUMN holder")
        db.execute("DROP TABLE leases")
        db.execute("DROP TABLE alembic_version")
    after = reopened(path)
    assert (after.journal_id, after.intents, after.fills) == (before.journal_id, before.intents, before.fills)


def test_a_start_learns_how_orders_had_ended(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord]
) -> None:
    """The newest ones, and those whose end nobody told, however old."""
    known = reopened(path, planned("c-0"), step("c-0", OrderState.NEVER_PLACED), planned("c-1"), step("c-1", OrderState.FILLED))
    assert [(record.client_order_id, end.state) for record, end in known.ended] == [
        ("c-0", OrderState.NEVER_PLACED),
        ("c-1", OrderState.FILLED),
    ]
    later = [each for number in range(1_000) for each in (planned(f"d-{number}"), step(f"d-{number}", OrderState.CANCELED))]
    known = reopened(path, *later, planned("open"), step("open", OrderState.OPEN))
    names = [record.client_order_id for record, _ in known.ended]
    assert names == ["c-0", *(f"d-{number}" for number in range(1, 1_000))], "of the newest thousand, one is open"
    assert [record.client_order_id for record in known.intents] == ["open"]


def test_the_newest_step_is_how_an_order_had_ended(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord]
) -> None:
    late = attrs.evolve(step("c-1", OrderState.NEVER_PLACED), filled_qty=Decimal("0.1"))
    known = reopened(path, planned("c-1"), step("c-1", OrderState.NEVER_PLACED), late)
    assert known.ended == ((planned("c-1"), late),)


def test_a_log_without_its_journal_is_not_played_into_a_new_one(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"the last orders")
    with pytest.raises(NotAJournal, match="put both back"):
        reopened(path)
    assert not path.exists()


def test_what_a_crash_left_of_a_new_journal_is_replaced(path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half")
    assert reopened(path).run == 2
    assert not path.with_name(f"{path.name}.new").exists()


def test_a_directory_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(JournalFailed, match="nowhere"):
        reopened(path.parent / "nowhere" / "seawall.sqlite")


def test_a_record_that_makes_no_sense_is_reported_with_the_file(path: Path, planned: Callable[[str], IntentRecord]) -> None:
    reopened(path, planned("c-1"))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE intents SET side = 'hold'")
    with pytest.raises(JournalFailed, match="'hold' is not a valid Side"):
        reopened(path)


def test_an_engine_whose_journal_was_opened_by_another_writes_nothing_more(path: Path, said: Callable[[str], NoteRecord]) -> None:
    """As after a lock that was lost: on a network's file system, or with a connection that the server has dropped."""
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("INSERT INTO runs VALUES (2, 8, 'elsewhere')")
        with pytest.raises(JournalFailed, match="another engine has opened this journal since"):
            store.append([records.row(said("too late"))])
    assert read_notes(path) == ()


@pytest.mark.parametrize("enabled", [True, False])
def test_a_replay_leaves_the_collection_of_cycles_as_it_was(path: Path, enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with open_store(database_at(path), now_ns=lambda: 1, rng=random.Random(1)):
            assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
