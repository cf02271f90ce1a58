"""How long it takes from the call until an order is in the kernel, and what an order and its answer cost.

    python -m benchmarks.send [--quick] [--json]

Every client sends the same fields over a connection of its own to a simulated exchange in another process, and each order is
answered before the next. Time on the wall is what an order waits: it ends when the write to the socket comes back. Processor
time is this process's, for a whole order: written, answered, read.

Seawall's goes through its venue: checked, counted against the exchange's limits, written in exact digits, answered under its own
number. trio-websocket, websockets, aiohttp and picows carry JSON as it is, with floats; ccxt and python-kraken-sdk are whole
clients. Where a library writes from C, its time ends when its call comes back.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final, cast

import trio
from benchmarks.exchange import ExchangeProcess, open_exchange
from benchmarks.frames import SYMBOL
from benchmarks.rounds import Report, installed, run_benchmark, split_cores
from benchmarks.rows import percentile, rows_of
from benchmarks.send_peers import PRICE, QTY, SENDERS, Sent, Timer, send_with_trio_websocket
from benchmarks.send_stamps import Stamps, stamped_sockets

from seawall.kraken.client import ClientSettings, open_venue
from seawall.model.orders import Side
from seawall.model.reports import PlaceOrder
from seawall.model.venue import VenueListener

__all__ = ["main"]

DEADLINE_NS: Final = 30_000_000_000


class _Deaf:
    """A listener of which nothing matters."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_arguments: None


def _nothing() -> None:
    pass


def _seawall(exchange: ExchangeProcess, count: int) -> Sent:
    async def run(stamps: Stamps) -> Sent:
        settings = ClientSettings(addresses=exchange.addresses, credentials=exchange.credentials, tier="pro", goodbye_s=0.1)
        async with open_venue(settings, cast("VenueListener", _Deaf()), rng=random.Random(1)) as venue:
            with trio.fail_after(10):
                await venue.wait_live()

            def order() -> PlaceOrder:
                return PlaceOrder(
                    client_order_id=f"{time.perf_counter_ns():x}",
                    symbol=SYMBOL,
                    side=Side.BUY,
                    order_type="limit",
                    qty=Decimal(QTY),
                    limit_price=Decimal(PRICE),
                    trigger_price=None,
                    time_in_force="gtc",
                    post_only=False,
                    deadline_ns=venue.now_ns() + DEADLINE_NS,
                )

            return await Timer(count, stamps).run(order, lambda each: venue.place(each, _nothing))

    with stamped_sockets() as stamps:
        return trio.run(run, stamps)


def measure(quick: bool) -> Report:
    """Each client."""
    senders: dict[str, Callable[[ExchangeProcess, int], Sent]] = {
        "trio-websocket as it comes": send_with_trio_websocket,
        "seawall": _seawall,
    }
    senders |= {name: send for name, send in SENDERS.items() if installed(name)}
    sent: dict[str, list[Sent]] = {name: [] for name in senders}
    with open_exchange(10, split_cores()) as exchange:
        for _ in range(1 if quick else 7):
            for name, send in senders.items():
                sent[name].append(partial(send, exchange, 5 if quick else 80)())
    times = {name: [us for each in rounds for us in each.until_written_us] for name, rounds in sent.items()}
    return Report(
        [
            *rows_of("one order", "from the call until it is written, p50", "us", _each(times, 50)),
            *rows_of("one order", "from the call until it is written, p90", "us", _each(times, 90)),
            *rows_of(
                "one order",
                "processor time until it is answered",
                "us",
                {name: statistics.median(each.cpu_us for each in rounds) for name, rounds in sent.items()},
            ),
        ]
    )


def _each(times: dict[str, list[float]], percent: int) -> dict[str, float]:
    return {name: percentile(values, percent) for name, values in times.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("send", "What one order costs until it is written.", ["trio-websocket", *SENDERS], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
