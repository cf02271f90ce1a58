"""Blocks left in every way, in every situation: afterwards nothing rests, and what is undecided is the desk's.

Right after a block: what still rests at the exchange is in the desk's care. Some minutes later: nothing rests, nothing is
undecided, no task is left, and where a position was held, it is flat.
"""

import itertools
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import attrs
import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.working import WorkingOrder
from seawall.model.errors import NotSent, Refused
from seawall.model.orders import Intent, limit_buy, limit_sell, market_buy
from seawall.model.reports import OrderStatus

D = Decimal
ETH_BID = limit_buy("ETH/USD", qty="0.01", price="49000.0")
OFFER = limit_sell("BTC/USD", qty="0.001", price="51000.0")
SETTLED_S = 300.0
"""Long enough for any order to be decided."""


class Bug(Exception):
    """What a strategy raises."""


class OtherBug(Exception):
    """What another task of it raises at the same time."""


@asynccontextmanager
async def surroundings(travel_s: float = 0.01) -> AsyncGenerator[Rig, None]:
    """A desk on a venue that takes a moment for everything; at the end everything must have been seen to."""
    rig = Rig()
    rig.venue.travel_s = travel_s
    async with rig.caring() as nursery:
        rig.venue.quote("ETH/USD")
        nursery.start_soon(rig.assembly.reconciler.recover_fills, name="fills")
        yield rig
        rests_unowned = set(rig.venue.open_ids()) - {order.client_order_id for order in rig.custody.in_care()}
        assert rests_unowned == set(), "left to itself"
        await trio.sleep(SETTLED_S)
        assert rig.venue.open_ids() == []
        assert rig.blotter.table.live() == ()
        assert [order for order in rig.blotter.table if order.misses_fills] == []
        assert rig.custody.in_care() == ()
        assert [task.name for task in nursery.child_tasks] == ["fills"]
        assert set(rig.assembly.holdings) == set()
        bought = sum((fill.side.sign * fill.qty for fill in rig.venue.fills if fill.symbol == "BTC/USD"), D(0))
        assert rig.market().position("BTC/USD").qty == bought, "the position is the sum of the fills"


# Situations: what is true of the order as its block is left. Each is given the order, inside its block.

Situation = Callable[[Rig, WorkingOrder], Awaitable[None] | None]


def resting(rig: Rig, order: WorkingOrder) -> None:
    """It rests."""


def part_filled(rig: Rig, order: WorkingOrder) -> None:
    rig.venue.fill(order.client_order_id, "0.0004")


def part_filled_unheard(rig: Rig, order: WorkingOrder) -> None:
    """The fill is on its way, and comes a second after the block is left."""
    rig.venue.silent = True
    fill = rig.venue.fill(order.client_order_id, "0.0004")
    rig.venue.silent = False
    start(rig, later(1.0, lambda: rig.foundation.hub.filled(fill)))


def filled(rig: Rig, order: WorkingOrder) -> None:
    rig.venue.fill(order.client_order_id, "0.001")


def ended_by_the_exchange(rig: Rig, order: WorkingOrder) -> None:
    rig.venue.end(order.client_order_id, OrderStatus.EXPIRED, "too late")


def part_fills_as_it_is_cancelled(rig: Rig, order: WorkingOrder) -> None:
    start(rig, fill_during_cancel(rig, order, "0.0004"))


def fills_as_it_is_cancelled(rig: Rig, order: WorkingOrder) -> None:
    start(rig, fill_during_cancel(rig, order, "0.001"))


async def amended(rig: Rig, order: WorkingOrder) -> None:
    await order.amend(qty="0.002", price="49900.0")


async def amend_lost(rig: Rig, order: WorkingOrder) -> None:
    """The answer to an amend is lost, and the block is left while the order is being read back."""
    rig.venue.lose_next_amend = "after"
    with trio.move_on_after(1):
        await order.amend(qty="0.002")


async def amend_under_way(rig: Rig, order: WorkingOrder) -> None:
    """An amend has been sent and not been answered as the block is left."""
    with trio.CancelScope() as scope:
        start(rig, later(rig.venue.travel_s / 2, scope.cancel))
        await order.amend(qty="0.002")


