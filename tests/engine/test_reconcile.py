"""Comparing the exchange's word with ours, and fetching what was missed."""

from decimal import Decimal

import attrs
import pytest
import trio
from support.journal import MemoryJournal
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.modes import Mode
from seawall.engine.monitors import BalanceDiffers, BalancesAgreed
from seawall.engine.notices import ExternalFillSeen, FillDiffers, FillsOverdue, OrderDiffers, QuestionFailed, Reconciled
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings, OnDifference, Reconcile
from seawall.model.errors import Unavailable
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord, Replayed
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, market_buy
from seawall.model.reports import Fill, OrderReport, OrderStatus, PlaceOrder, PrivateSnapshot
from seawall.resilience import Limiter

D = Decimal
SECOND_NS = 1_000_000_000


def behind_our_back(rig: Rig, order: Order, status: OrderStatus) -> None:
    """The order ends at the exchange while the private stream is down."""
    rig.foundation.hub.private_lost("cut")
    rig.venue.silent = True
    rig.venue.end(order.client_order_id, status, "by another hand")
    rig.venue.silent = False


async def test_an_order_that_ended_in_a_gap_is_asked_for_at_the_snapshot(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        behind_our_back(rig, order, OrderStatus.CANCELED)
        rig.venue.restore_private()
        await trio.sleep(1)

        assert order.state is OrderState.CANCELED
        assert rig.told(Reconciled) == [Reconciled(0, 0, 1)]


async def test_an_order_that_was_placed_in_a_gap_and_ended_in_it_is_asked_for_soon(
    autojump_clock: MockClock,
) -> None:
    """By REST, and at once: it is too young to be missed in the snapshot, and the stream will never tell of it."""
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        order = await rig.opened()
        behind_our_back(rig, order, OrderStatus.CANCELED)
        rig.venue.restore_private()
        await trio.sleep(3)

        assert order.state is OrderState.CANCELED, "not only at the next round, minutes later"


async def test_so_is_one_whose_answer_came_only_after_the_snapshot(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        rig.venue.travel_s = 2.5
        nursery.start_soon(rig.desk.place, "me", BID)
        await trio.sleep(1)
        (order,) = rig.blotter.table
        behind_our_back(rig, order, OrderStatus.CANCELED)
        rig.venue.restore_private()
        rig.venue.silent = True
        await trio.sleep(1.6)
        assert not order.ended, "as the answer said"
        rig.venue.travel_s = 0.01
        await trio.sleep(5)

        assert order.ended


async def test_one_that_rests_is_asked_for_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        order = await rig.opened()
        rig.foundation.hub.private_lost("cut")
        rig.foundation.hub.private_restored(PrivateSnapshot((), ()))
        await trio.sleep(60)

        assert order.state is OrderState.OPEN
        assert rig.venue.asked_for == [order.client_order_id]


async def test_a_question_that_fails_in_a_gap_is_asked_again_soon(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        behind_our_back(rig, order, OrderStatus.CANCELED)
        rig.venue.unreachable = True
        rig.venue.restore_private()
        await trio.sleep(1)
        rig.venue.unreachable = False
        await trio.sleep(10)

        assert order.state is OrderState.CANCELED, "not only at the next round, minutes later"


async def test_without_a_gap_the_list_is_asked_for_every_few_minutes(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=300))
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(1_000)

        assert len(rig.told(Reconciled)) == 3


async def test_an_exchange_that_cannot_be_asked_is_told_and_asked_again(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=300))
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        rig.venue.unreachable = True
        await trio.sleep(310)
        assert rig.told(QuestionFailed)
        rig.venue.unreachable = False
        await trio.sleep(10)

        assert len(rig.told(Reconciled)) == 1


async def test_a_comparison_is_not_repeated_sooner_than_its_failure_says(autojump_clock: MockClock) -> None:
    """What asking too soon costs of the rate counter is what the next question is waiting for."""
    rig = Rig(EngineSettings(reconcile_every_s=300))
    rig.venue.reads = Limiter("reads", capacity=5, refill_per_s=0.1)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await rig.venue.reads.take(weight=5)
        await trio.sleep(299)
        await rig.venue.reads.take(weight=5)
        await trio.sleep(60)

        assert len(rig.told(QuestionFailed)) == 1
        assert len(rig.told(Reconciled)) == 1


async def test_missed_fills_are_fetched_even_when_nobody_listened_yet(autojump_clock: MockClock) -> None:
    """The first snapshot comes before the desk has opened: its word must not be lost."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        rig.venue.silent = True
        rig.venue.fill(order.client_order_id, "0.0004")
        rig.venue.silent = False
        rig.venue.report(rig.venue.orders[order.client_order_id])
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        await trio.sleep(10)

        assert order.filled_qty == D("0.0004")
        assert rig.market().position("BTC/USD").qty == D("0.0004")


async def test_a_total_that_was_only_guessed_is_asked_for(autojump_clock: MockClock) -> None:
    """The bare word filled, after the quantity was lowered by another hand: what is waited for must come."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        rig.venue.silent = True
        rig.venue.orders[order.client_order_id].qty = D("0.0004")
        rig.venue.fill(order.client_order_id, "0.0004")
        rig.foundation.hub.order_reported(OrderReport(order.order_id or "", order.client_order_id, OrderStatus.FILLED, 3))
        assert order.exposed_qty == D("0.001")
        with trio.fail_after(20):
            await rig.desk.ended(order)

        assert order.filled_qty == D("0.0004")


@pytest.mark.parametrize("ahead_s", [-3_600, -30, 30, 3_600])
async def test_a_wall_clock_that_is_wrong_hides_no_fill_and_no_end(autojump_clock: MockClock, ahead_s: int) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=30))
    rig.desk.intake.now_ns = lambda: rig.venue.now_ns() + ahead_s * SECOND_NS
    await trio.sleep(7_200)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        nursery.start_soon(rig.assembly.reconciler.run)
        filled, ended = await rig.opened(), await rig.opened()
        rig.venue.silent = True
        rig.venue.fill(filled.client_order_id, "0.001")
        rig.venue.end(ended.client_order_id, OrderStatus.CANCELED, "by another hand")
        rig.venue.silent = False
        await trio.sleep(60)

        assert (filled.state, filled.filled_qty) == (OrderState.FILLED, D("0.001"))
        assert ended.state is OrderState.CANCELED


