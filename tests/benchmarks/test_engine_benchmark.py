"""The benchmark runs, and says what it promises to say. How fast anything is, is not tested."""

import json
import math
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import trio
from benchmarks.frames import DEPTH, END_QTY, SYMBOL, BookFrames

from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame

ROOT = Path(__file__).parent.parent.parent

METRICS = {
    "book of depth 10 in a burst, processor time a message": "us",
    "book of depth 10 in a burst, messages a second": "1/s",
    "book of depth 10 at 1,000 a second, processor time a message": "us",
    "decoding alone, processor time a message": "us",
    "tick to order at the exchange, p50": "us",
    "tick to order at the exchange, p99": "us",
    "tick to acknowledgement, p50": "us",
    "tick to acknowledgement, p99": "us",
    "order, call to acknowledgement, p50": "us",
    "order, call to acknowledgement, p99": "us",
    "cancel, until it is known to be gone, p50": "us",
    "cancel, until it is known to be gone, p99": "us",
}


async def test_a_quick_run_says_every_metric_once_for_each_case() -> None:
    command = [sys.executable, "-m", "benchmarks.engine", "--quick", "--json"]
    with trio.fail_after(100):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)
    assert all(row.keys() == {"case", "metric", "value", "unit", "ratio"} for row in rows)
    assert {row["metric"]: row["unit"] for row in rows} == METRICS
    assert max(Counter((row["case"], row["metric"]) for row in rows).values()) == 1
    assert all(row["value"] > 0 and math.isfinite(row["value"]) for row in rows)
    for metric in METRICS:
        first, *others = [row for row in rows if row["metric"] == metric]
        assert first["ratio"] == 1
        assert any("seawall" in row["case"] for row in others)
        assert all(math.isclose(row["ratio"], row["value"] / first["value"]) for row in others)


def test_a_cycle_of_frames_ends_where_it_began_and_every_checksum_holds() -> None:
    frames, book = BookFrames(count=200), KrakenBook(SYMBOL, DEPTH)
    touches: list[tuple[Decimal, Decimal]] = []
    for text in [frames.snapshot, frames.restore, *frames.updates * 2, frames.end, frames.restore, *frames.ticks]:
        frame = decode(text.encode())
        assert isinstance(frame, BookFrame)
        book.apply(frame.data[0], frame.type == "snapshot")
        bid = book.best_bid()
        assert bid is not None
        touches.append((bid.price, bid.qty))

    assert touches[0] == touches[1] == touches[201] == touches[401] == touches[403]
    assert touches[402][1] == END_QTY
    assert END_QTY not in {qty for _, qty in touches[:402]}
    assert len(set(touches)) > 10
