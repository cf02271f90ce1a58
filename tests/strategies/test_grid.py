"""The grid on a venue in memory, in virtual time."""

from decimal import Decimal

import pytest
import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall import StrategySpec
from seawall.engine.settings import EngineSettings, ExitRules
from seawall.model.reports import OrderStatus
from seawall.strategies import Grid

D = Decimal


def grid(rungs: int = 2, exits: ExitRules | None = None) -> StrategySpec:
    return StrategySpec("grid", Grid("BTC/USD", D("0.001"), rungs=rungs, step=D("0.01")).run, exits=exits)


def resting(bench: Bench) -> list[tuple[str, Decimal, Decimal | None]]:
    """Side, quantity and price of each open order, lowest price first."""
    orders = [bench.venue.orders[name] for name in bench.venue.open_ids()]
    return sorted((order.wire.side.value, order.qty, order.limit_price) for order in orders)


def order_at(bench: Bench, price: str) -> str:
    return next(name for name in bench.venue.open_ids() if bench.venue.orders[name].limit_price == D(price))


async def test_each_rung_bids_one_step_below_the_last(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(grid(rungs=3)):
        await trio.sleep(3)

        assert resting(bench) == [
            ("buy", D("0.001"), D("48500.0")),
            ("buy", D("0.001"), D("49000.0")),
            ("buy", D("0.001"), D("49500.0")),
        ]


async def test_what_a_rung_bought_it_sells_one_step_higher_and_bids_again(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(grid()):
        await trio.sleep(3)
        bench.venue.fill(order_at(bench, "49500.0"), "0.001", "49500.0")
        await trio.sleep(3)

        assert resting(bench) == [("buy", D("0.001"), D("49000.0")), ("sell", D("0.001"), D("49995.0"))]

        bench.venue.fill(order_at(bench, "49995.0"), "0.001", "49995.0")
        await trio.sleep(3)

        assert resting(bench) == [("buy", D("0.001"), D("49000.0")), ("buy", D("0.001"), D("49500.0"))]


async def test_an_order_that_was_ended_half_way_is_placed_again_for_the_rest(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(grid(rungs=1)):
        await trio.sleep(3)
        name = order_at(bench, "49500.0")
        bench.venue.fill(name, "0.0004", "49500.0")
        bench.venue.end(name, OrderStatus.CANCELED, "the exchange thought so")
        await trio.sleep(3)

        assert resting(bench) == [("buy", D("0.0006"), D("49500.0"))]


async def test_a_new_run_first_sells_what_the_last_one_left_at_no_loss(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.engine(grid()):
        await trio.sleep(3)
        bench.venue.fill(order_at(bench, "49500.0"), "0.001", "49500.0")
        await trio.sleep(3)
    later = Bench(exchange=bench.exchange, journal=bench.journal.reopened())

    async with later.engine(grid()):
        await trio.sleep(3)

        assert resting(later) == [("buy", D("0.001"), D("49000.0")), ("sell", D("0.001"), D("49995.0"))]


async def test_what_an_exit_has_sold_is_not_sold_again(autojump_clock: MockClock) -> None:
    bench = Bench(settings=EngineSettings(monitor_every_s=0.5))
    async with bench.engine(grid(rungs=1, exits=ExitRules(stop_loss=D("0.05")))):
        await trio.sleep(3)
        bench.venue.fill(order_at(bench, "49500.0"), "0.001", "49500.0")
        await trio.sleep(3)
        assert resting(bench) == [("sell", D("0.001"), D("49995.0"))]

        bench.venue.book_price = D("47000.0")
        bench.venue.quote(bid="47000.0", ask="47000.1")
        await trio.sleep(0.8)
        bench.venue.quote(bid="47000.0", ask="47000.1")
        await trio.sleep(5)

        sold = [order for order in bench.venue.placed if order.side == "sell"]
        assert [order.order_type for order in sold] == ["limit", "market"]
        assert resting(bench) == [("buy", D("0.001"), D("49500.0"))]


@pytest.mark.parametrize(
    "parameters",
    [
        {"qty": D(0)},
        {"qty": D("0.001"), "rungs": 0},
        {"qty": D("0.001"), "step": D(0)},
        {"qty": D("0.001"), "rungs": 100, "step": D("0.01")},
    ],
)
def test_parameters_that_make_no_grid_are_refused(parameters: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match=r"qty|rungs|step"):
        Grid("BTC/USD", **parameters)  # type: ignore[arg-type]  # one of them is a number of rungs
