"""Loss, drawdown and exposure, and the mode that follows."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count

import attrs
import trio
from trio.testing import MockClock

from seawall.engine.feed import Feed
from seawall.engine.modes import Mode
from seawall.engine.monitors.risk import AssetRisk, MarkLost, MarkRestored, RiskMonitor, RiskVerdict, closing_price
from seawall.engine.portfolio import Portfolio
from seawall.engine.settings import RiskLimits, SymbolLimits
from seawall.model.market_data import Level
from seawall.model.orders import Side
from seawall.model.reports import Fee, Fill

D = Decimal
_ids = count(1)


@attrs.frozen
class FakeBook:
    """A book with one price on both sides."""

    bid: str
    ask: str
    symbol: str = "BTC/USD"
    at_ns: int = 7

    def best_bid(self) -> Level | None:
        return Level(D(self.bid), D(1))

    def best_ask(self) -> Level | None:
        return Level(D(self.ask), D(1))

    def bids(self, count: int) -> Sequence[Level]:
        return [Level(D(self.bid), D(1))][:count]

    def asks(self, count: int) -> Sequence[Level]:
        return [Level(D(self.ask), D(1))][:count]


@attrs.define(eq=False)
class World:
    """A portfolio, a feed and a clock, moved by hand."""

    now_s: float = 0.0
    portfolio: Portfolio = attrs.field(factory=Portfolio)
    feed: Feed = attrs.field(init=False)
    told: list[object] = attrs.field(factory=list)
    modes: list[tuple[Mode, str]] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.feed = Feed(lambda: self.now_s)

    def trade(self, side: Side, qty: str, price: str, *, owner: str = "cross", symbol: str = "BTC/USD", fee: str = "0") -> None:
        cost = D(qty) * D(price)
        fees = (Fee(symbol.partition("/")[2], D(fee)),)
        self.portfolio.apply(
            owner, Fill(f"T{next(_ids)}", "O1", None, symbol, side, D(qty), D(price), cost, fees, maker=True, at_ns=next(_ids))
        )

    def price(self, bid: str, ask: str | None = None, *, symbol: str = "BTC/USD") -> None:
        self.feed.book_changed(symbol, FakeBook(bid, ask or bid, symbol), self.now_s)

    def monitor(self, limits: RiskLimits) -> RiskMonitor:
        return RiskMonitor(
            self.portfolio, self.feed, limits, lambda mode, reason: self.modes.append((mode, reason)), probe=self.told.append
        )


def mode_of(verdict: RiskVerdict | None) -> Mode | None:
    return None if verdict is None else verdict.mode


def test_a_loss_at_its_limit_halts_for_good() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(10)}))
    monitor.look()
    world.price("100")
    world.trade(Side.BUY, "1", "100")

    world.price("90.1")
    assert monitor.look() is None
    world.price("90")
    assert monitor.look() == RiskVerdict(Mode.HALTED, "10 USD lost since the start, the limit is 10")
    world.price("200")
    assert monitor.look() is None


def test_fees_and_realized_losses_count_as_losses() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(10)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100", fee="1")
    world.trade(Side.SELL, "1", "92", fee="1")

    assert mode_of(monitor.look()) is Mode.HALTED
    assert monitor.statistics() == (AssetRisk("USD", profit=D(-10), peak=D(0), exposure=D(0)),)


def test_a_drawdown_reduces_until_it_is_won_back() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_drawdown={"USD": D(20)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100")

    world.price("150")
    assert monitor.look() is None
    world.price("130")
    assert monitor.look() == RiskVerdict(Mode.REDUCING, "profit fell by 20 USD from its best, the limit is 20")
    world.price("129")
    assert monitor.look() is None
    world.price("131")
    assert mode_of(monitor.look()) is Mode.RUNNING
    assert monitor.statistics()[0].drawdown == 19


def test_a_drawdown_that_was_closed_out_stays() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_drawdown={"USD": D(20)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100")
    world.price("80")
    assert mode_of(monitor.look()) is Mode.REDUCING
    world.trade(Side.SELL, "1", "80")
    world.price("150")

    assert monitor.look() is None


def test_exposure_counts_every_position_whatever_its_side_and_clears() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_exposure={"USD": D(300)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100", owner="cross")
    world.trade(Side.SELL, "1", "100", owner="grid")
    world.price("99", "100")
    assert monitor.look() is None
    assert monitor.statistics()[0].exposure == 199

    world.trade(Side.SELL, "1.01", "100", owner="grid")
    assert mode_of(monitor.look()) is Mode.REDUCING  # at the limit, not only above it
    world.trade(Side.BUY, "1.01", "100", owner="grid")
    assert mode_of(monitor.look()) is Mode.RUNNING

    world.trade(Side.BUY, "2", "100", owner="cross")
    assert monitor.look() == RiskVerdict(Mode.REDUCING, "positions are worth 397.00 USD, the limit is 300")
    world.trade(Side.SELL, "3", "100", owner="cross")
    assert mode_of(monitor.look()) is Mode.RUNNING


def test_a_position_closed_without_profit_leaves_no_figures_behind() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_exposure={"USD": D(50)}))
    world.price("100")
    monitor.look()
    world.trade(Side.BUY, "1", "100")
    assert mode_of(monitor.look()) is Mode.REDUCING
    world.trade(Side.SELL, "1", "100")

    assert mode_of(monitor.look()) is Mode.RUNNING
    assert monitor.statistics() == (AssetRisk("USD", D(0), D(0), D(0)),)


def test_assets_are_counted_each_on_its_own() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_loss={"EUR": D(10)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100")
    world.trade(Side.BUY, "1", "100", symbol="BTC/EUR")
    world.price("1")
    world.price("95", symbol="BTC/EUR")

    assert monitor.look() is None
    assert [(figures.asset, figures.profit) for figures in monitor.statistics()] == [("EUR", D(-5)), ("USD", D(-99))]


def test_what_earlier_runs_earned_or_lost_does_not_count() -> None:
    world = World()
    world.trade(Side.BUY, "2", "100", fee="7")
    world.trade(Side.SELL, "1", "50")
    world.price("60")  # 57 lost and 40 open, all of it before
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(10)}))

    assert monitor.look() is None
    assert monitor.statistics()[0].profit == 0
    world.price("51")
    assert monitor.look() is None
    assert monitor.statistics()[0].profit == -9
    world.trade(Side.SELL, "1", "50")
    assert mode_of(monitor.look()) is Mode.HALTED


def test_an_earlier_profit_that_is_lost_again_counts_as_a_loss() -> None:
    world = World()
    world.trade(Side.BUY, "1", "100")
    world.trade(Side.SELL, "1", "105")
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(5)}))
    assert monitor.look() is None
    world.trade(Side.BUY, "1", "100")
    world.trade(Side.SELL, "1", "95")  # flat, and nothing realized over all: no position that is listed

    assert mode_of(monitor.look()) is Mode.HALTED


def test_an_earlier_position_counts_from_its_first_price() -> None:
    world = World()
    world.trade(Side.BUY, "1", "100")
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(10)}))
    assert monitor.look() is None
    world.price("50")
    assert monitor.look() is None
    assert monitor.statistics()[0].profit == 0
    world.price("41")
    assert monitor.look() is None
    assert monitor.statistics()[0].profit == -9


def test_an_earlier_position_closed_before_its_first_price_counts_whole() -> None:
    world = World()
    world.trade(Side.BUY, "1", "100")
    monitor = world.monitor(RiskLimits())
    monitor.look()
    world.trade(Side.SELL, "1", "95")
    world.trade(Side.BUY, "1", "95")
    world.price("94")
    monitor.look()

    assert monitor.statistics()[0].profit == -6


def test_a_lost_price_is_stood_in_for_by_the_last_one_and_said_once() -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_loss={"USD": D(10)}))
    monitor.look()
    world.trade(Side.BUY, "1", "100")
    world.price("95")
    monitor.look()
    world.feed.book_lost("BTC/USD", "checksum")
    monitor.look()
    monitor.look()

    assert world.told == [MarkLost("BTC/USD", D(95))]
    assert monitor.statistics()[0].profit == -5
    world.price("94")
    monitor.look()
    assert world.told[1:] == [MarkRestored("BTC/USD")]
    assert monitor.statistics()[0].profit == -6


def test_a_position_that_never_had_a_price_is_said_to_have_none() -> None:
    world = World()
    monitor = world.monitor(RiskLimits())
    monitor.look()
    world.trade(Side.BUY, "1", "100", fee="1")
    monitor.look()

    assert world.told == [MarkLost("BTC/USD", None)]
    assert monitor.statistics() == (AssetRisk("USD", profit=D(-1), peak=D(0), exposure=D(0)),)


def test_a_closed_position_is_not_missed_its_price() -> None:
    world = World()
    monitor = world.monitor(RiskLimits())
    world.trade(Side.BUY, "1", "100")
    monitor.look()
    world.trade(Side.SELL, "1", "100")
    monitor.look()
    world.price("100")
    monitor.look()

    assert world.told == [MarkLost("BTC/USD", None)]


def test_the_closing_price_is_the_bid_for_long_and_the_ask_for_short_while_it_is_fresh() -> None:
    world = World()
    limits = RiskLimits(default=SymbolLimits(max_data_age_s=30.0), symbols={"ETH/USD": SymbolLimits(max_data_age_s=None)})
    for symbol in ("BTC/USD", "ETH/USD"):
        world.trade(Side.BUY, "1", "100", owner="cross", symbol=symbol)
        world.trade(Side.SELL, "1", "100", owner="grid", symbol=symbol)
        world.price("99", "101", symbol=symbol)

    def prices(symbol: str) -> list[Decimal | None]:
        return [closing_price(world.feed, limits, world.portfolio.position(owner, symbol)) for owner in ("cross", "grid")]

    world.now_s = 30.0
    assert prices("BTC/USD") == [99, 101]
    world.now_s = 30.1
    assert prices("BTC/USD") == [None, None]
    assert prices("ETH/USD") == [99, 101]
    world.feed.book_lost("ETH/USD", "checksum")
    assert prices("ETH/USD") == [None, None]


def test_notices_read_as_sentences() -> None:
    assert "95" in str(MarkLost("BTC/USD", D(95)))
    assert "no price is known" in str(MarkLost("BTC/USD", None))
    assert str(MarkRestored("BTC/USD")) == "BTC/USD has a fresh price again"


async def test_it_looks_for_ever_tells_changes_and_checks_in(autojump_clock: MockClock) -> None:
    world = World()
    monitor = world.monitor(RiskLimits(max_exposure={"USD": D(50)}, max_loss={"USD": D(30)}))
    seen: list[float] = []
    monitor.check_in = lambda: seen.append(trio.current_time())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(monitor.run)
        await trio.sleep(1.5)
        world.trade(Side.BUY, "1", "100")
        world.price("100")
        await trio.sleep(2)
        world.price("60")
        await trio.sleep(2)
        nursery.cancel_scope.cancel()

    assert [mode for mode, _ in world.modes] == [Mode.REDUCING, Mode.HALTED]
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
