"""What the engine costs: from socket to strategy, and from a tick to an order.

    python -m benchmarks.engine [--quick] [--json]

One run, one table: each number stands beside its baseline's in the same run, and the ratio is what means anything on
another machine. The exchange runs in a process of its own, on another core where there are two, so that processor time is
the client's alone. Rounds of all clients take turns; the numbers are medians of the rounds.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
from benchmarks.book_readers import KRAKEN_SDK, READERS, Leg, Sample
from benchmarks.exchange import ExchangeProcess, open_exchange
from benchmarks.frames import DEPTH, BookFrames
from benchmarks.naive import NaiveBook
from benchmarks.order_senders import MOST, Journey, send_naively, send_with_engine
from benchmarks.rows import Row, as_json, as_table, percentile, rows_of

from seawall.kraken.dialect.socket.frames import decode

__all__ = ["main"]

PACE_PER_S = 1_000


@attrs.frozen
class Size:
    """How much is measured."""

    rounds: int
    cycle: int
    burst_cycles: int
    pace_cycles: int
    order_rounds: int
    orders: int
    """In each of these rounds."""


FULL = Size(rounds=5, cycle=1_000, burst_cycles=20, pace_cycles=3, order_rounds=10, orders=MOST)
QUICK = Size(rounds=1, cycle=100, burst_cycles=5, pace_cycles=1, order_rounds=1, orders=6)


def measure_books(exchange: ExchangeProcess, size: Size) -> list[Row]:
    """Frames of the book, as fast as they are read and one at a time."""
    warm_up = Leg("burst 1", size.cycle + 2)
    burst = Leg(f"burst {size.burst_cycles}", size.cycle * size.burst_cycles + 2)
    pace = Leg(f"pace {size.pace_cycles} {PACE_PER_S}", size.cycle * size.pace_cycles + 2)
    samples: dict[str, list[list[Sample]]] = {name: [] for name in READERS}
    for _ in range(size.rounds):
        for name, read in READERS.items():
            samples[name].append(read(exchange, [warm_up, burst, pace]))

    def medians(leg: int, of: Callable[[Sample], float]) -> dict[str, float]:
        return {name: statistics.median(of(one[leg]) for one in rounds) for name, rounds in samples.items()}

    def cpu_us(sample: Sample) -> float:
        return sample.cpu_s / sample.messages * 1e6

    def per_s(sample: Sample) -> float:
        return sample.messages / sample.wall_s

    return [
        *rows_of("book of depth 10 in a burst", "processor time a message", "us", medians(1, cpu_us)),
        *rows_of("book of depth 10 in a burst", "messages a second", "1/s", medians(1, per_s)),
        *rows_of(f"book of depth 10 at {PACE_PER_S:,} a second", "processor time a message", "us", medians(2, cpu_us)),
    ]


def measure_decoding(size: Size) -> list[Row]:
    """The text of a frame into objects, without a socket or a book."""
    texts = BookFrames(count=size.cycle).updates
    frames = [text.encode() for text in texts]
    exact, careless = NaiveBook(DEPTH, checked=True), NaiveBook(DEPTH, checked=False)

    def each(run: Callable[[], object]) -> float:
        times: list[float] = []
        for _ in range(size.rounds * 3):
            began_s = time.process_time()
            run()
            times.append((time.process_time() - began_s) / size.cycle * 1e6)
        return statistics.median(times)

    return rows_of(
        "decoding alone",
        "processor time a message",
        "us",
        {
            "json with exact numbers": each(lambda: [exact.decode(text) for text in texts]),
            "json with floats": each(lambda: [careless.decode(text) for text in texts]),
            "seawall, exact numbers": each(lambda: [decode(frame) for frame in frames]),
        },
    )


def measure_orders(exchange: ExchangeProcess, size: Size, directory: Path) -> list[Row]:
    """An order for each tick."""
    senders: dict[str, Callable[[], list[Journey]]] = {
        "stock trio-websocket, no journal, no limits": lambda: send_naively(exchange, size.orders),
        "seawall, journal in memory": lambda: send_with_engine(exchange, size.orders, None),
        "seawall, on disk before it is sent": lambda: send_with_engine(exchange, size.orders, directory / "journal.sqlite"),
    }
    journeys: dict[str, list[Journey]] = {case: [] for case in senders}
    for _ in range(size.order_rounds):
        for case, send in senders.items():
            journeys[case] += send()
    arrivals = exchange.arrivals("add_order")
    spans: dict[str, Callable[[Journey], float]] = {
        "tick to order at the exchange": lambda one: arrivals[one.client_order_id] - one.ticked_s,
        "tick to acknowledgement": lambda one: one.acknowledged_s - one.ticked_s,
        "order, call to acknowledgement": lambda one: one.acknowledged_s - one.called_s,
        "cancel, until it is known to be gone": lambda one: one.gone_s - one.acknowledged_s,
    }
    rows: list[Row] = []
    for group, span in spans.items():
        for percent in (50, 99):
            values = {case: percentile([span(one) * 1e6 for one in made], percent) for case, made in journeys.items()}
            rows += rows_of(group, f"p{percent}", "us", values)
    return rows


def measure(size: Size) -> list[Row]:
    """Everything."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as directory, open_exchange(size.cycle, cores[0] if len(cores) > 1 else None) as exchange:
        if len(cores) > 1:
            os.sched_setaffinity(0, set(cores[1:2]))
        return [*measure_books(exchange, size), *measure_decoding(size), *measure_orders(exchange, size, Path(directory))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="What the engine costs.")
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that it works; the numbers mean little")
    parser.add_argument("--json", action="store_true", help="a list of rows in place of the table")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    rows = measure(size)
    if options.json:
        print(as_json(rows))
        return 0
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores; {size}")
    print(as_table(rows))
    if not any(KRAKEN_SDK in name for name in READERS):
        print(f"{KRAKEN_SDK} is not installed, and not measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
