"""An order in the hands of its block."""

from decimal import Decimal

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.model.errors import BadNumber
from seawall.model.order_states import OrderState
from seawall.model.reports import OrderStatus

D = Decimal


async def test_fills_come_in_order_from_the_first_and_end_with_the_order(autojump_clock: MockClock) -> None:
    rig = Rig()
    seen: list[Decimal] = []
    async with rig.caring(), rig.market().working(BID) as order, trio.open_nursery() as nursery:
        rig.venue.fill(order.client_order_id, "0.0002")

        async def read() -> None:
            seen.extend([fill.qty async for fill in order.fills()])

        nursery.start_soon(read)
        await trio.sleep(1)
        rig.venue.fill(order.client_order_id, "0.0003")
        await trio.sleep(1)
        rig.venue.end(order.client_order_id, OrderStatus.CANCELED, "by another hand")

    assert seen == [D("0.0002"), D("0.0003")]
    assert order.average_price == D("50000.0")


async def test_a_cancelled_wait_for_a_fill_loses_none(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().working(BID) as order:
        fills = order.fills()
        with trio.move_on_after(1):
            await anext(fills)
        rig.venue.fill(order.client_order_id, "0.0002")

        assert (await anext(fills)).qty == D("0.0002")


async def test_the_end_waits_for_fills_that_were_told_and_have_not_come(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().working(BID) as order:
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.silent = False
        rig.venue.report(rig.venue.orders[order.client_order_id])
        with trio.move_on_after(5) as early:
            await order.done()
        assert early.cancelled_caught
        rig.foundation.hub.filled(fill)

        assert await order.done() is OrderState.FILLED


async def test_it_shows_what_the_exchange_works_with(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().working(BID) as order:
        assert order.average_price is None
        await order.amend(qty="0.002", price="49000.0")

        assert (order.qty, order.limit_price, order.filled_qty) == (D("0.002"), D("49000.0"), D(0))
        assert order.order_id == rig.venue.orders[order.client_order_id].order_id
        assert repr(order) == f"<WorkingOrder {order.client_order_id} buy 0.001 BTC/USD limit at 50000.0 open filled=0>"


async def test_an_amend_says_what_it_cannot_take(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().working(BID) as order:
        with pytest.raises(ValueError, match="give qty, price, or both"):
            await order.amend()
        with pytest.raises(BadNumber, match="qty"):
            await order.amend(qty=0.5)  # type: ignore[arg-type]  # the mistake that is tried
        with pytest.raises(BadNumber, match="price"):
            await order.amend(price="-1")
