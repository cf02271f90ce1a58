"""A position as a scope: leaving its block closes it, unless it is handed over by name."""

from decimal import Decimal

import pytest
import trio
from support.bench import Bench
from support.rig import Rig
from support.venue import FakeVenue
from trio.testing import MockClock

from seawall.engine.closing import PositionCloseFailed, PositionHandedOver
from seawall.engine.holding import Holding, HoldingCutShort
from seawall.engine.market import Market
from seawall.engine.modes import Mode
from seawall.engine.settings import EngineSettings, ExitRules, OnStop
from seawall.engine.strategies import StrategySpec
from seawall.model.errors import BadNumber, RefusedByRisk, Unavailable, UnknownSymbol
from seawall.model.orders import limit_buy, limit_sell, market_buy, market_sell, stop_loss_sell
from seawall.model.reports import OrderStatus

D = Decimal
BUY = market_buy("BTC/USD", qty="0.01")
BID = limit_buy("BTC/USD", qty="0.01", price="49000.0")


async def buy(market: Market, qty: str = "0.01") -> None:
    async with market.working(market_buy("BTC/USD", qty=qty)) as order:
        await order.done()


def sent(venue: FakeVenue) -> list[tuple[str, str, Decimal]]:
    """Side, type and quantity of every order that arrived."""
    return [(order.side.value, order.order_type, order.qty) for order in venue.placed]


BOUGHT, SOLD = ("buy", "market", D("0.01")), ("sell", "market", D("0.01"))


