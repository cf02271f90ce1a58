"""What a message costs from the socket to the user's callback.

    python -m benchmarks.receive [--quick] [--json]

Bursts of `ticker`, and of `book` at depth 10 with every checksum compared where the client can; in the clear, and over TLS with
one record a message. The feed runs in a process of its own, held to another core where there are two, so that processor time is
the client's alone. Rounds of all clients take turns; the numbers are medians of the rounds.
"""

import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.exchange import open_exchange
from benchmarks.feed import Burst, Feed, Reader, open_feed
from benchmarks.receive_products import PRODUCTS
from benchmarks.receive_transports import LIBRARIES, naive, seawall, stock
from benchmarks.rounds import Report, installed, run_benchmark, split_cores, take_turns
from benchmarks.rows import rows_of

__all__ = ["main"]

BASE = ("trio", "trio-websocket", "msgspec", "uvloop")


def readers(rest: str, *, quick: bool, secure: bool) -> dict[str, Reader]:
    """Every client that is installed. `rest` is where products learn about pairs."""
    found: dict[str, Reader] = {"trio-websocket as it comes, json, dictionaries": naive}
    found["trio-websocket as it comes, seawall's dialect"] = stock
    found |= {f"{name}, seawall's dialect": read for name, read in LIBRARIES.items() if installed(name)}
    if not quick:
        for product in PRODUCTS:
            if installed(product.distribution) and (product.secure or not secure):
                found[f"{product.distribution}, {product.what}"] = partial(product.read, rest)
    found["seawall"] = seawall
    return found


def measure_feed(feed: Feed, found: dict[str, Reader], quick: bool, report: Report) -> None:
    """Both channels."""
    how = "TLS, a record a message" if feed.context else "in the clear"
    for channel in ("ticker", "book"):
        burst = Burst(channel, cycles=2 if quick else 10)
        cases = {name: partial(read, feed, burst) for name, read in found.items()}
        values = take_turns(cases, 1 if quick else 5)
        report.rows += rows_of(f"{channel}, {how}", "processor time a message", "us", values)


def measure(quick: bool) -> Report:
    """Each transport, each channel, each client."""
    report, cpu, cycle = Report(), split_cores(), 100 if quick else 1_000
    if quick:
        report.left_out += [f"left out of a quick run: {product.distribution}" for product in PRODUCTS]
    for secure in (False, True):
        if secure and not installed("trustme"):
            report.left_out.append("TLS is left out: trustme, which makes its certificate, is absent")
            continue
        with open_exchange(10, cpu) as exchange, open_feed(cycle, cpu, secure=secure) as feed:
            measure_feed(feed, readers(exchange.addresses.rest, quick=quick, secure=secure), quick, report)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    distributions = [*BASE, *LIBRARIES, *(product.distribution for product in PRODUCTS)]
    return run_benchmark("receive", "What a message costs from the socket to the callback.", distributions, measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
