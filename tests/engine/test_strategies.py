"""Running strategies: each on its own branch, with its orders cleared behind it."""

from contextlib import AbstractAsyncContextManager
from itertools import pairwise

import pytest
import trio
from support.bench import ONCE
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.market import Market
from seawall.engine.notices import (
    CleanupCutShort,
    StrategyEnded,
    StrategyFailed,
    StrategyQuarantined,
    StrategyStarted,
)
from seawall.engine.order_table import Order
from seawall.engine.strategies import StrategySpec
from seawall.engine.working import WorkingOrder
from seawall.model.orders import limit_buy, limit_sell
from seawall.resilience import RestartPolicy

ASK = limit_sell("BTC/USD", qty="0.002", price="51000")


def live(rig: Rig) -> tuple[Order, ...]:
    return rig.blotter.table.live()


async def test_a_strategy_that_returns_has_ended_and_is_told(autojump_clock: MockClock) -> None:
    async def brief(market: Market) -> None:
        await trio.sleep(1)

    rig = Rig(strategies=(StrategySpec("brief", brief),))
    async with rig.caring():
        await rig.assembly.runner.run()

    assert rig.told(StrategyStarted) == [StrategyStarted("brief")]
    assert rig.told(StrategyEnded) == [StrategyEnded("brief")]
    assert rig.foundation.check_ins.statistics() == ()


async def test_one_that_fails_is_started_again_and_in_the_end_left_out(autojump_clock: MockClock) -> None:
    runs: list[float] = []

    async def fragile(market: Market) -> None:
        runs.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        raise KeyError("a bug of the strategy")

    policy = RestartPolicy(on=(Exception,), delays_s=(1.0, 5.0), exhausted="quarantine")
    rig = Rig(strategies=(StrategySpec("fragile", fragile, policy),))
    async with rig.caring():
        await rig.assembly.runner.run()

    assert [after - before for before, after in pairwise(runs)] == [1.0, 5.0]
    assert len(rig.told(StrategyFailed)) == 3
    assert rig.told(StrategyQuarantined) == [StrategyQuarantined("fragile")]
    assert list(rig.assembly.runner.quarantined) == ["fragile"]


async def test_orders_of_blocks_that_were_never_left_are_all_cancelled(autojump_clock: MockClock) -> None:
    abandoned: list[AbstractAsyncContextManager[WorkingOrder]] = []

    async def careless(market: Market) -> None:
        for intent in (BID, ASK):
            block = market.working(intent)
            abandoned.append(block)
            await block.__aenter__()

    rig = Rig(strategies=(StrategySpec("careless", careless, ONCE),))
    async with rig.caring():
        await rig.assembly.runner.run()

        assert live(rig) == ()
        assert rig.venue.open_ids() == []
        for block in abandoned:
            await block.__aexit__(None, None, None)


async def test_one_order_that_cannot_be_cancelled_does_not_hold_up_the_next(autojump_clock: MockClock) -> None:
    abandoned: list[AbstractAsyncContextManager[WorkingOrder]] = []

    async def careless(market: Market) -> None:
        for intent in (BID, ASK):
            block = market.working(intent)
            abandoned.append(block)
            await block.__aenter__()
        rig.venue.cancels_fail = True

    rig = Rig(strategies=(StrategySpec("careless", careless, ONCE),))
    async with rig.caring():
        await rig.assembly.runner.run()
        assert [order.wanted for order in live(rig)] == [False, False], "both are the desk's now"
        rig.venue.cancels_fail = False
        await trio.sleep(5)

        assert live(rig) == ()
        for block in abandoned:
            await block.__aexit__(None, None, None)


async def test_a_kept_order_outlives_its_strategy(autojump_clock: MockClock) -> None:
    async def protects(market: Market) -> None:
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0", keep=True)):
            pass

    rig = Rig(strategies=(StrategySpec("protects", protects),))
    async with rig.caring():
        await rig.assembly.runner.run()

        assert [order.kept for order in live(rig)] == [True]


async def test_one_that_raises_while_it_is_cancelled_is_told_of(autojump_clock: MockClock) -> None:
    async def rude(market: Market) -> None:
        async with market.working(BID):
            try:
                await trio.sleep_forever()
            finally:
                raise KeyError("on the way out")

    rig = Rig(strategies=(StrategySpec("rude", rude, ONCE),))
    async with rig.caring():
        with trio.move_on_after(2):
            await rig.assembly.runner.run()

        assert live(rig) == ()
        assert len(rig.told(StrategyFailed)) == 1


async def test_a_strategy_with_a_nursery_of_its_own_leaves_none_of_its_orders(autojump_clock: MockClock) -> None:
    async def rest(market: Market, crash_after_s: float) -> None:
        async with market.working(BID):
            await trio.sleep(crash_after_s)
            raise KeyError("a bug of the strategy")

    async def many(market: Market) -> None:
        async with trio.open_nursery() as nursery:
            for seconds in (1.0, 50.0, 60.0):
                nursery.start_soon(rest, market, seconds)

    rig = Rig(strategies=(StrategySpec("many", many, ONCE),))
    async with rig.caring():
        await rig.assembly.runner.run()

        assert len(rig.venue.placed) == 3
        assert live(rig) == ()


async def test_leaving_a_block_has_a_deadline_of_its_own(autojump_clock: MockClock) -> None:
    async def rests(market: Market) -> None:
        async with market.working(BID):
            rig.venue.cancels_fail = True

    rig = Rig(strategies=(StrategySpec("rests", rests, ONCE),))
    async with rig.caring():
        began = trio.current_time()
        await rig.assembly.runner.run()

        assert trio.current_time() - began == pytest.approx(2 * rig.settings.deadlines.cancel_s, abs=0.1)
        assert len(rig.told(CleanupCutShort)) == 1
        assert len(live(rig)) == 1
        assert rig.desk.statistics().in_care == 1


async def test_only_what_promised_to_check_in_has_to(autojump_clock: MockClock) -> None:
    async def idle(market: Market) -> None:
        await trio.sleep_forever()

    specs = (StrategySpec("promised", idle, check_in_s=5), StrategySpec("vouched for", idle))
    rig = Rig(strategies=specs)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.runner.run)
        await trio.sleep(6)

        assert list(rig.assembly.runner.vouched_for) == ["vouched for"]
        assert rig.foundation.check_ins.late(trio.current_time()) == ("strategy promised",)
