"""Engines that end in every way, with strategies in every situation: the exchange keeps nothing, the certificate says all.

The blocks themselves, in every way and situation, are `test_every_exit.py`'s; here the engine around them ends as well.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
import trio
from support.bench import ONCE, Bench
from trio.testing import MockClock

from seawall.engine.certificate import Certificate
from seawall.engine.engine import Engine
from seawall.engine.market import Market
from seawall.engine.notices import StrategyFailed
from seawall.engine.settings import EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.model.orders import limit_buy, market_buy
from seawall.model.reports import OrderStatus

D = Decimal
BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")
LOWER_BID = limit_buy("BTC/USD", qty="0.001", price="49000.0")
ETH_BID = limit_buy("ETH/USD", qty="0.01", price="50000.0")


class Bug(Exception):
    """What a strategy raises when it is told to."""


class World(Bench):
    """A bench whose strategies can be told to crash."""

    def __init__(self) -> None:
        super().__init__(settings=EngineSettings(monitor_every_s=0.5, balances_every_s=4))
        self.crash = trio.Event()

    async def until_told(self) -> None:
        """Wait, and crash when told to."""
        await self.crash.wait()
        raise Bug


Strategy = Callable[[World, Market], Awaitable[None]]


async def rests(world: World, market: Market) -> None:
    async with market.working(BID):
        await world.until_told()


async def rests_part_filled(world: World, market: Market) -> None:
    async with market.working(BID) as order:
        world.venue.fill(order.client_order_id, "0.0004")
        await world.until_told()


async def rests_three_deep(world: World, market: Market) -> None:
    async with market.working(BID), market.working(ETH_BID), market.working(LOWER_BID):
        await world.until_told()


async def rests_in_three_tasks(world: World, market: Market) -> None:
    async def rest() -> None:
        async with market.working(BID):
            await world.until_told()

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(rest)


async def is_in_doubt(world: World, market: Market) -> None:
    """Its order is at the exchange, and the answer never came."""
    world.venue.lose_next = "hang"
    async with market.working(BID):
        await world.until_told()


async def never_arrived(world: World, market: Market) -> None:
    """Its order was lost on the way, and nobody can be sure of that for a minute: longer than a shutdown lasts."""
    world.venue.lose_next = "before"
    async with market.working(BID):
        await world.until_told()


async def amend_is_in_doubt(world: World, market: Market) -> None:
    async with market.working(BID) as order:
        await trio.sleep(0.5)  # behind the others: they take no entry beside what is in doubt
        world.venue.lose_next_amend = "after"
        with trio.move_on_after(0.6):
            await order.amend(qty="0.002")
        await world.until_told()


async def fills_as_it_is_cancelled(world: World, market: Market) -> None:
    async with market.working(BID) as order, trio.open_nursery() as nursery:

        async def fill_when_let_go() -> None:
            try:
                await trio.sleep_forever()
            finally:
                world.venue.fill(order.client_order_id, "0.0006")

        nursery.start_soon(fill_when_let_go)
        await world.until_told()


async def holds(world: World, market: Market) -> None:
    async with market.holding("BTC/USD", stop_loss="0.5"):
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        await world.until_told()


async def holds_and_rests(world: World, market: Market) -> None:
    async with market.holding("BTC/USD"):
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        async with market.working(LOWER_BID):
            await world.until_told()


STRATEGIES: tuple[Strategy, ...] = (
    rests,
    rests_part_filled,
    rests_three_deep,
    rests_in_three_tasks,
    is_in_doubt,
    never_arrived,
    amend_is_in_doubt,
    fills_as_it_is_cancelled,
    holds,
    holds_and_rests,
)

# Ends of the engine. Each is given one that serves, and returns when it has been made to end, or leaves that to its block.

End = Callable[[World, Engine], Awaitable[None]]


async def by_leaving(world: World, engine: Engine) -> None:
    """Its owner's block ends."""


async def by_stop(world: World, engine: Engine) -> None:
    engine.stop("a test")
    await engine.stopped()


async def by_cancellation(world: World, engine: Engine) -> None:
    """The program around it is cancelled."""
    with trio.CancelScope() as scope:
        scope.cancel()
        await engine.stopped()


async def by_a_strategys_crash(world: World, engine: Engine) -> None:
    world.crash.set()
    await trio.sleep(30)


