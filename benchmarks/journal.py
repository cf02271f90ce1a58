"""What the journal adds between a decision and the wire, how much it takes, and how fast a start reads it back.

    python -m benchmarks.journal [--quick] [--json]

The first table is the time an order waits for its intent to be written, beside what one would write by hand; the second is an
order's whole way through the engine's desk, from the decision until its first byte could leave, beside the same without a disk:
what is above that is what the journal adds. Journals are made
in the directory for temporary files (TMPDIR): its disk is what is measured. PostgreSQL, where its server and driver are there,
runs on this machine, on that disk, with its own defaults.
"""

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import trio
from benchmarks.engine_parts import MemoryJournal
from benchmarks.journal_desk import to_the_wire_us
from benchmarks.journal_server import open_server
from benchmarks.rounds import Report, run_benchmark, take_turns
from benchmarks.rows import Row, percentile, rows_of

from seawall.journal import Where, open_journal, records
from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord, Record
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fee, Fill

__all__ = ["main"]

Keep = Callable[[IntentRecord], Awaitable[object]]
Opener = Callable[[Path], AbstractAsyncContextManager[Keep]]

_WISH: Final = limit_buy("BTC/USD", qty="0.00100000", price="45283.5")
_EVENTS_AN_ORDER: Final = 5
_STRATEGIES: Final = (1, 20)
_APART_S: Final = 0.002
"""Orders of one strategy do not come back to back; a wait that sleeps is also what an engine does."""


def intent(number: int) -> IntentRecord:
    """An order of a client order id of its own."""
    return IntentRecord(f"bench{number:08}", "grid", _WISH, deadline_ns=5 * 10**9, at_ns=10**9)


@asynccontextmanager
async def _by_hand_file(directory: Path) -> AsyncGenerator[Keep, None]:
    """A line of JSON and fsync, in the loop."""
    with (directory / "lines.jsonl").open("a") as file:  # noqa: ASYNC230 - blocking is what is measured

        async def keep(record: IntentRecord) -> None:
            await trio.lowlevel.checkpoint()
            file.write(json.dumps({"id": record.client_order_id, "order": str(record.intent), "at_ns": record.at_ns}) + "\n")
            file.flush()
            os.fsync(file.fileno())

        yield keep


