"""Orders of other hands that a strategy takes over."""

from decimal import Decimal

import attrs
import pytest
import trio
from support.journal import MemoryJournal
from support.rig import BID, Rig
from support.venue import FakeOrder
from trio.testing import MockClock

from seawall.engine.modes import Mode
from seawall.engine.notices import ExternalFillSeen, FillsOverdue, OrderClaimed, OrderFilled, StrayOrderSeen
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings, RiskLimits, SymbolLimits
from seawall.model.errors import JournalFailed, RefusedByRisk, Unavailable
from seawall.model.journal import FillRecord, OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy, limit_sell, stop_loss_sell
from seawall.model.reports import OrderReport, OrderStatus

D = Decimal
SELL = limit_sell("BTC/USD", qty="0.002", price="51000.0")


def by_hand(rig: Rig, *, client_order_id: str | None = None) -> FakeOrder:
    return rig.venue.place_by_hand(SELL, client_order_id=client_order_id)


def restarted(rig: Rig, left: MemoryJournal) -> Rig:
    """Another engine at the same exchange, on what the first one left in its journal."""
    later = Rig(journal=left.reopened())
    later.venue.orders, later.venue.fills, later.venue.count = rig.venue.orders, rig.venue.fills, rig.venue.count
    later.blotter.restore()
    return later


def the_order(rig: Rig) -> Order:
    (order,) = rig.blotter.table.live()
    return order


async def refused(rig: Rig, name: str, owner: str = "me") -> str:
    """The rule that a claim is refused by; nothing is left of it."""
    before = (len(rig.blotter.table), list(rig.journal.records), rig.blotter.externals.orders())
    with pytest.raises(RefusedByRisk) as refusal:
        async with rig.market(owner).claim(name):
            pass
    assert (len(rig.blotter.table), list(rig.journal.records), rig.blotter.externals.orders()) == before
    assert name in str(refusal.value) or refusal.value.rule in {"mode", "position", "open_orders", "stopping", "closing"}
    return refusal.value.rule


@pytest.mark.parametrize("client_order_id", [None, "bot-7"])
@pytest.mark.parametrize("by", ["the exchange's id", "its maker's id"])
async def test_a_claimed_order_belongs_to_the_block_and_ends_with_it(
    autojump_clock: MockClock, client_order_id: str | None, by: str
) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig, client_order_id=client_order_id)
        if by == "its maker's id" and client_order_id is None:
            assert await refused(rig, "bot-7") == "unknown_order"
            return
        name = foreign.order_id if by == "the exchange's id" else str(client_order_id)
        async with rig.market().claim(name) as order:
            assert (order.order_id, order.state, order.qty, order.limit_price) == (
                foreign.order_id,
                OrderState.OPEN,
                D("0.002"),
                D("51000.0"),
            )
            assert rig.told(OrderClaimed) == [OrderClaimed(foreign.order_id, client_order_id, "me", str(SELL))]
            assert rig.blotter.exposure("BTC/USD").open_sell_qty == D("0.002")
            assert rig.blotter.externals.orders() == (), "nobody else's any more"
            assert rig.venue.placed == [], "nothing is sent for it"

        assert order.state is OrderState.CANCELED
        assert foreign.status is OrderStatus.CANCELED
        assert rig.venue.cancelled == [foreign.order_id], "by the exchange's id: its maker may use its own again"


async def test_the_claim_is_on_disk_before_anything_is_done_with_the_order(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig, client_order_id="bot-7")
        async with rig.market().claim("bot-7"):
            (intent,) = rig.journal.intents()
            (step,) = [record for record in rig.journal.records if isinstance(record, OrderRecord)]

        assert intent.claimed
        assert (intent.client_order_id, intent.owner, intent.intent) == (foreign.order_id, "me", SELL)
        assert (step.client_order_id, step.state, step.order_id) == (foreign.order_id, OrderState.OPEN, foreign.order_id)
        assert intent.seen.bid == D("50000.0")


