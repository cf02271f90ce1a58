"""The whole engine on a venue in memory, in virtual time."""

from decimal import Decimal

import pytest
import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall.engine.dead_mans_switch import ForeignOrdersOpen
from seawall.engine.engine import Engine
from seawall.engine.market import Market
from seawall.engine.notices import (
    DeadMansSwitchNotRenewed,
    EngineStarted,
    OrderContradicted,
    OrderInDoubt,
    ServiceCrashed,
    StrategyFailed,
    StrategyQuarantined,
)
from seawall.engine.settings import Deadlines, DeadMansSwitch, EngineSettings, OnStop, WhenForeign
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import NotSent, Refused, RefusedByExchange, RefusedByRisk, Unavailable
from seawall.model.journal import IntentRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy, limit_sell, market_buy
from seawall.model.reports import OrderReport, OrderStatus, PlaceOrder

BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")


async def followed(market: Market) -> None:
    async with market.quotes("BTC/USD") as quotes:
        async for _ in quotes:
            return


async def test_an_order_lives_as_long_as_its_block(bench: Bench, autojump_clock: MockClock) -> None:
    seen: list[OrderState] = []

    async def quote_the_bid(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            seen.append(order.state)
            assert bench.venue.open_ids() == [order.client_order_id]
        seen.append(order.state)

    async with bench.engine(quote_the_bid):
        await trio.sleep(5)

    assert seen == [OrderState.OPEN, OrderState.CANCELED]
    assert bench.venue.open_ids() == []


async def test_every_intent_is_in_the_journal_before_it_reaches_the_exchange(bench: Bench, autojump_clock: MockClock) -> None:
    journaled_before: list[bool] = []

    async def buy(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            journaled_before.append(order.client_order_id in {record.client_order_id for record in bench.journal.intents()})

    bench.journal.delay_s = 0.5
    async with bench.engine(buy):
        await trio.sleep(5)

    assert journaled_before == [True]
    assert len(bench.venue.placed) == 1


async def test_a_stop_cancels_open_orders_and_certifies_that_none_is_left(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID), market.working(limit_sell("BTC/USD", qty="0.002", price="51000")):
            await trio.sleep_forever()

    async with bench.engine(rest) as engine:
        await trio.sleep(3)
        assert len(bench.venue.open_ids()) == 2
        engine.stop("enough")
        await engine.stopped()

    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert engine.certificate.clean
    assert engine.certificate.open_orders == ()
    assert engine.certificate.reason == "enough"
    assert bench.venue.armed[-1] == 0
    assert bench.exchange.closed
    assert bench.journal.closed


async def test_no_order_is_taken_once_a_stop_was_asked_for(bench: Bench, autojump_clock: MockClock) -> None:
    refusals: list[str] = []

    async def stubborn(market: Market) -> None:
        await followed(market)
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(1, shield=True):
                try:
                    async with market.working(BID):
                        refusals.append("was taken")
                except RefusedByRisk as refusal:
                    refusals.append(refusal.rule)

    async with bench.engine(stubborn) as engine:
        await trio.sleep(3)
        engine.stop("enough")

    assert refusals == ["stopping"]
    assert bench.venue.placed == []


async def test_cancelling_the_embedding_program_is_a_graceful_stop(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    with trio.move_on_after(4) as host:
        async with bench.engine(rest) as engine:
            await trio.sleep_forever()

    assert host.cancelled_caught
    assert engine.certificate is not None
    assert engine.certificate.clean
    assert bench.venue.open_ids() == []


async def test_a_crash_of_one_strategy_leaves_the_other_trading(bench: Bench, autojump_clock: MockClock) -> None:
    async def fragile(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.005", price="49000")):
            await trio.sleep(1)
            raise KeyError("a bug of the strategy")

    async def steady(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    async with bench.engine(fragile, steady) as engine:
        await trio.sleep(10)
        owners = [bench.venue.orders[name].wire.qty for name in bench.venue.open_ids()]
        assert owners == [Decimal("0.001")]
        assert [getattr(notice, "name", None) for notice in bench.told(StrategyFailed)] == ["fragile"]
        assert bench.told(StrategyQuarantined) == [StrategyQuarantined("fragile")]
        engine.stop("enough")

    assert engine.certificate is not None
    assert engine.certificate.quarantined == ("fragile",)
    assert engine.certificate.confirmed


async def test_a_lost_answer_is_decided_and_the_order_never_sent_twice(bench: Bench, autojump_clock: MockClock) -> None:
    entered: list[OrderState] = []

    async def buy(market: Market) -> None:
        await followed(market)
        bench.venue.lose_next = "after"
        async with market.working(BID) as order:
            entered.append(order.state)

    async with bench.engine(buy):
        await trio.sleep(20)

    assert entered == [OrderState.OPEN]
    assert len(bench.told(OrderInDoubt)) == 1
    assert len(bench.venue.placed) == 1
    assert bench.venue.open_ids() == []


async def test_an_order_that_never_arrived_is_refused_only_after_its_deadline(bench: Bench, autojump_clock: MockClock) -> None:
    refused_at: list[float] = []
    began = trio.current_time()

    async def buy(market: Market) -> None:
        await followed(market)
        bench.venue.lose_next = "before"
        with pytest.raises(Refused, match="never_placed"):
            async with market.working(BID):
                pytest.fail("entered with an order that is not there")
        refused_at.append(trio.current_time() - began)

    async with bench.engine(buy):
        await trio.sleep(120)

    assert len(refused_at) == 1
    assert refused_at[0] > Deadlines().order_s + Deadlines().absent_s + Deadlines().settle_s
    assert bench.venue.placed == []


async def test_an_order_in_doubt_is_not_decided_while_the_private_stream_is_down(bench: Bench, autojump_clock: MockClock) -> None:
    decided: list[str] = []

    async def buy(market: Market) -> None:
        await followed(market)
        bench.venue.listener.private_lost("cut")
        bench.venue.lose_next = "before"
        try:
            async with market.working(BID):
                pytest.fail("entered with an order that is not there")
        except Refused as refusal:
            decided.append(refusal.rule)

    async with bench.engine(buy):
        await trio.sleep(120)
        assert decided == []
        bench.venue.restore_private()
        await trio.sleep(30)

    assert decided == ["never_placed"]


async def test_leaving_while_in_doubt_hands_the_order_to_the_desk_which_cancels_it(
    bench: Bench, autojump_clock: MockClock
) -> None:
    async def impatient(market: Market) -> None:
        await followed(market)
        bench.venue.lose_next = "hang"
        with trio.move_on_after(1):
            async with market.working(BID):
                pytest.fail("entered without an answer")

    async with bench.engine(impatient):
        await trio.sleep(20)
        assert len(bench.venue.placed) == 1
        assert bench.venue.open_ids() == []


async def test_the_deadline_of_the_surrounding_scope_travels(bench: Bench, autojump_clock: MockClock) -> None:
    left_s: list[float] = []

    async def hurried(market: Market) -> None:
        await followed(market)
        now_ns = bench.venue.now_ns()
        with trio.move_on_after(2):
            async with market.working(BID):
                left_s.append((bench.venue.placed[-1].deadline_ns - now_ns) / 1e9)
        now_ns = bench.venue.now_ns()
        async with market.working(BID):
            left_s.append((bench.venue.placed[-1].deadline_ns - now_ns) / 1e9)
        with trio.move_on_after(0.4), pytest.raises(RefusedByRisk, match="deadline"):
            async with market.working(BID):
                pytest.fail("Kraken takes no deadline under half a second")

    async with bench.engine(hurried):
        await trio.sleep(10)

    assert left_s == [pytest.approx(2, abs=0.01), pytest.approx(Deadlines().order_s, abs=0.01)]


async def test_refusals_reach_the_strategy_and_leave_nothing(bench: Bench, autojump_clock: MockClock) -> None:
    rules: list[str] = []

    async def asks(market: Market) -> None:
        await followed(market)
        bench.venue.refuse_next = "EOrder:Insufficient funds"
        try:
            async with market.working(BID):
                pytest.fail("entered a refused order")
        except RefusedByExchange as refusal:
            rules.append(refusal.rule)
        bench.venue.not_sent_next = True
        try:
            async with market.working(BID):
                pytest.fail("entered an order that was not sent")
        except NotSent:
            rules.append("not sent")
        try:
            async with market.working(limit_buy("BTC/USD", qty="0.00001", price="50000")):
                pytest.fail("entered an order below the minimum")
        except RefusedByRisk as refusal:
            rules.append(refusal.rule)

    async with bench.engine(asks) as engine:
        await trio.sleep(5)

    assert rules == ["EOrder:Insufficient funds", "not sent", "minimum"]
    assert engine.certificate is not None
    assert engine.certificate.clean


async def test_fills_done_and_position(bench: Bench, autojump_clock: MockClock) -> None:
    seen: list[Decimal] = []
    end: list[OrderState] = []
    held: list[Decimal] = []

    async def buys(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            seen.extend([fill.qty async for fill in order.fills()])
            end.append(await order.done())
            held.append(market.position("BTC/USD").qty)
            assert order.average_price == Decimal("50000.0")

    async with bench.engine(buys):
        await trio.sleep(2)
        (name,) = bench.venue.open_ids()
        bench.venue.fill(name, "0.0004")
        await trio.sleep(1)
        bench.venue.fill(name, "0.0006")
        await trio.sleep(1)

    assert seen == [Decimal("0.0004"), Decimal("0.0006")]
    assert end == [OrderState.FILLED]
    assert held == [Decimal("0.0010")]
    assert bench.venue.cancelled == []


async def test_fills_that_the_stream_did_not_tell_are_fetched(bench: Bench, autojump_clock: MockClock) -> None:
    held: list[Decimal] = []

    async def buys(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            await order.done()
            held.append(market.position("BTC/USD").qty)

    async with bench.engine(buys):
        await trio.sleep(2)
        (name,) = bench.venue.open_ids()
        bench.venue.silent = True
        bench.venue.fill(name, "0.001")
        bench.venue.silent = False
        bench.venue.report(bench.venue.orders[name])
        await trio.sleep(10)

    assert held == [Decimal("0.001")]


async def test_a_gap_of_the_private_stream_is_closed_by_asking(bench: Bench, autojump_clock: MockClock) -> None:
    ended: list[OrderState] = []

    async def rests(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            ended.append(await order.done())

    async with bench.engine(rests):
        await trio.sleep(5)
        (name,) = bench.venue.open_ids()
        bench.venue.listener.private_lost("cut")
        bench.venue.silent = True
        bench.venue.end(name, OrderStatus.CANCELED, "by another hand")
        bench.venue.silent = False
        bench.venue.restore_private()
        await trio.sleep(10)

    assert ended == [OrderState.CANCELED]


async def test_amend_changes_an_order_in_place(bench: Bench, autojump_clock: MockClock) -> None:
    amended: list[tuple[Decimal, Decimal | None]] = []

    async def moves(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            await order.amend(price="49999.0", qty="0.002")
            amended.append((order.qty, order.limit_price))
            bench.venue.lose_next_amend = "after"
            await order.amend(price="49998.0")
            amended.append((order.qty, order.limit_price))
            bench.venue.lose_next_amend = "before"
            with pytest.raises(RefusedByExchange, match="read back unchanged"):
                await order.amend(price="49997.0")
            amended.append((order.qty, order.limit_price))

    async with bench.engine(moves):
        await trio.sleep(150)

    two = Decimal("0.002")
    assert amended == [(two, Decimal("49999.0")), (two, Decimal("49998.0")), (two, Decimal("49998.0"))]
    assert len(bench.venue.placed) == 1


async def test_what_cannot_be_cancelled_is_listed_and_the_switch_stays_armed(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    began = 0.0
    async with bench.engine(rest) as engine:
        await trio.sleep(3)
        bench.venue.unreachable = True
        began = trio.current_time()
        engine.stop("enough")

    assert trio.current_time() - began <= Deadlines().shutdown_s
    assert engine.certificate is not None
    assert not engine.certificate.confirmed
    assert engine.certificate.open_orders is None
    assert engine.certificate.dead_mans_switch.startswith("armed")
    assert 0 not in bench.venue.armed


async def test_an_exchange_that_does_not_answer_at_the_start_is_asked_until_it_does(
    bench: Bench, autojump_clock: MockClock
) -> None:
    bench.exchange.unreachable_s = Deadlines().start_s - 10
    async with bench.engine(followed) as engine:
        assert trio.current_time() == pytest.approx(Deadlines().start_s - 10, abs=5)

    assert len(bench.told(EngineStarted)) == 1
    assert engine.certificate is not None
    assert engine.certificate.clean


async def test_a_start_without_an_answer_ends_with_the_last_problem_before_its_deadline(
    bench: Bench, autojump_clock: MockClock
) -> None:
    bench.exchange.unreachable_s = Deadlines().start_s + 60
    began: list[Engine] = []
    with pytest.RaisesGroup(Unavailable, flatten_subgroups=True, allow_unwrapped=True):
        async with bench.engine(followed) as engine:
            began.append(engine)

    assert began == []
    assert Deadlines().start_s - 10 <= trio.current_time() <= Deadlines().start_s
    assert bench.told(EngineStarted) == []


async def test_a_second_wish_to_stop_does_not_wait(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    async with bench.engine(rest) as engine:
        await trio.sleep(3)
        bench.venue.cancels_fail = True
        began = trio.current_time()
        engine.stop("enough")
        await trio.sleep(0.2)
        engine.stop_now("insisted")
        await engine.stopped()
        assert trio.current_time() - began < 0.5

    assert engine.certificate is not None
    assert not engine.certificate.clean
    assert len(bench.venue.open_ids()) == 1


async def test_a_bug_in_the_venue_stops_the_engine_in_good_order_and_is_raised(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with bench.engine(rest) as engine:
            await trio.sleep(3)
            bench.exchange.crash.set()
            await engine.stopped()

    assert [getattr(notice, "service", None) for notice in bench.told(ServiceCrashed)] == ["venue session"]
    assert engine.certificate is not None
    assert len(engine.certificate.crashes) == 1
    assert bench.journal.closed


async def test_an_order_of_a_killed_run_is_found_and_cancelled_and_nothing_is_sent_twice(
    bench: Bench, autojump_clock: MockClock
) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID) as order:
            bench.venue.fill(order.client_order_id, "0.0003")
            await trio.sleep_forever()

    async with bench.engine(rest):
        await trio.sleep(3)
        after_kill = bench.journal.reopened()  # what kill -9 would leave
        names = bench.venue.open_ids()
        orders = dict(bench.venue.orders)
    for name in names:
        orders[name].status = OrderStatus.OPEN  # the exchange never heard of a cancel

    second = Bench(exchange=bench.exchange, journal=after_kill)

    async def idle(market: Market) -> None:
        await trio.sleep_forever()

    async with second.engine(idle) as engine:
        await trio.sleep(10)
        assert second.venue.open_ids() == []
        assert second.venue.placed == []

    assert engine.certificate is not None
    assert engine.certificate.clean
    assert engine.certificate.positions == (("rest", "BTC/USD", Decimal("0.0003")),)


async def test_a_kept_order_outlives_its_block_and_is_named(bench: Bench, autojump_clock: MockClock) -> None:
    async def protects(market: Market) -> None:
        await followed(market)
        async with market.working(limit_buy("BTC/USD", qty="0.001", price="50000.0", keep=True)):
            pass

    async with bench.engine(protects) as engine:
        await trio.sleep(3)

    assert len(bench.venue.open_ids()) == 1
    assert engine.certificate is not None
    assert engine.certificate.clean
    assert len(engine.certificate.kept) == 1
    assert bench.venue.armed[-1] == 0


async def test_positions_are_closed_when_the_configuration_says_so(autojump_clock: MockClock) -> None:
    bench = Bench(settings=EngineSettings(on_stop=OnStop.FLATTEN))

    async def buys(market: Market) -> None:
        await followed(market)
        async with market.working(market_buy("BTC/USD", qty="0.002")) as order:
            await order.done()
        await trio.sleep_forever()

    async with bench.engine(buys) as engine:
        await trio.sleep(3)

    assert [(order.side, order.qty) for order in bench.venue.placed] == [
        ("buy", Decimal("0.002")),
        ("sell", Decimal("0.00200000")),
    ]
    assert engine.certificate is not None
    assert engine.certificate.positions == ()
    assert engine.certificate.clean


async def test_sell_all_sells_what_the_strategy_holds(bench: Bench, autojump_clock: MockClock) -> None:
    sold: list[Decimal] = []

    async def round_trip(market: Market) -> None:
        await followed(market)
        async with market.working(market_buy("BTC/USD", qty="0.002")) as order:
            await order.done()
        sold.extend(fill.qty for fill in await market.sell_all("BTC/USD"))
        assert await market.sell_all("BTC/USD") == ()

    async with bench.engine(round_trip):
        await trio.sleep(5)

    assert sold == [Decimal("0.002")]


async def test_a_broken_journal_takes_no_new_order_and_stops_the_engine(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            bench.journal.broken = True
            async with market.working(BID):
                pytest.fail("sent an order that is not in the journal")

    async with bench.engine(rest) as engine:
        await engine.stopped()

    assert len(bench.venue.placed) == 1
    assert bench.venue.open_ids() == []
    assert engine.certificate is not None
    assert engine.certificate.confirmed
    assert not engine.certificate.clean
    assert engine.certificate.journal.startswith("failed")


async def test_the_dead_mans_switch_is_renewed_and_not_when_somebody_is_silent(autojump_clock: MockClock) -> None:
    bench = Bench(settings=EngineSettings(dead_mans_switch=DeadMansSwitch(timeout_s=60, renew_s=15)))

    async def idle(market: Market) -> None:
        await followed(market)
        await trio.sleep_forever()

    async with bench.engine(idle):
        await trio.sleep(61)
        assert bench.venue.armed == [60] * 5
        bench.venue.listener.private_lost("cut")
        await trio.sleep(60)
        renewed = len(bench.venue.armed)
        await trio.sleep(60)
        assert len(bench.venue.armed) == renewed


async def test_a_strategy_that_promised_to_check_in_and_hangs_lets_the_switch_run(
    bench: Bench, autojump_clock: MockClock
) -> None:
    async def hangs(market: Market) -> None:
        await followed(market)
        for _ in range(10):
            market.check_in()
            await trio.sleep(5)
        await trio.sleep_forever()

    async with bench.engine(StrategySpec("hangs", hangs, check_in_s=20)):
        await trio.sleep(50)
        assert len(bench.venue.armed) >= 3
        await trio.sleep(40)
        renewed = len(bench.venue.armed)
        await trio.sleep(120)
        assert len(bench.venue.armed) == renewed
        assert DeadMansSwitchNotRenewed(("strategy hangs",)) in bench.told(DeadMansSwitchNotRenewed)


async def test_an_order_that_rises_from_the_dead_is_cancelled_and_said_so(bench: Bench, autojump_clock: MockClock) -> None:
    async def buy(market: Market) -> None:
        await followed(market)
        bench.venue.lose_next = "before"
        with pytest.raises(Refused):
            async with market.working(BID):
                pytest.fail("entered with an order that is not there")

    async with bench.engine(buy):
        await trio.sleep(120)
        (intent,) = bench.journal.intents()
        assert isinstance(intent, IntentRecord)
        bench.venue._take(_wire(intent))
        bench.venue.report(bench.venue.orders[intent.client_order_id])
        await trio.sleep(5)
        assert len(bench.told(OrderContradicted)) >= 1
        assert bench.venue.open_ids() == []


def _wire(intent: IntentRecord) -> PlaceOrder:
    return PlaceOrder(
        client_order_id=intent.client_order_id,
        symbol=intent.intent.symbol,
        side=intent.intent.side,
        order_type=intent.intent.order_type,
        qty=intent.intent.qty,
        limit_price=intent.intent.limit_price,
        trigger_price=None,
        time_in_force="gtc",
        post_only=False,
        deadline_ns=intent.deadline_ns,
    )


async def test_no_task_is_left_behind(bench: Bench, autojump_clock: MockClock) -> None:
    async def rest(market: Market) -> None:
        await followed(market)
        async with market.working(BID):
            await trio.sleep_forever()

    before = trio.lowlevel.current_statistics().tasks_living
    async with bench.engine(rest) as engine:
        await trio.sleep(3)
        assert trio.lowlevel.current_statistics().tasks_living > before + 5
        names = [child.name for child in engine.snapshot().tree.children]
        assert names == ["desk", "monitors", "strategies", "venue session"]

    assert trio.lowlevel.current_statistics().tasks_living == before
    assert engine.certificate is not None
    assert engine.certificate.tasks_left == ()


async def test_an_engine_does_not_start_beside_foreign_orders_before_somebody_has_said_how(
    bench: Bench, autojump_clock: MockClock
) -> None:
    bench.exchange.foreign.append(OrderReport("X1", None, OrderStatus.OPEN, 3, symbol="BTC/USD"))
    with pytest.RaisesGroup(ForeignOrdersOpen, flatten_subgroups=True):
        async with bench.engine():
            raise AssertionError("the engine started")

    assert bench.venue.armed == []
    assert bench.venue.cancelled == []
    bench.settings = EngineSettings(dead_mans_switch=DeadMansSwitch(when_foreign=WhenForeign.OFF))
    async with bench.engine():
        await trio.sleep(30)
    assert bench.venue.armed == []
