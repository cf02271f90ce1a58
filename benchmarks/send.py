"""How long it takes from the call until an order is in the kernel, and what an order and its answer cost.

    python -m benchmarks.send [--quick] [--json]

Every client sends the same fields over a connection of its own to a simulated exchange in another process: one order after the
other, each answered before the next, so that both processes sleep between; and sixteen at once, which are answered before the
next sixteen. Time on the wall is what an order waits: it ends when the write to the socket comes back. Processor time is this
process's, for a whole order: written, answered, read. The limit is a socket and frames that were made beforehand.

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
from benchmarks.rows import Row, percentile, rows_of
from benchmarks.send_peers import PRICE, QTY, SENDERS, Each, Load, Sent, Timer, send_bare, send_with_trio_websocket
from benchmarks.send_stamps import Stamps, stamped_sockets

from seawall.kraken.client import ClientSettings, open_venue
from seawall.model.orders import Side
from seawall.model.reports import PlaceOrder
from seawall.model.venue import VenueListener

__all__ = ["main"]

DEADLINE_NS: Final = 30_000_000_000
GROUPS: Final = {"one order": Load(80), "sixteen orders at once, each": Load(80, at_once=16)}
GROUPS_QUICK: Final = {"one order": Load(5), "sixteen orders at once, each": Load(16, at_once=16)}


class _Deaf:
    """A listener of which nothing matters."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_arguments: None


def _nothing() -> None:
    pass


async def _together(each: Each) -> None:
    async with trio.open_nursery() as nursery:
        for start in each:
            nursery.start_soon(start)


def _seawall(exchange: ExchangeProcess, load: Load, *, busy_poll: bool = False) -> Sent:
    async def run(stamps: Stamps) -> Sent:
        settings = ClientSettings(
            addresses=exchange.addresses,
            credentials=exchange.credentials,
            tier="pro",
            goodbye_s=0.1,
            busy_poll=busy_poll,
        )
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

            return await Timer(load, stamps).run(order, lambda each: venue.place(each, _nothing), together=_together)

    with stamped_sockets() as stamps:
        return trio.run(run, stamps)


def measure(quick: bool) -> Report:
    """Each client."""
    senders: dict[str, Callable[[ExchangeProcess, Load], Sent]] = {
        "trio-websocket as it comes": send_with_trio_websocket,
        "limit: a bare socket, frames made beforehand": send_bare,
        "seawall": _seawall,
        "seawall, busy_poll": partial(_seawall, busy_poll=True),
    }
    senders |= {name: send for name, send in SENDERS.items() if installed(name)}
    report = Report()
    with open_exchange(10, split_cores()) as exchange:
        for group, load in (GROUPS_QUICK if quick else GROUPS).items():
            sent: dict[str, list[Sent]] = {name: [] for name in senders}
            for _ in range(1 if quick else 5):
                for name, send in senders.items():
                    sent[name].append(send(exchange, load))
            report.rows += _rows_of(group, sent)
    return report


def _rows_of(group: str, sent: dict[str, list[Sent]]) -> list[Row]:
    times = {name: [us for each in rounds for us in each.until_written_us] for name, rounds in sent.items()}
    cpu = {name: statistics.median(each.cpu_us for each in rounds) for name, rounds in sent.items()}
    return [
        *rows_of(group, "from the call until it is written, p50", "us", _each(times, 50)),
        *rows_of(group, "from the call until it is written, p90", "us", _each(times, 90)),
        *rows_of(group, "processor time until it is answered", "us", cpu),
    ]


def _each(times: dict[str, list[float]], percent: int) -> dict[str, float]:
    return {name: percentile(values, percent) for name, values in times.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("send", "What one order costs until it is written.", ["trio-websocket", *SENDERS], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