async def test_a_kept_claim_stays_when_its_block_is_left(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        async with rig.market().claim(foreign.order_id, keep=True):
            pass
        await trio.sleep(5)

        assert foreign.status is OrderStatus.OPEN
        assert the_order(rig).kept
        assert await refused(rig, foreign.order_id, "other") == "owned"


async def test_a_claim_goes_with_the_crash_of_its_strategy(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        with pytest.raises(ZeroDivisionError):
            async with rig.market().claim(foreign.order_id):
                raise ZeroDivisionError

        assert foreign.status is OrderStatus.CANCELED


async def test_what_filled_before_the_claim_is_counted_once(autojump_clock: MockClock) -> None:
    """Some of it was told as external, some of it happened before this engine was there; both are told again afterwards."""
    rig = Rig()
    rig.blotter.external_from_ns = 0
    async with rig.caring() as nursery:
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        foreign = by_hand(rig, client_order_id="bot-7")
        await trio.sleep(300)
        rig.venue.silent = True
        rig.venue.fill("bot-7", "0.0002", "51000.0")
        rig.venue.silent = False
        told = rig.venue.fill("bot-7", "0.0005", "51000.0")
        assert rig.told(ExternalFillSeen) == [ExternalFillSeen(told)]
        assert rig.market().position("BTC/USD").is_flat

        async with rig.market().claim("bot-7") as order:
            assert order.filled_qty == D("0.0005")
            await trio.sleep(10)
            assert order.filled_qty == D("0.0007")
            for fill in rig.venue.fills:
                rig.foundation.hub.filled(fill)
            rig.venue.fill("bot-7", "0.0001", "51000.0")
            assert rig.market().position("BTC/USD").qty == D("-0.0008")
            assert rig.blotter.exposure("BTC/USD").open_sell_qty == D("0.0012")

        assert rig.blotter.externals.fill_count == 0, "none of them is external"
        assert len(rig.told(OrderFilled)) == 3
        assert rig.blotter.ledger.change("BTC") == D("-0.0008")
        assert len([record for record in rig.journal.records if isinstance(record, FillRecord)]) == 3
        assert rig.told(FillsOverdue) == []
        assert foreign.status is OrderStatus.CANCELED


async def test_it_is_followed_like_any_order_until_it_fills(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        by_hand(rig, client_order_id="bot-7")
        states: list[OrderState] = []

        async def hold() -> None:
            async with rig.market().claim("bot-7") as order:
                states.append(await order.done())

        nursery.start_soon(hold)
        await trio.sleep(1)
        rig.venue.fill("bot-7", "0.002", "51000.0")
        await trio.sleep(1)

        assert states == [OrderState.FILLED]
        assert rig.venue.cancelled == []


async def test_it_is_amended_by_the_exchanges_id(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        async with rig.market().claim(foreign.order_id) as order:
            await order.amend(qty="0.001", price="50900.0")
            assert (order.qty, order.limit_price) == (D("0.001"), D("50900.0"))
            assert (foreign.qty, foreign.limit_price) == (D("0.001"), D("50900.0"))


async def test_another_order_of_its_maker_under_the_same_id_is_left_alone(autojump_clock: MockClock) -> None:
    """A client order id is unique among open orders only."""
    rig = Rig()
    async with rig.caring():
        by_hand(rig, client_order_id="bot-7")
        async with rig.market().claim("bot-7"):
            pass
        again = by_hand(rig, client_order_id="bot-7")
        await trio.sleep(5)

        assert again.status is OrderStatus.OPEN
        assert rig.told(StrayOrderSeen) == []
        assert [report.order_id for report in rig.blotter.externals.orders()] == [again.order_id]


async def test_one_that_the_stream_has_not_told_yet_is_found_in_the_list(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.silent = True
        foreign = by_hand(rig, client_order_id="bot-7")
        rig.venue.silent = False
        async with rig.market().claim("bot-7") as order:
            assert order.order_id == foreign.order_id


async def test_a_claim_is_refused_for_an_unknown_one(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        assert await refused(rig, "OABCDE-FGHIJ-KLMNOP") == "unknown_order"


async def test_a_claim_is_refused_for_one_that_has_ended(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig, client_order_id="bot-7")
        rig.venue.end("bot-7", OrderStatus.CANCELED, "User requested")
        assert await refused(rig, foreign.order_id) == "not_open"


async def test_a_claim_is_refused_for_one_that_ended_and_nobody_told(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig, client_order_id="bot-7")
        rig.venue.silent = True
        rig.venue.end("bot-7", OrderStatus.CANCELED, "User requested")
        assert await refused(rig, foreign.order_id) == "not_open"


async def test_a_claim_is_refused_for_one_that_ends_while_it_is_asked_for(autojump_clock: MockClock) -> None:
    """The answer that is on its way says open; the stream has said otherwise since."""
    rig = Rig()
    async with rig.caring() as nursery:
        foreign = by_hand(rig, client_order_id="bot-7")
        rules: list[str] = []

        async def claim() -> None:
            with pytest.raises(RefusedByRisk) as refusal:
                async with rig.market().claim("bot-7"):
                    pass
            rules.append(refusal.value.rule)

        nursery.start_soon(claim)
        await trio.sleep(rig.venue.travel_s / 2)
        report = OrderReport(foreign.order_id, "bot-7", OrderStatus.CANCELED, 9)
        rig.foundation.hub.order_reported(report)
        await trio.sleep(1)
        assert rules == ["not_open"]


async def test_a_claim_is_refused_for_an_order_of_our_own(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened()
        assert await refused(rig, order.client_order_id) == "owned"
        assert await refused(rig, str(order.order_id)) == "owned"


async def test_a_claim_is_refused_for_one_that_another_strategy_has_claimed(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        async with rig.market().claim(foreign.order_id):
            assert await refused(rig, foreign.order_id, "other") == "owned"
            assert await refused(rig, foreign.order_id) == "owned"


async def test_of_two_claims_at_once_one_gets_the_order(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        foreign = by_hand(rig)
        got: list[str] = []

        async def claim(owner: str) -> None:
            try:
                async with rig.market(owner).claim(foreign.order_id):
                    got.append(owner)
                    await trio.sleep(1)
            except RefusedByRisk as refusal:
                got.append(refusal.rule)

        nursery.start_soon(claim, "one")
        nursery.start_soon(claim, "two")
        await trio.sleep(5)
        assert sorted(got) in (["one", "owned"], ["owned", "two"])
        assert len(rig.journal.intents()) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"order_type": "trailing-stop"}, "trailing-stop"),
        ({"order_type": "market"}, "market"),
        ({"order_type": None}, "unknown"),
        ({"on_margin": True}, "on margin"),
        ({"qty": None}, "quantity"),
        ({"limit_price": None}, "limit price"),
        ({"order_type": "stop-loss-limit"}, "trigger price"),
    ],
)
async def test_a_claim_is_refused_for_one_that_the_desk_cannot_handle(
    autojump_clock: MockClock, change: dict[str, object], why: str
) -> None:
    rig = Rig()
    report = OrderReport(
        "X9",
        None,
        OrderStatus.OPEN,
        0,
        symbol="BTC/USD",
        side=SELL.side,
        qty=SELL.qty,
        limit_price=SELL.limit_price,
        order_type="limit",
    )
    rig.venue.foreign.append(attrs.evolve(report, **change))  # type: ignore[arg-type]  # each is a field of it
    async with rig.caring():
        with pytest.raises(RefusedByRisk, match=why) as refusal:
            async with rig.market().claim("X9"):
                pass
        assert refusal.value.rule == "not_manageable"


async def test_a_claim_is_refused_for_one_that_breaks_a_limit(autojump_clock: MockClock) -> None:
    settings = EngineSettings(risk=RiskLimits(default=SymbolLimits(max_position_qty=D("0.001"))))
    rig = Rig(settings)
    async with rig.caring():
        assert await refused(rig, by_hand(rig).order_id) == "position"
    rig = Rig(EngineSettings(risk=RiskLimits(default=SymbolLimits(max_open_orders=1))))
    async with rig.caring():
        await rig.opened()
        assert await refused(rig, by_hand(rig).order_id) == "open_orders"


async def test_a_price_that_a_new_order_must_not_have_is_no_obstacle_to_a_claim(autojump_clock: MockClock) -> None:
    """The order is there already, and nothing is sent."""
    rig = Rig(EngineSettings(risk=RiskLimits(default=SymbolLimits(max_order_qty=D("0.001"), max_price_distance=D(0)))))
    async with rig.caring():
        foreign = rig.venue.place_by_hand(limit_buy("BTC/USD", qty="0.5", price="49000.0"))
        async with rig.market().claim(foreign.order_id) as order:
            assert order.qty == D("0.5")


@pytest.mark.parametrize(("mode", "rule"), [(Mode.HALTED, "mode"), (Mode.REDUCING, "mode")])
async def test_a_claim_is_refused_while_the_engine_takes_none(autojump_clock: MockClock, mode: Mode, rule: str) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        rig.assembly.take_mode("operator", mode, "said the operator")
        assert await refused(rig, foreign.order_id) == rule


async def test_a_claim_is_refused_while_the_engine_stops(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        rig.desk.close_intake("the end")
        assert await refused(rig, foreign.order_id) == "stopping"


async def test_a_claim_is_refused_while_the_exchange_cannot_be_asked(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        rig.venue.unreachable = True
        with pytest.raises(Unavailable):
            async with rig.market().claim(foreign.order_id):
                pass
        rig.venue.unreachable, rig.venue.travel_s = False, 1e6
        with pytest.raises(Unavailable, match="did not answer"):
            async with rig.market().claim(foreign.order_id):
                pass
        assert len(rig.blotter.table) == 0


async def test_a_claim_is_refused_while_the_journal_is_broken(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        rig.journal.broken = True
        with pytest.raises(JournalFailed):
            async with rig.market().claim(foreign.order_id):
                pass
        await trio.sleep(10)
        assert len(rig.blotter.table) == 0
        assert foreign.status is OrderStatus.OPEN, "it is not ours to cancel"
        assert [report.order_id for report in rig.blotter.externals.orders()] == [foreign.order_id]


async def test_an_order_is_not_cancelled_for_a_claim_that_did_not_come_to_the_disk(autojump_clock: MockClock) -> None:
    """The desk-model's script: the engine halted while the disk was busy, and let go of what was not its own yet."""
    rig = Rig()
    async with rig.caring() as nursery:
        foreign = by_hand(rig)
        rig.journal.delay_s = 100
        nursery.start_soon(_claim_in_vain, rig, foreign.order_id)
        await trio.sleep(1)
        rig.assembly.take_mode("a test", Mode.HALTED, "to have orders cancelled")
        await trio.sleep(30)

        assert rig.venue.cancel_requests == []
        assert foreign.status is OrderStatus.OPEN
        assert len(rig.blotter.table) == 0


async def test_a_claim_that_was_let_go_of_on_its_way_to_the_disk_is_cancelled_once_it_is_there(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        foreign = by_hand(rig)
        rig.journal.delay_s = 2
        nursery.start_soon(_hold_claim, rig, foreign.order_id)
        await trio.sleep(1)
        rig.assembly.take_mode("a test", Mode.HALTED, "to have orders cancelled")
        await trio.sleep(0.5)
        assert rig.venue.cancel_requests == []
        await trio.sleep(2)

        assert foreign.status is OrderStatus.CANCELED
        assert rig.venue.cancelled == [foreign.order_id]


async def _claim_in_vain(rig: Rig, name: str) -> None:
    with pytest.raises(JournalFailed):
        await _hold_claim(rig, name)


async def _hold_claim(rig: Rig, name: str) -> None:
    async with rig.market().claim(name):
        await trio.sleep_forever()


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.0105, 0.02])
async def test_a_cancelled_claim_is_made_and_ended_or_not_made(autojump_clock: MockClock, after_s: float) -> None:
    """Asking takes 10 ms and the disk 1 ms: cancelled before, while it is asked, on the way to the disk, and inside."""
    rig = Rig()
    async with rig.caring():
        foreign = by_hand(rig)
        with trio.CancelScope() as scope:
            scope.deadline = trio.current_time() + after_s
            async with rig.market().claim(foreign.order_id):
                await trio.sleep_forever()
        assert scope.cancelled_caught
        claimed = [record for record in rig.journal.intents() if record.claimed]
        assert foreign.status is (OrderStatus.CANCELED if claimed else OrderStatus.OPEN)
        assert bool(claimed) is (after_s > 0.01)
        assert len(rig.blotter.table.live()) == 0


@pytest.mark.parametrize("keep", [False, True])
async def test_after_a_restart_a_claim_is_known_and_ended_unless_kept(autojump_clock: MockClock, keep: bool) -> None:
    rig = Rig()
    rig.blotter.external_from_ns = 0
    async with rig.caring():
        foreign = by_hand(rig, client_order_id="bot-7")
        rig.venue.fill("bot-7", "0.0005", "51000.0")
        async with rig.market().claim("bot-7", keep=keep):
            killed = attrs.evolve(rig.journal, records=list(rig.journal.records))
        rig.venue.orders["bot-7"].status = OrderStatus.OPEN
    later = restarted(rig, killed)
    async with later.caring():
        await later.assembly.reconciler.at_start()
        await trio.sleep(5)

        assert later.market().position("BTC/USD").qty == D("-0.0005")
        assert later.blotter.externals.orders() == ()
        assert later.told(ExternalFillSeen) == []
        if keep:
            assert the_order(later).kept
            assert the_order(later).claimed
            assert foreign.status is OrderStatus.OPEN
        else:
            assert later.blotter.table.live() == ()
            assert foreign.status is OrderStatus.CANCELED
            assert later.venue.cancelled == [foreign.order_id]


async def test_after_a_restart_a_claim_that_filled_meanwhile_is_counted(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        by_hand(rig, client_order_id="bot-7")
        async with rig.market().claim("bot-7"):
            killed = attrs.evolve(rig.journal, records=list(rig.journal.records))
        rig.venue.orders["bot-7"].status = OrderStatus.OPEN
        rig.venue.silent = True
        rig.venue.fill("bot-7", "0.002", "51000.0")
    later = restarted(rig, killed)
    async with later.caring():
        await later.assembly.reconciler.at_start()
        await trio.sleep(5)

        assert later.market().position("BTC/USD").qty == D("-0.002")
        assert later.blotter.table.live() == ()
        assert [order.state for order in later.blotter.table] == [OrderState.FILLED]


async def test_a_claimed_stop_stays_when_the_engine_halts_over_a_position(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        order = await rig.opened(BID)
        rig.venue.fill(order.client_order_id, "0.001")
        foreign = rig.venue.place_by_hand(stop_loss_sell("BTC/USD", qty="0.001", trigger="45000.0"))
        async with rig.market().claim(foreign.order_id) as stop:
            rig.assembly.take_mode("risk", Mode.HALTED, "a loss")
            await trio.sleep(5)
            assert stop.state is OrderState.OPEN