async def by_a_strategys_crash_and_a_stop(world: World, engine: Engine) -> None:
    world.crash.set()
    engine.stop("both at once")
    await engine.stopped()


async def by_a_crash_of_the_desk(world: World, engine: Engine) -> None:
    world.venue.bugs.append("cancel_all_after")
    await engine.stopped()


async def by_a_crash_of_the_monitors(world: World, engine: Engine) -> None:
    world.venue.bugs.append("balances")
    await engine.stopped()


async def by_two_crashes_at_once(world: World, engine: Engine) -> None:
    world.venue.bugs.append("cancel_all_after")
    world.crash.set()
    await engine.stopped()


async def by_a_crash_of_the_venue(world: World, engine: Engine) -> None:
    world.exchange.crash.set()
    await engine.stopped()


async def by_a_failed_journal(world: World, engine: Engine) -> None:
    world.journal.broken = True
    assert world.exchange.venue is not None
    world.exchange.venue.restore_private()
    engine.stop("the journal has failed")
    await engine.stopped()


ENDS: tuple[End, ...] = (
    by_leaving,
    by_stop,
    by_cancellation,
    by_a_strategys_crash,
    by_a_strategys_crash_and_a_stop,
    by_a_crash_of_the_desk,
    by_a_crash_of_the_monitors,
    by_a_crash_of_the_venue,
    by_two_crashes_at_once,
    by_a_failed_journal,
)
CRASHES = (by_a_crash_of_the_desk, by_a_crash_of_the_monitors, by_a_crash_of_the_venue, by_two_crashes_at_once)


def following(world: World, strategy: Strategy) -> Callable[[Market], Awaitable[None]]:
    """The strategy, with the books that its orders are priced from."""

    async def run(market: Market) -> None:
        async with market.quotes("BTC/USD"), market.quotes("ETH/USD"):
            await strategy(world, market)

    return run


async def run(world: World, strategies: list[Strategy], end: End) -> Certificate:
    """Let an engine run and end; what it raises, beside the bugs that were planted, comes out."""
    ran: list[Engine] = []

    @asynccontextmanager
    async def engine() -> AsyncGenerator[Engine, None]:
        specs = [StrategySpec(strategy.__name__, following(world, strategy), ONCE) for strategy in strategies]
        async with world.engine(*specs) as running:
            ran.append(running)
            yield running

    try:
        async with engine() as running:
            await trio.sleep(3)
            assert world.told(StrategyFailed) == []
            await end(world, running)
    except* ZeroDivisionError:
        assert end in CRASHES
    assert ran[0].certificate is not None
    return ran[0].certificate


def check(world: World, certificate: Certificate, *, undecided: bool) -> None:
    resting = [name for name, order in world.exchange.orders.items() if order.status is OrderStatus.OPEN]
    assert resting == [], certificate
    assert certificate.tasks_left == ()
    assert certificate.open_orders == ()
    assert len(certificate.in_doubt) == undecided, certificate
    assert world.overdue == []
    bought = sum((fill.side.sign * fill.qty for fill in world.exchange.fills), D(0))
    assert sum((qty for _, _, qty in certificate.positions), D(0)) == bought, "every fill is known"


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.__name__)
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_an_engine_that_ends_in_any_way_leaves_nothing_at_the_exchange(
    end: End, strategy: Strategy, autojump_clock: MockClock
) -> None:
    world = World()
    certificate = await run(world, [strategy], end)

    # Balances are compared once nothing is in doubt: what is to crash there crashes after the minute.
    check(world, certificate, undecided=strategy is never_arrived and end is not by_a_crash_of_the_monitors)
    if strategy in (holds, holds_and_rests):
        if end is by_a_failed_journal:  # what cannot be written is not sent: the position is named
            assert [(owner, symbol) for owner, symbol, _ in certificate.unclosed] == [(strategy.__name__, "BTC/USD")]
            assert not certificate.clean
        else:
            assert certificate.positions == ()
            assert certificate.unclosed == ()


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_all_strategies_at_once_leave_nothing_either(end: End, autojump_clock: MockClock) -> None:
    world = World()
    together: list[Strategy] = [rests, rests_part_filled, rests_three_deep, amend_is_in_doubt, holds_and_rests]
    certificate = await run(world, together, end)

    check(world, certificate, undecided=False)
