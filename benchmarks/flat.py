"""Whether a message costs the same whatever came before it, and however many symbols are followed.

    python -m benchmarks.flat [--quick] [--json]

`book` at depth 10 through the whole client, every checksum compared. First the client's resident memory after more and more
messages; then the processor time a message where 1, 10, 50 and 200 symbols take turns. The feed and the client each run in a
process of their own. Last the books alone, without sockets, beside those of other libraries: what 200 of them cost over one,
each compared with its own one, is what the machine's caches ask of anybody who keeps so many. Times are medians of rounds
that take turns.
"""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Final

from benchmarks.book_peers import BOOKS, BookMaker, naive, seawall
from benchmarks.client_process import Job, RemoteClient, open_client
from benchmarks.exchange import open_exchange
from benchmarks.feed import FeedAddress, open_feed
from benchmarks.frames import DEPTH, BookFrames, symbols_of
from benchmarks.rounds import Report, cpu_us, installed, run_benchmark, split_cores, take_turns
from benchmarks.rows import Row, rows_of
from benchmarks.work import Burst, Growth

__all__ = ["main"]

USED: Final = ("trio", "trio-websocket", "msgspec")
AFTER: Final = (100_000, 1_000_000, 2_000_000, 4_000_000)
AFTER_QUICK: Final = (1_000, 2_000, 4_000)
SYMBOLS: Final = (1, 10, 50, 200)
LAP: Final = 50
"""Updates of one book until it is restored, by a frame that is longer: so many of them are, for one symbol as for all."""
MESSAGES: Final = 100_000
MESSAGES_QUICK: Final = 4_000
FEW_AND_MANY: Final = (1, 200)
UPDATES: Final = 10_000
UPDATES_QUICK: Final = 400


def measure_memory(client: RemoteClient, rest: str, feed: FeedAddress, after: tuple[int, ...]) -> list[Row]:
    """After so many messages; and what a million more of them took, at the start and at the end."""
    sizes_kb = client.do(Job(rest, feed, Growth("book", after)))
    grown_kb = [(sizes_kb[str(late)] - sizes_kb[str(early)]) / (late - early) * 1e6 for early, late in pairwise(after)]
    first_kb = sizes_kb[str(after[0])]
    return [
        *rows_of(
            "the client's process", "resident memory", "KiB", {f"seawall, after {n:,} messages": sizes_kb[str(n)] for n in after}
        ),
        *(
            Row(f"seawall, from {early:,} to {late:,}", "memory a million messages, beside all of it", kb, "KiB", kb / first_kb)
            for (early, late), kb in zip(pairwise(after), grown_kb, strict=True)
        ),
    ]


def measure_symbols(client: RemoteClient, rest: str, feeds: dict[int, FeedAddress], quick: bool) -> list[Row]:
    """Every number of symbols."""
    messages = MESSAGES_QUICK if quick else MESSAGES

    def cpu_us(feed: FeedAddress) -> float:
        return client.do(Job(rest, feed, Burst("book", max(1, messages // feed.cycle))))["cpu_us"]

    cases = {f"seawall, {symbols} symbol{'s' * (symbols > 1)}": partial(cpu_us, feed) for symbols, feed in feeds.items()}
    return rows_of("book, symbols take turns", "processor time a message", "us", take_turns(cases, 1 if quick else 9))


def kept_books(make: BookMaker, symbols: int, updates: int) -> Callable[[], float]:
    """The books of so many symbols, which take turns; each call decodes and applies all updates, microseconds each."""
    count = updates // symbols
    sources = [
        BookFrames(seed=seed, count=count, depth=DEPTH, symbol=symbol, lap=min(LAP, count))
        for seed, symbol in enumerate(symbols_of(symbols), 1)
    ]
    books = [make(source.snapshot, DEPTH) for source in sources]
    turns = zip(*(source.updates for source in sources), strict=True)
    work = [(apply, decode, text) for turn in turns for (apply, decode), text in zip(books, turn, strict=True)]
    return lambda: cpu_us(lambda: deque((apply(decode(text)) for apply, decode, text in work), maxlen=0), len(work))


def measure_books(quick: bool) -> list[Row]:
    """Each book with one symbol and with many."""
    makers: dict[str, BookMaker] = {"seawall": seawall, "dictionaries, sorted when needed": naive}
    makers |= {name: make for name, (distribution, make) in BOOKS.items() if installed(distribution)}
    rows: list[Row] = []
    for name, make in makers.items():
        cases = {
            f"{name}, {symbols} symbol{'s' * (symbols > 1)}": kept_books(make, symbols, UPDATES_QUICK if quick else UPDATES)
            for symbols in FEW_AND_MANY
        }
        rows += rows_of(
            "a book alone, symbols take turns", "processor time an update", "us", take_turns(cases, 1 if quick else 15)
        )
    return rows


def measure(quick: bool) -> Report:
    """Memory, then symbols, then the books alone."""
    cpu, lap = split_cores(), 10 if quick else LAP
    cycle = lap * max(SYMBOLS)  # as many different frames for one symbol as for all
    with ExitStack() as stack:
        rest = stack.enter_context(open_exchange(10, cpu)).addresses.rest
        client = stack.enter_context(open_client("seawall"))
        feeds = {symbols: stack.enter_context(open_feed(cycle, cpu, symbols=symbols, lap=lap)) for symbols in SYMBOLS}
        long = stack.enter_context(open_feed(1_000, cpu))
        rows = measure_memory(client, rest, long, AFTER_QUICK if quick else AFTER)
        return Report(rows + measure_symbols(client, rest, feeds, quick) + measure_books(quick))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    purpose = "Whether a message costs the same, whatever came before it and however many symbols there are."
    return run_benchmark("flat", purpose, [*USED, *(distribution for distribution, _ in BOOKS.values())], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