async def test_leaving_the_block_sells_what_was_bought_inside(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            await buy(rig.market())
            assert (position.qty, position.average_price) == (D("0.01"), D("50000.0"))
            assert not position.is_closed

        assert position.qty == 0
        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_leaving_the_block_buys_back_what_was_sold_inside(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"), rig.market().working(market_sell("BTC/USD", qty="0.01")) as order:
            await order.done()

        assert sent(rig.venue) == [SOLD, BOUGHT]


async def test_a_block_in_which_nothing_was_held_sends_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await trio.sleep(1)

        assert rig.venue.placed == []


async def fail(market: Market) -> None:
    async with market.holding("BTC/USD"):
        await buy(market)
        raise KeyError("a bug")


async def test_an_exception_leaves_flat_and_is_the_one_that_comes_out(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        with pytest.raises(KeyError, match="a bug"):
            await fail(rig.market())

        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_a_cancelled_block_is_flat_before_it_is_left_and_still_cancelled_after_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    after: list[str] = []

    async def hold() -> None:
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            await trio.sleep(60)
        after.append("went on")

    async with rig.caring():
        with trio.move_on_after(2) as scope:
            await hold()

        assert scope.cancelled_caught
        assert after == []
        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_what_is_handed_over_is_kept_told_and_journaled(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            await buy(rig.market())
            assert repr(rig.assembly.holdings) == "<Holdings: <Holding me 0.01 BTC/USD, closed with its block>>"
            position.hand_over("kept overnight")

        assert sent(rig.venue) == [BOUGHT]
        assert rig.told(PositionHandedOver) == [PositionHandedOver("me", "BTC/USD", D("0.01"), "kept overnight")]
        assert str(rig.told(PositionHandedOver)[0]) == "0.01 BTC/USD of me is handed over: kept overnight"
        assert "handed over: kept overnight" in repr(position)


async def test_a_reason_is_wanted_for_handing_over(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().holding("BTC/USD") as position:
        with pytest.raises(ValueError, match="reason"):
            position.hand_over(" ")
        assert repr(position) == "<Holding me 0 BTC/USD, closed with its block>"


async def test_handing_over_nothing_is_no_news(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            position.hand_over("if there is anything")

        assert rig.told(PositionHandedOver) == []


async def test_what_is_held_already_must_be_adopted(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await buy(rig.market())
        with pytest.raises(RefusedByRisk, match=r"held: 0\.01 BTC/USD is held already"):
            async with rig.market().holding("BTC/USD"):
                pytest.fail("entered")
        assert sent(rig.venue) == [BOUGHT]

        async with rig.market().holding("BTC/USD", adopt=True) as position:
            assert position.qty == D("0.01")

        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_another_strategys_position_is_neither_seen_nor_touched(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await buy(rig.market("you"))
        async with rig.market("me").holding("BTC/USD"), rig.market("you").holding("BTC/USD", adopt=True) as theirs:
            theirs.hand_over("theirs")
            await buy(rig.market("me"), "0.02")

        assert sent(rig.venue)[-1] == ("sell", "market", D("0.02"))
        assert rig.market("you").position("BTC/USD").qty == D("0.01")


async def test_two_blocks_of_one_symbol_do_not_nest_and_those_of_two_symbols_do(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.quote("ETH/USD")
        async with rig.market().holding("BTC/USD") as outer:
            with pytest.raises(RefusedByRisk, match="holding: another block of me holds its position in BTC/USD"):
                async with rig.market().holding("BTC/USD"):
                    pytest.fail("entered")
            await buy(rig.market())
            async with rig.market().holding("ETH/USD"), rig.market().working(market_buy("ETH/USD", qty="0.1")) as order:
                await order.done()
            assert not outer.is_closed, "the refused block is none: it has left the outer one's position alone"

        sides = [(order.side.value, order.symbol) for order in rig.venue.placed]
        assert sides == [("buy", "BTC/USD"), ("buy", "ETH/USD"), ("sell", "ETH/USD"), ("sell", "BTC/USD")]


async def test_a_block_is_not_entered_beside_orders_of_the_strategys_own(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring(), rig.market().working(BID) as order:
        with pytest.raises(RefusedByRisk, match=r"orders: buy 0\.01 BTC/USD limit at 49000\.0 is the strategy's own and open"):
            async with rig.market().holding("BTC/USD"):
                pytest.fail("entered")
        assert not order.ended


async def test_a_block_waits_until_an_earlier_order_in_doubt_is_decided(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        rig.venue.lose_next = "hang"
        rig.venue.silent = True
        with trio.move_on_after(1):
            async with rig.market().working(BID):
                pytest.fail("entered")
        (lost,) = rig.blotter.table.live()
        async with rig.market().holding("BTC/USD"):
            assert lost.ended
            assert rig.venue.open_ids() == []


async def test_a_block_that_is_cancelled_before_it_is_entered_closes_nothing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await buy(rig.market())
        with trio.CancelScope() as scope:
            scope.cancel()
            async with rig.market().holding("BTC/USD", adopt=True):
                pytest.fail("entered")

        assert scope.cancelled_caught
        assert sent(rig.venue) == [BOUGHT]
        async with rig.market().holding("BTC/USD", adopt=True) as position:
            position.hand_over("it can be entered later")


async def test_a_rule_that_closed_an_earlier_position_is_not_told_of_a_later_one(autojump_clock: MockClock) -> None:
    bench = make_bench()
    heard: list[str | None] = []

    async def hear(position: Holding) -> None:
        why = await position.closed()
        heard.append(None if why is None else why.reason)

    async def hold(market: Market) -> None:
        async with market.holding("BTC/USD", stop_loss="0.02") as position:
            await buy(market)
            await hear(position)
            await buy(market)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(hear, position)
                await trio.testing.wait_all_tasks_blocked()
                await position.close()

    async with bench.engine(hold):
        await trio.sleep(2)
        await price(bench, "48000.0")

    assert heard == ["stop_loss", None]


async def test_a_block_waits_for_fills_of_an_earlier_order_that_were_told_and_did_not_come(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        async with rig.market().working(BID) as order:
            rig.venue.silent = True
            fill = rig.venue.fill(order.client_order_id, "0.01", "49000.0")
            rig.venue.silent = False
            rig.venue.report(rig.venue.orders[order.client_order_id])

        async def arrive() -> None:
            await trio.sleep(5)
            rig.foundation.hub.filled(fill)

        nursery.start_soon(arrive)
        with pytest.raises(RefusedByRisk, match="held"):
            async with rig.market().holding("BTC/USD"):
                pytest.fail("entered before it was certain what is held")


async def test_a_block_waits_for_an_exit_that_is_under_way(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        await buy(rig.market())
        rig.venue.silent = True  # the sale is under way for as long as nobody tells of its end
        rig.venue.travel_s = 3.0
        nursery.start_soon(rig.desk.close_position, "me", "BTC/USD")
        nursery.start_soon(rig.assembly.reconciler.recover_fills)
        await trio.sleep(0.5)
        assert len(rig.blotter.table.live()) == 1
        async with rig.market().holding("BTC/USD") as position:
            assert position.is_closed
            assert rig.blotter.table.live() == ()


async def test_what_was_said_of_a_position_is_over_when_another_block_adopts_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            await buy(rig.market())
            position.hand_over("kept overnight")
        assert rig.assembly.closings.handed_over == {("me", "BTC/USD"): "kept overnight"}
        async with rig.market().holding("BTC/USD", adopt=True):
            assert rig.assembly.closings.handed_over == {}


async def test_the_guard_of_a_position_is_adopted_and_cancelled_with_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await buy(rig.market())
        async with rig.market().working(stop_loss_sell("BTC/USD", qty="0.01", trigger="45000", keep=True)):
            pass
        assert len(rig.venue.open_ids()) == 1
        with pytest.raises(RefusedByRisk, match="orders"):
            async with rig.market().holding("BTC/USD"):
                pytest.fail("entered")
        async with rig.market().holding("BTC/USD", adopt=True) as position:
            assert position.qty == D("0.01")

        assert rig.venue.open_ids() == []
        assert sent(rig.venue)[-1] == SOLD


async def test_orders_of_other_tasks_inside_the_block_end_before_the_position_is_closed(autojump_clock: MockClock) -> None:
    """A sale that rests would sell what leaving the block sells."""
    rig = Rig()
    async with rig.caring() as nursery:

        async def offer() -> None:
            async with rig.market().working(limit_sell("BTC/USD", qty="0.01", price="51000.0")) as order:
                await order.done()

        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            nursery.start_soon(offer)
            await trio.sleep(1)
            assert len(rig.venue.open_ids()) == 1

        assert rig.venue.open_ids() == []
        assert sent(rig.venue)[-1] == SOLD
        assert rig.market().position("BTC/USD").is_flat


async def test_closing_within_the_block_leaves_nothing_for_its_end(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            await position.close()
            await buy(rig.market())
            await position.close()
            assert await position.closed() is None, "no rule has closed it"
            await buy(rig.market())
            assert not position.is_closed

        assert sent(rig.venue) == [BOUGHT, SOLD, BOUGHT, SOLD]


@pytest.mark.parametrize("mode", [Mode.REDUCING, Mode.HALTED])
async def test_no_mode_of_the_engine_holds_up_the_closing(mode: Mode, autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.foundation.modes.ask("operator", mode, "a test")

        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_a_closed_intake_does_not_hold_up_the_closing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.desk.close_intake("the engine is stopping")

        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_what_is_too_small_for_an_order_is_handed_over_and_told(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"), rig.market().working(BID) as order:
            rig.venue.fill(order.client_order_id, "0.00005")

        assert rig.venue.placed[1:] == []
        too_small = "less than an order of the exchange may be for"
        assert rig.told(PositionHandedOver) == [PositionHandedOver("me", "BTC/USD", D("0.00005"), too_small)]

        async with rig.market().holding("BTC/USD"):  # it does not keep the next block from being entered
            await buy(rig.market())
        assert sent(rig.venue)[-1] == ("sell", "market", D("0.01005"))


async def test_a_refused_closing_is_tried_again_until_the_exchange_takes_it(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.venue.refuse_next = "EGeneral:Temporary lockout"

        assert sent(rig.venue) == [BOUGHT, SOLD, SOLD]
        (failed,) = rig.told(PositionCloseFailed)
        assert isinstance(failed, PositionCloseFailed)
        assert (failed.owner, failed.symbol, failed.qty, failed.retry_after_s) == ("me", "BTC/USD", D("0.01"), 0.1)
        assert "Temporary lockout" in str(failed)
        assert rig.assembly.closings.unclosed == {}


async def test_what_cannot_be_closed_in_time_the_desk_goes_on_closing(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        before_s = trio.current_time()
        async with rig.market().holding("BTC/USD") as position:
            await buy(rig.market())
            rig.venue.unreachable = True
        assert trio.current_time() - before_s < 9
        assert rig.told(HoldingCutShort) == [HoldingCutShort("me", "BTC/USD", D("0.01"), 8.0)]
        assert rig.assembly.closings.unclosed == {("me", "BTC/USD"): "NotSent: no way to the exchange"}
        assert repr(rig.assembly.closings) == "<Closings: 1 under way, 1 unclosed, 0 handed over>"
        with pytest.raises(RefusedByRisk, match="closing"):
            await buy(rig.market())
        rig.venue.unreachable = False
        await position.closed()

        assert sent(rig.venue) == [BOUGHT, SOLD]
        await rig.assembly.closings.over()
        assert rig.assembly.closings.unclosed == {}


async def test_the_next_block_waits_until_the_last_one_is_closed(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.venue.unreachable = True

        async def come_back() -> None:
            await trio.sleep(30)
            rig.venue.unreachable = False
            rig.venue.quote()

        nursery.start_soon(come_back)
        with pytest.raises(Unavailable), trio.fail_after(60):
            async with rig.market().holding("BTC/USD"):
                pytest.fail("entered without a book")
        await trio.sleep(30)
        async with rig.market().holding("BTC/USD") as position:
            assert position.is_closed
            assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_a_block_whose_order_is_in_doubt_is_not_taken_for_flat(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            rig.venue.lose_next = "hang"
            rig.venue.silent = True
            with trio.move_on_after(1):
                await buy(rig.market())
            rig.venue.silent = False
            assert rig.market().position("BTC/USD").is_flat, "nobody has told of its fill yet"
            rig.foundation.hub.filled(rig.venue.fills[0])

        assert sent(rig.venue) == [BOUGHT, SOLD]


async def test_a_lost_buy_does_not_hold_up_the_sale_of_what_is_held(autojump_clock: MockClock) -> None:
    """It takes a minute and more to be sure of an order whose answer was lost: no position is left open for that long."""
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.venue.lose_next = "before"
            with trio.move_on_after(1):
                await buy(rig.market())
            assert sent(rig.venue) == [BOUGHT]
        assert sent(rig.venue) == [BOUGHT, SOLD]
        assert len(rig.told(HoldingCutShort)) == 1, "that it is all over is not known yet"


async def test_a_lost_sale_is_not_sold_again(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD") as position:
            await buy(rig.market())
            rig.venue.silent = True
            rig.venue.lose_next = "hang"
            with trio.move_on_after(1):
                async with rig.market().working(market_sell("BTC/USD", qty="0.004")):
                    pytest.fail("entered")
        assert sent(rig.venue)[1:] == [("sell", "market", D("0.004")), ("sell", "market", D("0.006"))]
        rig.venue.silent = False
        for fill in rig.venue.fills:
            rig.foundation.hub.filled(fill)
        await position.closed()
        await trio.sleep(120)

        assert len(rig.venue.placed) == 3
        assert rig.market().position("BTC/USD").is_flat
        assert rig.assembly.closings.unclosed == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"stop_loss": 0.02}, "stop_loss: 0.02 is not a decimal number"),
        ({"stop_loss": "49000"}, "stop_loss: '49000' is not a fraction of the price below 1"),
        ({"take_profit": "-1"}, "take_profit"),
        ({"trailing": "1"}, "trailing: '1' is not a fraction"),
        ({"max_age_s": 0.0}, "max_age_s: 0.0 is not a number of seconds above zero"),
        ({"max_age_s": float("nan")}, "max_age_s"),
    ],
)
async def test_rules_that_make_no_sense_are_refused_by_name(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(BadNumber, match=said):
        async with Rig().market().holding("BTC/USD", **arguments):  # type: ignore[arg-type]  # the mistakes that are tried
            pytest.fail("entered")


async def test_a_pair_that_is_not_listed_cannot_be_held(autojump_clock: MockClock) -> None:
    with pytest.raises(UnknownSymbol):
        async with Rig().market().holding("DOGE/USD"):
            pytest.fail("entered")


async def test_a_position_of_a_pair_that_is_listed_no_more_is_left_alone(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await buy(rig.market())

        assert not rig.assembly.holdings.is_rest("me", "BTC/USD")
        assert rig.assembly.holdings.is_rest("you", "BTC/USD")
        assert rig.assembly.holdings.is_rest("me", "LUNA/USD")


def make_bench(on_stop: OnStop = OnStop.HOLD) -> Bench:
    return Bench(settings=EngineSettings(monitor_every_s=0.5, on_stop=on_stop))


async def price(bench: Bench, bid: str) -> None:
    bench.venue.book_price = D(bid)
    bench.venue.quote(bid=bid, ask=bid)
    await trio.sleep(2)


@pytest.mark.parametrize(
    ("rule", "prices"),
    [
        ("stop_loss", ["50000.0", "49600.0", "49000.0"]),
        ("take_profit", ["50000.0", "50500.0", "51500.0"]),
        ("trailing", ["60000.0", "59500.0", "58200.0"]),
    ],
)
async def test_a_rule_closes_the_position_and_the_block_hears_which(
    rule: str, prices: list[str], autojump_clock: MockClock
) -> None:
    bench = make_bench()
    heard: list[str] = []

    async def hold(market: Market) -> None:
        async with market.holding("BTC/USD", **{rule: "0.02"}) as position:  # type: ignore[arg-type]  # one of three numbers
            await buy(market)
            why = await position.closed()
            assert why is not None
            heard.append(why.reason)
            await trio.sleep_forever()

    async with bench.engine(hold):
        await trio.sleep(2)
        for bid in prices[:-1]:
            await price(bench, bid)
        assert sent(bench.venue) == [BOUGHT]
        await price(bench, prices[-1])

        assert heard == [rule]
        assert sent(bench.venue) == [BOUGHT, SOLD]


async def test_a_position_that_is_too_old_is_closed_and_the_age_of_the_next_one_starts_anew(autojump_clock: MockClock) -> None:
    bench = make_bench()
    spans: list[float] = []

    async def hold(market: Market) -> None:
        async with market.holding("BTC/USD", max_age_s=60) as position:
            for _ in range(2):
                began_s = trio.current_time()
                await buy(market)
                await position.closed()
                spans.append(trio.current_time() - began_s)

    async with bench.engine(hold):
        for _ in range(20):
            await price(bench, "50000.0")
            await trio.sleep(8)

    assert [60 <= span_s < 62 for span_s in spans] == [True, True]


async def test_the_rules_of_the_file_hold_inside_a_block_too_and_after_it(autojump_clock: MockClock) -> None:
    """What the operator has configured is not loosened by a strategy's own block."""
    bench = make_bench()
    heard: list[str] = []

    async def hold(market: Market) -> None:
        async with market.holding("BTC/USD", stop_loss="0.5") as position:
            await buy(market)
            why = await position.closed()
            assert why is not None
            heard.append(why.detail)
            await buy(market)
            position.hand_over("watched by the rules of the file")

    async with bench.engine(StrategySpec("hold", hold, exits=ExitRules(stop_loss=D("0.02")))):
        await trio.sleep(2)
        await price(bench, "48000.0")
        assert len(heard) == 1
        assert sent(bench.venue) == [BOUGHT, SOLD, BOUGHT]
        await price(bench, "47000.0")

        assert sent(bench.venue) == [BOUGHT, SOLD, BOUGHT, SOLD]


async def test_the_rules_of_a_block_end_with_it(autojump_clock: MockClock) -> None:
    bench = make_bench()

    async def hold(market: Market) -> None:
        async with market.holding("BTC/USD", stop_loss="0.02") as position:
            await buy(market)
            position.hand_over("no rule watches it any more")

    async with bench.engine(hold) as engine:
        await trio.sleep(2)
        await price(bench, "40000.0")
        assert sent(bench.venue) == [BOUGHT]

    assert engine.certificate is not None
    assert engine.certificate.clean, engine.certificate
    assert engine.certificate.handed_over == (("hold", "BTC/USD", "no rule watches it any more"),)
    assert "    hold 0.01 BTC/USD, handed over: no rule watches it any more" in str(engine.certificate)


async def hold_for_ever(market: Market) -> None:
    async with market.holding("BTC/USD"):
        await buy(market)
        await trio.sleep_forever()


async def hold_and_crash(market: Market) -> None:
    async with market.holding("BTC/USD"):
        await buy(market)
        await trio.sleep(1)
        raise KeyError("a bug")


async def test_a_strategy_that_crashes_leaves_no_position(autojump_clock: MockClock) -> None:
    bench = make_bench()
    async with bench.engine(hold_and_crash):
        await trio.sleep(5)
        assert sent(bench.venue) == [BOUGHT, SOLD]


async def test_a_strategy_that_abandons_its_block_leaves_no_position(autojump_clock: MockClock) -> None:
    bench = make_bench()
    kept: list[object] = []

    async def abandon(market: Market) -> None:
        block = market.holding("BTC/USD")
        kept.append(block)
        await block.__aenter__()
        await buy(market)

    async with bench.engine(abandon):
        await trio.sleep(5)
        assert sent(bench.venue) == [BOUGHT, SOLD]


@pytest.mark.parametrize("on_stop", list(OnStop))
async def test_a_stop_closes_what_a_block_holds_whatever_becomes_of_other_positions(
    on_stop: OnStop, autojump_clock: MockClock
) -> None:
    """`on_stop = hold` is about positions that nobody has promised to close."""
    bench = make_bench(on_stop)

    async def other(market: Market) -> None:
        await trio.sleep(1)
        await buy(market, "0.02")

    async with bench.engine(hold_for_ever, other) as engine:
        await trio.sleep(5)

    assert sent(bench.venue).count(SOLD) == 1
    assert engine.certificate is not None
    assert engine.certificate.clean, engine.certificate
    held = {OnStop.HOLD: (("other", "BTC/USD", D("0.02")),), OnStop.FLATTEN: ()}
    assert engine.certificate.positions == held[on_stop]
    assert engine.certificate.unclosed == ()


async def test_a_stop_that_cannot_close_in_time_says_so_and_is_not_clean(autojump_clock: MockClock) -> None:
    bench = make_bench()
    async with bench.engine(hold_for_ever) as engine:
        await trio.sleep(5)
        bench.venue.unreachable = True
        stopped_s = trio.current_time()

    assert trio.current_time() - stopped_s <= 10.1
    assert engine.certificate is not None
    assert not engine.certificate.clean
    ((owner, symbol, _),) = engine.certificate.unclosed
    assert (owner, symbol) == ("hold_for_ever", "BTC/USD")
    assert "hold_for_ever 0.01 BTC/USD, NOT CLOSED" in str(engine.certificate)


async def test_a_stop_waits_for_a_closing_longer_than_for_the_strategies(autojump_clock: MockClock) -> None:
    """Its strategy's time is over, and the desk goes on: there is time until the positions have to be closed."""
    bench = make_bench()
    async with bench.engine(hold_for_ever) as engine, trio.open_nursery() as nursery:
        await trio.sleep(5)

        async def refuse_for_five_seconds() -> None:
            for _ in range(500):
                bench.venue.refuse_next = "EService:Unavailable"
                await trio.sleep(0.01)
            bench.venue.refuse_next = None

        nursery.start_soon(refuse_for_five_seconds)
        engine.stop("a test")
        await engine.stopped()

    assert bench.exchange.fills[-1].side.value == "sell"
    assert engine.certificate is not None
    assert engine.certificate.unclosed == ()


async def test_a_second_wish_to_stop_does_not_wait_for_a_closing_and_says_what_stayed(autojump_clock: MockClock) -> None:
    bench = make_bench()
    async with bench.engine(hold_for_ever) as engine:
        await trio.sleep(5)
        bench.venue.travel_s = 60
        bench.venue.silent = True
        engine.stop("one")
        await trio.sleep(1)
        began_s = trio.current_time()
        engine.stop_now("two")
        await engine.stopped()

    assert trio.current_time() - began_s < 3
    assert engine.certificate is not None
    assert not engine.certificate.clean
    assert engine.certificate.tasks_left == ()
    (doubtful,) = engine.certificate.in_doubt
    assert "sell 0.01000000 BTC/USD market" in doubtful
    assert [(owner, symbol) for owner, symbol, _ in engine.certificate.unclosed] == [("hold_for_ever", "BTC/USD")]


async def test_a_journal_that_failed_ends_the_closing_since_what_cannot_be_written_is_not_sent(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            rig.journal.broken = True
            began_s = trio.current_time()
        assert trio.current_time() - began_s < 1

        assert sent(rig.venue) == [BOUGHT]
        (failed,) = rig.told(PositionCloseFailed)
        assert isinstance(failed, PositionCloseFailed)
        assert failed.retry_after_s is None
        assert "it stays open: JournalFailed" in str(failed)
        assert list(rig.assembly.closings.unclosed) == [("me", "BTC/USD")]


async def test_an_order_that_closes_and_is_not_filled_to_the_end_is_followed_by_another(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring() as nursery:

        async def let_it_down() -> None:
            """The exchange fills a part of the sale and cancels the rest, as it does when the book is empty."""
            rig.venue.silent = True
            await trio.sleep(0.011)
            order = list(rig.venue.orders.values())[-1]
            assert order.wire.side == "sell"
            rest = rig.venue.fills.pop()
            order.filled, order.status = D(0), OrderStatus.OPEN
            rig.venue.silent = False
            rig.venue.fill(order.wire.client_order_id, "0.004")
            rig.venue.end(order.wire.client_order_id, OrderStatus.CANCELED, "no liquidity")
            assert rest.qty == D("0.01")

        async with rig.market().holding("BTC/USD"):
            await buy(rig.market())
            nursery.start_soon(let_it_down)

        assert sent(rig.venue) == [BOUGHT, SOLD, ("sell", "market", D("0.006"))]
        assert rig.market().position("BTC/USD").is_flat


@pytest.mark.parametrize("bug", ["cancel_all_after", "balances"])
async def test_a_bug_in_a_part_of_the_engine_leaves_no_position_of_a_block(bug: str, autojump_clock: MockClock) -> None:
    """The desk itself may be what the bug took: the block then closes its position with its own hands."""
    bench = make_bench()
    with pytest.RaisesGroup(pytest.RaisesExc(ZeroDivisionError), flatten_subgroups=True):
        async with bench.engine(hold_for_ever):
            await trio.sleep(5)
            bench.venue.bugs.append(bug)
            await trio.sleep(100)

    assert sent(bench.venue) == [BOUGHT, SOLD]


async def test_a_position_that_outlived_a_killed_process_is_adopted(autojump_clock: MockClock) -> None:
    bench = make_bench()
    async with bench.engine(hold_for_ever):
        await trio.sleep(5)
        disk = bench.journal.reopened()  # as a process that is killed leaves it
        orders, fills = dict(bench.exchange.orders), list(bench.exchange.fills)
    bench.exchange.orders.clear()
    bench.exchange.orders.update(orders)
    bench.exchange.fills[:] = fills
    later = Bench(exchange=bench.exchange, journal=disk, settings=bench.settings)
    found: list[Decimal] = []

    async def hold_for_ever_again(market: Market) -> None:
        async with market.holding("BTC/USD", stop_loss="0.02", adopt=True) as position:
            found.append(position.qty)
            await trio.sleep_forever()

    async with later.engine(StrategySpec("hold_for_ever", hold_for_ever_again)):
        await trio.sleep(5)
        assert found == [D("0.01")]
        await price(later, "40000.0")
        assert sent(later.venue) == [SOLD]
