"""The engine inside a program of your own: a trio resource among others, with your tasks beside it.

    python examples/embedded.py [SECONDS]

It trades on a simulated exchange that runs on this machine. Leaving the block, Ctrl+C, or a crash of a task of yours: each
stops the engine in good order before the block is left.
"""

import sys
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import trio

import seawall
from seawall import Config, Engine, Market, StrategySpec
from seawall.config import Mode
from seawall.strategies import Grid, quote_the_touch


async def print_positions(engine: Engine, every_s: float) -> None:
    """Something of yours that runs beside the engine, and looks at it."""
    while True:
        await trio.sleep(every_s)
        snapshot = engine.snapshot()
        print(f"{snapshot.up_s:5.1f} s  {snapshot.mode}  {len(snapshot.orders)} orders", *snapshot.positions, sep="\n    ")


async def watch_the_spread(market: Market) -> None:
    """A strategy need not trade."""
    widest = Decimal(0)
    async with market.quotes("BTC/USD") as quotes:
        async for quote in quotes:
            if quote.ask - quote.bid > widest:
                widest = quote.ask - quote.bid
                market.say(f"the widest spread so far is {widest}")


async def main(seconds: float) -> int:
    """Trade for a while; returns the exit code."""
    strategies = [
        StrategySpec("touch", partial(quote_the_touch, symbol="BTC/USD", qty=Decimal("0.001"), requote_s=1.0)),
        StrategySpec("grid", Grid("ETH/USD", qty=Decimal("0.05"), step=Decimal("0.0003")).run),
        StrategySpec("spread", watch_the_spread),
    ]
    with tempfile.TemporaryDirectory() as directory:
        config = Config(mode=Mode.SIM, name="embedded", journal=Path(directory) / "journal.sqlite")
        async with seawall.open_engine(config, strategies=strategies) as engine, trio.open_nursery() as nursery:
            nursery.start_soon(print_positions, engine, 1.0)
            with trio.move_on_after(seconds):
                await engine.stopping()  # returns early if something else stops it
            nursery.cancel_scope.cancel()
    print(engine.certificate)
    return 0 if engine.certificate is not None and engine.certificate.clean else 1


if __name__ == "__main__":
    sys.exit(trio.run(main, float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
