"""The touch maker on a venue in memory, in virtual time."""

from decimal import Decimal
from functools import partial

import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall import Side, StrategySpec
from seawall.engine.notices import StrategySaid
from seawall.strategies import quote_the_touch

D = Decimal

QUOTES = StrategySpec("touch", partial(quote_the_touch, symbol="BTC/USD", qty=D("0.001"), requote_s=1.0))


def resting(bench: Bench) -> list[tuple[str, Decimal, Decimal | None]]:
    """Side, quantity and price of each open order."""
    orders = [bench.venue.orders[name] for name in bench.venue.open_ids()]
    return [(order.wire.side.value, order.qty, order.limit_price) for order in orders]


async def test_it_bids_at_the_bid_and_takes_nothing(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES):
        await trio.sleep(5)

        assert resting(bench) == [("buy", D("0.001"), D("50000.0"))]
        assert [order.post_only for order in bench.venue.placed] == [True]


async def test_it_follows_the_touch_with_the_same_order(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES):
        await trio.sleep(5)
        for bid in ("50010.0", "50020.0", "50005.0"):
            bench.venue.quote(bid=bid, ask="50030.0")
            await trio.sleep(2)

            assert resting(bench) == [("buy", D("0.001"), D(bid))]

    assert len(bench.venue.placed) == 1


async def test_it_sells_what_it_bought_at_the_ask_and_buys_again(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES):
        await trio.sleep(5)
        bench.venue.fill(bench.venue.open_ids()[0], "0.001")
        bench.venue.quote(ask="50002.0")
        await trio.sleep(2)

        assert resting(bench) == [("sell", D("0.001"), D("50002.0"))]

        bench.venue.fill(bench.venue.open_ids()[0], "0.001", "50002.0")
        bench.venue.quote(bid="50001.0", ask="50002.0")
        await trio.sleep(2)

        assert resting(bench) == [("buy", D("0.001"), D("50001.0"))]


async def test_nothing_rests_while_the_book_is_lost(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES):
        await trio.sleep(5)
        bench.venue.listener.book_lost("BTC/USD", "its checksum was wrong")
        await trio.sleep(3)

        assert resting(bench) == []

        bench.venue.quote(bid="49990.0")
        await trio.sleep(2)

        assert resting(bench) == [("buy", D("0.001"), D("49990.0"))]


async def test_it_pauses_after_a_refusal_and_says_why(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES):
        await trio.sleep(5)
        bench.venue.refuse_next = "EOrder:Post only order"
        bench.venue.fill(bench.venue.open_ids()[0], "0.001")
        bench.venue.quote(ask="50002.0")
        await trio.sleep(0.5)

        assert resting(bench) == []
        assert "EOrder:Post only order" in str(bench.told(StrategySaid)[0])

        bench.venue.quote(ask="50003.0")
        await trio.sleep(3)

        assert resting(bench) == [("sell", D("0.001"), D("50003.0"))]


async def test_a_refused_amend_leaves_the_order_where_it_was(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(QUOTES) as engine:
        await trio.sleep(5)
        bench.venue.quote(bid="50010.05", ask="50030.0")  # not on the grid of prices: refused before it is sent
        await trio.sleep(3)

        assert resting(bench) == [("buy", D("0.001"), D("50000.0"))]
        engine.stop("enough")

    assert bench.venue.placed[0].side is Side.BUY
    assert engine.certificate is not None
    assert engine.certificate.clean
