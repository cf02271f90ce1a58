"""Positions closed by rule: at once, once, and again when it failed."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count

import attrs
import pytest
import trio
from trio.testing import MockClock

from seawall.engine.exits import Exit
from seawall.engine.feed import Feed
from seawall.engine.monitors.exits import ExitFailed, ExitLeftOpen, ExitsMonitor, ExitStarted, ExitUnpriced
from seawall.engine.portfolio import Portfolio, Position
from seawall.engine.settings import ExitRules, RiskLimits
from seawall.model.errors import RefusedByExchange, Unavailable
from seawall.model.market_data import Level
from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.model.reports import Fill

D = Decimal
_ids = count(1)
SECOND_NS = 1_000_000_000
STOP = ExitRules(stop_loss=D("0.1"))


@attrs.frozen
class FakeBook:
    """A book with one price on both sides."""

    bid: str
    symbol: str = "BTC/USD"
    at_ns: int = 7

    def best_bid(self) -> Level | None:
        return Level(D(self.bid), D(1))

    def best_ask(self) -> Level | None:
        return Level(D(self.bid), D(1))

    def bids(self, count: int) -> Sequence[Level]:
        return [Level(D(self.bid), D(1))][:count]

    def asks(self, count: int) -> Sequence[Level]:
        return [Level(D(self.bid), D(1))][:count]


@attrs.define(eq=False)
class World:
    """A portfolio, a feed and a desk that takes `closing_s` to close, as far as it is let."""

    rules: dict[str, ExitRules] = attrs.field(factory=lambda: {"cross": STOP, "grid": STOP})
    block_rules: dict[tuple[str, str], ExitRules] = attrs.field(factory=dict)
    least_qty: Decimal = ZERO
    portfolio: Portfolio = attrs.field(factory=Portfolio)
    clock: Callable[[], float] = trio.current_time
    feed: Feed = attrs.field(init=False)
    told: list[object] = attrs.field(factory=list)
    closes: list[tuple[float, str, str, str]] = attrs.field(factory=list)
    checked_in: list[float] = attrs.field(factory=list)
    closing_s: float = 0.0
    left_qty: Decimal = ZERO
    problem: BaseException | None = None

    def __attrs_post_init__(self) -> None:
        self.feed = Feed(self.clock)

    def trade(self, side: Side, qty: str | Decimal, price: str, *, owner: str = "cross", symbol: str = "BTC/USD") -> None:
        cost = D(qty) * D(price)
        at_ns = int(self.clock() * SECOND_NS)
        self.portfolio.apply(
            owner, Fill(f"T{next(_ids)}", "O1", None, symbol, side, D(qty), D(price), cost, (), maker=True, at_ns=at_ns)
        )

    def price(self, bid: str, *, symbol: str = "BTC/USD") -> None:
        self.feed.book_changed(symbol, FakeBook(bid, symbol), self.clock())

    async def close(self, position: Position, wanted: Exit) -> None:
        self.closes.append((trio.current_time(), position.owner, position.symbol, wanted.reason))
        await trio.sleep(self.closing_s)
        if self.problem is not None:
            raise self.problem
        side = Side.SELL if position.qty > 0 else Side.BUY
        self.trade(side, abs(position.qty) - self.left_qty, "1", owner=position.owner, symbol=position.symbol)

    def monitor(self) -> ExitsMonitor:
        return ExitsMonitor(
            self.portfolio,
            self.feed,
            self.rules,
            RiskLimits(),
            self.close,
            now_ns=lambda: int(self.clock() * SECOND_NS),
            every_s=1.0,
            probe=self.told.append,
            check_in=lambda: self.checked_in.append(trio.current_time()),
            rules_of_block=lambda owner, symbol: self.block_rules.get((owner, symbol)),
            is_rest=lambda position: abs(position.qty) < self.least_qty,
        )


def test_a_look_decides_once_for_each_position() -> None:
    world = World(clock=lambda: 0.0)
    monitor = world.monitor()
    for owner in ("cross", "grid", "nobody"):
        world.trade(Side.BUY, "1", "100", owner=owner)
    world.price("95")
    assert monitor.look(0.0) == ()

    world.price("90")
    assert [(position.owner, wanted.reason) for position, wanted in monitor.look(0.0)] == [
        ("cross", "stop_loss"),
        ("grid", "stop_loss"),
    ]
    assert monitor.look(100.0) == ()


async def test_a_position_is_closed_as_its_price_changes_not_at_the_next_poll(autojump_clock: MockClock) -> None:
    world = World()
    world.trade(Side.BUY, "1", "100")
    world.price("95")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        await trio.sleep(0.4)
        world.price("90")
        await trio.sleep(2)
        nursery.cancel_scope.cancel()

    (at_s, *what) = world.closes[0]
    assert what == ["cross", "BTC/USD", "stop_loss"]
    assert at_s == pytest.approx(0.45)
    assert len(world.closes) == 1
    assert isinstance(world.told[0], ExitStarted)
    assert len(world.told) == 1
    assert world.portfolio.position("cross", "BTC/USD").is_flat


async def test_a_position_that_is_being_closed_is_not_closed_twice(autojump_clock: MockClock) -> None:
    world = World(closing_s=20.0)
    world.trade(Side.BUY, "1", "100")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        for bid in range(90, 70, -1):
            world.price(str(bid))
            await trio.sleep(0.5)
        await trio.sleep(30)
        nursery.cancel_scope.cancel()

    assert len(world.closes) == 1


async def test_a_slow_close_holds_up_no_other(autojump_clock: MockClock) -> None:
    world = World(closing_s=20.0)
    world.trade(Side.BUY, "1", "100")
    world.trade(Side.BUY, "1", "100", symbol="ETH/USD")
    world.price("50")
    world.price("100", symbol="ETH/USD")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        await trio.sleep(5)
        world.price("50", symbol="ETH/USD")
        await trio.sleep(1)
        nursery.cancel_scope.cancel()

    assert [(owner, symbol) for _, owner, symbol, _ in world.closes] == [("cross", "BTC/USD"), ("cross", "ETH/USD")]


@pytest.mark.parametrize(
    "problem", [Unavailable("busy"), ExceptionGroup("two", [RefusedByExchange("EOrder", "no"), Unavailable("busy")])]
)
async def test_a_failed_close_is_a_notice_and_tried_again_more_and_more_rarely(
    problem: BaseException, autojump_clock: MockClock
) -> None:
    world = World(problem=problem)
    world.trade(Side.BUY, "1", "100")
    world.price("90")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        for _ in range(200):
            await trio.sleep(1)
            world.price("90")
        nursery.cancel_scope.cancel()

    waits = [later[0] - earlier[0] for earlier, later in zip(world.closes, world.closes[1:], strict=False)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60], abs=1.1)
    failed = [notice for notice in world.told if isinstance(notice, ExitFailed)]
    assert [notice.retry_after_s for notice in failed[:3]] == [1, 2, 4]
    assert "Unavailable: busy" in failed[0].problem


async def test_a_close_that_failed_is_not_repeated_when_its_reason_is_gone(autojump_clock: MockClock) -> None:
    world = World(problem=Unavailable("busy"))
    world.trade(Side.BUY, "1", "100")
    world.price("90")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        await trio.sleep(0.1)
        world.price("100")
        await trio.sleep(10)
        nursery.cancel_scope.cancel()

    assert len(world.closes) == 1


async def test_what_stays_open_is_said_once(autojump_clock: MockClock) -> None:
    world = World(left_qty=D("0.00001"))
    world.trade(Side.BUY, "1", "100")
    world.price("90")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        await trio.sleep(20)
        nursery.cancel_scope.cancel()

    assert len(world.closes) > 1
    assert [notice for notice in world.told if isinstance(notice, ExitLeftOpen)] == [
        ExitLeftOpen("cross", "BTC/USD", D("0.00001"), 1.0)
    ]


def test_an_unpriced_position_is_said_once_until_it_has_a_price() -> None:
    world = World(clock=lambda: 0.0)
    world.trade(Side.BUY, "1", "100")
    monitor = world.monitor()
    monitor.look(0.0)
    monitor.look(1.0)
    world.price("100")
    monitor.look(2.0)
    assert world.told == [ExitUnpriced("cross", "BTC/USD")]

    world.feed.book_lost("BTC/USD", "checksum")
    monitor.look(3.0)
    assert world.told == [ExitUnpriced("cross", "BTC/USD")] * 2


async def test_a_stale_price_closes_nothing_but_age_does(autojump_clock: MockClock) -> None:
    world = World(rules={"cross": ExitRules(stop_loss=D("0.1"), max_age_s=100.0)})
    world.trade(Side.BUY, "1", "100")
    async with trio.open_nursery() as nursery:
        world.price("100")
        nursery.start_soon(world.monitor().run)
        await trio.sleep(1)
        world.feed.book_lost("BTC/USD", "checksum")
        await trio.sleep(200)
        nursery.cancel_scope.cancel()

    assert [(at_s // 10, reason) for at_s, _, _, reason in world.closes] == [(10, "max_age")]


async def test_the_trailing_stop_remembers_the_best_price_of_this_position_only(autojump_clock: MockClock) -> None:
    world = World(rules={"cross": ExitRules(trailing=D("0.1"))})
    monitor = world.monitor()
    world.trade(Side.BUY, "1", "100")
    world.price("200")
    assert monitor.look(0.0) == ()
    world.price("181")
    assert monitor.look(0.0) == ()

    await trio.sleep(1)
    world.trade(Side.SELL, "1", "181")
    assert monitor.look(0.0) == ()
    world.trade(Side.BUY, "1", "150")
    world.price("140")
    assert monitor.look(0.0) == ()
    world.price("135")
    assert [wanted.reason for _, wanted in monitor.look(0.0)] == ["trailing"]


def test_the_rules_of_a_block_close_its_position_and_no_other_of_the_owner() -> None:
    world = World(clock=lambda: 0.0, rules={}, block_rules={("cross", "BTC/USD"): STOP})
    monitor = world.monitor()
    for symbol in ("BTC/USD", "ETH/USD"):
        world.trade(Side.BUY, "1", "100", symbol=symbol)
        world.price("90", symbol=symbol)

    assert [(position.symbol, wanted.reason) for position, wanted in monitor.look(0.0)] == [("BTC/USD", "stop_loss")]


@pytest.mark.parametrize(("strategy", "block"), [("0.1", "0.5"), ("0.5", "0.1")])
def test_of_the_strategys_rules_and_the_blocks_the_first_that_says_so_closes(strategy: str, block: str) -> None:
    world = World(
        clock=lambda: 0.0,
        rules={"cross": ExitRules(stop_loss=D(strategy))},
        block_rules={("cross", "BTC/USD"): ExitRules(stop_loss=D(block))},
    )
    monitor = world.monitor()
    world.trade(Side.BUY, "1", "100")
    world.price("90.1")
    assert monitor.look(0.0) == ()
    world.price("90")

    assert [wanted.reason for _, wanted in monitor.look(0.0)] == ["stop_loss"]


async def test_what_is_too_small_to_close_counts_as_flat_and_passes_nothing_on(autojump_clock: MockClock) -> None:
    """Neither its age nor the best price of what it is left of say anything about the position that is opened upon it."""
    rules = ExitRules(max_age_s=100.0, trailing=D("0.1"))
    world = World(rules={"cross": rules}, least_qty=D("0.5"), left_qty=D("0.01"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        world.price("200")
        world.trade(Side.BUY, "1", "100")
        await trio.sleep(2)
        world.price("150")
        await trio.sleep(2)
        assert [reason for _, _, _, reason in world.closes] == ["trailing"]

        await trio.sleep(200)
        assert len(world.closes) == 1, "the rest is too old, and left alone"
        world.trade(Side.BUY, "1", "100")
        world.price("95")
        await trio.sleep(99)
        assert len(world.closes) == 1
        await trio.sleep(3)
        assert [reason for _, _, _, reason in world.closes] == ["trailing", "max_age"]
        nursery.cancel_scope.cancel()


async def test_it_checks_in_at_least_at_each_poll(autojump_clock: MockClock) -> None:
    world = World()
    with trio.move_on_after(3.5):
        await world.monitor().run()

    assert world.checked_in == [0.0, 1.0, 2.0, 3.0]


async def test_a_busy_book_is_looked_at_twenty_times_a_second_at_most(autojump_clock: MockClock) -> None:
    world = World()
    world.trade(Side.BUY, "1", "100")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.monitor().run)
        for _ in range(1_000):
            world.price("100")
            await trio.sleep(0.001)
        nursery.cancel_scope.cancel()

    assert 10 <= len(world.checked_in) <= 22


async def test_a_bug_in_closing_ends_the_monitor(autojump_clock: MockClock) -> None:
    world = World(problem=ZeroDivisionError("a bug"))
    world.trade(Side.BUY, "1", "100")
    world.price("90")
    with pytest.RaisesGroup(pytest.RaisesExc(ZeroDivisionError)), trio.move_on_after(10):
        await world.monitor().run()


async def test_a_probe_that_raises_changes_nothing(autojump_clock: MockClock) -> None:
    world = World()
    monitor = world.monitor()

    def probe(notice: object) -> None:
        raise RuntimeError("a bad probe")

    monitor.probe = probe
    world.trade(Side.BUY, "1", "100")
    world.price("90")
    with trio.move_on_after(5) as scope:
        await monitor.run()

    assert scope.cancelled_caught
    assert world.portfolio.position("cross", "BTC/USD").is_flat


def test_notices_read_as_sentences() -> None:
    assert str(ExitStarted("cross", "BTC/USD", D(1), "stop_loss", "90 is low")) == (
        "closing 1 BTC/USD of cross, stop_loss: 90 is low"
    )
    assert "next attempt in 2 s: busy" in str(ExitFailed("cross", "BTC/USD", "busy", 2.0))
    assert "0.1 BTC/USD of cross stayed open" in str(ExitLeftOpen("cross", "BTC/USD", D("0.1"), 2.0))
    assert "only its age" in str(ExitUnpriced("cross", "BTC/USD"))
