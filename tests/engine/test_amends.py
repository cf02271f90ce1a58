"""Amends that nobody answered, that came too late, or that the engine died beside."""

from decimal import Decimal

import pytest
import trio
from support.rig import Rig
from trio.testing import MockClock

from seawall.engine.order_table import AMEND_ASKED, Order
from seawall.engine.settings import Deadlines
from seawall.model.errors import RefusedByExchange, RefusedByRisk
from seawall.model.journal import OrderRecord
from seawall.model.order_states import OrderState

D = Decimal
LIMITS = Deadlines()


def newest_step(rig: Rig) -> OrderRecord:
    return [record for record in rig.journal.records if isinstance(record, OrderRecord)][-1]


async def asked_by_an_earlier_run() -> tuple[Rig, Rig, Order]:
    """That run, one after it, and the order whose larger quantity it asked for last: it is wanted again."""
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        name = order.client_order_id
        rig.journal.note([OrderRecord(name, OrderState.OPEN, 0, order.order_id, D("0.005"), reason=AMEND_ASKED)])
    restarted = Rig(journal=rig.journal.reopened())
    restarted.blotter.restore()
    (restored,) = restarted.blotter.table.live()
    restored.wanted = True
    return rig, restarted, restored


async def test_an_order_let_go_of_while_the_disk_was_busy_is_not_amended(autojump_clock: MockClock) -> None:
    """The desk-model's script: the amend of an order that had been cancelled meanwhile was sent all the same."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        rig.journal.delay_s = 2
        nursery.start_soon(rig.desk.see_off, order)
        with pytest.raises(RefusedByRisk, match="cancel"):
            await rig.desk.amend(order, qty=D("0.005"))

    assert rig.venue.orders[order.client_order_id].qty == D("0.001")
    assert order.asked_qty is None, "what was not asked for is not counted"


async def test_a_fill_beside_an_undecided_amend_does_not_hide_the_amend_from_a_restart(autojump_clock: MockClock) -> None:
    """Each step of an order that was journaled before the amend was decided had the old quantity, and a restart believed it."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        rig.venue.travel_s = 3
        nursery.start_soon(_quietly_amend, rig, order.client_order_id)
        await trio.sleep(1)
        rig.venue.fill(order.client_order_id, "0.0001")

        step = newest_step(rig)
        assert (step.qty, step.reason) == (D("0.005"), AMEND_ASKED)
        restarted = Rig(journal=rig.journal.reopened())
        restarted.blotter.restore()
        (restored,) = restarted.blotter.table.live()
        assert restored.exposed_qty == D("0.0049")


async def _quietly_amend(rig: Rig, name: str) -> None:
    order = rig.blotter.table.find(name, None)
    assert order is not None
    await rig.desk.amend(order, qty=D("0.005"))


async def test_an_amend_that_an_earlier_run_sent_counts_until_it_is_read_back(autojump_clock: MockClock) -> None:
    """Right after the start the exchange still showed the old quantity, and the amend arrived a moment later."""
    rig, restarted, restored = await asked_by_an_earlier_run()
    restarted.venue.orders.update(rig.venue.orders)
    restarted.venue.silent = True
    async with trio.open_nursery() as nursery:
        await nursery.start(restarted.assembly.run_desk)
        await restarted.assembly.reconciler.at_start()
        assert (restored.qty, restored.exposed_qty) == (D("0.001"), D("0.005"))
        await trio.sleep(60 + LIMITS.absent_s + 2 * LIMITS.settle_s + 1)

        assert restored.exposed_qty == D("0.001"), "it was read twice, long after that amend could have come"
        nursery.cancel_scope.cancel()


async def test_an_amend_that_an_earlier_run_sent_is_not_believed_before_the_exchange_was_heard(autojump_clock: MockClock) -> None:
    """The order was remembered as it was asked to be, and the amend was taken for made although nobody had been asked."""
    rig, restarted, restored = await asked_by_an_earlier_run()
    restarted.venue.orders.update(rig.venue.orders)
    restarted.venue.silent = restarted.venue.unreachable = True
    async with trio.open_nursery() as nursery:
        await nursery.start(restarted.assembly.run_desk)
        await trio.sleep(30)
        assert (restored.qty, restored.asked_qty) == (D("0.005"), D("0.005")), "nobody knows yet"
        restarted.venue.unreachable = False
        await restarted.assembly.reconciler.at_start()
        assert (restored.qty, restored.exposed_qty) == (D("0.001"), D("0.005")), "it may still come"
        nursery.cancel_scope.cancel()


async def test_an_amend_whose_answer_was_lost_is_not_held_for_unmade_while_answers_may_lag(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        rig.venue.lose_next_amend = "before"
        with trio.move_on_after(1):
            await rig.desk.amend(order, qty=D("0.002"))
        await trio.sleep(LIMITS.absent_s)
        assert order.exposed_qty == D("0.002"), "an answer may be a minute old"
        await trio.sleep(LIMITS.order_s + 2 * LIMITS.settle_s + 1)

        assert order.exposed_qty == D("0.001")


@pytest.mark.parametrize("made", [True, False])
async def test_an_amend_whose_order_filled_before_it_was_decided_is_what_the_exchange_says_of_it(
    autojump_clock: MockClock, made: bool
) -> None:
    """An order that had ended was not read any more: its amend was told to have been refused, whatever had become of it."""
    rig = Rig()
    async with rig.caring() as nursery:
        order = await rig.opened()
        rig.venue.lose_next_amend = "after" if made else "before"
        refusals: list[RefusedByExchange] = []

        async def amend() -> None:
            try:
                await rig.desk.amend(order, limit_price=D("49999.0"))
            except RefusedByExchange as refusal:
                refusals.append(refusal)

        nursery.start_soon(amend)
        await trio.sleep(0.5)
        rig.venue.fill(order.client_order_id, "0.001", "49999.0")
        assert order.state is OrderState.FILLED
        await trio.sleep(LIMITS.settle_s + 1)

        assert bool(refusals) is not made
        assert order.limit_price == (D("49999.0") if made else D("50000.0"))
        assert newest_step(rig).limit_price == order.limit_price
        assert newest_step(rig).state is OrderState.FILLED
        assert order.uncertain is None


async def test_an_amend_of_an_order_that_never_was_is_not_read_back_for_ever(autojump_clock: MockClock) -> None:
    """It was journaled by an earlier run, and neither the order nor the amend ever came to the exchange."""
    _, restarted, restored = await asked_by_an_earlier_run()
    restored.order_id = None
    async with trio.open_nursery() as nursery:
        await nursery.start(restarted.assembly.run_desk)
        restarted.venue.restore_private()
        await trio.sleep(600)
        assert restored.ended
        asked = len(restarted.venue.asked_for)
        await trio.sleep(600)
        assert len(restarted.venue.asked_for) == asked
        nursery.cancel_scope.cancel()
