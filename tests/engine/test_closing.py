"""Closing a position for a strategy that does not know of it: nothing may be sold twice."""

from decimal import Decimal

import attrs
import trio
from support.bench import Bench
from support.rig import Rig
from trio.testing import MockClock

from seawall.engine.market import Market
from seawall.engine.settings import EngineSettings, ExitRules
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import RefusedByRisk
from seawall.model.orders import limit_buy, limit_sell
from seawall.model.reports import Fee

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


async def test_a_fee_in_the_base_asset_leaves_less_to_sell_and_all_of_that_is_sold(autojump_clock: MockClock) -> None:
    """What was bought is not what is there: selling the quantity of the order would sell what is not held."""
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.silent = False
        rig.foundation.hub.filled(attrs.evolve(fill, fees=(Fee("BTC", D("0.0000026")),)))
        assert rig.market().position("BTC/USD").qty == D("0.0009974")
        left = await rig.desk.close_position("me", "BTC/USD")

        assert rig.venue.placed[-1].qty == D("0.0009974")
        assert left == 0


async def test_selling_all_sells_what_a_fee_in_the_base_asset_left(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.silent = False
        rig.foundation.hub.filled(attrs.evolve(fill, fees=(Fee("BTC", D("0.000002604")),)))
        fills = await rig.market().sell_all("BTC/USD")

        assert sum(fill.qty for fill in fills) == D("0.00099739"), "down to the exchange's step; the rest stays"
        assert rig.market().position("BTC/USD").qty == D("0.000000006")


async def test_flattening_closes_what_a_fee_in_the_base_asset_left(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.silent = False
        rig.foundation.hub.filled(attrs.evolve(fill, fees=(Fee("BTC", D("0.0000026")), Fee("KFEE", D(3)))))
        await rig.assembly.flatten()

        assert rig.market().position("BTC/USD").is_flat
