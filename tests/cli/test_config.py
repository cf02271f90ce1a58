from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.cli.main import main
from seawall.cli.toml_text import config_text
from seawall.config import Config, Exchange, Mode, Sim, StrategyConfig, load_config
from seawall.engine.settings import ExitRules, OnStop, RiskLimits, SymbolLimits

FILE = """
mode = "sim"
name = 'quotes " and \\ slashes'

[risk]
max_order_qty = 0.00000010
max_loss.USD = 100.50

[risk."BTC/USD"]
max_open_orders = "none"

[[strategies]]
name = "ride"
use = "ride.py:ride"
parameters = { qty = 0.10, symbols = ["BTC/USD"], deep = { a = 1, on = true } }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "ride.py").write_text(
        "from decimal import Decimal\n"
        "async def ride(market: object, qty: Decimal, symbols: tuple[str, ...], deep: object) -> None:\n"
        "    pass\n"
    )
    path = tmp_path / "seawall.toml"
    path.write_text(FILE)
    return path


def test_what_is_shown_reads_back_to_the_same_configuration(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"# {file}: no faults; 1 strategies; no API key needed\n")
    assert "max_order_qty = 0.00000010\n" in shown
    assert "shutdown_s = 10.0\n" in shown, "defaults are shown too"
    again = file.with_name("again.toml")
    again.write_text(shown)
    assert load_config(again) == load_config(file)


def test_every_kind_of_value_reads_back(tmp_path: Path) -> None:
    config = Config(
        mode=Mode.SIM,
        journal=tmp_path / "journal.sqlite",
        log=tmp_path / "log.jsonl",
        on_stop=OnStop.FLATTEN,
        exchange=Exchange(sim=Sim(pairs=("BTC/USD", "ETH/USD"), balances={"USD": Decimal("10000.50")}, speed="max")),
        risk=RiskLimits(
            default=SymbolLimits(max_order_qty=Decimal("1.5"), max_data_age_s=None),
            symbols={"ETH/USD": SymbolLimits(max_open_orders=None)},
            max_drawdown={"USD": Decimal(5)},
        ),
        strategies=(
            StrategyConfig("a", "a:b", exits=ExitRules(stop_loss=Decimal("0.05"))),
            StrategyConfig("c", "c:d", symbols=("ETH/USD",), parameters={"x": "y", "none": ()}),
        ),
        directory=tmp_path,
    )
    path = tmp_path / "seawall.toml"
    path.write_text(config_text(config))
    assert load_config(path) == config


def test_faults_are_told_in_one_block_without_a_traceback(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('mode = "simm"\nnmae = "x"\n')
    assert main(["config", str(file)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"seawall: {file}: 2 faults\n")
    assert "did you mean 'name'?" in told.err
    assert "Traceback" not in told.err


def test_a_file_that_is_not_there_is_a_fault_of_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", str(tmp_path / "none.toml")]) == 3
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_a_strategy_that_cannot_be_imported_is_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.with_name("ride.py").unlink()
    assert main(["config", str(file)]) == 3
    assert "strategies[0].use" in capsys.readouterr().err


def test_a_live_configuration_without_a_key_is_told(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEAWALL_KRAKEN_KEY", raising=False)
    monkeypatch.delenv("SEAWALL_KRAKEN_SECRET", raising=False)
    config = attrs.evolve(load_config(file), mode=Mode.LIVE, risk=RiskLimits(default=SymbolLimits(Decimal(1), None, Decimal(1))))
    file.write_text(config_text(config))
    assert main(["config", str(file)]) == 3
    assert "needs an API key" in capsys.readouterr().err


def test_a_secret_is_never_shown(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    monkeypatch.setenv("SEAWALL_KRAKEN_KEY", "key-of-the-account")
    monkeypatch.setenv("SEAWALL_KRAKEN_SECRET", secret)
    config = attrs.evolve(load_config(file), mode=Mode.LIVE, risk=RiskLimits(default=SymbolLimits(Decimal(1), None, Decimal(1))))
    file.write_text(config_text(config))
    assert main(["config", str(file)]) == 0
    told = capsys.readouterr()
    assert "API key from the environment (hidden)" in told.out
    assert secret not in told.out + told.err
    assert "key-of-the-account" not in told.out + told.err
