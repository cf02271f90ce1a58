"""What a strategy is handed: data, positions, and blocks that end their orders."""

from decimal import Decimal

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.settings import Deadlines, EngineSettings, RiskLimits, SymbolLimits
from seawall.model.errors import NotSent, Refused, RefusedByRisk, Unavailable, UnknownSymbol
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy, limit_sell, market_buy
from seawall.model.reports import OrderStatus

D = Decimal


async def test_quotes_begin_with_the_newest(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.market().quotes("BTC/USD") as quotes:
        quote = await anext(quotes)

    assert (quote.bid, quote.ask) == (D("50000.0"), D("50000.1"))
    assert rig.market().quote("BTC/USD") == quote


async def test_a_pair_that_is_not_listed_is_said_to_be_unknown(autojump_clock: MockClock) -> None:
    rig = Rig()
    with pytest.raises(UnknownSymbol):
        async with rig.market().quotes("DOGE/USD"):
            pytest.fail("there is no such pair")
    async with rig.caring():
        with pytest.raises(UnknownSymbol):
            async with rig.market().working(limit_buy("DOGE/USD", qty="1", price="1")):
                pytest.fail("there is no such pair")


async def test_a_subscription_that_does_not_come_about_has_a_deadline(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(deadlines=Deadlines(feed_s=2)))
    rig.venue.travel_s = 3_600
    for stream in (rig.market().quotes, rig.market().book, rig.market().trades):
        with pytest.raises(Unavailable):
            async with stream("BTC/USD"):
                pytest.fail("entered without a subscription")
    with pytest.raises(Unavailable):
        async with rig.market().candles("BTC/USD", "1m"):
            pytest.fail("entered without a subscription")


async def test_candles_of_an_interval_that_kraken_has_not_are_refused(autojump_clock: MockClock) -> None:
    with pytest.raises(ValueError, match="interval: '7m' is not one of 1m"):
        async with Rig().market().candles("BTC/USD", "7m"):
            pytest.fail("there is no such interval")


async def test_positions_are_each_owners_own(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market("me").working(market_buy("BTC/USD", qty="0.01")) as order:
        await order.done()

    assert rig.market("me").position("BTC/USD").qty == D("0.01")
    assert rig.market("you").position("BTC/USD").is_flat


async def test_what_open_orders_hold_is_not_free(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.foundation.account.told("USD", D(1_000))
    async with rig.caring(), rig.market().working(BID):
        balance = rig.market().balance("USD")

    assert (balance.total, balance.held) == (D(1_000), D(50))


async def rest_and_raise(rig: Rig, *, cancels_fail: bool) -> None:
    async with rig.market().working(BID):
        rig.venue.cancels_fail = cancels_fail
        raise KeyError("a bug")


async def test_a_block_left_by_an_exception_ends_its_order(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        with pytest.raises(KeyError, match="a bug"):
            await rest_and_raise(rig, cancels_fail=False)

        assert [order.state for order in rig.blotter.table] == [OrderState.CANCELED]
        assert rig.venue.open_ids() == []


async def test_the_error_on_its_way_is_not_replaced_by_a_failed_clean_up(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        with pytest.raises(KeyError, match="a bug"):
            await rest_and_raise(rig, cancels_fail=True)
        assert rig.desk.statistics().in_care == 1, "the desk goes on"


async def test_a_cancelled_block_is_still_cancelled_after_its_clean_up(autojump_clock: MockClock) -> None:
    rig = Rig()
    after: list[str] = []

    async def rest() -> None:
        async with rig.market().working(BID):
            await trio.sleep(60)
        after.append("went on")

    async with rig.caring():
        with trio.move_on_after(1) as scope:
            await rest()

    assert scope.cancelled_caught
    assert after == []


async def test_the_same_order_in_two_tasks_is_cancelled_once_and_both_see_its_end(autojump_clock: MockClock) -> None:
    rig = Rig()
    ends: list[OrderState] = []
    async with rig.caring(), rig.market().working(BID) as order, trio.open_nursery() as nursery:

        async def watch() -> None:
            ends.append(await order.done())

        nursery.start_soon(watch)
        await trio.sleep(1)
        ends.append(await order.cancel())
        ends.append(await order.cancel())

    assert ends == [OrderState.CANCELED] * 3
    assert rig.venue.cancelled == [order.client_order_id]


async def test_an_order_that_ended_before_its_block_was_entered_is_handed_over_ended(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        rig.venue.lose_next = "hang"

        async def end() -> None:
            await trio.sleep(1)
            rig.venue.end(rig.venue.open_ids()[0], OrderStatus.EXPIRED, "too late")

        nursery.start_soon(end)
        async with rig.market().working(BID) as order:
            assert order.ended
            assert order.reason == "too late"


async def test_what_was_not_sent_or_not_placed_is_never_entered(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.not_sent_next = True
        with pytest.raises(NotSent):
            async with rig.market().working(BID):
                pytest.fail("entered")
        rig.venue.lose_next = "before"
        with pytest.raises(Refused, match="never_placed"):
            async with rig.market().working(BID):
                pytest.fail("entered")


async def test_selling_all_of_nothing_or_of_dust_sends_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        assert await rig.market().sell_all("BTC/USD") == ()
        async with rig.market().working(limit_buy("BTC/USD", qty="0.001", price="50000.0")) as order:
            rig.venue.fill(order.client_order_id, "0.00005")
        assert await rig.market().sell_all("BTC/USD") == ()

    assert len(rig.venue.placed) == 1


async def test_one_owners_orders_count_against_the_others_limit(autojump_clock: MockClock) -> None:
    """Limits are of the account: two strategies that each keep them must not break them together."""
    limits = SymbolLimits(max_position_qty=D("0.0015"))
    rig = Rig(EngineSettings(risk=RiskLimits(default=limits)))
    async with rig.caring(), rig.market("me").working(BID):
        with pytest.raises(RefusedByRisk, match="position"):
            async with rig.market("you").working(BID):
                pytest.fail("entered")
        async with rig.market("you").working(limit_sell("BTC/USD", qty="0.001", price="51000")) as sale:
            assert sale.state is OrderState.OPEN
