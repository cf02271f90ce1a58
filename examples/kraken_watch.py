"""Kraken's market data in a program of your own: the touch of several pairs, and every trade above a size.

    python examples/kraken_watch.py [--sim PORT] [--for SECONDS] [PAIR ...]

It needs no key. With `--sim`, it watches the exchange that `seawall sim --port PORT` serves on this machine.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from decimal import Decimal

import trio

from seawall.kraken import Addresses, ClientSettings, Kraken, open_kraken
from seawall.model.market_data import Trade

LARGE = Decimal(10_000)
"""Trades of at least so much, in the quote asset, are printed."""


def simulated(port: int) -> Addresses:
    """Where `seawall sim --port PORT` listens: REST first, then the three sockets."""
    sockets = (f"ws://127.0.0.1:{port + number}/v2" for number in (1, 2, 3))
    return Addresses(f"http://127.0.0.1:{port}", *sockets)


async def print_touch(kraken: Kraken, symbols: Sequence[str]) -> None:
    """A waiting task: it always prints the newest, however slow the terminal is."""
    async with kraken.books(*symbols) as books:
        async for book in books:
            bid, ask = book.best_bid(), book.best_ask()
            if bid is not None and ask is not None:
                print(f"{book.symbol:10} {bid.qty:>14} @ {bid.price:<10} {ask.price:>10} @ {ask.qty}", flush=True)


def print_large(trade: Trade, _received_s: float) -> None:
    """A callback: it sees every trade, and returns at once."""
    if trade.price * trade.qty >= LARGE:
        print(f"{trade.symbol:10} {trade.side} {trade.qty} at {trade.price}", flush=True)


async def main(settings: ClientSettings, symbols: Sequence[str], seconds: float) -> None:
    """Watch for a while."""
    async with open_kraken(settings) as kraken:
        with trio.move_on_after(seconds):
            async with kraken.trades(*symbols).each(print_large):
                await print_touch(kraken, symbols)
        print(kraken.statistics().venue.books, file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Print quotes and large trades.")
    parser.add_argument("pairs", nargs="*", default=["BTC/USD", "ETH/USD"], metavar="PAIR")
    parser.add_argument("--sim", type=int, metavar="PORT", help="watch `seawall sim --port PORT` in place of Kraken")
    parser.add_argument("--for", type=float, default=math.inf, metavar="SECONDS", dest="seconds")
    arguments = parser.parse_args()
    chosen = ClientSettings() if arguments.sim is None else ClientSettings(simulated(arguments.sim))
    try:
        trio.run(main, chosen, arguments.pairs, arguments.seconds)
    except KeyboardInterrupt:
        sys.exit(130)
