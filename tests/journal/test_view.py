import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from seawall.journal import JournaledOrder, NotAJournal, read_fills, read_notes, read_orders, records
from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record
from seawall.model.order_states import OrderState


def write(path: Path, *appended: Record) -> None:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append(map(records.row, appended))


def test_every_order_is_read_with_every_step(
    path: Path, planned: Callable[[str], IntentRecord], step: Callable[[str, OrderState], OrderRecord]
) -> None:
    write(path, planned("c-1"), step("c-1", OrderState.SENT), planned("c-2"), step("c-1", OrderState.FILLED))
    assert read_orders(path) == (
        JournaledOrder(planned("c-1"), (step("c-1", OrderState.SENT), step("c-1", OrderState.FILLED))),
        JournaledOrder(planned("c-2"), ()),
    )


def test_fills_and_notes_are_read_in_their_order(
    path: Path, filled: Callable[[str, int], FillRecord], said: Callable[[str], NoteRecord]
) -> None:
    write(path, filled("T-2", 2), said("a"), filled("T-1", 1), said("b"))
    assert read_fills(path) == (filled("T-1", 1), filled("T-2", 2))
    assert read_notes(path) == (said("a"), said("b"))


def test_a_reader_neither_waits_for_the_writer_nor_holds_it_up(path: Path, planned: Callable[[str], IntentRecord]) -> None:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append([records.row(planned("c-1"))])
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as slow_reader:
            slow_reader.execute("BEGIN")
            before = slow_reader.execute("SELECT COUNT(*) FROM intents").fetchone()
            store.append([records.row(planned("c-2"))])
            assert slow_reader.execute("SELECT COUNT(*) FROM intents").fetchone() == before
            assert len(read_orders(path)) == 2


def test_a_reader_does_not_change_the_journal(path: Path, said: Callable[[str], NoteRecord]) -> None:
    write(path, said("a"))
    before = path.read_bytes()
    read_notes(path)
    assert path.read_bytes() == before
    write(path, said("b"))
    assert len(read_notes(path)) == 2


def test_a_journal_that_is_not_there_is_named_and_not_made(path: Path) -> None:
    with pytest.raises(JournalFailed, match=r"seawall.sqlite: there is no such journal"):
        read_orders(path)
    assert not path.exists()


def test_a_file_that_is_no_journal_is_refused(path: Path) -> None:
    path.write_text("my diary, " * 100)
    with pytest.raises(NotAJournal):
        read_fills(path)


def test_the_query_of_the_documentation_runs(path: Path, filled: Callable[[str, int], FillRecord]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "journal.md").read_text()
    query = page.split("```sql\n")[1].split("```")[0]
    write(path, filled("T-1", 1_700_000_000_000_000_000))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(query).fetchall() == [("2023-11-14 22:13:20", "grid", "buy", "0.1", "BTC/USD", "45283.50")]
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
