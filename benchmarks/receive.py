"""What a message costs from the socket to the user's callback.

    python -m benchmarks.receive [--quick] [--json]

Bursts of `ticker`, and of `book` at depth 10 with every checksum compared where the client can; in the clear, and over TLS with
one record a message. Each client runs in a process of its own, and so does the feed, held to another core where there are two:
processor time is the client's alone, with all its threads. Rounds of all clients take turns; the numbers are medians of the
rounds. Where nautilus_trader is installed, a second table has the same numbers beside those of its Rust client.
"""

import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.client_process import Job
from benchmarks.exchange import open_exchange
from benchmarks.feed import open_feed
from benchmarks.receive_clients import CLIENTS
from benchmarks.rounds import Report, installed, run_benchmark, split_cores
from benchmarks.rows import rows_of
from benchmarks.turns import Crew, open_crew
from benchmarks.work import Burst

__all__ = ["main"]

BASES: Final = ("naive", "stock")
PEERS: Final = ("websockets", "aiohttp", "picows", "kraken_sdk", "ccxt", "cryptofeed", "nautilus", "nautilus_node")
RIVAL: Final = "nautilus"


def measure_one(crew: Crew, job: Job, how: str, rounds: int) -> Report:
    """One channel of one feed, by all clients."""
    report, metric = Report(), "processor time a message"
    values = {name: each["cpu_us"] for name, each in crew.take_turns(job, rounds).items()}
    channel = job.work.channel
    report.rows += rows_of(f"{channel}, {how}", metric, "us", {CLIENTS[name].case: us for name, us in values.items()})
    if RIVAL in values:
        beside = {RIVAL: values.pop(RIVAL)} | values
        group = f"{channel}, {how}, beside nautilus_trader"
        report.rows += rows_of(group, metric, "us", {CLIENTS[name].case: us for name, us in beside.items()})
    return report


def measure(quick: bool) -> Report:
    """Each transport, each channel, each client."""
    report, cpu, cycle = Report(), split_cores(), 100 if quick else 1_000
    with open_exchange(10, cpu) as exchange, open_crew([*BASES, *PEERS, "seawall"], quick=quick) as crew:
        for secure in (False, True):
            if secure and not installed("trustme"):
                report.left_out.append("TLS is left out: trustme, which makes its certificate, is absent")
                continue
            how = "TLS, a record a message" if secure else "in the clear"
            with open_feed(cycle, cpu, secure=secure) as feed:
                for channel in ("ticker", "book"):
                    job = Job(exchange.addresses.rest, feed, Burst(channel, cycles=2 if quick else 10))
                    report.rows += measure_one(crew, job, how, 1 if quick else 5).rows
        report.left_out += crew.left_out
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    peers = dict.fromkeys(client.distribution for client in CLIENTS.values() if client.distribution)
    distributions = ["trio", "trio-websocket", "msgspec", "uvloop", *peers]
    return run_benchmark("receive", "What a message costs from the socket to the callback.", distributions, measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
