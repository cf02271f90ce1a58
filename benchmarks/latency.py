"""How late a message is: from the feed's send to the user's callback, at a steady pace.

    python -m benchmarks.latency [--quick] [--json]

`ticker` in the clear, at 1,000 and 10,000 messages a second. The feed waits for each message's time on a core of its own, by
looking at the clock; it notes when it sends, the callback when it is called, both by the machine's monotonic clock. Each client
runs in a process of its own. The numbers are medians of rounds. One limit is a blocking socket, which waits for nothing else;
the other is trio's loop around a socket, with no client.
Processor time is the client's alone: with `busy_poll` it is all there is.
"""

import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.client_process import Job
from benchmarks.exchange import open_exchange
from benchmarks.feed import open_feed
from benchmarks.receive_clients import CLIENTS
from benchmarks.rounds import Report, run_benchmark, split_cores
from benchmarks.rows import rows_of
from benchmarks.turns import open_crew
from benchmarks.work import Pace

__all__ = ["main"]

NAMES: Final = ("stock", "websockets", "aiohttp", "picows", "blocking", "trio", "seawall", "seawall_busy")
PACES: Final = {1_000: 2, 10_000: 10}
"""Cycles at so many messages a second: of a thousand messages each, or of a hundred in a quick run."""
METRICS: Final = {
    "p50_us": "from send to callback, p50",
    "p99_us": "from send to callback, p99",
    "cpu_us": "processor time a message",
}


def measure(quick: bool) -> Report:
    """Each pace, each client."""
    report, cpu = Report(), split_cores()
    if cpu is None:
        report.left_out.append("there is one core only: the feed, which never sleeps, and the client take turns on it")
    with (
        open_exchange(10, cpu) as exchange,
        open_crew(NAMES, quick=quick) as crew,
        open_feed(100 if quick else 1_000, cpu) as feed,
    ):
        for per_s, cycles in PACES.items():
            values = crew.take_turns(Job(exchange.addresses.rest, feed, Pace("ticker", cycles, per_s)), 1 if quick else 5)
            for key, metric in METRICS.items():
                group = f"ticker, {per_s:,} a second"
                report.rows += rows_of(group, metric, "us", {CLIENTS[name].case: each[key] for name, each in values.items()})
        report.left_out += crew.left_out
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    distributions = ["trio", "trio-websocket", "msgspec", "uvloop", "websockets", "aiohttp", "picows"]
    return run_benchmark("latency", "How late a message is at the callback.", distributions, measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
