"""Closing a position for a strategy that does not know of it: nothing may be sold twice."""

from decimal import Decimal

import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall.engine.market import Market
from seawall.engine.settings import EngineSettings, ExitRules
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import RefusedByRisk
from seawall.model.orders import limit_buy, limit_sell

D = Decimal

STOP = ExitRules(stop_loss=D("0.05"))


def make_bench() -> Bench:
    return Bench(settings=EngineSettings(monitor_every_s=0.5))


async def followed(market: Market) -> None:
    async with market.quotes("BTC/USD") as quotes:
        await anext(quotes)


async def fall(bench: Bench) -> None:
    bench.venue.book_price = D("47000.0")
    bench.venue.quote(bid="47000.0", ask="47000.1")
    await trio.sleep(5)


async def test_a_sale_that_its_owner_places_again_at_once_does_not_sell_what_an_exit_sells(autojump_clock: MockClock) -> None:
    bench, refusals = make_bench(), set[str]()

    async def stubborn(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0")) as order:
            await order.done()
        while held := market.position("BTC/USD").qty:
            try:
                async with market.working(limit_sell("BTC/USD", qty=held, price="50500.0")) as order:
                    await order.done()
            except RefusedByRisk as refusal:
                refusals.add(refusal.rule)
                await trio.sleep(0.001)

    async with bench.engine(StrategySpec("stubborn", stubborn, exits=STOP)):
        await trio.sleep(2)
        bench.venue.fill(bench.venue.open_ids()[0], "0.001")
        await trio.sleep(2)
        await fall(bench)

        assert [order.order_type for order in bench.venue.placed] == ["limit", "limit", "market"]
        assert bench.venue.open_ids() == []
    assert refusals == {"closing"}


async def test_the_owner_may_trade_again_once_the_position_is_closed(autojump_clock: MockClock) -> None:
    bench = make_bench()

    async def again(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0")) as order:
            await order.done()
        await trio.sleep(4)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="46000.0")) as order:
            await order.done()

    async with bench.engine(StrategySpec("again", again, exits=STOP)):
        await trio.sleep(2)
        bench.venue.fill(bench.venue.open_ids()[0], "0.001")
        await fall(bench)

        assert len(bench.venue.open_ids()) == 1


async def test_two_who_close_at_the_same_time_sell_once(autojump_clock: MockClock) -> None:
    bench = make_bench()

    async def hold(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0")) as order:
            await order.done()
        async with market.working(limit_sell("BTC/USD", qty="0.001", price="50500.0")):
            desk = market._desk
            async with trio.open_nursery() as nursery:
                nursery.start_soon(desk.close_position, "hold", "BTC/USD")
                nursery.start_soon(desk.close_position, "hold", "BTC/USD")

    async with bench.engine(hold):
        await trio.sleep(2)
        bench.venue.fill(bench.venue.open_ids()[0], "0.001")
        await trio.sleep(10)

        assert [order.order_type for order in bench.venue.placed] == ["limit", "limit", "market"]