def cancels_unanswered(rig: Rig, order: WorkingOrder) -> None:
    """No cancel is answered for twenty seconds."""
    rig.venue.cancels_fail = True
    start(rig, later(20.0, lambda: setattr(rig.venue, "cancels_fail", False)))


def exchange_unreachable(rig: Rig, order: WorkingOrder) -> None:
    """There is no way to the exchange for twenty seconds."""
    rig.venue.unreachable = True
    start(rig, later(20.0, lambda: setattr(rig.venue, "unreachable", False)))


def stream_silent(rig: Rig, order: WorkingOrder) -> None:
    """Nothing is told by itself any more: what is asked for is answered."""
    rig.venue.silent = True


SITUATIONS: tuple[Situation, ...] = (
    resting,
    part_filled,
    part_filled_unheard,
    filled,
    ended_by_the_exchange,
    part_fills_as_it_is_cancelled,
    fills_as_it_is_cancelled,
    amended,
    amend_lost,
    amend_under_way,
    cancels_unanswered,
    exchange_unreachable,
    stream_silent,
)


def start(rig: Rig, work: Callable[[], Awaitable[None]]) -> None:
    """Run something of the world's beside the block, in the desk's nursery: it must have ended in the end, too."""
    assert rig.custody.start(work, name="the world")


