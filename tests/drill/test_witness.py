"""A market under a witness is the market itself, and everything it says is written down."""

from decimal import Decimal

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.drill.told import Left, Told
from seawall.drill.witness import WitnessedMarket, witnessed
from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import Refused
from seawall.model.market_data import Trade
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, market_buy


def under_witness(rig: Rig) -> tuple[WitnessedMarket, Told]:
    told = Told(trio.current_time)
    return WitnessedMarket.over(rig.market("me"), told), told


async def test_an_order_that_rests_and_is_cancelled_with_its_block(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        market, told = under_witness(rig)
        async with market.working(BID) as order:
            await order.amend(price="49000.0")
            await trio.sleep(3)

    (line,) = told.orders
    assert (line.owner, line.intent, line.client_order_id, line.order_id) == ("me", BID, order.client_order_id, order.order_id)
    assert line.left is Left.RETURNED
    assert line.entered_s is not None
    assert line.left_s is not None
    assert line.over_s is not None
    assert line.asked_s <= line.entered_s < line.left_s - 2.9 < line.over_s
    assert [state for _, state in line.states] == [OrderState.OPEN, OrderState.CANCELED]
    assert line.filled_qty == 0
    assert order.limit_price == Decimal("49000.0")


async def test_fills_are_noted_as_they_are_read(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        market, told = under_witness(rig)
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            read = [fill async for fill in order.fills()]
            assert await order.done() is OrderState.FILLED

    (line,) = told.orders
    assert [fill for _, fill in line.fills] == read
    assert read
    assert line.filled_qty == Decimal("0.01")
    assert market.position("BTC/USD").qty == Decimal("0.01")


async def test_an_order_that_is_refused_was_never_entered(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        market, told = under_witness(rig)
        rig.venue.refuse_next = "EOrder:Insufficient funds"
        with pytest.raises(Refused):
            async with market.working(BID):
                pytest.fail("it was refused")

    (line,) = told.orders
    assert (line.left, line.refused, line.entered_s) == (Left.NEVER_ENTERED, "EOrder:Insufficient funds", None)
    assert line.over_s is not None


async def test_how_a_block_was_left_is_told_apart(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        market, told = under_witness(rig)
        with pytest.raises(KeyError):
            async with market.working(BID):
                raise KeyError("a bug")
        with trio.move_on_after(1):
            async with market.working(BID):
                await trio.sleep_forever()

    assert [line.left for line in told.orders] == [Left.RAISED, Left.CANCELLED]


async def test_an_order_asked_for_without_a_book_is_blind(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        market, told = under_witness(rig)
        rig.foundation.hub.book_lost("BTC/USD", "checksum")
        with pytest.raises(Refused):
            async with market.working(BID):
                pytest.fail("it was refused")

    assert [line.is_blind for line in told.orders] == [True]


async def test_everything_read_of_the_market_is_counted(autojump_clock: MockClock) -> None:
    rig = Rig()
    market, told = under_witness(rig)
    async with market.quotes("BTC/USD") as quotes, market.book("BTC/USD") as books, market.candles("BTC/USD", "1m") as candles:
        quote = await anext(quotes)
        assert quotes.after_gap is False
        await anext(books)
        await anext(candles)
        async with market.trades("BTC/USD") as trades:
            rig.foundation.hub.traded([Trade("BTC/USD", Side.BUY, Decimal(1), Decimal(1), 7, 0)])
            await anext(trades)
    assert market.quote("BTC/USD") == quote

    assert told.counts == {"quotes": 2, "books": 1, "trades": 1, "candles": 1}


async def test_runs_and_failures_of_a_strategy_are_counted() -> None:
    told = Told(lambda: 0.0)

    async def fails(market: Market) -> None:
        assert isinstance(market, WitnessedMarket)
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    (spec,) = witnessed([StrategySpec("fragile", fails)], told)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await spec.run(Rig().market("fragile"))

    assert told.runs == {"fragile": 2}
    assert [name for _, _, name in told.failures] == ["ZeroDivisionError"] * 2
