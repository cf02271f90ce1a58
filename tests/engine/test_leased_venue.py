"""Without a sure lease nothing is sent but cancels."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from support.rig import BID, Rig
from support.venue import FakeVenue
from trio.testing import MockClock

from seawall.engine.leased_venue import LeasedVenue
from seawall.model.errors import NotSent, RefusedByRisk
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, PlaceOrder

ORDER = PlaceOrder(
    "c-1", "BTC/USD", Side.BUY, "limit", Decimal(1), Decimal(50_000), None, "gtc", post_only=False, deadline_ns=1 << 60
)

SENDS: list[Callable[[LeasedVenue], Awaitable[object]]] = [
    lambda venue: venue.place(ORDER, lambda: None),
    lambda venue: venue.amend(AmendOrder("c-1", qty=Decimal(2))),
    lambda venue: venue.cancel_all_after(60),
    lambda venue: venue.cancel_all_after(0),
]
PASSES: list[Callable[[LeasedVenue], Awaitable[object]]] = [
    lambda venue: venue.cancel(["c-1"]),
    lambda venue: venue.find_order("c-1"),
    lambda venue: venue.open_orders(),
    lambda venue: venue.fills_since(0),
    lambda venue: venue.balances(),
    lambda venue: venue.follow_book("BTC/USD"),
    lambda venue: venue.follow_trades("BTC/USD"),
    lambda venue: venue.follow_candles("BTC/USD", 60),
]


@pytest.fixture
def inner() -> FakeVenue:
    return Rig().venue


@pytest.mark.parametrize("send", SENDS)
async def test_what_could_do_harm_is_held_back_and_passes_without_a_doubt(
    inner: FakeVenue, autojump_clock: MockClock, send: Callable[[LeasedVenue], Awaitable[object]]
) -> None:
    with pytest.raises(NotSent, match="lease: the server is gone"):
        await send(LeasedVenue(inner, lambda: "the server is gone"))
    assert (inner.placed, inner.armed) == ([], [])
    sure = LeasedVenue(inner, lambda: None)
    await sure.place(ORDER, lambda: None)
    if send is not SENDS[0]:
        await send(sure)


@pytest.mark.parametrize("ask", PASSES)
async def test_cancels_and_questions_pass_whatever_is_doubted(
    inner: FakeVenue, autojump_clock: MockClock, ask: Callable[[LeasedVenue], Awaitable[object]]
) -> None:
    await ask(LeasedVenue(inner, lambda: "the server is gone"))


async def test_a_doubt_that_comes_while_an_order_waits_for_its_turn_holds_it_back(
    inner: FakeVenue, autojump_clock: MockClock
) -> None:
    doubts = iter([None, "the server is gone"])
    sent: list[str] = []
    with pytest.raises(NotSent, match="the server is gone"):
        await LeasedVenue(inner, lambda: next(doubts)).place(ORDER, lambda: sent.append("sending"))
    assert (sent, inner.placed) == ([], [])


@pytest.mark.parametrize("closing", [False, True])
async def test_the_desk_refuses_by_the_rule_lease_and_takes_nothing_into_the_journal(
    autojump_clock: MockClock, closing: bool
) -> None:
    rig = Rig()
    async with rig.caring():
        rig.desk.intake.lease_doubt = lambda: "last confirmed 5 s ago"
        with pytest.raises(RefusedByRisk, match="lease: last confirmed 5 s ago"):
            await rig.desk.place("me", BID, closing=closing)
    assert rig.journal.intents() == []


async def test_an_order_that_rests_can_be_cancelled_and_not_amended(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.desk.intake.lease_doubt = lambda: "last confirmed 5 s ago"
        with pytest.raises(RefusedByRisk, match="lease"):
            await rig.desk.amend(order, limit_price=Decimal(49_000))
        await rig.desk.see_off(order)
    assert rig.venue.open_ids() == []
