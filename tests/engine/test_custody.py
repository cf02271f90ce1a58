"""Orders in the desk's care: asked for and cancelled until the exchange has decided."""

from decimal import Decimal

import attrs
import pytest
import trio
from support.journal import MemoryJournal
from support.rig import BID, Rig
from support.venue import FakeOrder
from trio.testing import MockClock

from seawall.engine.cancels import MOST_IN_ONE
from seawall.engine.ids import client_order_ids
from seawall.engine.notices import ForeignOrderSeen, OrderContradicted, OrderInDoubt, QuestionFailed, StrayOrderSeen
from seawall.engine.order_table import Order
from seawall.engine.settings import Deadlines, EngineSettings, RiskLimits, SymbolLimits
from seawall.model.journal import IntentRecord
from seawall.model.order_states import Heard, OrderState
from seawall.model.reports import OrderReport, OrderStatus, PlaceOrder
from seawall.resilience import Limiter

LIMITS = Deadlines()


def in_doubt(rig: Rig, name: str = "s1") -> Order:
    """An order that was sent and not answered, five seconds before its deadline."""
    deadline_ns = rig.venue.now_ns() + int(LIMITS.order_s * 1e9)
    order = rig.blotter.plan(IntentRecord(name, "me", BID, deadline_ns, rig.venue.now_ns()))
    rig.blotter.move(order, Heard.SENDING)
    rig.custody.doubt(order, "the answer was lost")
    return order


def sent(order: Order) -> PlaceOrder:
    """As it left."""
    return PlaceOrder(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        order_type=order.intent.order_type,
        qty=order.qty,
        limit_price=order.limit_price,
        trigger_price=None,
        time_in_force="gtc",
        post_only=False,
        deadline_ns=order.deadline_ns,
    )