async def test_a_fill_told_by_nobody_is_found_by_the_next_comparison(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        rig.venue.silent = True
        rig.venue.fill(order.client_order_id, "0.0004")
        await trio.sleep(310)

        assert rig.market().position("BTC/USD").qty == D("0.0004")


def wire_of(record: IntentRecord) -> PlaceOrder:
    intent = record.intent
    return PlaceOrder(
        client_order_id=record.client_order_id,
        symbol=intent.symbol,
        side=intent.side,
        order_type=intent.order_type,
        qty=intent.qty,
        limit_price=intent.limit_price,
        trigger_price=None,
        time_in_force="gtc",
        post_only=False,
        deadline_ns=record.deadline_ns,
    )


async def restarted(filled: str, *, journaled: bool, step: bool) -> Rig:
    """A rig as after `kill -9`: one order was sent, and `filled` of it has filled at the exchange."""
    intent = IntentRecord("s1", "me", BID, deadline_ns=5 * SECOND_NS, at_ns=0)
    fill = Fill("T9", "O1", None, "BTC/USD", Side.BUY, D(filled), D(50000), D(filled) * 50000, (), maker=True, at_ns=SECOND_NS)
    steps = (OrderRecord("s1", OrderState.OPEN, 1, order_id="O1"),) if step else ()
    fills = (FillRecord("me", fill),) if journaled else ()
    rig = Rig(journal=MemoryJournal(Replayed("c0ffee", 2, (intent,), steps, fills)))
    rig.venue._take(wire_of(intent))
    rig.venue.orders["s1"].filled = D(filled)
    rig.venue.fills.append(fill)
    await trio.sleep(60)
    rig.blotter.restore()
    return rig


@pytest.mark.parametrize("journaled", [True, False])
@pytest.mark.parametrize("step", [True, False])
async def test_a_restart_counts_each_fill_once_whatever_the_journal_had(
    autojump_clock: MockClock, journaled: bool, step: bool
) -> None:
    rig = await restarted("0.0004", journaled=journaled, step=step)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        await rig.assembly.reconciler.at_start()
        await trio.sleep(20)

        (order,) = rig.blotter.table
        assert order.state is OrderState.CANCELED, "no block owns it any more"
        assert order.filled_qty == D("0.0004")
        assert rig.market().position("BTC/USD").qty == D("0.0004")
    assert rig.venue.placed == []


async def test_a_start_that_cannot_ask_is_no_start(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.venue.unreachable = True
    with pytest.raises(Unavailable):
        await rig.assembly.reconciler.at_start()


async def test_a_fill_of_another_hand_between_two_tries_of_a_start_is_told(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = rig.venue.place_by_hand(BID)
        rig.venue.fills_fail = True
        with pytest.raises(Unavailable):
            await rig.assembly.reconciler.at_start()
        rig.venue.fills_fail, rig.venue.silent = False, True
        fill = rig.venue.fill(foreign.wire.client_order_id, "0.0004")
        await trio.sleep(1)
        await rig.assembly.reconciler.at_start()

        assert rig.told(ExternalFillSeen) == [ExternalFillSeen(attrs.evolve(fill, client_order_id=None))]


async def test_a_full_snapshot_may_hide_older_fills_and_they_are_asked_for(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        rig.foundation.hub.private_lost("cut")
        rig.venue.silent = True
        rig.venue.orders[order.client_order_id].qty = D(1)
        for _ in range(60):
            rig.venue.fill(order.client_order_id, "0.00001")
            await trio.sleep(0.1)
        rig.venue.silent = False
        rig.venue.restore_private()
        await trio.sleep(10)

        assert rig.market().position("BTC/USD").qty == D("0.0006")


async def test_a_foreign_order_of_the_account_is_counted_and_left_alone(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        report = rig.venue._report_of(rig.venue.orders[order.client_order_id])
        rig.venue.foreign.append(attrs.evolve(report, order_id="X", client_order_id=None))
        await rig.assembly.reconciler.at_start()

        assert rig.told(Reconciled) == [Reconciled(2, 0, 0)]
        assert rig.venue.cancelled == []


async def test_an_order_that_ended_unheard_is_told_with_both_sides_figures(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(5)
        behind_our_back(rig, order, OrderStatus.CANCELED)
        rig.venue.restore_private()
        await trio.sleep(1)

        assert rig.told(OrderDiffers) == [
            OrderDiffers(order.client_order_id, order.order_id, "open, 0 filled", "canceled, 0 filled")
        ]
        assert rig.foundation.modes.mode is Mode.RUNNING, "it explains itself"


async def test_a_fill_that_was_missed_is_told_with_its_figures(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.0004")
        await trio.sleep(310)

        name = order.client_order_id
        assert rig.told(OrderDiffers) == [OrderDiffers(name, order.order_id, "open, 0 filled", "open, 0.0004 filled")]
        assert rig.told(FillDiffers) == [FillDiffers(fill.exec_id, name, "not counted", "buy 0.0004 BTC/USD at 50000.0")]


async def test_what_both_sides_know_is_no_difference(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=100, reconcile=Reconcile(OnDifference.HALT)))
    async with rig.caring() as nursery:
        order = await rig.opened()
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(50)
        rig.venue.fill(order.client_order_id, "0.0004")
        await trio.sleep(1_000)

        assert rig.told(OrderDiffers) == rig.told(FillDiffers) == []
        assert rig.foundation.modes.mode is Mode.RUNNING


async def lost_at_the_exchange(rig: Rig) -> Fill:
    """A fill that was told, counted, and is not in the exchange's list."""
    order = await rig.opened()
    fill = rig.venue.fill(order.client_order_id, "0.0004")
    rig.venue.fills.clear()
    return fill


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        (Reconcile(OnDifference.NOTICE), Mode.RUNNING),
        (Reconcile(OnDifference.REDUCE), Mode.REDUCING),
        (Reconcile(OnDifference.HALT), Mode.HALTED),
        (Reconcile(OnDifference.HALT, max_differences=1), Mode.RUNNING),
    ],
)
async def test_a_fill_of_ours_that_the_exchange_does_not_list_is_told_and_judged(
    autojump_clock: MockClock, settings: Reconcile, mode: Mode
) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=100, reconcile=settings))
    async with rig.caring() as nursery:
        await rig.assembly.reconciler.at_start()
        fill = await lost_at_the_exchange(rig)
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(110)

        expected = FillDiffers(fill.exec_id, fill.client_order_id or "", "buy 0.0004 BTC/USD at 50000.0", "does not list it")
        assert rig.told(FillDiffers) == [expected]
        assert rig.foundation.modes.mode is mode


async def test_reducing_ends_when_a_comparison_agrees_again(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(reconcile_every_s=100, reconcile=Reconcile(OnDifference.REDUCE)))
    async with rig.caring() as nursery:
        await rig.assembly.reconciler.at_start()
        fill = await lost_at_the_exchange(rig)
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(110)
        modes = [rig.foundation.modes.mode]
        rig.venue.fills.append(fill)
        await trio.sleep(100)
        modes.append(rig.foundation.modes.mode)

        assert modes == [Mode.REDUCING, Mode.RUNNING]


@pytest.mark.parametrize("tolerance", ["0.5", "1"])
async def test_a_balance_may_differ_by_its_tolerance_and_no_more(autojump_clock: MockClock, tolerance: str) -> None:
    settings = Reconcile(OnDifference.HALT, balance_tolerance={"USD": D(tolerance)})
    rig = Rig(EngineSettings(reconcile=settings))
    async with rig.caring() as nursery:
        await rig.assembly.learn_balances()
        rig.venue.deposited_usd = D(1)
        nursery.start_soon(rig.assembly.watchers()["balances"])
        await trio.sleep(10)

        assert rig.told(BalanceDiffers) == [BalanceDiffers("USD", D(1_000_000), D(1_000_001))]
        assert rig.foundation.modes.mode is (Mode.HALTED if tolerance == "0.5" else Mode.RUNNING)


async def test_balances_are_compared_after_each_comparison_and_not_while_fills_are_missing(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(balances_every_s=10_000))
    async with rig.caring() as nursery:
        await rig.assembly.learn_balances()
        order = await rig.opened()
        nursery.start_soon(rig.assembly.watchers()["balances"])
        nursery.start_soon(rig.assembly.reconciler.run)
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        await trio.sleep(5)
        assert len(rig.told(BalancesAgreed)) == 1
        rig.venue.silent = rig.venue.fills_fail = True
        rig.venue.fill(order.client_order_id, "0.001")
        rig.foundation.hub.private_lost("cut")
        rig.venue.silent = False
        rig.venue.listener.private_restored(PrivateSnapshot((), ()))
        await trio.sleep(20)
        assert order.state is OrderState.FILLED
        assert rig.told(BalanceDiffers) == [], "a fill is on its way, and the balances have it already"
        rig.venue.fills_fail = False
        await trio.sleep(310)

        assert order.filled_qty == D("0.001")
        assert rig.told(BalanceDiffers) == []


async def test_fills_that_never_come_hold_up_an_exit_for_a_minute_and_not_for_ever(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        await rig.opened(market_buy("BTC/USD", qty="0.001"))
        order = await rig.opened()
        rig.venue.silent = True
        rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.fills.pop()  # told in totals, and listed nowhere
        rig.venue.silent = False
        rig.venue.report(rig.venue.orders[order.client_order_id])
        began_s = trio.current_time()
        with trio.fail_after(90):
            left = await rig.desk.close_position("me", "BTC/USD")

        assert trio.current_time() - began_s >= rig.settings.deadlines.absent_s
        assert left == 0, "what is known to be held is closed"
        assert rig.told(FillsOverdue) == [FillsOverdue(order.client_order_id, "me", D("0.001"), D(0))]
        assert rig.blotter.exposure("BTC/USD").open_buy_qty == D("0.001"), "and counts as a risk for as long as it is missing"


async def test_a_fill_that_comes_after_all_is_counted(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        order = await rig.opened()
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.fills.clear()
        rig.venue.silent = False
        rig.venue.report(rig.venue.orders[order.client_order_id])
        with trio.fail_after(90):
            await rig.desk.ended(order)
        rig.venue.fills.append(fill)
        await trio.sleep(130)

        assert order.filled_qty == D("0.001")
        assert rig.market().position("BTC/USD").qty == D("0.001")


async def test_a_total_that_the_exchange_takes_back_is_waited_for_no_longer(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        order = await rig.opened()
        rig.foundation.hub.order_reported(
            OrderReport(order.order_id or "", order.client_order_id, OrderStatus.CANCELED, 3, filled_qty=D("0.0004"))
        )
        rig.venue.orders[order.client_order_id].status = OrderStatus.CANCELED
        with trio.fail_after(90):
            await rig.desk.ended(order)

        assert not order.misses_fills
        assert rig.told(FillsOverdue) == []


HALTING = EngineSettings(reconcile_every_s=100, reconcile=Reconcile(OnDifference.HALT))


async def test_a_list_that_is_behind_a_cancel_is_no_difference_and_one_that_stays_so_is(autojump_clock: MockClock) -> None:
    rig = Rig(HALTING)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(95)
        rig.venue.quote()
        order = await rig.opened()
        listed = rig.venue._report_of(rig.venue.orders[order.client_order_id])
        rig.custody.release(order)
        rig.venue.foreign.append(listed)  # as a list that lags shows it
        await trio.sleep(10)
        modes = [rig.foundation.modes.mode]
        assert rig.told(OrderDiffers) == []
        await trio.sleep(100)
        modes.append(rig.foundation.modes.mode)

        differs = OrderDiffers(order.client_order_id, order.order_id, "canceled, 0 filled", "open, 0 filled")
        assert rig.told(OrderDiffers) == [differs]
        assert modes == [Mode.RUNNING, Mode.HALTED]
        assert rig.venue.cancelled == [order.client_order_id] * 2, "should it rest after all, it does not for long"


async def test_an_order_that_the_lists_do_not_have_yet_is_no_difference_and_one_they_never_get_is(
    autojump_clock: MockClock,
) -> None:
    rig = Rig(HALTING)
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.run)
        await trio.sleep(90)
        rig.venue.quote()
        order = await rig.opened()
        hidden = rig.venue.orders.pop(order.client_order_id)
        await trio.sleep(15)
        modes = [rig.foundation.modes.mode]
        assert rig.told(OrderDiffers) == []
        await trio.sleep(100)
        modes.append(rig.foundation.modes.mode)

        assert rig.told(OrderDiffers) == [
            OrderDiffers(order.client_order_id, hidden.order_id, "open, 0 filled", "knows no such order")
        ]
        assert modes == [Mode.RUNNING, Mode.HALTED]
