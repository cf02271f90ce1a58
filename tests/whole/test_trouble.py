"""The engine when things go wrong, over real sockets: each case is one that has cost somebody money elsewhere."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
import trio
from support.stage import Stage, open_stage

from seawall import Engine, Market, OrderState, RestartPolicy, limit_buy, limit_sell
from seawall.config import Deadlines
from seawall.engine.notices import BookLost, OrderInDoubt, StrategyFailed
from seawall.engine.strategies import StrategySpec
from seawall.kraken.client import BookMismatched, FrameMisunderstood
from seawall.model.errors import NotSent, Refused, RefusedByRisk
from seawall.resilience import GaveUp
from seawall.sim import Answered, Door, SimSettings

QUICK = Deadlines(silent_after_s=2.5, order_s=1.0, settle_s=0.5, absent_s=1.0, cancel_s=2.0)
STILL = SimSettings(events_per_s=5, seed=7)


async def rest_far_below(market: Market) -> None:
    """Keep one order in the book where nobody will take it."""
    async with market.quotes("BTC/USD") as quotes:
        async for quote in quotes:
            far = market.instrument("BTC/USD").price_increment * ((quote.bid * Decimal("0.95")) // Decimal("0.1"))
            async with market.working(limit_buy("BTC/USD", qty="0.001", price=far)):
                await trio.sleep_forever()


async def rest_far_above(market: Market) -> None:
    """The same on the other side."""
    async with market.quotes("BTC/USD") as quotes:
        async for quote in quotes:
            far = market.instrument("BTC/USD").price_increment * ((quote.ask * Decimal("1.05")) // Decimal("0.1"))
            async with market.working(limit_sell("BTC/USD", qty="0.002", price=far)):
                await trio.sleep_forever()


def client_ids(stage: Stage) -> list[str]:
    """The client order id of every order request that reached the exchange, on either transport."""
    asked = [*stage.sim.requests.of("add_order"), *stage.sim.requests.of("AddOrder")]
    return [str(request.params["cl_ord_id"]) for request in asked]


def sent_once(stage: Stage) -> bool:
    return len(client_ids(stage)) == len(set(client_ids(stage)))


async def test_one_strategy_crashes_and_the_other_trades_on(tmp_path: Path) -> None:
    crash = trio.Event()

    async def fragile(market: Market) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(rest_far_below, market)
            await crash.wait()
            raise KeyError("a bug of the strategy")

    async with open_stage(tmp_path, STILL) as stage, stage.engine(fragile, rest_far_above) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 2)
        crash.set()
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
        await stage.until(lambda: "fragile" in str(stage.told(StrategyFailed)))
        assert [order.side for order in stage.sim.exchange.open_orders()] == ["sell"]

    assert engine.certificate is not None
    assert engine.certificate.confirmed
    assert engine.certificate.quarantined == ("fragile",)
    assert stage.sim.exchange.open_orders() == ()


async def test_two_failures_at_once_come_out_as_one_group(tmp_path: Path) -> None:
    both = trio.Event()

    async def first(market: Market) -> None:
        await both.wait()
        raise KeyError("first")

    async def second(market: Market) -> None:
        await both.wait()
        raise ZeroDivisionError("second")

    escalate = RestartPolicy(on=(Exception,), delays_s=(), exhausted="escalate")
    async with open_stage(tmp_path, STILL) as stage:
        with pytest.RaisesGroup(GaveUp, GaveUp, flatten_subgroups=True) as caught:
            specs = (StrategySpec("first", first, escalate), StrategySpec("second", second, escalate))
            async with stage.engine(*specs, rest_far_below) as engine:
                await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
                both.set()
                await engine.stopped()

    told = "".join(str(leaf.__cause__) + repr(getattr(leaf.__cause__, "exceptions", ())) for leaf in leaves(caught.value))
    assert "first" in told
    assert "second" in told
    assert engine.certificate is not None
    assert engine.certificate.confirmed
    assert len(engine.certificate.crashes) == 1


def leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]


async def test_silence_is_noticed_and_healed_and_the_order_stays(tmp_path: Path) -> None:
    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(rest_far_below) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
        stage.sim.faults.go_silent(Door.PUBLIC, Door.PRIVATE)
        await stage.until(lambda: bool(stage.told(BookLost)))
        assert not verified(engine)
        stage.sim.faults.speak()
        await stage.until(lambda: verified(engine))
        assert len(stage.sim.exchange.open_orders()) == 1

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
    assert sent_once(stage)


def _lost_and_back(stage: Stage, engine: Engine, times: int) -> bool:
    return len(stage.told(BookLost)) >= times and verified(engine)


def verified(engine: Engine) -> bool:
    statistics = engine.statistics()
    return statistics is not None and all(book.is_verified for book in statistics.feed.books)


async def test_closed_sockets_are_dialled_again_and_subscriptions_restored(tmp_path: Path) -> None:
    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(rest_far_below) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
        for times in range(1, 4):
            assert stage.sim.faults.close_sockets() >= 2
            await stage.until(partial(_lost_and_back, stage, engine, times))
        (order,) = stage.sim.exchange.open_orders()
        stage.sim.exchange.cancel_order(order)  # by another hand, once the stream is back
        await stage.until(lambda: engine.snapshot().orders == ())

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def test_an_exchange_that_refuses_connections_leaves_orders_refused_not_lost(tmp_path: Path) -> None:
    rules: list[str] = []

    async def insistent(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            await anext(quotes)
            stage.sim.faults.refuse_connections = True
            stage.sim.faults.close_sockets()
            await stage.until(lambda: bool(stage.told(BookLost)))
            try:
                async with market.working(limit_buy("BTC/USD", qty="0.001", price="1000.0")):
                    rules.append("taken")
            except RefusedByRisk as refusal:
                rules.append(refusal.rule)
            except NotSent:
                rules.append("not sent")
            stage.sim.faults.refuse_connections = False
            await anext(quotes)
            rules.append("back")

    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(insistent) as engine:
        await stage.until(lambda: "back" in rules)

    assert rules == ["stale_data", "back"]
    assert client_ids(stage) == []
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def test_garbage_costs_nothing_but_a_notice(tmp_path: Path) -> None:
    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(rest_far_below) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
        before = len(stage.sim.requests)
        for text in ("CloudFlare WebSocket proxy restarting", '{"channel":"book","type":"update","data":[{"symbol":1}]}', "{"):
            stage.sim.faults.say(text)
        await stage.until(lambda: len(stage.told(FrameMisunderstood)) >= 6)
        await stage.until(lambda: verified(engine))
        assert len(stage.sim.exchange.open_orders()) == 1
        assert len(stage.sim.requests) >= before

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def test_an_update_that_comes_twice_breaks_no_book(tmp_path: Path) -> None:
    async with open_stage(tmp_path, STILL) as stage, stage.engine(rest_far_below) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
        before = changes_of_books(engine)
        stage.sim.faults.double_book("BTC/USD", times=3)
        await stage.until(lambda: changes_of_books(engine) >= before + 6)
        assert verified(engine)

    assert stage.told(BookMismatched) == []


def changes_of_books(engine: Engine) -> int:
    statistics = engine.statistics()
    return 0 if statistics is None else sum(book.changes for book in statistics.feed.books)


@pytest.mark.parametrize("answered", [Answered.NOTHING, Answered.CUT, Answered.GARBAGE])
async def test_an_answer_lost_after_the_order_was_taken_is_decided_and_never_sent_twice(
    tmp_path: Path, answered: Answered
) -> None:
    async def buy(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            quote = await anext(quotes)
            far = quote.bid - quote.bid % 100 - 2000
            stage.sim.faults.lose_private(times=20)
            stage.sim.faults.next_answer("add_order", answered)
            async with market.working(limit_buy("BTC/USD", qty="0.001", price=far)) as order:
                states.append(order.state)
                await trio.sleep_forever()

    states: list[OrderState] = []
    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(buy) as engine:
        await stage.until(lambda: bool(states))
        assert len(stage.told(OrderInDoubt)) == 1
        assert len(stage.sim.exchange.open_orders()) == 1

    assert states == [OrderState.OPEN]
    assert len(client_ids(stage)) == 1
    assert stage.sim.exchange.open_orders() == ()
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def test_an_order_that_never_arrived_is_decided_after_its_deadline_and_never_sent_twice(tmp_path: Path) -> None:
    decided: list[str] = []

    async def buy(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            quote = await anext(quotes)
            stage.sim.faults.next_answer("add_order", Answered.NOTHING, carried_out=False)
            try:
                async with market.working(limit_buy("BTC/USD", qty="0.001", price=quote.bid)):
                    decided.append("entered")
            except Refused as refusal:
                decided.append(refusal.rule)

    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage, stage.engine(buy):
        await stage.until(lambda: bool(decided))

    assert decided == ["never_placed"]
    assert len(client_ids(stage)) == 1
    assert stage.sim.exchange.fills == ()


async def test_an_exchange_that_vanishes_is_said_and_the_stop_keeps_its_deadline(tmp_path: Path) -> None:
    deadlines = Deadlines(silent_after_s=1.0, cancel_s=1.0, shutdown_s=4.0)
    async with open_stage(tmp_path, STILL, deadlines=deadlines) as stage:
        async with stage.engine(rest_far_below) as engine:
            await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1)
            stage.sim.faults.go_silent()
            began_s = trio.current_time()
            engine.stop("enough")
            await engine.stopped()
        took_s = trio.current_time() - began_s

    assert engine.certificate is not None
    assert not engine.certificate.confirmed
    assert engine.certificate.open_orders is None
    assert took_s < deadlines.shutdown_s + 1.5