async def test_an_order_no_longer_wanted_is_cancelled_and_leaves_care(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.custody.release(order)
        rig.custody.release(order)
        assert [cared.client_order_id for cared in rig.custody.in_care()] == [order.client_order_id]
        await trio.sleep(1)

        assert order.state is OrderState.CANCELED
        assert rig.custody.in_care() == ()
        assert rig.venue.cancelled == [order.client_order_id]


async def test_a_failed_cancel_is_told_and_repeated(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.cancels_fail = True
        rig.custody.release(order)
        await trio.sleep(5)
        assert not order.ended
        assert len(rig.told(QuestionFailed)) >= 2

        rig.venue.cancels_fail = False
        await trio.sleep(5)
        assert order.state is OrderState.CANCELED


async def test_an_order_in_doubt_whose_owner_leaves_is_cancelled_at_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(0.5)  # asked once; the next question is due past the order's deadline
        rig.custody.release(order)
        await trio.sleep(0.2)

        assert rig.venue.cancelled == [order.client_order_id], "a cancel never waits for a question's turn"


async def test_an_order_let_go_of_in_the_middle_of_a_question_is_cancelled_next(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.unreachable = True
        rig.venue.travel_s = 0.5
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + LIMITS.settle_s + 10)
        while rig.told(QuestionFailed):  # until one has just failed: 2 s of pause and 0.5 s of question follow
            rig.notices.clear()
            await trio.sleep(2.4)
        rig.venue.unreachable = False
        rig.custody.release(order)
        await trio.sleep(0.6)

        assert rig.venue.cancelled == [order.client_order_id]


async def test_nothing_is_decided_before_the_orders_own_deadline_has_passed_twice_over(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + LIMITS.settle_s)
        assert order.in_doubt
        await trio.sleep(LIMITS.settle_s + 2)

        assert order.state is OrderState.NEVER_PLACED
        assert len(rig.told(OrderInDoubt)) == 1


async def test_an_order_that_shows_late_is_found_before_it_could_count_as_absent(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + 20)
        assert order.in_doubt
        rig.venue.orders[order.client_order_id] = FakeOrder("O1", sent(order), qty=order.qty)
        await trio.sleep(20)

        assert order.state is OrderState.OPEN


async def test_an_order_that_the_private_stream_has_named_is_never_held_for_never_placed(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        rig.foundation.hub.order_reported(OrderReport("O1", order.client_order_id, OrderStatus.PENDING, 3))
        await trio.sleep(120)  # and REST does not list it

        assert order.in_doubt
        assert order.exposed_qty == Decimal("0.001")


async def test_seen_once_between_two_absences_is_not_absent(autojump_clock: MockClock) -> None:
    """Answers of REST come from more than one machine: one that lags knows less than the one before."""
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + 2.5)
        assert order.client_order_id in rig.custody._absent_at_ns
        rig.foundation.hub.order_reported(OrderReport("O1", order.client_order_id, OrderStatus.PENDING, 3))
        await trio.sleep(30)

        assert order.in_doubt


async def test_while_the_private_stream_is_down_absence_proves_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.foundation.hub.private_lost("cut")
        order = in_doubt(rig)
        await trio.sleep(60)
        assert order.in_doubt


async def test_once_the_private_stream_is_back_it_is_asked_at_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        rig.foundation.hub.private_lost("cut")
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + 50)
        assert order.in_doubt
        rig.venue.restore_private()
        rig.custody.look_again()
        await trio.sleep(LIMITS.settle_s + 2)

        assert order.state is OrderState.NEVER_PLACED


async def test_a_contradiction_repeated_a_thousand_times_is_one_task(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        rig.custody.release(order)
        await trio.sleep(1)
        rig.venue.cancels_fail = True
        for _ in range(1_000):
            rig.foundation.hub.order_reported(OrderReport(order.order_id or "", order.client_order_id, OrderStatus.FILLED, 3))

        assert len(rig.told(OrderContradicted)) == 1_000
        assert len(nursery.child_tasks) <= 1
        rig.venue.cancels_fail = False
        await trio.sleep(10)
        assert len(nursery.child_tasks) == 0


async def test_who_waits_for_the_last_order_is_woken_when_the_desk_ends(autojump_clock: MockClock) -> None:
    rig = Rig()
    woken: list[bool] = []

    async def wait() -> None:
        while rig.custody.in_care():
            await rig.blotter.changed.wait()
        woken.append(True)

    async with trio.open_nursery() as outer:
        async with rig.caring() as desk:
            order = await rig.opened()
            rig.venue.cancels_fail = True
            rig.custody.release(order)
            outer.start_soon(wait)
            await trio.sleep(1)
            desk.cancel_scope.cancel()
        with trio.move_on_after(1):
            await trio.sleep(0.1)
        outer.cancel_scope.cancel()

    assert woken == [True]


async def test_without_a_desk_nothing_is_started(autojump_clock: MockClock) -> None:
    rig = Rig()
    order = rig.blotter.plan(IntentRecord("s1", "me", BID, 1, 1))
    rig.blotter.move(order, Heard.SENDING)
    rig.custody.doubt(order, "the answer was lost")
    assert rig.custody.in_care() == ()

    async with rig.caring():
        assert rig.custody.in_care() == (order,), "the desk takes what needs care when it opens"


async def test_orders_let_go_of_together_are_cancelled_in_one_request(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        orders = [await rig.opened() for _ in range(12)]
        for order in orders:
            rig.custody.release(order)
        await trio.sleep(1)

        assert rig.venue.cancel_requests == [[order.client_order_id for order in orders]]
        assert {order.state for order in orders} == {OrderState.CANCELED}


async def test_no_request_names_more_orders_than_the_exchange_takes(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(risk=RiskLimits(SymbolLimits(max_open_orders=None))))
    async with rig.caring():
        orders = [await rig.opened() for _ in range(MOST_IN_ONE + 7)]
        for order in orders:
            rig.custody.release(order)
        await trio.sleep(1)

        assert sorted(len(request) for request in rig.venue.cancel_requests) == [7, MOST_IN_ONE]
        assert {order.state for order in orders} == {OrderState.CANCELED}


async def test_the_cancels_of_one_strategy_name_no_order_of_another(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        mine, other = [await rig.opened(owner="me") for _ in range(3)], await rig.opened(owner="other")
        for order in mine:
            rig.custody.release(order)
        await trio.sleep(1)

        assert rig.venue.open_ids() == [other.client_order_id]
        assert other.client_order_id not in {name for request in rig.venue.cancel_requests for name in request}


async def test_a_request_that_failed_is_repeated_for_every_order_in_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        orders = [await rig.opened() for _ in range(3)]
        rig.venue.cancels_fail = True
        for order in orders:
            rig.custody.release(order)
        await trio.sleep(1)
        assert all(order.cancel_unanswered for order in orders)
        rig.venue.cancels_fail = False
        await trio.sleep(5)

        assert {order.state for order in orders} == {OrderState.CANCELED}


async def test_an_order_that_filled_while_its_cancel_was_under_way_is_asked_for_at_once(autojump_clock: MockClock) -> None:
    """`Unknown order` says that it has ended, and not how."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        rig.venue.silent = True
        rig.venue.fill(order.client_order_id, "0.001")
        rig.custody.release(order)
        await trio.sleep(0.1)
        assert order.state is OrderState.FILLED

        await trio.sleep(LIMITS.settle_s + 1)
        assert order.filled_qty == Decimal("0.001")
        assert rig.market().position("BTC/USD").qty == Decimal("0.001")


async def test_an_order_that_both_lists_forgot_is_found_by_its_fills(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        rig.venue.silent = True
        rig.venue.orders[order.client_order_id] = FakeOrder("O1", sent(order), qty=order.qty)
        rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None) for fill in rig.venue.fills]  # as REST tells them
        rig.venue.lists_hide.append(order.client_order_id)
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + 30)

        assert order.state is OrderState.FILLED
        assert rig.market().position("BTC/USD").qty == Decimal("0.001")


@pytest.mark.parametrize("orders", [1, 2, 5])
async def test_orders_in_doubt_do_not_keep_each_other_from_being_decided(autojump_clock: MockClock, orders: int) -> None:
    """Found by an ordeal: two requests lost in an outage, and the counter of Kraken's lowest tier.

    Each was asked for again every few seconds, and each failed question took what the next one was waiting for: they
    stayed in doubt for ever, and kept entries out.
    """
    rig = Rig()
    rig.venue.reads = Limiter("reads", capacity=12, refill_per_s=0.33)
    async with rig.caring():
        doubted = [in_doubt(rig, f"s{number}") for number in range(orders)]
        await trio.sleep(LIMITS.absent_s + 120 * orders)

        assert {order.state for order in doubted} == {OrderState.NEVER_PLACED}


async def test_a_cancel_does_not_wait_for_as_long_as_questions_have_to(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.venue.reads = Limiter("reads", capacity=5, refill_per_s=0.01)
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + 30)
        assert rig.told(QuestionFailed)
        rig.custody.release(order)
        await trio.sleep(10)

        assert len(rig.venue.cancelled) >= 3


async def test_while_fills_cannot_be_read_nothing_is_never_placed(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = in_doubt(rig)
        await trio.sleep(LIMITS.order_s + LIMITS.absent_s + 2.4)
        rig.venue.fills_fail = True
        await trio.sleep(30)
        assert order.in_doubt
        assert rig.told(QuestionFailed)
        rig.venue.fills_fail = False
        await trio.sleep(10)

        assert order.state is OrderState.NEVER_PLACED


async def test_an_order_of_this_journal_that_it_holds_for_ended_is_cancelled_and_told(autojump_clock: MockClock) -> None:
    """It was never placed, said the exchange; the engine was started again; and then it came alive."""
    earlier = next(client_order_ids(MemoryJournal().replayed.journal_id, run=1))
    rig = Rig()
    async with rig.caring():
        order = attrs.evolve(sent(in_doubt(rig)), client_order_id=earlier)
        rig.venue.orders[earlier] = FakeOrder("O9", order, qty=order.qty)
        rig.venue.report(rig.venue.orders[earlier])
        rig.venue.report(rig.venue.orders[earlier])
        await trio.sleep(1)

        assert rig.told(StrayOrderSeen) == [StrayOrderSeen(earlier, "O9", "BTC/USD")]
        assert rig.told(ForeignOrderSeen) == []
        assert rig.venue.cancelled == ["O9"]


async def test_an_order_with_an_id_of_another_journal_is_left_alone(autojump_clock: MockClock) -> None:
    foreign = next(client_order_ids("beef01", run=1))
    rig = Rig()
    async with rig.caring():
        rig.foundation.hub.order_reported(OrderReport("O9", foreign, OrderStatus.OPEN, 3, symbol="BTC/USD"))
        await trio.sleep(1)

        assert rig.told(ForeignOrderSeen) == [ForeignOrderSeen("O9", "BTC/USD")]
        assert rig.venue.cancelled == []