@asynccontextmanager
async def _by_hand_sqlite(directory: Path) -> AsyncGenerator[Keep, None]:
    """sqlite3 with a commit for each order, in a thread of trio's pool."""
    db = sqlite3.connect(directory / "hand.sqlite", check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS intents (id TEXT PRIMARY KEY, wish TEXT, at_ns INTEGER)")
    one = trio.CapacityLimiter(1)

    def insert(record: IntentRecord) -> None:
        with db:
            db.execute("INSERT INTO intents VALUES (?, ?, ?)", (record.client_order_id, str(record.intent), record.at_ns))

    async def keep(record: IntentRecord) -> None:
        await trio.to_thread.run_sync(insert, record, limiter=one)

    try:
        yield keep
    finally:
        db.close()


@asynccontextmanager
async def _seawall(where: Callable[[Path], Where], sync: bool, directory: Path) -> AsyncGenerator[Keep, None]:
    async with open_journal(where(directory), now_ns=time.time_ns, sync=sync) as journal:

        async def keep(record: IntentRecord) -> None:
            await journal.keep([record])

        yield keep


def cases(new_database: Callable[[], str] | None) -> dict[str, Opener]:
    """By hand first: what the others are compared with."""
    found: dict[str, Opener] = {
        "by hand: sqlite3 in a thread, a commit an order": _by_hand_sqlite,
        "by hand: a line and fsync, blocking the loop": _by_hand_file,
    }
    files = count()
    places: dict[str, Callable[[Path], Where]] = {"SQLite": lambda directory: directory / f"{next(files)}.sqlite"}
    if new_database is not None:
        places["PostgreSQL"] = lambda _: new_database()
    for name, where in places.items():
        found[f"seawall, {name}, full"] = partial(_seawall, where, True)  # noqa: FBT003 - partial of a positional
        found[f"seawall, {name}, relaxed"] = partial(_seawall, where, False)  # noqa: FBT003 - as above
    return found


def waits_us(opener: Opener, directory: Path, orders: int) -> list[float]:
    """How long each of so many orders of one strategy waits."""

    async def run() -> list[float]:
        taken: list[float] = []
        async with opener(directory) as keep:
            for number in range(orders + 20):
                await trio.sleep(_APART_S)
                began_s = time.perf_counter()
                await keep(intent(next(_NUMBERS)))
                if number >= 20:
                    taken.append((time.perf_counter() - began_s) * 1e6)
        return taken

    return trio.run(run)


def wire_us(where: Where | None, orders: int, *, sync: bool) -> list[float]:
    """From the decision to the wire, with the journal there, or (None) with one in memory that keeps nothing."""

    async def run() -> list[float]:
        if where is None:
            return await to_the_wire_us(MemoryJournal(), orders)
        async with open_journal(where, now_ns=time.time_ns, sync=sync) as journal:
            return await to_the_wire_us(journal, orders)

    return trio.run(run)


def rows_per_s(opener: Opener, directory: Path, strategies: int, seconds: float) -> float:
    """Rows on the disk in a second when so many strategies keep one after the other as fast as they can.

    A disk that takes longer than that for its first row is given until then.
    """

    async def strategy(keep: Keep, done: list[int], kept: trio.Event) -> None:
        while True:
            await keep(intent(next(_NUMBERS)))
            done[0] += 1
            kept.set()

    async def run() -> float:
        done, kept = [0], trio.Event()
        async with opener(directory) as keep:
            began_s = time.perf_counter()
            async with trio.open_nursery() as nursery:
                for _ in range(strategies):
                    nursery.start_soon(strategy, keep, done, kept)
                await trio.sleep(seconds)
                await kept.wait()
                nursery.cancel_scope.cancel()
            return done[0] / (time.perf_counter() - began_s)

    return trio.run(run)


def story(orders: int) -> Iterator[Record]:
    """So many orders from the intent to the end, one in a thousand of them still open: five records each."""
    for number in range(orders):
        name, at_ns = f"story{number:08}", number * 10**6
        qty, price = Decimal("0.00100000"), Decimal("45283.5")
        yield IntentRecord(name, "grid", _WISH, deadline_ns=at_ns + 5 * 10**9, at_ns=at_ns)
        for state in (OrderState.SENT, OrderState.OPEN, OrderState.OPEN if number % 1000 == 0 else OrderState.FILLED):
            yield OrderRecord(name, state, at_ns, f"O-{name}", qty, price, qty)
        fees = (Fee("USD", Decimal("0.11321")),)
        cost = qty * price
        done = Fill(f"T-{name}", f"O-{name}", name, "BTC/USD", Side.BUY, qty, price, cost, fees, maker=True, at_ns=at_ns)
        yield FillRecord("grid", done)


def replay_s(where: Where, orders: int) -> float:
    """How long a start takes that finds so many orders in the journal."""
    database = database_at(where)
    with open_store(database, now_ns=time.time_ns, rng=random.Random(1)) as store:
        batch: list[records.Row] = []
        for record in story(orders):
            batch.append(records.row(record))
            if len(batch) == 10_000:
                store.append(batch, durable=False)
                batch.clear()
        store.append(batch)
    began_s = time.perf_counter()
    with open_store(database, now_ns=time.time_ns, rng=random.Random(1)) as store:
        assert len(store.replayed.fills) == orders
    return time.perf_counter() - began_s


_NUMBERS = count()


def measure(quick: bool) -> Report:
    """Everything."""
    report = Report()
    with _directory() as directory, open_server(directory) as new_database:
        if new_database is None:
            report.left_out.append("PostgreSQL is left out: its server (Debian: postgresql) or its driver (psycopg) is absent")
        openers = cases(new_database)
        waits = {name: waits_us(opener, directory, 20 if quick else 500) for name, opener in openers.items()}
        for percent in (50, 99):
            values = {name: percentile(taken, percent) for name, taken in waits.items()}
            report.rows += rows_of("one order, waiting for its intent", f"p{percent}", "us", values)
        report.rows += _wire_rows(directory, new_database, 20 if quick else 500)
        for strategies in _STRATEGIES:
            rates = {
                name: partial(rows_per_s, opener, directory, strategies, 0.2 if quick else 1.0)
                for name, opener in openers.items()
            }
            values = take_turns(rates, 1 if quick else 3)
            report.rows += rows_of(f"rows kept, strategies: {strategies}", "a second", "", values)
        orders = (2_000 if quick else 1_000_000) // _EVENTS_AN_ORDER
        places: dict[str, Where] = {"seawall, SQLite": directory / "story.sqlite"}
        if new_database is not None:
            places["seawall, PostgreSQL"] = new_database()
        values = {name: replay_s(where, orders) for name, where in places.items()}
        report.rows += rows_of(f"a start that finds {orders * _EVENTS_AN_ORDER:,} records", "time", "s", values)
    return report


def _wire_rows(directory: Path, new_database: Callable[[], str] | None, orders: int) -> list[Row]:
    places: dict[str, Callable[[], Where | None]] = {"the desk, with a journal that keeps nothing": lambda: None}
    files = count()
    for sync in ("full", "relaxed"):
        places[f"seawall, SQLite, {sync}"] = lambda: directory / f"desk{next(files)}.sqlite"
        if new_database is not None:
            places[f"seawall, PostgreSQL, {sync}"] = new_database
    taken = {name: wire_us(where(), orders, sync="relaxed" not in name) for name, where in places.items()}
    rows: list[Row] = []
    for percent in (50, 99):
        values = {name: percentile(each, percent) for name, each in taken.items()}
        rows += rows_of("one order, from the decision to the wire", f"p{percent}", "us", values)
    bare = percentile(taken["the desk, with a journal that keeps nothing"], 50)
    added = {name: max(percentile(each, 50) - bare, 0.001) for name, each in taken.items() if name.startswith("seawall")}
    return [*rows, *rows_of("what the journal adds to that", "p50", "us", added)]


@contextmanager
def _directory() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory(prefix="seawall") as name:
        Path(name).chmod(0o755)  # the server runs as another user
        yield Path(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    what = "What the journal adds between a decision and the wire."
    return run_benchmark("journal", what, ["sqlalchemy", "alembic", "psycopg"], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
