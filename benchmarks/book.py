"""What it costs to apply an update to a book and to compare the checksum.

    python -m benchmarks.book [--quick] [--json]

Without a socket, and without decoding: each book is given updates as its own decoder left them.
"""

import sys
from collections import deque
from collections.abc import Sequence
from functools import partial

from benchmarks.book_peers import BOOKS, BookMaker, naive, seawall
from benchmarks.frames import BookFrames
from benchmarks.rounds import Report, cpu_us, installed, run_benchmark, take_turns
from benchmarks.rows import rows_of

__all__ = ["main"]

DEPTHS = (10, 100, 1000)


def measure_one(make: BookMaker, frames: BookFrames) -> float:
    """A cycle of updates, in microseconds each."""
    apply, decode = make(frames.snapshot, frames.depth)
    updates = [decode(text) for text in frames.updates]
    return cpu_us(lambda: deque(map(apply, updates), maxlen=0), len(updates))


def measure(quick: bool) -> Report:
    """Each book at each depth."""
    makers: dict[str, BookMaker] = {"dictionaries, sorted when needed": naive}
    makers |= {name: make for name, (distribution, make) in BOOKS.items() if installed(distribution)}
    makers["seawall"] = seawall
    report = Report()
    for depth in DEPTHS:
        frames = BookFrames(count=50 if quick else 1_000, depth=depth)
        cases = {name: partial(measure_one, make, frames) for name, make in makers.items()}
        values = take_turns(cases, 1 if quick else 9)
        report.rows += rows_of(f"apply and checksum, depth {depth}", "processor time an update", "us", values)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    distributions = [distribution for distribution, _ in BOOKS.values()]
    return run_benchmark("book", "What it costs to keep a book.", distributions, measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
