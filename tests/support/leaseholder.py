"""An engine in a process of its own that trades one account until it is ended, or stands by for it.

`python -m support.leaseholder NAME JOURNAL DIRECTORY REST PUBLIC PRIVATE [--standby]`, with the key in the environment. Says
`waiting` and `serving` on standard output when it comes to that. Ends in good order on SIGTERM.
"""

import sys
from pathlib import Path

import trio

from seawall import Config, Market, StrategySpec, Surroundings, limit_buy, limit_sell, open_engine
from seawall.config import Deadlines, Exchange, Lease, Mode
from seawall.engine.lease import StandbyWaiting


async def trade(market: Market) -> None:
    """Two resting orders and one marketable one, again and again, no faster than the exchange's rate counter allows."""
    async with market.quotes("BTC/USD") as quotes:
        async for quote in quotes:
            below = quote.bid - quote.bid % 100 - 1000
            async with (
                market.working(limit_buy("BTC/USD", qty="0.001", price=below)),
                market.working(limit_sell("BTC/USD", qty="0.001", price=quote.ask + 500)),
                market.working(limit_buy("BTC/USD", qty="0.0005", price=quote.ask)) as order,
            ):
                with trio.move_on_after(0.2):
                    await order.done()
                await trio.sleep(3)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def hear(notice: object) -> None:
    if isinstance(notice, StandbyWaiting):
        say("waiting")


async def main(*arguments: str) -> None:
    name, journal, directory, rest, public, private, *options = arguments
    config = Config(
        mode=Mode.SIM,
        name=name,
        journal=journal if "://" in journal else Path(journal),
        exchange=Exchange(rest=rest, public=public, private=private, level3=private, tier="pro"),
        # The simulated exchange answers at once: what it does not know was never there.
        deadlines=Deadlines(order_s=2.0, settle_s=0.5, absent_s=0.5),
        lease=Lease(directory=Path(directory), standby="--standby" in options),
    )
    strategies = [StrategySpec("trade", trade)]
    async with open_engine(config, strategies=strategies, probe=hear, surroundings=Surroundings(watch_signals=True)) as engine:
        await engine.serving()
        say("serving")
        await engine.stopped()
    assert engine.certificate is not None
    say("clean" if engine.certificate.clean else str(engine.certificate))


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
