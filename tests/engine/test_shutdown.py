"""How an engine stops when what it stops does not play along."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall.engine.engine import Engine
from seawall.engine.market import Market
from seawall.engine.modes import Mode
from seawall.engine.settings import Deadlines, EngineSettings, OnStop
from seawall.model.errors import JournalFailed, RefusedByRisk
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy, limit_sell, market_buy
from seawall.model.reports import OrderReport, OrderStatus

BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")
ASK = limit_sell("BTC/USD", qty="0.002", price="51000")
LIMITS = Deadlines()
D = Decimal


async def followed(market: Market) -> None:
    async with market.quotes("BTC/USD") as quotes:
        await anext(quotes)


async def rests(market: Market) -> None:
    await followed(market)
    async with market.working(BID):
        await trio.sleep_forever()


async def stop(engine: Engine) -> float:
    """Ask for a stop; how long it took."""
    began = trio.current_time()
    engine.stop("enough")
    await engine.stopped()
    return trio.current_time() - began


async def shields_for_a_minute(market: Market) -> None:
    await followed(market)
    async with market.working(ASK):
        with trio.CancelScope(shield=True):
            await trio.sleep(60)


async def holds_two_in_nested_blocks(market: Market) -> None:
    await followed(market)
    async with market.working(BID), market.working(ASK):
        await trio.sleep_forever()


async def test_a_strategy_that_does_not_end_keeps_no_order_open(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(shields_for_a_minute, rests) as engine:
        await trio.sleep(3)
        assert len(bench.venue.open_ids()) == 2
        engine.stop("enough")
        await trio.sleep(LIMITS.shutdown_s + 0.1)

        assert bench.venue.open_ids() == []
        (certificate,) = bench.overdue
        assert certificate is engine.certificate
        assert engine.certificate is not None
        assert engine.certificate.open_orders == ()

    assert engine.certificate.tasks_left == ("strategies", "strategy shields_for_a_minute"), "and nothing else is left"
    assert not engine.certificate.confirmed


async def test_what_cannot_be_asked_for_is_listed_as_last_known(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(rests) as engine:
        await trio.sleep(3)
        (name,) = bench.venue.open_ids()
        bench.venue.unreachable = True
        took_s = await stop(engine)

    assert took_s <= LIMITS.shutdown_s
    assert engine.certificate is not None
    assert engine.certificate.open_orders is None
    assert [line.split()[0] for line in engine.certificate.last_known_open] == [name]
    assert name in str(engine.certificate)


async def test_two_nested_blocks_and_no_way_to_the_exchange_keep_the_deadline(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(holds_two_in_nested_blocks) as engine:
        await trio.sleep(3)
        bench.venue.unreachable = True
        took_s = await stop(engine)

    assert took_s <= LIMITS.shutdown_s
    assert engine.certificate is not None
    assert len(engine.certificate.last_known_open) == 2
    assert engine.certificate.tasks_left == ()
    assert engine.certificate.dead_mans_switch.startswith("armed")


async def test_an_exchange_that_comes_back_in_time_is_used(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(holds_two_in_nested_blocks) as engine, trio.open_nursery() as nursery:
        await trio.sleep(3)
        bench.venue.unreachable = True
        nursery.start_soon(stop, engine)
        await trio.sleep(5)
        bench.venue.unreachable = False

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
    assert bench.venue.open_ids() == []


async def test_what_the_exchange_still_lists_is_cancelled_again_though_it_ended_here(
    bench: Bench, autojump_clock: MockClock
) -> None:
    async with bench.engine(rests) as engine:
        await trio.sleep(3)
        (name,) = bench.venue.open_ids()
        order = bench.venue.orders[name]
        bench.venue.listener.order_reported(OrderReport(order.order_id, name, OrderStatus.CANCELED, 3))
        await stop(engine)

    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


@pytest.mark.parametrize("asked", ["find_order", "cancel", "cancel_all_after", "fills_since", "balances"])
async def test_a_bug_that_ends_the_desk_leaves_no_order_open(bench: Bench, autojump_clock: MockClock, asked: str) -> None:
    """Whatever part the bug hits, what works of the venue is used to cancel."""

    async def two(market: Market) -> None:
        await followed(market)
        async with market.working(BID), market.working(ASK):
            await trio.sleep_forever()

    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with bench.engine(two, rests) as engine:
            await trio.sleep(3)
            bench.venue.bugs.append(asked)
            if asked == "find_order":
                bench.venue.listener.private_lost("cut")
                bench.venue.silent = True
                bench.venue.end(bench.venue.open_ids()[0], OrderStatus.CANCELED, "by another hand")
                bench.venue.silent = False
                bench.venue.restore_private()
            elif asked == "cancel":
                engine.stop("enough")
            elif asked == "fills_since":
                bench.venue.silent = True
                name = bench.venue.open_ids()[0]
                bench.venue.fill(name, "0.0001")
                bench.venue.silent = False
                bench.venue.report(bench.venue.orders[name])
            with trio.fail_after(200):
                await engine.stopped()

    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert engine.certificate.open_orders == ()
    assert engine.certificate.tasks_left == ()
    assert len(engine.certificate.crashes) == 1
    assert bench.journal.closed


@pytest.mark.parametrize("asked", ["open_orders", "place"])
async def test_a_bug_in_the_middle_of_a_stop_does_not_stop_the_stop(autojump_clock: MockClock, asked: str) -> None:
    bench = Bench(settings=EngineSettings(on_stop=OnStop.FLATTEN))

    async def holds(market: Market) -> None:
        await followed(market)
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        async with market.working(BID):
            await trio.sleep_forever()

    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with bench.engine(holds) as engine:
            await trio.sleep(3)
            bench.venue.bugs.append(asked)
            assert await stop(engine) <= LIMITS.shutdown_s

    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert not engine.certificate.clean
    assert engine.certificate.crashes == ("ZeroDivisionError: a bug in " + asked,)
    assert engine.certificate.tasks_left == ()
    assert bench.exchange.closed
    assert bench.journal.closed


@pytest.mark.parametrize("how", [SystemExit(3), KeyboardInterrupt()])
async def test_a_strategy_that_would_end_the_program_ends_it_in_good_order(
    bench: Bench, autojump_clock: MockClock, how: BaseException
) -> None:
    async def leaves(market: Market) -> None:
        await followed(market)
        async with market.working(ASK):
            await trio.sleep(3)
            raise how

    with pytest.RaisesGroup(type(how), flatten_subgroups=True):
        async with bench.engine(leaves, rests) as engine:
            await trio.sleep_forever()

    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert engine.certificate.confirmed


async def test_flattening_lets_go_of_all_orders_before_it_waits_for_one_position(autojump_clock: MockClock) -> None:
    bench = Bench(settings=EngineSettings(on_stop=OnStop.FLATTEN))

    async def holds(market: Market) -> None:
        await followed(market)
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0", keep=True)):
            pass
        async with market.quotes("ETH/USD") as quotes:
            await anext(quotes)
        async with market.working(limit_buy("ETH/USD", qty="0.001", price="50000.0")):
            with trio.CancelScope(shield=True):
                await trio.sleep(60)

    async with bench.engine(holds) as engine:
        await trio.sleep(3)
        bench.venue.lose_next = "before"  # the order that would close the position is lost: it stays in doubt
        engine.stop("enough")
        await trio.sleep(LIMITS.shutdown_s + 0.1)
        assert bench.venue.open_ids() == []

    assert engine.certificate is not None
    assert len(engine.certificate.in_doubt) == 1
    assert engine.certificate.positions == (("holds", "BTC/USD", D("0.01")),)


async def test_flattening_without_a_way_to_the_exchange_keeps_the_deadline_and_says_what_is_held(
    autojump_clock: MockClock,
) -> None:
    bench = Bench(settings=EngineSettings(on_stop=OnStop.FLATTEN))

    async def holds(market: Market) -> None:
        await followed(market)
        async with market.working(market_buy("BTC/USD", qty="0.01")) as order:
            await order.done()
        await trio.sleep_forever()

    async with bench.engine(holds) as engine:
        await trio.sleep(3)
        bench.venue.unreachable = True
        assert await stop(engine) <= LIMITS.shutdown_s

    assert engine.certificate is not None
    assert engine.certificate.positions == (("holds", "BTC/USD", D("0.01")),)
    assert engine.certificate.open_orders is None


async def test_a_kept_order_that_was_let_go_of_is_not_kept_on_purpose(bench: Bench, autojump_clock: MockClock) -> None:
    async def changes_its_mind(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0", keep=True)) as order:
            bench.venue.cancels_fail = True
            await order.cancel()

    async with bench.engine(changes_its_mind) as engine:
        await trio.sleep(3)
        await stop(engine)

    assert engine.certificate is not None
    assert engine.certificate.kept == ()
    assert engine.certificate.open_orders is not None
    assert len(engine.certificate.open_orders) == 1
    assert not engine.certificate.confirmed


async def test_a_journal_that_cannot_be_closed_is_not_called_closed(bench: Bench, autojump_clock: MockClock) -> None:
    bench.journal.fails_to_close = True
    with pytest.RaisesGroup(JournalFailed):
        async with bench.engine(rests) as engine:
            await trio.sleep(3)

    assert engine.certificate is not None
    assert engine.certificate.confirmed
    assert engine.certificate.journal == "failed: the last records are lost"


@pytest.mark.parametrize("at_ms", range(0, 60, 3))
async def test_a_stop_at_any_point_of_the_start_leaves_nothing(autojump_clock: MockClock, at_ms: int) -> None:
    before = trio.lowlevel.current_statistics().tasks_living
    bench = Bench()
    with trio.move_on_after(at_ms / 1_000):
        async with bench.engine(rests):
            await trio.sleep_forever()

    assert trio.lowlevel.current_statistics().tasks_living == before
    assert bench.exchange.venue is None or bench.venue.open_ids() == []
    assert bench.exchange.venue is None or bench.exchange.closed
    assert bench.journal.closed


@pytest.mark.parametrize("misbehave", [shields_for_a_minute, holds_two_in_nested_blocks])
async def test_a_second_wish_lists_what_is_open(
    bench: Bench, autojump_clock: MockClock, misbehave: Callable[[Market], Awaitable[None]]
) -> None:
    async with bench.engine(misbehave) as engine:
        await trio.sleep(3)
        bench.venue.cancels_fail = True
        names = bench.venue.open_ids()
        engine.stop("enough")
        await trio.sleep(0.2)
        engine.stop_now("insisted")
        engine.stop_now("insisted again")
        await trio.sleep(LIMITS.shutdown_s * 0.2 + 0.1)
        assert engine.certificate is not None
        assert [line.split()[0] for line in engine.certificate.last_known_open] == names


async def test_what_swallows_its_cancellation_trades_no_more(bench: Bench, autojump_clock: MockClock) -> None:
    tries: list[str] = []

    async def stubborn(market: Market) -> None:
        await followed(market)
        for _ in range(3):
            try:
                async with market.working(BID) as order:
                    await order.done()
            except RefusedByRisk as refusal:
                tries.append(refusal.rule)
            except BaseException:  # noqa: BLE001, ASYNC103 - the very thing that is tried
                tries.append("swallowed")

    async with bench.engine(stubborn) as engine:
        await trio.sleep(3)
        assert await stop(engine) < LIMITS.shutdown_s

    assert tries == ["swallowed"] * 3, "the desk itself says that it is cancelled, whoever did not listen"
    assert len(bench.venue.placed) == 1
    assert engine.certificate is not None
    assert engine.certificate.clean


async def test_halted_while_blocks_wait_ends_their_orders_and_takes_no_other(bench: Bench, autojump_clock: MockClock) -> None:
    ends: list[OrderState] = []
    refused: list[str] = []

    async def waits(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            ends.append(await order.done())
        try:
            async with market.working(BID):
                ends.append(OrderState.OPEN)
        except RefusedByRisk as refusal:
            refused.append(refusal.rule)

    async with bench.engine(waits) as engine:
        await trio.sleep(3)
        halt(engine)
        await trio.sleep(3)

    assert ends == [OrderState.CANCELED]
    assert refused == ["mode"]


def halt(engine: Engine) -> None:
    assert engine._shutdown is not None
    assert engine._shutdown.assembly is not None
    engine._shutdown.assembly.take_mode("risk", Mode.HALTED, "the loss is too large")
