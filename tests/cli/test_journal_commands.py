import random
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.cli.main import main
from seawall.cli.moments import moment, span
from seawall.journal import records
from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record, Seen
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy, market_sell
from seawall.model.reports import Fee, Fill

T0 = 1_700_000_000_000_000_000
MS = 1_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """An order that was filled in two parts, one that rests, and one that was only planned."""
    path = tmp_path / "seawall.sqlite"
    wish = limit_buy("BTC/USD", qty="0.2", price="45283.50")
    seen = Seen(Decimal("45283.5"), Decimal("45283.6"), Decimal("0.1"), 12 * MS)

    def step(name: str, state: OrderState, at_ns: int, filled: str | None = None, reason: str | None = None) -> OrderRecord:
        qty, filled_qty = Decimal("0.2"), None if filled is None else Decimal(filled)
        return OrderRecord(name, state, at_ns, f"O-{name}", qty, Decimal("45283.50"), filled_qty, reason)

    def fill(exec_id: str, at_ns: int) -> FillRecord:
        fees = (Fee("USD", Decimal("7.25")),)
        qty, price = Decimal("0.1"), Decimal("45283.50")
        done = Fill(exec_id, "O-c1", "c1", "BTC/USD", Side.BUY, qty, price, qty * price, fees, maker=True, at_ns=at_ns)
        return FillRecord("grid", done)

    kept: list[Record] = [
        NoteRecord("grid", "say", "the grid moved up", T0 - 100 * MS),
        NoteRecord("other", "say", "none of its business", T0),
        IntentRecord("c1", "grid", wish, T0 + 5_000 * MS, T0, seen),
        step("c1", OrderState.SENT, T0 + 3 * MS),
        step("c1", OrderState.OPEN, T0 + 9 * MS, "0"),
        fill("T-1", T0 + 800 * MS),
        fill("T-2", T0 + 1_800 * MS),
        step("c1", OrderState.FILLED, T0 + 1_805 * MS, "0.2", "as wished"),
        IntentRecord("c2", "grid", wish, T0 + 6_000 * MS, T0 + 1_000 * MS),
        step("c2", OrderState.OPEN, T0 + 1_010 * MS, "0.05"),
        IntentRecord("c3", "grid", market_sell("BTC/USD", qty="0.1"), T0 + 7_000 * MS, T0 + 2_000 * MS),
    ]
    with open_store(database_at(path), now_ns=lambda: T0 - 10**9, rng=random.Random(1)) as store:
        store.append(map(records.row, kept))
    return path


def test_orders_lists_those_that_have_not_ended(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", str(journal)]) == 0
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.split() == ["2023-11-14", "22:13:21.000", "grid", "buy", "0.05/0.2", "BTC/USD", "45283.50", "open", "c2"]
    assert second.split() == ["2023-11-14", "22:13:22.000", "grid", "sell", "0.1", "BTC/USD", "market", "planned", "c3"]
    assert total == "2 of 3 orders"


def test_orders_lists_all_on_request_and_says_what_it_left_out(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", str(journal), "--all", "--last", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["3 of 3 orders, 2 older ones not shown"]


@pytest.mark.parametrize("order", ["c1", "O-c1"])
def test_why_tells_an_order_from_quote_to_fill(journal: Path, capsys: pytest.CaptureFixture[str], order: str) -> None:
    assert main(["why", order, str(journal)]) == 0
    until = "not to be matched after 2023-11-14 22:13:25.000 (time of the exchange)"
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "c1 buy 0.2 BTC/USD limit at 45283.50",
        "of grid, in run 1; at the exchange O-c1",
        "2023-11-14 22:13:19.900 -100.0 ms say the grid moved up",
        "2023-11-14 22:13:20.000 +0 us seen 45283.5 bid, 45283.6 asked, 12.0 ms old",
        "2023-11-14 22:13:20.000 +0 us held 0.1 BTC, all owners together",
        f"2023-11-14 22:13:20.000 +0 us planned within the limits; {until}",
        "2023-11-14 22:13:20.003 +3.0 ms sent",
        "2023-11-14 22:13:20.009 +9.0 ms open",
        "2023-11-14 22:13:20.800 +800.0 ms fill 0.1 at 45283.50, maker, 7.25 USD, T-1 (time of the exchange)",
        "2023-11-14 22:13:21.800 +1.800 s fill 0.1 at 45283.50, maker, 7.25 USD, T-2 (time of the exchange)",
        "2023-11-14 22:13:21.805 +1.805 s filled as wished, 0.2 of 0.2 filled",
        "ended: filled, 0.2 filled, at 45283.5 on average",
    ]


def test_why_tells_what_is_not_known(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "c3", str(journal)]) == 0
    shown = capsys.readouterr().out
    assert "at the exchange under no id that is known" in shown
    assert "no verified book" in shown
    assert "not ended, as far as this journal knows: planned" in shown


def test_why_tells_that_an_order_was_another_hands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claims.sqlite"
    wish = limit_buy("BTC/USD", qty="0.2", price="45283.50")
    with open_store(database_at(path), now_ns=lambda: T0, rng=random.Random(1)) as store:
        claim = IntentRecord("OUF4EM-FRGI2-MQMWZD", "grid", wish, T0 - 60_000 * MS, T0, claimed=True)
        store.append([records.row(claim)])
    assert main(["why", "OUF4EM-FRGI2-MQMWZD", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "claimed  placed by another hand at 2023-11-14 22:12:20.000 (time of the exchange), and taken over" in shown
    assert "within the limits" not in shown


def test_why_of_an_order_that_is_not_there_says_where_to_look(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "c9", str(journal)]) == 2
    assert "no order 'c9' in this journal, which has 3" in capsys.readouterr().err


def test_verify_passes_a_sound_journal_and_not_a_spoiled_one(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify", str(journal)]) == 0
    assert capsys.readouterr().out == "1 runs, 3 orders (2 not ended), 4 steps, 2 fills, 2 notes\nno faults\n"
    with closing(sqlite3.connect(journal)) as db, db:
        db.execute("DELETE FROM fills WHERE exec_id = 'T-2'")
    assert main(["journal", "verify", str(journal)]) == 7
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  order c1: it ended with 0.2 filled, and its fills come to 0.1",
        "1 faults",
    ]


def test_the_journal_of_a_configuration_is_found(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = journal.with_name("my.toml")
    config.write_text("mode = 'sim'\n")
    for command in (["orders"], ["journal", "verify"], ["why", "c1"]):
        assert main([*command, str(config)]) == 0


@pytest.mark.parametrize(
    ("place", "code", "told"),
    [
        ("nowhere.sqlite", 7, "there is no such journal"),
        ("nowhere.toml", 3, "nowhere.toml"),
        ("mysql://me:secret@db/x", 7, "mysql:// is no journal"),
    ],
)
def test_a_place_without_a_journal_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, code: int, told: str
) -> None:
    at = place if "://" in place else str(tmp_path / place)
    for command in (["orders"], ["journal", "verify"], ["why", "c1"]):
        assert main([*command, at]) == code
        shown = capsys.readouterr().err
        assert told in shown
        assert "secret" not in shown


@pytest.mark.parametrize(
    ("duration_ns", "told"), [(0, "+0 us"), (850_000, "+850 us"), (-12_340_000, "-12.3 ms"), (4_120_000_000, "+4.120 s")]
)
def test_spans_read_well(duration_ns: int, told: str) -> None:
    assert span(duration_ns) == told


def test_a_moment_keeps_its_milliseconds() -> None:
    assert moment(1_700_000_000_999_999_999) == "2023-11-14 22:13:20.999"
