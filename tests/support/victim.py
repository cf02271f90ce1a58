"""An engine in a process of its own, made to be killed: trades as fast as it can until somebody ends it.

`python -m support.victim JOURNAL REST PUBLIC PRIVATE`, with the key in the environment.
"""

import sys
from pathlib import Path

import trio

from seawall import Config, Market, StrategySpec, limit_buy, limit_sell, open_engine
from seawall.config import Deadlines, Exchange, Lease, Mode


async def trade(market: Market) -> None:
    """Two resting orders, one marketable one, and an amend, again and again."""
    async with market.quotes("BTC/USD") as quotes:
        async for quote in quotes:
            below = quote.bid - quote.bid % 100 - 1000
            async with (
                market.working(limit_buy("BTC/USD", qty="0.001", price=below)) as resting,
                market.working(limit_sell("BTC/USD", qty="0.001", price=quote.ask + 500)),
            ):
                async with market.working(limit_buy("BTC/USD", qty="0.0005", price=quote.ask)) as order:
                    with trio.move_on_after(0.2):
                        await order.done()
                await resting.amend(price=below - 1)


async def main(*arguments: str) -> None:
    journal, rest, public, private = arguments
    exchange = Exchange(rest=rest, public=public, private=private, level3=private, tier="pro")
    # The simulated exchange answers at once: what it does not know was never there.
    quick = Deadlines(order_s=2.0, settle_s=0.5, absent_s=0.5)
    lease = Lease(directory=Path(journal).parent)
    config = Config(mode=Mode.SIM, name="victim", journal=Path(journal), exchange=exchange, deadlines=quick, lease=lease)
    async with open_engine(config, strategies=[StrategySpec("trade", trade)]) as engine:
        await engine.stopped()


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
