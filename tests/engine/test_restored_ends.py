"""Orders that had ended, as a start finds them in the journal: a late word or fill of one is never another hand's."""

from decimal import Decimal

import attrs
import pytest
import trio
from support.journal import MemoryJournal
from support.rig import Rig
from support.venue import FakeOrder
from trio.testing import MockClock

from seawall.engine.notices import ExternalFillSeen, ForeignOrderSeen, OrderContradicted, StrayOrderSeen
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy
from seawall.model.reports import OrderStatus, PlaceOrder

D = Decimal
BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")
NAME = "s6wl7r200010000001"


def engine_on(state: OrderState, *, order_id: str | None = None, at_exchange: OrderStatus) -> Rig:
    """An engine whose journal holds one order for ended so; the exchange has it as it has it."""
    intent = IntentRecord(NAME, "me", BID, deadline_ns=5_000_000_000, at_ns=0)
    end = OrderRecord(NAME, state, 66_000_000_000, order_id, BID.qty, BID.limit_price)
    rig = Rig(journal=MemoryJournal(records=[intent, end]).reopened())
    rig.blotter.restore()
    wire = PlaceOrder(NAME, "BTC/USD", BID.side, "limit", BID.qty, BID.limit_price, None, "gtc", post_only=False, deadline_ns=0)
    rig.venue.orders[NAME] = FakeOrder("O9", wire, at_exchange, qty=BID.qty, limit_price=BID.limit_price)
    rig.venue.count = 9
    return rig


def fill_records(rig: Rig) -> list[FillRecord]:
    return [record for record in rig.journal.records if isinstance(record, FillRecord)]


@pytest.mark.parametrize(
    ("state", "order_id"), [(OrderState.NEVER_PLACED, None), (OrderState.CANCELED, "O9"), (OrderState.EXPIRED, "O9")]
)
async def test_one_that_rests_is_told_and_cancelled(autojump_clock: MockClock, state: OrderState, order_id: str | None) -> None:
    rig = engine_on(state, order_id=order_id, at_exchange=OrderStatus.OPEN)
    async with rig.caring():
        await rig.assembly.reconciler.at_start()
        await trio.sleep(5)

        assert rig.venue.open_ids() == []
        assert rig.venue.cancelled == ["O9"], "once"
        assert rig.told(StrayOrderSeen) == [StrayOrderSeen(NAME, "O9", "BTC/USD")]
        assert rig.told(ForeignOrderSeen) == []


async def test_a_list_that_lags_behind_a_fill_says_nothing_about_one_that_had_filled(autojump_clock: MockClock) -> None:
    """A start right after a crash: the journal has the fill, and the exchange's list is from before it."""
    rig = engine_on(OrderState.FILLED, order_id="O9", at_exchange=OrderStatus.OPEN)
    stale = attrs.evolve(rig.venue.orders[NAME])
    fill = rig.venue.fill(NAME, "0.001")
    rig = Rig(journal=attrs.evolve(rig.journal, records=[*rig.journal.records, FillRecord("me", fill)]).reopened())
    rig.blotter.restore()
    rig.venue.orders[NAME] = stale
    async with rig.caring():
        await rig.assembly.reconciler.at_start()
        await trio.sleep(5)

        assert rig.told(OrderContradicted) == []
        assert rig.told(StrayOrderSeen) == []
        assert rig.venue.cancelled == []


@pytest.mark.parametrize("told_by", ["the stream", "REST, without our id"])
async def test_a_fill_of_one_that_was_never_placed_counts_for_its_owner(autojump_clock: MockClock, told_by: str) -> None:
    """It filled while nobody was there: before the start, so it would not even be told as another hand's."""
    rig = engine_on(OrderState.NEVER_PLACED, at_exchange=OrderStatus.OPEN)
    rig.venue.silent = True
    fill = rig.venue.fill(NAME, "0.001")
    await trio.sleep(10)
    if told_by != "the stream":
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None)]
        await trio.sleep(3_600)
    async with rig.caring():
        await rig.assembly.reconciler.at_start()
        await rig.assembly.reconciler.at_start()
        await trio.sleep(5)

        assert rig.market().position("BTC/USD").qty == D("0.001")
        assert [record.owner for record in fill_records(rig)] == ["me"]
        assert rig.told(ExternalFillSeen) == []
        assert rig.told(OrderContradicted), "somebody should look at it"

    later = Rig(journal=rig.journal.reopened())
    later.blotter.restore()
    later.foundation.hub.filled(fill)
    assert later.market().position("BTC/USD").qty == D("0.001"), "and counts once, whenever it is told"


