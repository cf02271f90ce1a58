"""The examples, run for real: what a reader copies works."""

import importlib.util
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import attrs
import pytest
import trio
from support.bench import Bench
from trio.testing import MockClock

from seawall import Candle, Market, OnStop, StrategySpec, load_config, open_engine
from seawall.config import Config, Mode, load_strategies
from seawall.engine.notices import OrderFilled, StrategySaid

EXAMPLES = Path(__file__).parent.parent / "examples"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@attrs.define(eq=False)
class Listener:
    """A probe that keeps what it is told, and knows when something has filled."""

    notices: list[object] = attrs.field(factory=list)
    filled: trio.Event = attrs.field(factory=trio.Event)

    def __call__(self, notice: object) -> None:
        self.notices.append(notice)
        if isinstance(notice, OrderFilled):
            self.filled.set()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_every_configuration_loads_and_its_strategies_too(path: Path) -> None:
    config = load_config(path)

    assert config.mode == path.stem
    assert [spec.name for spec in load_strategies(config)] == [strategy.name for strategy in config.strategies]


def test_the_live_configuration_is_small_and_has_every_brake() -> None:
    config = load_config(EXAMPLES / "live.toml")

    for strategy in config.strategies:
        for symbol in strategy.symbols:
            limits = config.risk.of(symbol)
            assert limits.max_order_notional is not None
            assert limits.max_order_notional <= 50
            assert limits.max_position_qty is not None
        assert strategy.exits is not None
    assert config.risk.max_loss
    assert config.dead_mans_switch.enabled
    assert config.on_stop is OnStop.HOLD


async def test_the_simulated_configuration_trades_and_leaves_nothing(tmp_path: Path) -> None:
    config: Config = attrs.evolve(load_config(EXAMPLES / "sim.toml"), journal=tmp_path / "sim.sqlite")
    listener = Listener()
    with trio.fail_after(60):
        async with open_engine(config, probe=listener) as engine:
            await listener.filled.wait()

    assert engine.certificate is not None
    assert engine.certificate.clean
    said = [notice.text for notice in listener.notices if isinstance(notice, StrategySaid)]
    assert "a step of 0.0003 does not pay for two maker fees of 0.0025" in said


async def test_the_embedding_program_runs_and_exits_clean(tmp_path: Path) -> None:
    with trio.fail_after(60):
        done = await trio.run_process(
            [sys.executable, EXAMPLES / "embedded.py", "3"], capture_stdout=True, capture_stderr=True, cwd=tmp_path, check=False
        )

    assert done.stderr == b""
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "running  6 orders" in text
    assert "clean: nothing was left behind" in text


async def test_the_function_rests_a_bid_and_renews_it(bench: Bench, autojump_clock: MockClock) -> None:
    module = loaded("strategy_function")
    async with bench.engine(module.quote_the_bid):
        await trio.sleep(3)
        bench.venue.quote(bid="49990.0")
        await trio.sleep(14)

        assert [order.limit_price for order in bench.venue.placed] == [Decimal("50000.0"), Decimal("49990.0")]
        assert len(bench.venue.open_ids()) == 1


async def test_the_class_buys_the_dip_and_offers_it_higher(bench: Bench, autojump_clock: MockClock) -> None:
    module = loaded("strategy_class")
    dip = module.BuyTheDip("BTC/USD", Decimal("0.001"), dip=Decimal("0.01"), gain=Decimal("0.01"))
    async with bench.engine(StrategySpec("dip", dip.run)):
        await trio.sleep(3)
        assert bench.venue.placed == []

        bench.venue.quote(bid="49400.0", ask="49400.1")
        await trio.sleep(1)
        (name,) = bench.venue.open_ids()
        bench.venue.fill(name, "0.001", "49400.1")
        await trio.sleep(1)

        sides = [(order.side.value, order.limit_price) for order in bench.venue.placed]
        assert sides == [("buy", Decimal("49400.1")), ("sell", Decimal("49894.2"))]


async def test_the_breakout_is_held_as_a_block_until_a_rule_closes_it(bench: Bench, autojump_clock: MockClock) -> None:
    module = loaded("strategy_holding")

    async def breakout(market: Market) -> None:
        await module.buy_the_breakout(market, symbol="BTC/USD", qty=Decimal("0.01"), lookback=3)

    async def price(last: str, *, closed: bool = False) -> None:
        bench.venue.book_price = at = Decimal(last)
        bench.venue.quote(bid=last, ask=last)
        bench.venue.listener.candle_changed(Candle("BTC/USD", 60, 0, at, at, at, at, Decimal(1), 1, closed=closed))
        await trio.sleep(2)

    def sides() -> list[str]:
        return [order.side.value for order in bench.venue.placed]

    async with bench.engine(StrategySpec("breakout", breakout)) as engine:
        await trio.sleep(2)
        for last in ("50000.0", "50020.0", "50010.0"):
            await price(last, closed=True)
        await price("50019.0")
        assert sides() == []
        await price("50021.0")
        assert sides() == ["buy"]
        await price("51000.0")
        assert sides() == ["buy"]
        await price("50200.0")
        assert sides() == ["buy", "sell"]
        assert any("closed by trailing" in notice.text for notice in bench.notices if isinstance(notice, StrategySaid))
        for last in ("50000.0", "50000.0", "50000.0"):
            await price(last, closed=True)
        await price("50001.0")
        assert sides() == ["buy", "sell", "buy"]

    assert sides() == ["buy", "sell", "buy", "sell"]
    assert engine.certificate is not None
    assert engine.certificate.clean
    assert engine.certificate.positions == ()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_there_is_one_configuration_for_each_mode() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(Mode)
