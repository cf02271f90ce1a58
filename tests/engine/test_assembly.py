"""The acting parts together: who vouches for whom, what crashes take along, and what a halt means."""

from decimal import Decimal

import pytest
import trio
from support.rig import BID, Rig
from trio.testing import MockClock

from seawall.engine.modes import Mode, ModeChanged
from seawall.engine.notices import QuestionFailed
from seawall.engine.settings import DeadMansSwitch, EngineSettings
from seawall.engine.tree import tasks_of, tree_of
from seawall.model.errors import Unavailable
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
