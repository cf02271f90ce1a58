"""The acting parts together: who vouches for whom, what crashes take along, and what a halt means."""

from decimal import Decimal

import attrs
import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.market import Market
from seawall.engine.modes import Mode, ModeChanged
from seawall.engine.notices import DeadMansSwitchNotRenewed, PairStatusChanged, QuestionFailed
from seawall.engine.settings import DeadMansSwitch, EngineSettings
from seawall.engine.strategies import StrategySpec
from seawall.engine.tree import tasks_of, tree_of
from seawall.model.errors import RefusedByRisk, Unavailable
from seawall.model.instruments import PairStatus
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_sell, market_buy

D = Decimal


async def test_the_desk_and_the_monitors_run_until_they_are_cancelled(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with trio.open_nursery() as nursery:
        await nursery.start(rig.assembly.run_desk, name="desk")
        await nursery.start(rig.assembly.run_monitors, name="monitors")
        await trio.sleep(600)
        names = set(tasks_of(tree_of("mine", [nursery])))
        nursery.cancel_scope.cancel()

    assert {"desk", "dead man's switch", "reconcile", "fills", "monitors", "risk", "exits", "balances", "heartbeat"} <= names
    assert not rig.custody.start(trio.sleep_forever, "too late"), "a closed desk takes no work"


async def test_the_switch_is_renewed_only_while_private_stream_and_feed_are_well(autojump_clock: MockClock) -> None:
    settings = EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=5), check_in_s=10)
    rig = Rig(settings)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        await nursery.start(rig.assembly.run_desk)
        await nursery.start(rig.assembly.run_monitors)
        rig.venue.restore_private()
        rig.venue.quote()
        await trio.sleep(60)
        assert len(rig.venue.armed) == 12
        rig.foundation.hub.book_lost("BTC/USD", "the checksum differs")
        await trio.sleep(20)
        renewed = len(rig.venue.armed)
        await trio.sleep(30)
        assert len(rig.venue.armed) == renewed, "the only followed book is lost"
        rig.venue.quote()
        await trio.sleep(10)
        assert len(rig.venue.armed) > renewed
        nursery.cancel_scope.cancel()


async def test_balances_are_learned_once_and_the_ledger_counts_from_there(autojump_clock: MockClock) -> None:
    rig = Rig()
    await rig.assembly.learn_balances()

    assert rig.foundation.account.balance("BTC", ()).total == 10
    assert rig.blotter.ledger.expected("USD") == 1_000_000


async def test_an_account_that_cannot_be_asked_is_no_start(autojump_clock: MockClock) -> None:
    rig = Rig()
    rig.venue.unreachable = True
    with pytest.raises(Unavailable):
        await rig.assembly.learn_balances()


