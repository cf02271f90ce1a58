"""Trades and candles as a strategy reads them: in order, bounded, and never a hole that is not told."""

from decimal import Decimal

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.engine.queues import CandleStream, FellBehind, Queues, TradeStream
from seawall.model.market_data import Candle, Trade
from seawall.model.orders import Side

D = Decimal


def trade(number: int) -> Trade:
    return Trade("BTC/USD", Side.BUY, D(100), D(1), number, number)


def candle(begin_ns: int, close: str, *, closed: bool = False) -> Candle:
    price = D(close)
    return Candle("BTC/USD", 60, begin_ns, price, price, price, price, D(1), 1, closed)


async def numbers(trades: TradeStream, count: int) -> list[int]:
    found: list[int] = []
    for _ in range(count):
        with trio.fail_after(1):
            found.append((await anext(trades)).trade_id)
    return found


async def test_trades_come_in_order() -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 10) as trades:
        for number in range(3):
            queues.put("BTC/USD", trade(number))
        queues.put("ETH/USD", trade(99))

        assert await numbers(trades, 3) == [0, 1, 2]


async def test_a_reader_waits_for_the_next_trade(autojump_clock: MockClock) -> None:
    queues: Queues[str, Trade] = Queues()
    seen: list[int] = []

    async def read(trades: TradeStream) -> None:
        async for one in trades:
            seen.append(one.trade_id)  # noqa: PERF401  # looked at while it grows

    async with TradeStream("BTC/USD", queues, 10) as trades, trio.open_nursery() as nursery:
        nursery.start_soon(read, trades)
        for number in range(3):
            await wait_all_tasks_blocked()
            queues.put("BTC/USD", trade(number))
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert seen == [0, 1, 2]


async def test_as_many_as_the_bound_wait_and_one_more_is_too_many() -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 2) as trades:
        queues.put("BTC/USD", trade(0))
        queues.put("BTC/USD", trade(1))
        assert await numbers(trades, 2) == [0, 1]

        for number in range(2, 6):
            queues.put("BTC/USD", trade(number))
        with pytest.raises(FellBehind) as caught:
            await anext(trades)

        assert (caught.value.lost, caught.value.bound, caught.value.advice) == (4, 2, "retry")
        assert str(caught.value) == "trades of BTC/USD: 4 were not read and are lost; 2 are kept"
        assert queues.lost == 4


async def test_after_falling_behind_reading_goes_on_with_what_arrives(autojump_clock: MockClock) -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 1) as trades:
        for number in range(3):
            queues.put("BTC/USD", trade(number))
        with pytest.raises(FellBehind):
            await anext(trades)
        with trio.move_on_after(1) as scope:
            await anext(trades)
        assert scope.cancelled_caught

        queues.put("BTC/USD", trade(7))
        assert await numbers(trades, 1) == [7]


async def test_a_slow_reader_costs_the_others_nothing() -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 1) as slow, TradeStream("BTC/USD", queues, 10) as patient:
        queues.put("BTC/USD", trade(0))
        queues.put("BTC/USD", trade(1))

        assert await numbers(patient, 2) == [0, 1]
        with pytest.raises(FellBehind):
            await anext(slow)


async def test_a_cancelled_take_loses_nothing() -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 2) as trades:
        queues.put("BTC/USD", trade(0))
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(trades)

        assert scope.cancelled_caught
        assert await numbers(trades, 1) == [0]


async def test_a_cancelled_take_does_not_lose_the_bad_news() -> None:
    queues: Queues[str, Trade] = Queues()

    async with TradeStream("BTC/USD", queues, 1) as trades:
        queues.put("BTC/USD", trade(0))
        queues.put("BTC/USD", trade(1))
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(trades)
        with pytest.raises(FellBehind):
            await anext(trades)


async def test_only_open_streams_queue() -> None:
    queues: Queues[str, Trade] = Queues()
    queues.put("BTC/USD", trade(0))

    async with TradeStream("BTC/USD", queues, 1) as trades:
        assert len(queues) == 1
        queues.put("BTC/USD", trade(1))
        assert await numbers(trades, 1) == [1]

    assert len(queues) == 0
    queues.put("BTC/USD", trade(2))
    with pytest.raises(trio.ClosedResourceError):
        await anext(trades)


def test_a_bound_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="bound"):
        TradeStream("BTC/USD", Queues(), 0)


async def test_the_running_candle_conflates_and_closed_ones_stay() -> None:
    queues: Queues[tuple[str, int], Candle] = Queues()
    told = [candle(0, "1"), candle(0, "2"), candle(0, "3", closed=True), candle(60, "4"), candle(60, "5")]

    async with CandleStream("BTC/USD", 60, queues, 2) as candles:
        for one in told:
            queues.put(("BTC/USD", 60), one)
        queues.put(("BTC/USD", 300), attrs.evolve(told[0], interval_s=300))

        assert [await anext(candles), await anext(candles)] == [told[2], told[4]]
        assert candles.replaced == 3


async def test_a_closed_candle_is_never_replaced() -> None:
    queues: Queues[tuple[str, int], Candle] = Queues()
    told = [candle(0, "1", closed=True), candle(0, "2", closed=True)]

    async with CandleStream("BTC/USD", 60, queues, 2) as candles:
        for one in told:
            queues.put(("BTC/USD", 60), one)

        assert [await anext(candles), await anext(candles)] == told


async def test_candles_fall_behind_too() -> None:
    queues: Queues[tuple[str, int], Candle] = Queues()

    async with CandleStream("BTC/USD", 60, queues, 1) as candles:
        for begin_ns in (0, 60, 120):
            queues.put(("BTC/USD", 60), candle(begin_ns, "1"))
        with pytest.raises(FellBehind, match="candles of BTC/USD, 60 s"):
            await anext(candles)


async def test_what_is_known_is_read_before_what_changes() -> None:
    queues: Queues[tuple[str, int], Candle] = Queues()

    async with CandleStream("BTC/USD", 60, queues, 10) as candles:
        queues.put(("BTC/USD", 60), candle(60, "100"))
        candles.begin_with([candle(0, "99", closed=True), candle(60, "101")])
        queues.put(("BTC/USD", 60), candle(60, "102"))

        assert await anext(candles) == candle(0, "99", closed=True)
        assert await anext(candles) == candle(60, "102")
