"""The one writer of orders: what it takes, what it refuses, and that it lets go of nothing."""

from decimal import Decimal

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.desk import DeskStatistics
from seawall.engine.modes import Mode
from seawall.engine.notices import AmendInDoubt, OrderAmended
from seawall.engine.settings import Deadlines, EngineSettings
from seawall.model.errors import JournalFailed, NotSent, RefusedByExchange, RefusedByRisk
from seawall.model.journal import OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy, limit_sell, market_buy
from seawall.model.reports import OrderStatus

LIMITS = Deadlines()
D = Decimal


def halt(rig: Rig) -> None:
    rig.assembly.take_mode("risk", Mode.HALTED, "the loss is too large")


async def test_an_order_is_journaled_sent_and_acknowledged(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()

        assert order.state is OrderState.OPEN
        assert [intent.client_order_id for intent in rig.journal.intents()] == [order.client_order_id]
        assert rig.desk.statistics() == DeskStatistics(1, 0, 0)


async def test_nothing_is_taken_before_the_intake_opens_and_after_it_closes(autojump_clock: MockClock) -> None:
    rig = Rig()
    with pytest.raises(RefusedByRisk, match="stopping: the engine has not started"):
        await rig.opened()
    async with rig.caring():
        rig.desk.close_intake("enough")
        with pytest.raises(RefusedByRisk, match="stopping: enough"):
            await rig.opened()
    assert rig.venue.placed == []


async def test_an_order_on_its_way_to_the_disk_is_held_back_when_the_intake_closes(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.journal.delay_s = 1.0
    async with rig.caring() as nursery:
        nursery.start_soon(close_soon, rig)
        with pytest.raises(RefusedByRisk, match="stopping"):
            await rig.opened()
        assert [order.state for order in rig.blotter.table] == [OrderState.NOT_SENT]
    assert rig.venue.placed == []


async def close_soon(rig: Rig) -> None:
    await trio.sleep(0.5)
    rig.desk.close_intake("enough")


async def test_an_order_on_its_way_to_the_disk_is_held_back_when_the_engine_is_halted(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.journal.delay_s = 1.0

    async def halt_soon() -> None:
        await trio.sleep(0.5)
        halt(rig)

    async with rig.caring() as nursery:
        nursery.start_soon(halt_soon)
        with pytest.raises(RefusedByRisk, match="mode"):
            await rig.opened()

    assert rig.venue.placed == []


async def test_an_order_on_its_way_to_the_exchange_is_cancelled_when_the_engine_is_halted(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.venue.travel_s = 1.0

    async def halt_soon() -> None:
        await trio.sleep(0.5)
        halt(rig)

    async with rig.caring() as nursery:
        nursery.start_soon(halt_soon)
        order = await rig.opened()
        await trio.sleep(5)

        assert rig.venue.open_ids() == []
        assert order.state is OrderState.CANCELED


async def test_what_was_seen_when_an_order_was_decided_is_in_the_journal(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        first = await rig.opened()
        rig.venue.fill(first.client_order_id, "0.001")
        await trio.sleep(2)
        await rig.opened()
        first_intent, second_intent = rig.journal.intents()

        assert (first_intent.seen.bid, first_intent.seen.ask, first_intent.seen.position_qty) == (
            D("50000.0"),
            D("50000.1"),
            D(0),
        )
        assert second_intent.seen.position_qty == D("0.001")
        assert second_intent.seen.quote_age_ns is not None
        assert second_intent.seen.quote_age_ns >= 2_000_000_000


async def test_a_broken_journal_sends_nothing_and_is_told(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.journal.broken = True
    async with rig.caring():
        with pytest.raises(JournalFailed):
            await rig.opened()

    assert rig.venue.placed == []
    assert rig.journal_failures


async def test_a_disk_that_takes_too_long_sends_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.journal.delay_s = 3_600
    async with rig.caring():
        with pytest.raises(JournalFailed, match="not on disk after"):
            await rig.opened()

    assert rig.venue.placed == []
    assert len(rig.journal_failures) == 1


async def test_an_order_whose_deadline_passed_at_the_disk_is_not_sent(autojump_clock: MockClock) -> None:
    rig = Rig(EngineSettings(deadlines=Deadlines(order_s=1.0, journal_s=30)))
    rig.journal.delay_s = 2
    async with rig.caring():
        with pytest.raises(NotSent, match="deadline passed"):
            await rig.opened()

    assert rig.venue.placed == []


async def test_a_refusal_is_raised_and_leaves_no_exposure(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.refuse_next = "EOrder:Insufficient funds"
        with pytest.raises(RefusedByExchange):
            await rig.opened()

        assert rig.blotter.exposure("BTC/USD").open_buy_qty == 0


async def test_fills_that_overtake_a_lost_answer_leave_nothing_in_doubt(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        rig.venue.lose_next = "hang"

        async def fill() -> None:
            await trio.sleep(0.5)
            (name,) = rig.venue.open_ids()
            rig.venue.fill(name, "0.001")

        nursery.start_soon(fill)
        order = await rig.opened()

        assert order.state is OrderState.FILLED
        assert rig.market().position("BTC/USD").qty == D("0.001")
        assert rig.desk.statistics() == DeskStatistics(0, 0, 0)


async def test_leaving_while_the_answer_is_out_hands_the_order_over(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.lose_next = "hang"
        with trio.move_on_after(1):
            await rig.opened()
        assert rig.desk.statistics().in_care == 1
        await trio.sleep(2)

        assert rig.venue.open_ids() == []
        assert [order.state for order in rig.blotter.table] == [OrderState.CANCELED]


async def test_leaving_at_the_disk_sends_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.journal.delay_s = 2
    async with rig.caring():
        with trio.move_on_after(1):
            await rig.opened()

        assert [order.state for order in rig.blotter.table] == [OrderState.NOT_SENT]
    assert rig.venue.placed == []


async def test_a_lost_amend_that_its_caller_leaves_is_read_back_by_the_desk(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.lose_next_amend = "after"
        rig.venue.silent = True
        with trio.move_on_after(1):
            await rig.desk.amend(order, qty=D("0.002"))
        assert order.exposed_qty == D("0.002"), "the larger of both, while nobody knows"
        rig.venue.lose_next_amend = None
        await trio.sleep(30)

        assert order.qty == D("0.002")
        assert order.asked_qty is None


async def test_a_lost_amend_that_was_not_made_stops_counting_once_the_exchange_has_shown_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.lose_next_amend = "before"
        with trio.move_on_after(1):
            await rig.desk.amend(order, qty=D("0.002"))
        await trio.sleep(90)

        assert order.exposed_qty == D("0.001")
        assert len(rig.told(AmendInDoubt)) == 1


async def test_a_second_amend_waits_for_no_guess_about_the_first(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.lose_next_amend = "after"
        rig.venue.silent = True
        with trio.move_on_after(1):
            await rig.desk.amend(order, qty=D("0.003"))
        with pytest.raises(RefusedByRisk, match="in_doubt"):
            await rig.desk.amend(order, qty=D("0.002"))
        assert order.exposed_qty == D("0.003")
        await trio.sleep(30)
        rig.venue.silent = False
        rig.venue.quote()
        await rig.desk.amend(order, qty=D("0.002"))

        assert order.exposed_qty == D("0.002")


async def test_an_order_being_cancelled_is_not_amended(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.cancels_fail = True
        rig.custody.release(order)
        with pytest.raises(RefusedByRisk, match="canceling"):
            await rig.desk.amend(order, qty=D("0.002"))


async def test_an_answer_that_lags_behind_an_amend_does_not_undo_it(autojump_clock: MockClock) -> None:
    """A smaller quantity than the true one would hide exposure, and call the order filled while it rests."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        before = rig.venue._report_of(rig.venue.orders[order.client_order_id])
        asked_at_ns = rig.venue.now_ns()
        await rig.desk.amend(order, qty=D("0.003"))
        rig.blotter.report(before, asked_at_ns)
        assert order.exposed_qty == D("0.003")

        await trio.sleep(LIMITS.settle_s + 0.1)
        rig.venue.silent = True
        rig.venue.orders[order.client_order_id].qty = D("0.002")  # by another hand
        nursery.start_soon(rig.custody.ask, order)
        await trio.sleep(1)
        assert order.exposed_qty == D("0.002")


async def test_an_answer_may_lag_behind_an_amend_for_a_minute(autojump_clock: MockClock) -> None:
    """The desk-model's script: while a second amend was in doubt, an answer from before the first took its quantity back."""
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        before = rig.venue._report_of(rig.venue.orders[order.client_order_id])
        await rig.desk.amend(order, qty=D("0.003"))
        await trio.sleep(LIMITS.absent_s - 1)
        rig.blotter.report(before, rig.venue.now_ns())
        assert order.exposed_qty == D("0.003")
        await trio.sleep(2)
        rig.blotter.report(before, rig.venue.now_ns())
        assert order.exposed_qty == D("0.001"), "it cannot be from before any more: another hand changed it back"


async def test_an_answer_that_is_old_does_not_decide_an_amend_back_to_what_was(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        await rig.desk.amend(order, qty=D("0.003"))
        rig.venue.lose_next_amend = "before"
        rig.venue.silent = True
        held = rig.venue.orders[order.client_order_id]
        held.qty = D("0.001")  # what is answered for a while, as it was before
        with trio.move_on_after(5):
            await rig.desk.amend(order, qty=D("0.001"))
        await trio.sleep(20)
        assert order.exposed_qty == D("0.003")
        held.qty = D("0.003")
        await trio.sleep(120)
        assert (order.qty, order.asked_qty) == (D("0.003"), None)


@pytest.mark.parametrize("asked", ["0.002", "0.0005"])
async def test_an_amend_is_journaled_as_the_larger_of_both_before_it_is_sent(autojump_clock: MockClock, asked: str) -> None:
    """A restart in between knows neither: it counts what may be there."""
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.lose_next_amend = "before"
        with trio.move_on_after(1):
            await rig.desk.amend(order, qty=D(asked))
        step = [record for record in rig.journal.records if isinstance(record, OrderRecord)][-1]

        assert (step.reason, step.qty) == ("amend asked", max(D(asked), D("0.001")))


async def test_an_amend_that_changes_nothing_is_no_failure(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        await rig.desk.amend(order, qty=D("0.001"))

        assert len(rig.told(OrderAmended)) == 1


async def test_an_amend_refused_leaves_the_order_as_it_was(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.silent = True
        rig.venue.end(order.client_order_id, OrderStatus.CANCELED, "by another hand")
        with pytest.raises(RefusedByExchange, match="Unknown order"):
            await rig.desk.amend(order, qty=D("0.002"))

        assert order.exposed_qty == D("0.001")


async def test_amends_go_through_the_same_limits(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        with pytest.raises(RefusedByRisk, match="tick"):
            await rig.desk.amend(order, limit_price=D("50000.05"))
        rig.desk.close_intake("enough")
        with pytest.raises(RefusedByRisk, match="stopping"):
            await rig.desk.amend(order, limit_price=D("50000.0"))


async def test_closing_lets_go_of_every_order_before_it_waits_for_one(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.01"))
        first = await rig.opened()
        second = await rig.opened(limit_sell("BTC/USD", qty="0.002", price="51000"))
        rig.venue.cancels_fail = True
        with trio.move_on_after(0.1):
            await rig.desk.close_position("me", "BTC/USD")

        assert [first.wanted, second.wanted] == [False, False]


async def test_an_order_that_the_exchange_would_find_too_cheap_is_not_sent_to_close(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.0002"))
        rig.venue.quote(bid="2499.9", ask="2500.0")
        assert await rig.desk.close_position("me", "BTC/USD") == D("0.0002")
        rig.venue.quote(bid="2500.0", ask="2500.1")
        assert rig.desk.closable_qty("me", "BTC/USD") == D("0.0002")
        assert await rig.desk.close_position("me", "BTC/USD") == 0


@pytest.mark.parametrize("quoted", [True, False])
async def test_what_one_order_can_close_keeps_its_sign_and_the_grid(quoted: bool, autojump_clock: MockClock) -> None:
    rig = Rig()
    if quoted:
        await rig.venue.follow_book("BTC/USD")
    tradable = {qty: rig.desk.tradable_qty("BTC/USD", D(qty)) for qty in ("0.123456789", "-0.123456789", "0.00009999", "0")}

    assert tradable == {"0.123456789": D("0.12345678"), "-0.123456789": D("-0.12345678"), "0.00009999": 0, "0": 0}


async def test_a_cancelled_caller_hears_that_it_is_cancelled_not_that_time_is_short(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        with trio.CancelScope() as placing:
            placing.cancel()
            await rig.desk.place("me", BID)
        with trio.CancelScope() as amending:
            amending.cancel()
            await rig.desk.amend(order, qty=D("0.002"))

        assert placing.cancelled_caught
        assert amending.cancelled_caught
        assert len(rig.venue.placed) == 1


async def test_closing_waits_for_fills_that_were_told_and_did_not_come(autojump_clock: MockClock) -> None:
    """Selling what a fill on its way has sold already would turn the position round."""
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.01"))
        sale = await rig.opened(limit_sell("BTC/USD", qty="0.01", price="51000"))
        rig.venue.silent = True
        fill = rig.venue.fill(sale.client_order_id, "0.01")
        rig.venue.silent = False
        rig.venue.report(rig.venue.orders[sale.client_order_id])
        assert sale.misses_fills

        async with trio.open_nursery() as nursery:
            nursery.start_soon(rig.desk.close_position, "me", "BTC/USD")
            await trio.sleep(1)
            rig.foundation.hub.filled(fill)

        assert rig.market().position("BTC/USD").qty == 0
        assert len(rig.venue.placed) == 2


async def test_hurrying_cuts_clean_ups_short_now_and_later(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        rig.venue.cancels_fail = True

        async def clean_up() -> None:
            with trio.move_on_after(60, shield=True) as scope, rig.desk.hurried(scope):
                await trio.sleep_forever()
            ended.append(trio.current_time())

        ended: list[float] = []
        nursery.start_soon(clean_up)
        await trio.sleep(1)
        began = trio.current_time()
        rig.desk.hurry("insisted")
        await clean_up()
        await trio.sleep(0.1)

        assert ended == [began, began]


async def test_each_id_is_used_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        for _ in range(5):
            order = await rig.opened(limit_buy("BTC/USD", qty="0.001", price="49000"))
            await rig.desk.see_off(order)

    assert len({wire.client_order_id for wire in rig.venue.placed}) == 5
