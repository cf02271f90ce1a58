"""The crossing of averages: the averages against plain ones, and the strategy on a venue in memory."""

from decimal import Decimal
from fractions import Fraction
from functools import partial

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from support.bench import Bench
from trio.testing import MockClock

from seawall import Candle, StrategySpec
from seawall.engine.notices import StrategyFailed
from seawall.strategies import cross
from seawall.strategies.crossing import MovingAverage

D = Decimal

PRICES = st.decimals(min_value="0.00000001", max_value="1000000", places=8)

CROSSES = StrategySpec("cross", partial(cross, symbol="BTC/USD", qty=D("0.01"), fast=1, slow=3))


def close(bench: Bench, *prices: str) -> None:
    """Close a candle at each price, and let the next one run."""
    for price in prices:
        for closed in (True, False):
            begin_ns, at = bench.venue.now_ns() + (not closed), D(price)
            bench.venue.listener.candle_changed(Candle("BTC/USD", 60, begin_ns, at, at, at, at, D(1), 1, closed))


@given(prices=st.lists(PRICES, min_size=5, max_size=30))
def test_means_compare_as_plain_fractions_do(prices: list[Decimal]) -> None:
    fast, slow = MovingAverage(2), MovingAverage(5)
    for price in prices:
        fast.add(price)
        slow.add(price)

    means = [sum(map(Fraction, prices[-length:]), Fraction(0)) / length for length in (2, 5)]
    assert fast.is_above(slow) == (means[0] > means[1])


def test_a_mean_is_full_once_it_has_its_values() -> None:
    average = MovingAverage(2)

    full = []
    for value in (1, 2, 4):
        average.add(D(value))
        full.append(average.is_full)

    assert full == [False, True, True]
    assert average.total == 6


async def test_it_holds_while_the_fast_mean_is_above_the_slow_one(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(CROSSES):
        await trio.sleep(3)
        close(bench, "100", "100", "101")
        await trio.sleep(3)
        assert bench.venue.placed[0].order_type == "market"
        assert [order.side.value for order in bench.venue.placed] == ["buy"]

        close(bench, "102", "103")
        await trio.sleep(3)
        assert len(bench.venue.placed) == 1

        close(bench, "99")
        await trio.sleep(3)
        assert [(order.side.value, order.qty) for order in bench.venue.placed] == [("buy", D("0.01")), ("sell", D("0.01"))]


async def test_it_waits_until_both_means_are_full(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(CROSSES):
        await trio.sleep(3)
        close(bench, "100", "200")
        await trio.sleep(3)

        assert bench.venue.placed == []


async def test_a_restart_does_not_buy_what_is_held_already(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(CROSSES):
        await trio.sleep(3)
        close(bench, "100", "100", "101")
        await trio.sleep(3)
    later = Bench(exchange=bench.exchange, journal=bench.journal.reopened())

    async with later.engine(CROSSES):
        await trio.sleep(3)
        close(later, "100", "100", "101")
        await trio.sleep(3)

        assert later.venue.placed == []


async def test_a_refusal_is_tried_again_later(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(CROSSES):
        await trio.sleep(3)
        bench.venue.refuse_next = "EOrder:Insufficient funds"
        close(bench, "100", "100", "101")
        await trio.sleep(1)
        assert len(bench.venue.placed) == 1

        await trio.sleep(20)
        close(bench, "102")
        await trio.sleep(1)

        assert len(bench.venue.placed) == 2


@pytest.mark.parametrize(("fast", "slow"), [(0, 3), (3, 3), (5, 3)])
async def test_lengths_that_cannot_cross_are_refused(bench: Bench, autojump_clock: MockClock, fast: int, slow: int) -> None:
    wrong = StrategySpec("cross", partial(cross, symbol="BTC/USD", qty=D("0.01"), fast=fast, slow=slow), CROSSES.restart)
    async with bench.engine(wrong):
        await trio.sleep(3)

    assert f"fast: {fast}" in str(bench.told(StrategyFailed)[0])