async def test_a_fill_of_one_that_was_never_placed_in_this_run_counts_too(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.lose_next = "before"
        order = await rig.opened(BID)
        await trio.sleep(120)
        assert order.state is OrderState.NEVER_PLACED
        name, until_ns = order.client_order_id, order.deadline_ns
        wire = PlaceOrder(
            name, "BTC/USD", BID.side, "limit", BID.qty, BID.limit_price, None, "gtc", post_only=False, deadline_ns=until_ns
        )
        rig.venue.orders[order.client_order_id] = FakeOrder("O9", wire, qty=BID.qty, limit_price=BID.limit_price)
        rig.venue.silent = True
        fill = rig.venue.fill(order.client_order_id, "0.001")
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None)]
        await rig.assembly.reconciler.at_start()

        assert rig.market().position("BTC/USD").qty == D("0.001")
        assert order.order_id == "O9"


async def test_fills_of_other_hands_are_asked_for_once_each_order(autojump_clock: MockClock) -> None:
    """An order of the same pair and side was taken for never placed: it could be any of them."""
    rig = engine_on(OrderState.NEVER_PLACED, at_exchange=OrderStatus.CANCELED)
    rig.blotter.external_from_ns = 0
    async with rig.caring():
        rig.venue.silent = True
        rig.venue.place_by_hand(BID, client_order_id="bot-7")
        rig.venue.fill("bot-7", "0.0003")
        rig.venue.fill("bot-7", "0.0003")
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None) for fill in rig.venue.fills]
        await rig.assembly.reconciler.at_start()
        rig.venue.bugs.append("find_order")  # to ask again would be a crash
        await rig.assembly.reconciler.at_start()

        assert rig.market().position("BTC/USD").is_flat
        assert fill_records(rig) == []


async def test_the_ledger_has_the_late_fill_once(autojump_clock: MockClock) -> None:
    rig = engine_on(OrderState.NEVER_PLACED, at_exchange=OrderStatus.OPEN)
    rig.venue.silent = True
    rig.venue.fill(NAME, "0.001")
    async with rig.caring():
        await rig.assembly.reconciler.at_start()
        await rig.assembly.learn_balances()
        await rig.assembly.reconciler.at_start()

        assert rig.blotter.ledger.expected("BTC") == D("10.001")


async def test_an_order_of_another_hand_that_the_stream_has_told_is_not_asked_for(autojump_clock: MockClock) -> None:
    rig = engine_on(OrderState.NEVER_PLACED, at_exchange=OrderStatus.CANCELED)
    async with rig.caring():
        rig.venue.place_by_hand(BID, client_order_id="bot-7")
        fill = rig.venue.fill("bot-7", "0.0003")
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None)]
        rig.venue.bugs.append("find_order")
        await rig.assembly.reconciler.at_start()


async def test_a_fill_days_later_is_nobodys_question(autojump_clock: MockClock) -> None:
    rig = engine_on(OrderState.NEVER_PLACED, at_exchange=OrderStatus.CANCELED)
    await trio.sleep(2 * 86_400)
    async with rig.caring():
        rig.venue.silent = True
        rig.venue.place_by_hand(BID, client_order_id="bot-7")
        fill = rig.venue.fill("bot-7", "0.0003")
        rig.venue.fills[:] = [attrs.evolve(fill, client_order_id=None)]
        rig.venue.bugs.append("find_order")
        await rig.assembly.reconciler.at_start()
