from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.config import KRAKEN, Addresses, Config, ConfigError, Deadlines, Exchange, Mode, Restart, StrategyConfig
from seawall.engine import settings
from seawall.engine.settings import DeadMansSwitch, EngineSettings, ExitRules, OnStop, RiskLimits, SymbolLimits
from seawall.engine.strategies import STRATEGY_RESTARTS

OWN = Addresses("http://127.0.0.1:1", "ws://127.0.0.1:1/v2", "ws://127.0.0.1:2/v2", "ws://localhost:3/v2")


def test_a_configuration_made_in_code_is_checked_like_a_file() -> None:
    with pytest.raises(ConfigError) as caught:
        Config(
            mode=Mode.LIVE,
            deadlines=Deadlines(order_s=float("nan")),
            risk=RiskLimits(symbols={"BTC/USD": SymbolLimits(max_order_qty=Decimal(-1))}, max_loss={"USD": Decimal(0)}),
            strategies=(StrategyConfig("A", "a:b", exits=ExitRules(stop_loss=Decimal(2)), restart=Restart(delays_s=(-1.0,))),),
        )
    assert [fault.key for fault in caught.value.faults] == [
        "deadlines.order_s",
        'risk.symbols."BTC/USD".max_order_qty',
        "risk.max_loss.USD",
        "strategies[0].name",
        "strategies[0].exits.stop_loss",
        "strategies[0].restart.delays_s[0]",
        "risk",
    ]


def test_the_defaults_are_the_engines_own() -> None:
    assert Config(mode=Mode.SIM).engine_settings() == EngineSettings()


def test_what_is_set_reaches_the_engine(load: Callable[[str], Config]) -> None:
    config = load(
        """
        mode = "sim"
        on_stop = "flatten"
        [deadlines]
        order_s = 4
        check_in_s = 7
        reconcile_every_s = 8
        monitor_every_s = 9
        balances_every_s = 10
        [risk.max_loss]
        USD = 5
        [dead_mans_switch]
        enabled = false
        """
    )
    assert config.engine_settings() == EngineSettings(
        deadlines=settings.Deadlines(order_s=4.0),
        risk=RiskLimits(max_loss={"USD": Decimal(5)}),
        dead_mans_switch=DeadMansSwitch(enabled=False),
        on_stop=OnStop.FLATTEN,
        reconcile_every_s=8.0,
        monitor_every_s=9.0,
        balances_every_s=10.0,
        check_in_s=7.0,
    )


def test_every_setting_of_the_engine_can_be_set() -> None:
    engine = {field.name for field in attrs.fields(EngineSettings)}
    ours = {field.name for cls in (Config, Deadlines) for field in attrs.fields(cls)}
    assert engine <= ours


def test_restarts_are_the_engines_own_unless_set() -> None:
    assert Restart().policy() == STRATEGY_RESTARTS
    policy = Restart(delays_s=(0.0,), within_s=1.0, settled_after_s=2.0, exhausted="escalate").policy()
    assert (policy.delays_s, policy.within_s, policy.settled_after_s, policy.exhausted) == ((0.0,), 1.0, 2.0, "escalate")


@pytest.mark.parametrize(("mode", "addresses"), [(Mode.SIM, None), (Mode.PAPER, KRAKEN), (Mode.LIVE, KRAKEN)])
def test_where_the_exchange_is_follows_from_the_mode(mode: Mode, addresses: Addresses | None) -> None:
    assert Config(mode=mode).addresses == addresses


@pytest.mark.parametrize("mode", Mode)
def test_urls_that_are_given_are_used_in_every_mode(mode: Mode) -> None:
    assert Config(mode=mode, exchange=Exchange(OWN.rest, OWN.public, OWN.private, OWN.level3)).addresses == OWN


def test_a_certificate_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"exchange\.ca_file: there is no file gone\.pem"):
        Config(mode=Mode.SIM, exchange=Exchange(ca_file=Path("gone.pem")))
