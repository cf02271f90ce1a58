import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
import trio

from seawall.journal import JournalVerified, SqlJournal, open_journal, records, verify_journal
from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record
from seawall.model.order_states import OrderState

Planned = Callable[[str], IntentRecord]
Step = Callable[[str, OrderState], OrderRecord]
Filled = Callable[[str, int], FillRecord]


def write(path: Path, *appended: Record) -> None:
    with open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)) as store:
        store.append(map(records.row, appended))


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


def of_order(filled: FillRecord, name: str, qty: str) -> FillRecord:
    return attrs.evolve(filled, fill=attrs.evolve(filled.fill, client_order_id=name, order_id=f"O-{name}", qty=Decimal(qty)))


def test_a_sound_journal_has_no_faults(
    path: Path, planned: Planned, step: Step, filled: Filled, said: Callable[[str], NoteRecord]
) -> None:
    ended = attrs.evolve(step("c-1", OrderState.FILLED), filled_qty=Decimal("0.3"))
    fills = [of_order(filled(f"T-{number}", number), "c-1", "0.1") for number in (1, 2, 3)]
    write(path, planned("c-1"), step("c-1", OrderState.SENT), *fills, ended, planned("c-2"), said("a"))
    assert verify_journal(path) == JournalVerified(runs=1, orders=2, unfinished=1, steps=2, fills=3, notes=1, faults=())


def test_a_fill_of_a_claimed_order_is_known_by_the_exchanges_id(path: Path, planned: Planned, filled: Filled) -> None:
    """Also where nothing but the claim and the fill is there, and the fill names the order as its maker did."""
    fill = filled("T-1", 1)
    foreign = attrs.evolve(fill, fill=attrs.evolve(fill.fill, client_order_id="bot-7", order_id="O-9"))
    write(path, attrs.evolve(planned("O-9"), claimed=True), foreign)
    assert verify_journal(path).faults == ()


def test_an_order_that_goes_on_after_its_end_is_a_fault(path: Path, planned: Planned, step: Step) -> None:
    write(path, planned("c-1"), step("c-1", OrderState.CANCELED), step("c-1", OrderState.OPEN))
    assert verify_journal(path).faults == ("order c-1: it was canceled, which is an end, and then open",)


def test_fills_that_do_not_come_to_what_was_told_are_a_fault(path: Path, planned: Planned, step: Step, filled: Filled) -> None:
    ended = attrs.evolve(step("c-1", OrderState.FILLED), filled_qty=Decimal("0.3"))
    write(path, planned("c-1"), of_order(filled("T-1", 1), "c-1", "0.1"), ended)
    assert verify_journal(path).faults == ("order c-1: it ended with 0.3 filled, and its fills come to 0.1",)


def test_a_total_that_falls_is_a_fault(path: Path, planned: Planned, step: Step) -> None:
    more = attrs.evolve(step("c-1", OrderState.OPEN), filled_qty=Decimal("0.2"))
    write(path, planned("c-1"), more, step("c-1", OrderState.OPEN))
    assert verify_journal(path).faults == ("order c-1: 0.2 of it had filled, and then 0E-8",)


def test_one_order_under_two_ids_of_the_exchange_is_a_fault(path: Path, planned: Planned, step: Step) -> None:
    write(path, planned("c-1"), step("c-1", OrderState.OPEN), attrs.evolve(step("c-1", OrderState.OPEN), order_id="O-2"))
    assert verify_journal(path).faults == ("order c-1: the exchange has it under 2 ids: O-c-1, O-2",)


def test_steps_and_fills_of_no_order_are_faults(path: Path, step: Step, filled: Filled) -> None:
    write(path, step("c-9", OrderState.OPEN), filled("T-1", 1))
    assert verify_journal(path).faults == (
        "order c-9: it took steps, and was never planned",
        "fill T-1: it is of no order of this journal",
    )


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_still_looked_at(path: Path, planned: Planned) -> None:
    write(path, planned("c-1"), planned("c-2"))
    spoil(path, "UPDATE intents SET side = 'hold' WHERE client_order_id = 'c-1'")
    found = verify_journal(path)
    assert found.faults == ("intents, row 1: cannot be read: 'hold' is not a valid Side",)
    assert found.orders == 1


def test_two_records_with_one_number_are_a_fault(path: Path, planned: Planned, said: Callable[[str], NoteRecord]) -> None:
    write(path, planned("c-1"), said("a"))
    spoil(path, "UPDATE notes SET seq = 1")
    assert verify_journal(path).faults == ("row 1: two records have this number",)


def test_a_damaged_file_is_a_fault_or_cannot_be_read(path: Path, planned: Planned) -> None:
    write(path, *(planned(f"c-{number}") for number in range(2_000)))
    spoil(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(8_192))
    try:
        faults = verify_journal(path).faults
    except JournalFailed as failure:
        faults = (str(failure),)
    assert any("damaged" in fault or "malformed" in fault for fault in faults)


def test_a_journal_that_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(JournalFailed, match="no such journal"):
        verify_journal(path)
    assert not path.exists()


async def test_a_journal_that_is_being_written_has_no_faults_at_any_moment(
    path: Path, planned: Planned, step: Step, filled: Filled
) -> None:
    """Records of one order come in many commits: each is true by itself."""

    async def trade(journal: SqlJournal) -> None:
        for number in range(150):
            name = f"c-{number}"
            await journal.keep([planned(name)])
            journal.note([step(name, OrderState.SENT)])
            journal.note([of_order(filled(f"T-{number}", number), name, "0.1")])
            journal.note([attrs.evolve(step(name, OrderState.FILLED), filled_qty=Decimal("0.1"))])

    looks: list[JournalVerified] = []
    async with open_journal(path, now_ns=lambda: 7, sync=False) as journal, trio.open_nursery() as nursery:
        nursery.start_soon(trade, journal)
        while not looks or looks[-1].orders < 150:
            looks.append(await trio.to_thread.run_sync(verify_journal, path))
    assert [look.faults for look in looks if look.faults] == []
    assert [look.orders for look in looks] == sorted(look.orders for look in looks)
