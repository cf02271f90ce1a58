"""The journal as the oracle reads it: by statements of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from seawall.drill.oracle import JournalEye, JournalRows
from seawall.journal import records
from seawall.journal.sqlite import SqliteFile
from seawall.journal.store import Store, open_store
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record, Seen
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fee, Fill

INTENT = IntentRecord("one", "me", limit_buy("BTC/USD", qty="2", price="100"), 5, 4, Seen(Decimal(99), Decimal(101)))
FEES = (Fee("USD", Decimal(1)),)
FILL = Fill("T1", "O1", None, "BTC/USD", Side.BUY, Decimal("0.5"), Decimal(100), Decimal(50), FEES, maker=True, at_ns=9)
STORY: list[Record] = [
    INTENT,
    OrderRecord("one", OrderState.SENT, 5),
    OrderRecord("one", OrderState.OPEN, 6, order_id="O1"),
    FillRecord("me", FILL),
    NoteRecord("me", "said", "half of it", 7),
    OrderRecord("one", OrderState.CANCELED, 8, filled_qty=Decimal("0.5")),
]


@contextmanager
def connected(path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    with open_store(SqliteFile(path), now_ns=lambda: 1, rng=Random(1)) as store:
        yield store


def keep(path: Path, story: list[Record]) -> None:
    with opened(path) as store:
        store.append([records.row(record) for record in story])


def test_everything_comes_back_as_it_was_handed_over(path: Path) -> None:
    keep(path, STORY)

    with connected(path) as connection:
        rows = JournalRows.read(connection)

    assert rows.intents == (INTENT,)
    assert [step.state for step in rows.steps_of("one")] == [OrderState.SENT, OrderState.OPEN, OrderState.CANCELED]
    assert rows.ends_of("one") == (OrderState.CANCELED,)
    assert rows.filled_of("one") == Decimal("0.5")
    assert rows.positions() == {("me", "BTC/USD"): Decimal("0.5")}
    assert rows.numbers == tuple(range(1, 7))
    assert rows.runs == 1
    assert "half of it" in rows.texts


def test_read_twice_it_has_one_digest_and_one_more_record_changes_it(path: Path) -> None:
    keep(path, STORY[:-1])
    with connected(path) as connection:
        once, again = JournalRows.read(connection).digest, JournalRows.read(connection).digest
    with opened(path) as store:
        store.append([records.row(STORY[-1])])
    with connected(path) as connection:
        later = JournalRows.read(connection).digest

    assert once == again != later


def test_an_eye_sees_what_is_committed_and_nothing_else(path: Path) -> None:
    with opened(path) as store, connected(path) as connection:
        eye = JournalEye(connection)
        before = eye.intent("one")
        store.append([records.row(INTENT)])

        assert before is None
        assert eye.intent("one") == INTENT
        assert eye.intent("two") is None