async def test_halting_lets_go_of_all_orders_and_is_told_once(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        orders = [await rig.opened(BID, "me"), await rig.opened(limit_sell("BTC/USD", qty="0.001", price="51000"), "you")]
        rig.assembly.take_mode("risk", Mode.HALTED, "the loss is too large")
        rig.assembly.take_mode("risk", Mode.HALTED, "the loss is too large")
        await trio.sleep(1)

        assert [order.state for order in orders] == [OrderState.CANCELED] * 2
        assert rig.told(ModeChanged) == [ModeChanged(Mode.RUNNING, Mode.HALTED, "the loss is too large")]


async def test_reducing_leaves_orders_where_they_are(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened()
        rig.assembly.take_mode("risk", Mode.REDUCING, "the drawdown is too large")
        await trio.sleep(1)

        assert len(rig.venue.open_ids()) == 1


async def test_flattening_closes_what_it_can_and_says_what_it_cannot(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.01"), "me")
        await rig.opened(market_buy("BTC/USD", qty="0.02"), "you")
        rig.venue.not_sent_next = True
        await rig.assembly.flatten()

        positions = rig.blotter.portfolio.positions()
        assert sum(not position.is_flat for position in positions) == 1
        assert len(rig.told(QuestionFailed)) == 1


SOON = EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=5), check_in_s=10)


def run_all_but(rig: Rig, left_out: str, nursery: trio.Nursery) -> None:
    """What `run_monitors` does, with one of them hanging: it raises nothing, and says nothing."""
    for name in ("private stream", "feed", "risk", "exits"):
        rig.foundation.check_ins.join(name, rig.settings.check_in_s)
    for name, service in rig.assembly.watchers().items():
        nursery.start_soon(trio.sleep_forever if name == left_out else service, name=name)


async def hangs(market: Market) -> None:
    """Alive for a while, then silent for ever."""
    for _ in range(10):
        market.check_in()
        await trio.sleep(3)
    await trio.sleep_forever()


async def says_nothing(_market: Market) -> None:
    """Runs, and promised nothing."""
    await trio.sleep_forever()


async def ends(_market: Market) -> None:
    await trio.sleep(30)


@pytest.mark.parametrize(
    ("hanging", "late"),
    [("risk", {"risk"}), ("exits", {"exits"}), ("check-ins", {"private stream", "feed", "strategy quiet"})],
)
async def test_a_monitor_that_hangs_lets_the_switch_run_out(autojump_clock: MockClock, hanging: str, late: set[str]) -> None:
    rig = Rig(SOON, strategies=[StrategySpec("quiet", says_nothing)])
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        rig.venue.restore_private()
        rig.venue.quote()
        await nursery.start(rig.assembly.runner.run)
        run_all_but(rig, hanging, nursery)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(12)
        renewed = len(rig.venue.armed)
        await trio.sleep(100)
        assert len(rig.venue.armed) == renewed, "sixty seconds later Kraken cancels every order"
        last = rig.told(DeadMansSwitchNotRenewed)[-1]
        assert isinstance(last, DeadMansSwitchNotRenewed)
        assert set(last.late) == late
        nursery.cancel_scope.cancel()


async def test_a_private_stream_that_is_lost_lets_the_switch_run_out(autojump_clock: MockClock) -> None:
    rig = Rig(SOON)
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        await nursery.start(rig.assembly.run_monitors)
        nursery.start_soon(rig.assembly.switch.run)
        rig.venue.restore_private()
        await trio.sleep(30)
        assert rig.told(DeadMansSwitchNotRenewed) == []
        rig.foundation.hub.private_lost("cut")
        await trio.sleep(30)

        assert rig.told(DeadMansSwitchNotRenewed)[-1] == DeadMansSwitchNotRenewed(("private stream",))
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("spec", "lets_go"),
    [
        (StrategySpec("promised", hangs, check_in_s=5), True),
        (StrategySpec("promised nothing", says_nothing), False),
        (StrategySpec("ended", ends, check_in_s=60), False),
    ],
    ids=lambda value: value.name if isinstance(value, StrategySpec) else "",
)
async def test_a_strategy_that_breaks_its_promise_lets_the_switch_run_out(
    autojump_clock: MockClock, spec: StrategySpec, lets_go: bool
) -> None:
    rig = Rig(SOON, strategies=[spec])
    async with trio.open_nursery() as nursery:
        await rig.assembly.switch.allow(None)
        rig.venue.restore_private()
        await nursery.start(rig.assembly.run_monitors)
        await nursery.start(rig.assembly.runner.run)
        nursery.start_soon(rig.assembly.switch.run)
        await trio.sleep(25)
        assert rig.told(DeadMansSwitchNotRenewed) == []
        await trio.sleep(120)
        told = rig.told(DeadMansSwitchNotRenewed)
        nursery.cancel_scope.cancel()

    assert bool(told) is lets_go
    assert all(notice == DeadMansSwitchNotRenewed((f"strategy {spec.name}",)) for notice in told)


async def test_an_order_let_go_of_as_the_desk_ends_takes_nothing_down(autojump_clock: MockClock) -> None:
    """The desk's nursery was closed a moment before the desk was: whoever let go of an order just then crashed."""
    for _ in range(20):  # whose turn comes first is chance
        rig = Rig()
        async with trio.open_nursery() as nursery:
            await nursery.start(rig.assembly.run_desk)
            rig.venue.restore_private()
            rig.venue.quote()
            rig.desk.open_intake()
            rig.venue.lose_next = "hang"
            nursery.start_soon(rig.opened)
            await trio.sleep(1)
            nursery.cancel_scope.cancel()

        assert [order.state for order in rig.blotter.table] == [OrderState.IN_DOUBT]


async def test_a_pair_that_the_exchange_treats_otherwise_is_told_and_its_orders_are_refused_with_that_reason(
    autojump_clock: MockClock,
) -> None:
    rig = Rig(SOON)
    async with rig.caring() as nursery:
        await nursery.start(rig.assembly.run_monitors)
        await trio.sleep(5)
        assert rig.told(PairStatusChanged) == []
        rig.venue.instruments["BTC/USD"] = attrs.evolve(rig.venue.instrument("BTC/USD"), status=PairStatus.CANCEL_ONLY)
        await trio.sleep(5)

        assert rig.told(PairStatusChanged) == [PairStatusChanged("BTC/USD", PairStatus.ONLINE, PairStatus.CANCEL_ONLY)]
        with pytest.raises(RefusedByRisk, match="cancel_only") as refused:
            await rig.opened()
        assert refused.value.rule == "pair_status"