def later(delay_s: float, act: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await trio.sleep(delay_s)
        act()

    return run


def fill_during_cancel(rig: Rig, order: WorkingOrder, qty: str) -> Callable[[], Awaitable[None]]:
    """The order trades while the request that cancels it is on its way."""

    async def run() -> None:
        inner = order._order
        for _ in range(10_000):
            if not inner.wanted and not inner.ended:
                rig.venue.fill(order.client_order_id, qty)
                return
            await trio.sleep(rig.venue.travel_s / 4)

    return run


# Ways out of a block. Each is given what to do inside the block, and leaves it; what comes out must be what is said.

Way = Callable[[Rig, Situation], Awaitable[None]]


async def reach(situation: Situation, rig: Rig, order: WorkingOrder) -> None:
    waiting = situation(rig, order)
    if waiting is not None:
        await waiting


@asynccontextmanager
async def placed(rig: Rig, situation: Situation) -> AsyncGenerator[None, None]:
    async with rig.market().working(BID) as order:
        await reach(situation, rig, order)
        yield


async def by_its_end(rig: Rig, situation: Situation) -> None:
    async with placed(rig, situation):
        pass


async def by_return(rig: Rig, situation: Situation) -> None:
    async def strategy() -> int:
        async with placed(rig, situation):
            return 7

    assert await strategy() == 7


async def by_exception(rig: Rig, situation: Situation) -> None:
    with pytest.raises(Bug):
        async with placed(rig, situation):
            raise Bug


async def by_cancellation_from_inside(rig: Rig, situation: Situation) -> None:
    async with placed(rig, situation):
        with trio.CancelScope() as scope:
            scope.cancel()
            await trio.sleep_forever()
        assert scope.cancelled_caught


async def by_cancellation_from_outside(rig: Rig, situation: Situation) -> None:
    with trio.CancelScope() as scope:
        async with placed(rig, situation):
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def by_deadline(rig: Rig, situation: Situation) -> None:
    with trio.move_on_after(3) as scope:
        async with placed(rig, situation):
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def by_another_task(rig: Rig, situation: Situation) -> None:
    async def fail() -> None:
        await trio.sleep(3)
        raise OtherBug

    with pytest.RaisesGroup(OtherBug):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            async with placed(rig, situation):
                await trio.sleep_forever()


async def by_two_errors_at_once(rig: Rig, situation: Situation) -> None:
    async def fail() -> None:
        await leaving.wait()
        raise OtherBug

    leaving = trio.Event()
    with pytest.RaisesGroup(Bug, OtherBug):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            async with placed(rig, situation):
                leaving.set()
                raise Bug


async def by_exception_while_cancelled(rig: Rig, situation: Situation) -> None:
    async def fail() -> None:
        async with placed(rig, situation):
            scope.cancel()
            raise Bug

    with trio.CancelScope() as scope, pytest.raises(Bug):
        await fail()


async def by_cancellation_while_it_is_left(rig: Rig, situation: Situation) -> None:
    """The clean-up is under way when the cancellation comes: it is shielded."""
    with trio.CancelScope() as scope:
        async with placed(rig, situation):
            scope.deadline = trio.current_time() + rig.venue.travel_s / 2


WAYS: tuple[Way, ...] = (
    by_its_end,
    by_return,
    by_exception,
    by_cancellation_from_inside,
    by_cancellation_from_outside,
    by_deadline,
    by_another_task,
    by_two_errors_at_once,
    by_exception_while_cancelled,
    by_cancellation_while_it_is_left,
)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_block_left_in_any_way_and_situation_leaves_nothing(
    way: Way, situation: Situation, autojump_clock: MockClock
) -> None:
    async with surroundings() as rig:
        await way(rig, situation)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_position_left_in_any_way_and_situation_is_flat(
    way: Way, situation: Situation, autojump_clock: MockClock
) -> None:
    """An order in a block that holds a position, which has something to close already."""

    async def hold(rig: Rig, order: WorkingOrder) -> None:
        async with rig.market().working(market_buy("BTC/USD", qty="0.01")) as first:
            await first.done()
        await reach(situation, rig, order)

    async with surroundings() as rig, rig.market().holding("BTC/USD") as position:
        await way(rig, hold)
    assert position.qty == 0


# Every place at which a block can be cancelled.


@attrs.define(eq=False)
class CancelAt(trio.abc.Instrument):
    """Cancels a scope as soon as its task, or a task in a nursery of that one's, has come to wait for the n-th time."""

    task: trio.lowlevel.Task
    scope: trio.CancelScope
    place: int
    seen: int = 0
    times: list[float] = attrs.field(factory=list)
    """When it came to wait, on the virtual clock."""

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        nursery = task.parent_nursery
        if task is self.task or (nursery is not None and nursery.parent_task is self.task):
            self.seen += 1
            self.times.append(trio.current_time())
            if self.seen == self.place:
                self.scope.cancel(reason=f"place {self.place}")


Program = Callable[[Rig], Awaitable[None]]


async def with_one_order(rig: Rig) -> None:
    async with rig.market().working(BID) as order:
        await trio.sleep(1)
        rig.venue.fill(order.client_order_id, "0.0004")
        await order.amend(price="49990.0")
        await trio.sleep(1)
        await order.cancel()


async def with_fills(rig: Rig) -> None:
    async with rig.market().working(BID) as order:
        start(rig, later(1.0, lambda: _fill_if_open(rig, order.client_order_id, "0.0004")))
        start(rig, later(2.0, lambda: _fill_if_open(rig, order.client_order_id, "0.0006")))
        assert [fill.qty async for fill in order.fills()] == [D("0.0004"), D("0.0006")]


def _fill_if_open(rig: Rig, name: str, qty: str) -> None:
    if name in rig.venue.open_ids():
        rig.venue.fill(name, qty)


async def with_a_lost_answer(rig: Rig) -> None:
    rig.venue.lose_next = "after"
    async with rig.market().working(BID):
        await trio.sleep(1)


async def with_a_lost_order(rig: Rig) -> None:
    rig.venue.lose_next = "before"
    with pytest.raises(Refused, match=r"never_placed|deadline"):
        async with rig.market().working(BID):
            pytest.fail("entered")


async def with_no_answer(rig: Rig) -> None:
    rig.venue.lose_next = "hang"
    async with rig.market().working(BID):
        await trio.sleep(1)


async def with_a_lost_amend(rig: Rig) -> None:
    async with rig.market().working(BID) as order:
        rig.venue.lose_next_amend = "after"
        await order.amend(qty="0.003")
        assert order.qty == D("0.003")


async def with_an_amend_that_did_not_arrive(rig: Rig) -> None:
    async with rig.market().working(BID) as order:
        rig.venue.lose_next_amend = "before"
        with pytest.raises(Refused, match=r"read back unchanged|deadline"):
            await order.amend(qty="0.003")


async def two_deep(rig: Rig) -> None:
    async with rig.market().working(BID) as outer, rig.market().working(attrs.evolve(BID, limit_price=D("49000.0"))) as inner:
        await trio.sleep(1)
        rig.venue.fill(inner.client_order_id, "0.0004")
        rig.venue.fill(outer.client_order_id, "0.001")
        await outer.done()


async def three_deep_in_two_symbols(rig: Rig) -> None:
    market = rig.market()
    async with market.working(BID), market.working(ETH_BID) as second, market.working(OFFER):
        await trio.sleep(1)
        rig.venue.fill(second.client_order_id, "0.004")
        await trio.sleep(1)


async def side_by_side(rig: Rig) -> None:
    """Three tasks with an order each."""

    async def rest(intent: Intent) -> None:
        async with rig.market().working(intent):
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for intent in (BID, ETH_BID, OFFER):
            nursery.start_soon(rest, intent)


async def with_sell_all(rig: Rig) -> None:
    async with rig.market().working(market_buy("BTC/USD", qty="0.01")) as order:
        await order.done()
    assert [fill.qty for fill in await rig.market().sell_all("BTC/USD")] == [D("0.01")]


async def holding(rig: Rig) -> None:
    market = rig.market()
    async with market.holding("BTC/USD") as position:
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        async with market.working(OFFER) as offer:
            await trio.sleep(1)
            rig.venue.fill(offer.client_order_id, "0.0004")
        await position.close()
        async with market.working(market_buy("BTC/USD", qty="0.02")) as order:
            await order.done()


async def holding_with_a_lost_answer(rig: Rig) -> None:
    rig.venue.lose_next = "after"
    await holding(rig)


async def holding_with_no_answer(rig: Rig) -> None:
    rig.venue.lose_next = "hang"
    await holding(rig)


async def holding_two_deep(rig: Rig) -> None:
    market = rig.market()
    async with market.holding("BTC/USD"), market.holding("ETH/USD"):
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        async with market.working(market_buy("ETH/USD", qty="0.1")) as order:
            await order.done()


PROGRAMS: tuple[Program, ...] = (
    with_one_order,
    with_fills,
    with_a_lost_answer,
    with_a_lost_order,
    with_no_answer,
    with_a_lost_amend,
    with_an_amend_that_did_not_arrive,
    two_deep,
    three_deep_in_two_symbols,
    side_by_side,
    with_sell_all,
    holding,
    holding_with_a_lost_answer,
    holding_with_no_answer,
    holding_two_deep,
)
HOLDING = (holding, holding_with_a_lost_answer, holding_with_no_answer, holding_two_deep)


async def run_until(rig: Rig, program: Program, *, place: int = 0, lasts_s: float = math.inf) -> CancelAt:
    """Run it, cancelled at the n-th place at which it waits, or by a deadline; where it waited, and when."""
    with trio.CancelScope(deadline=trio.current_time() + lasts_s) as scope:
        instrument = CancelAt(trio.lowlevel.current_task(), scope, place)
        trio.lowlevel.add_instrument(instrument)
        try:
            await program(rig)
        finally:
            trio.lowlevel.remove_instrument(instrument)
    return instrument


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
async def test_a_block_can_be_cancelled_wherever_it_waits(program: Program, autojump_clock: MockClock) -> None:
    for place in itertools.count(1):
        async with surroundings() as rig:
            run = await run_until(rig, program, place=place)
        check_flat(rig, program)
        if run.seen < place:
            break
    assert place > 3


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
async def test_a_deadline_may_pass_whenever_a_block_waits(program: Program, autojump_clock: MockClock) -> None:
    """The exchange is slow, and the deadline travels with every order: some are refused for it, some are cut off by it."""
    async with surroundings(travel_s=0.4) as rig:
        began_s = trio.current_time()
        run = await run_until(rig, program)
    instants = sorted({time_s - began_s for time_s in run.times})
    assert len(instants) > 2
    refusals = 0
    for lasts_s in (0.0, *instants):
        for nearly_s in (lasts_s, lasts_s + 0.2):
            async with surroundings(travel_s=0.4) as rig:
                try:
                    await run_until(rig, program, lasts_s=nearly_s)
                except* (Refused, NotSent):
                    refusals += 1
            check_flat(rig, program)
    assert refusals > 0 or program is with_a_lost_order, "that one answers its refusals itself"


def check_flat(rig: Rig, program: Program) -> None:
    if program in HOLDING:
        assert all(rig.market().position(symbol).is_flat for symbol in ("BTC/USD", "ETH/USD"))
