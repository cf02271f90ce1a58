"""Which strategies trade in a run, out of its seed; and the small fixed one that measurements use."""

from collections.abc import Sequence
from random import Random
from typing import Final

import trio

from seawall.drill.workload.failing import RESTARTS, Clinger, Crasher
from seawall.drill.workload.hand import Hand
from seawall.drill.workload.reading import BookReader, CandleFollower, SlowReader
from seawall.drill.workload.resting import Amender, Keeper, Quoter, Retractor
from seawall.drill.workload.taking import Holder, Nester, Taker
from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.model.numbers import round_down
from seawall.model.orders import limit_buy
from seawall.resilience import RestartPolicy

__all__ = ["KINDS", "benchmark_workload", "workload"]

_FOR_LONG: Final = RestartPolicy(on=(Exception,), delays_s=(1.0, 5.0, 15.0), settled_after_s=30.0, exhausted="quarantine")

KINDS: Final[dict[str, type[Hand]]] = {
    "quoter": Quoter,
    "taker": Taker,
    "amender": Amender,
    "holder": Holder,
    "nester": Nester,
    "keeper": Keeper,
    "retractor": Retractor,
    "crasher": Crasher,
    "clinger": Clinger,
    "book reader": BookReader,
    "slow reader": SlowReader,
    "candle follower": CandleFollower,
}
"""Every kind of strategy; a run has some of them."""

_ALWAYS: Final = ("quoter", "taker")
_TEMPERS: Final = ((2.0, 12.0), (5.0, 40.0), (15.0, 90.0))
"""How long one rests and pauses: hasty, usual, slow."""
_FRANTIC: Final = (0.2, 1.5)
"""More than the exchange's rate limit bears. In the last symbol alone: in the others there must be room for the rest."""


def workload(rng: Random, symbols: Sequence[str] = ("BTC/USD", "ETH/USD")) -> tuple[StrategySpec, ...]:
    """Strategies for one run: which, how many, how large and how hasty, all drawn from `rng`.

    Each has chance of its own, seeded here: what one draws changes nothing for another.
    """
    others = [kind for kind in KINDS if kind not in _ALWAYS]
    chosen = [*_ALWAYS, *rng.sample(others, rng.randint(2, 5))]
    specs = [_spec(kind, rng.choice(symbols), rng) for kind in chosen]
    if rng.random() < 0.5:
        frantic = Retractor(symbols[-1], Random(rng.getrandbits(64)), (15, 40), _FRANTIC, breath_s=(0.05, 0.2))
        specs.append(StrategySpec("frantic", frantic.run, restart=_FOR_LONG))
    return tuple(specs)


def _spec(kind: str, symbol: str, rng: Random) -> StrategySpec:
    worth = rng.choice(((15, 40), (20, 300), (200, 2_000)))
    hand = KINDS[kind](symbol, Random(rng.getrandbits(64)), worth, rng.choice(_TEMPERS))
    if isinstance(hand, Quoter):
        hand.post_only = rng.random() < 0.4
    if isinstance(hand, Keeper):
        hand.rungs = rng.randint(1, 3)
    return StrategySpec(kind, hand.run, restart=RESTARTS if kind == "crasher" else _FOR_LONG)


def benchmark_workload() -> tuple[StrategySpec, ...]:
    """One strategy on two symbols, without chance: reads every quote, and has one order resting in each, moved now and then."""
    return (StrategySpec("two bids", _two_bids),)


async def _two_bids(market: Market) -> None:
    async with trio.open_nursery() as nursery:
        for symbol in ("BTC/USD", "ETH/USD"):
            nursery.start_soon(_bid, market, symbol, name=f"bid for {symbol}")


async def _bid(market: Market, symbol: str) -> None:
    instrument = market.instrument(symbol)
    async with market.quotes(symbol) as quotes:
        async for quote in quotes:
            price = round_down(quote.bid * 99 / 100, instrument.price_increment)
            async with market.working(limit_buy(symbol, qty=instrument.qty_min * 2, price=price)) as order:
                moved_s = trio.current_time()
                async for newer in quotes:
                    if trio.current_time() - moved_s < 20.0:
                        continue
                    moved_s = trio.current_time()
                    price = round_down(newer.bid * 99 / 100, instrument.price_increment)
                    if order.ended:
                        break
                    if price != order.limit_price:
                        await order.amend(price=price)
