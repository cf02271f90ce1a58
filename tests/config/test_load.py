import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.config import Config, ConfigError, Mode, load_config, load_strategies
from seawall.config.schema import Deadlines, Exchange, Lease, Restart, Sim, StrategyConfig
from seawall.engine.settings import DeadMansSwitch, ExitRules, OnStop, Reconcile, RiskLimits, SymbolLimits

Load = Callable[[str], Config]
Faults = Callable[[str], list[str]]
PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def example() -> str:
    """The complete example of the documentation."""
    page = PAGE.read_text()
    return page.split("```toml\n")[1].split("```")[0]


def test_the_smallest_file_is_one_line(load: Load, tmp_path: Path) -> None:
    config = load('mode = "sim"')
    assert config == Config(mode=Mode.SIM, journal=tmp_path / "seawall.sqlite", directory=tmp_path)


def test_the_example_of_the_documentation_loads(load: Load, tmp_path: Path) -> None:
    config = load(example())
    assert config.name == "my engine"
    assert config.on_stop is OnStop.HOLD
    assert config.exchange.sim == Sim(pairs=("BTC/USD", "ETH/USD"), balances={"USD": Decimal(10000), "BTC": Decimal("0.5")})
    assert config.deadlines == Deadlines()
    assert config.dead_mans_switch == DeadMansSwitch()
    assert config.risk.default == SymbolLimits(Decimal("0.5"), Decimal(5000), Decimal(2))
    cross, grid = config.strategies
    assert cross.parameters == {"symbol": "BTC/USD", "fast": 12, "slow": 48, "qty": Decimal("0.001")}
    assert cross.exits == ExitRules(Decimal("0.02"), Decimal("0.05"), Decimal("0.03"), 86400.0)
    assert cross.restart == grid.restart == Restart()


def test_the_strategies_of_the_example_load(load: Load) -> None:
    assert [spec.name for spec in load_strategies(load(example()))] == ["cross", "grid"]


def test_the_example_names_every_key_there_is() -> None:
    words = {line.lstrip("# ").split(" = ")[0] for line in example().splitlines() if " = " in line}
    tables = (
        Config,
        Exchange,
        Sim,
        Deadlines,
        SymbolLimits,
        ExitRules,
        DeadMansSwitch,
        Reconcile,
        StrategyConfig,
        Restart,
        Lease,
    )
    keys = {field.name for table in tables for field in attrs.fields(table)}
    # These are tables, or (`directory`) not to be set in a file.
    keys -= {"exchange", "sim", "balances", "deadlines", "risk", "dead_mans_switch", "strategies", "directory"}
    keys -= {"parameters", "exits", "restart", "lease", "reconcile", "balance_tolerance"}
    assert keys <= words
    headings = {line.split("]")[0].strip("[") for line in example().splitlines() if line.startswith("[")}
    totals = {f"risk.{field.name}" for field in attrs.fields(RiskLimits)} - {"risk.default", "risk.symbols"}
    assert totals <= headings


def test_planned_maintenance_is_read_as_two_moments(load: Load) -> None:
    text = """
        mode = "sim"
        [dead_mans_switch]
        planned_maintenance = [
            { begin = 2026-12-01T10:00:00Z, end = 2026-12-01T11:30:00Z },
            { begin = 2026-12-08T10:00:00+01:00, end = 2026-12-08T11:00:00+01:00 },
        ]
        """
    first, second = load(text).engine_settings().dead_mans_switch.planned_maintenance
    assert (first.begin, first.end) == (
        dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC),
        dt.datetime(2026, 12, 1, 11, 30, tzinfo=dt.UTC),
    )
    assert second.begin == dt.datetime(2026, 12, 8, 9, tzinfo=dt.UTC)


def test_the_output_shown_in_the_documentation_is_what_is_said(faults: Faults) -> None:
    text = """
        mode = "sim"
        deadlines.order_s = 0
        risk."BTC/USD".max_order_qyt = 1
        [[strategies]]
        name = "a"
        use = "grid.py:grid"
        [[strategies]]
        name = "b"
        use = "grid.py"
        """
    shown = PAGE.read_text().split("```text\n")[1].split("```")[0].splitlines()[1:]
    assert sorted(faults(text)) == sorted(line.strip() for line in shown)


def test_no_digit_is_lost_on_the_way(load: Load) -> None:
    config = load('mode = "sim"\nrisk.max_order_qty = 0.00000010\nrisk.max_order_notional = 123456789012.12345678')
    limits = config.risk.default
    assert str(limits.max_order_notional) == "123456789012.12345678"
    assert limits.max_order_qty is not None
    assert limits.max_order_qty.as_tuple() == Decimal("0.00000010").as_tuple()


def test_a_symbol_inherits_the_limits_it_does_not_set_and_may_lift_one(load: Load) -> None:
    config = load(
        """
        mode = "sim"
        [risk]
        max_order_qty = 1
        max_open_orders = 5
        [risk."BTC/USD"]
        max_order_qty = 0.01
        max_price_distance = "none"
        """
    )
    expected = attrs.evolve(config.risk.default, max_order_qty=Decimal("0.01"), max_price_distance=None)
    assert config.risk.of("BTC/USD") == expected
    assert expected.max_open_orders == 5
    assert config.risk.of("ETH/USD").max_order_qty == 1


def test_relative_paths_are_taken_from_the_directory_of_the_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "book.jsonl").touch()
    config = load('mode = "sim"\njournal = "j.sqlite"\nlog = "/tmp/x.log"\nexchange.sim.replay = "book.jsonl"')
    assert config.journal == tmp_path / "j.sqlite"
    assert config.log == Path("/tmp/x.log")
    assert config.exchange.sim.replay == tmp_path / "book.jsonl"


def test_parameters_keep_text_numbers_lists_and_tables(load: Load) -> None:
    config = load(
        """
        mode = "sim"
        [[strategies]]
        name = "a"
        use = "a:b"
        parameters = { text = "1.0", number = 1.50, whole = 3, on = true, list = ["x", 2], table = { deep = 0.1 } }
        """
    )
    assert config.strategies[0].parameters == {
        "text": "1.0",
        "number": Decimal("1.50"),
        "whole": 3,
        "on": True,
        "list": ("x", 2),
        "table": {"deep": Decimal("0.1")},
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = 3", "name: expected text in quotes, found 3"),
        ("name = ' '", "name: expected a name, found nothing"),
        ("mode = 'real'", 'mode: expected one of "sim", "paper", "live", found \'real\''),
        ("nmae = 'x'", "nmae: unknown key; did you mean 'name'?"),
        ("zzz = 'x'", "zzz: unknown key; known are mode, name, journal, journal_sync, lease, log, on_stop, exchange, deadlines,"),
        ("deadlines.order_s = '5'", "deadlines.order_s: expected a number, found '5'; numbers are written without quotes"),
        ("deadlines.order_s = true", "deadlines.order_s: expected a number, found true"),
        ("deadlines.order_s = inf", "deadlines.order_s: expected a finite number, found Infinity"),
        ("deadlines.order_s = nan", "deadlines.order_s: expected a finite number, found NaN"),
        ("deadlines.order_s = -1", "deadlines.order_s: expected a number above zero, found -1"),
        ("deadlines = 5", "deadlines: expected a table, found 5"),
        ("deadlines.shutdown_s = 1", "deadlines.shutdown_s: expected at least cancel_s (3)"),
        ("risk.max_order_qty = '1'", "risk.max_order_qty: expected a number, found '1'"),
        ("risk.max_order_qty = 0", "risk.max_order_qty: expected a number above zero, found 0"),
        ("risk.max_open_orders = 1.5", "risk.max_open_orders: expected a whole number, found 1.5"),
        ("risk.max_open_orders = true", "risk.max_open_orders: expected a whole number, found true"),
        ("risk.max_order_qyt = 1", "risk.max_order_qyt: unknown key; did you mean 'max_order_qty'?"),
        ("risk.'BTC/USD'.max_order_qty = -1", 'risk."BTC/USD".max_order_qty: expected a number above zero, found -1'),
        ("risk.'BTC/USD'.max_ordr_qty = 'none'", "risk.\"BTC/USD\".max_ordr_qty: unknown key; did you mean 'max_order_qty'?"),
        ("risk.BTCUSD.max_order_qty = 1", "risk.BTCUSD: expected a pair such as 'BTC/USD', found 'BTCUSD'"),
        ("risk.max_los.USD = 1", "risk.max_los: expected a pair such as 'BTC/USD', found 'max_los'; did you mean 'max_loss'?"),
        ("risk.max_loss.USD = 0", "risk.max_loss.USD: expected a number above zero, found 0"),
        ("risk.max_loss = 5", "risk.max_loss: expected a table, found 5"),
        ("dead_mans_switch.enabled = 1", "dead_mans_switch.enabled: expected true or false, found 1"),
        ("dead_mans_switch.timeout_s = 86400", "dead_mans_switch.timeout_s: expected 1 to 86399, found 86400"),
        ("dead_mans_switch.renew_s = 40", "dead_mans_switch.renew_s: expected at most half of timeout_s (60)"),
        (
            "dead_mans_switch.planned_maintenance = [{begin = '2026-12-01T10:00:00Z', end = 2026-12-01T11:00:00Z}]",
            "dead_mans_switch.planned_maintenance[0].begin: expected a date with a time, such as 2026-12-01T10:00:00Z, found '",
        ),
        (
            "dead_mans_switch.planned_maintenance = [{begin = 2026-12-01T10:00:00, end = 2026-12-01T11:00:00Z}]",
            "dead_mans_switch.planned_maintenance[0].begin: expected a date with a time and its zone",
        ),
        (
            "dead_mans_switch.planned_maintenance = [{begin = 2026-12-01T10:00:00Z, end = 2026-12-01T09:00:00Z}]",
            "dead_mans_switch.planned_maintenance[0]: maintenance must end after it begins",
        ),
        (
            "dead_mans_switch.planned_maintenance = [{begin = 2026-12-01T10:00:00Z}]",
            "dead_mans_switch.planned_maintenance[0].end: is missing",
        ),
        ("dead_mans_switch.maintenance_lead_s = 0", "dead_mans_switch.maintenance_lead_s: expected a number above zero, found 0"),
        ("dead_mans_switch.when_foreign = 'no'", 'dead_mans_switch.when_foreign: expected one of "on", "off", "ask"'),
        ("reconcile.on_difference = 'stop'", 'reconcile.on_difference: expected one of "notice", "reduce", "halt"'),
        ("reconcile.max_differences = -1", "reconcile.max_differences: expected zero or more, found -1"),
        ("reconcile.balance_tolerance.USD = -1", "reconcile.balance_tolerance.USD: expected zero or more, found -1"),
        ("exchange.tier = 'gold'", 'exchange.tier: expected one of "starter", "intermediate", "pro", found \'gold\''),
        ("exchange.book_depth = 11", "exchange.book_depth: expected one of 10, 25, 100, 500, 1000, found 11"),
        ("exchange.rest = 'https://x'", "exchange: public, private, level3 missing: with rest given, all four URLs are needed"),
        ("exchange.rest = 'http://x'", "exchange.rest: expected https:// for a host that is not this machine, found 'http://x'"),
        ("exchange.public = 'x'", "exchange.public: expected a URL such as wss://host/path, found 'x'"),
        ("exchange.sim.replay = 'gone.jsonl'", "exchange.sim.replay: there is no file "),
        ("exchange.sim.speed = 'fast'", "exchange.sim.speed: expected a number or \"max\", found 'fast'"),
        ("exchange.sim.pairs = 'BTC/USD'", "exchange.sim.pairs: expected a list in brackets, found 'BTC/USD'"),
        ("exchange.sim.pairs = ['BTC/USD', 'eth']", "exchange.sim.pairs[1]: expected a pair such as 'BTC/USD', found 'eth'"),
        ("exchange.sim.balances.USD = -1", "exchange.sim.balances.USD: expected zero or more, found -1"),
        ("journal = 'gone/j.sqlite'", "journal: there is no directory "),
        ("log = 'gone/x.log'", "log: there is no directory "),
        ("strategies = 'x'", "strategies: expected [[strategies]], in double brackets, found 'x'"),
        ("strategies = ['x']", "strategies[0]: expected a table, found 'x'"),
        ("strategies = [{ use = 'a:b' }]", "strategies[0].name: is missing"),
        ("strategies = [{ name = 'My', use = 'a:b' }]", "strategies[0].name: expected lower-case letters, digits, - and _"),
        ("strategies = [{ name = 'a', use = 'a' }]", "strategies[0].use: expected 'package.module:attribute' or"),
        (
            "strategies = [{ name = 'a', use = 'a:b', restart.delays_s = [1, -1] }]",
            "strategies[0].restart.delays_s[1]: expected zero or more, found -1",
        ),
        (
            "strategies = [{ name = 'a', use = 'a:b', exits.stop_loss = 2 }]",
            "strategies[0].exits.stop_loss: expected a fraction above 0 and below 1",
        ),
        (
            "strategies = [{ name = 'a', use = 'a:b', parameters.x = { y = [nan] } }]",
            "strategies[0].parameters.x.y[0]: expected a finite number, found NaN",
        ),
        (
            "strategies = [{ name = 'a', use = 'a:b', parameters.day = 2025-01-01 }]",
            "strategies[0].parameters.day: expected text, a number, true or false, a list or a table, found 2025-01-01",
        ),
        (
            "strategies = [{ name = 'a', use = 'a:b' }, { name = 'a', use = 'a:b' }]",
            "strategies[1].name: 'a' is the name of strategies[0] already",
        ),
        (
            "exchange.sim.pairs = ['BTC/USD']\nstrategies = [{ name = 'a', use = 'a:b', symbols = ['BTC/USDT'] }]",
            "strategies[0].symbols[0]: BTC/USDT is not among exchange.sim.pairs; did you mean 'BTC/USD'?",
        ),
    ],
)
def test_a_fault_is_told_with_its_key_and_what_was_expected(faults: Faults, text: str, fault: str) -> None:
    text = text if text.startswith("mode") else f'mode = "sim"\n{text}'
    assert any(found.startswith(fault) for found in faults(text)), faults(text)


def test_every_fault_of_the_file_is_told_at_once(faults: Faults) -> None:
    text = """
        nmae = "x"
        mode = "real"
        deadlines.order_s = "5"
        deadlines.cancel_s = 0
        deadlines.silent_after = 3
        risk.max_order_qty = true
        risk."BTC/USD".max_open_orders = 0.5
        dead_mans_switch.renew_s = 59
        journal = "gone/j.sqlite"
        [[strategies]]
        name = "a"
        use = "a:b"
        [[strategies]]
        name = "B"
        [[strategies]]
        name = "a"
        use = "a:b"
        """
    keys = [found.split(": ")[0] for found in faults(text)]
    assert keys == sorted(
        [
            "nmae",
            "mode",
            "deadlines.order_s",
            "deadlines.cancel_s",
            "deadlines.silent_after",
            "risk.max_order_qty",
            'risk."BTC/USD".max_open_orders',
            "dead_mans_switch.renew_s",
            "journal",
            "strategies[1].name",
            "strategies[1].use",
            "strategies[2].name",
        ]
    )


def test_a_file_without_a_mode_is_told_so(faults: Faults) -> None:
    assert faults("name = 'x'") == ["mode: is missing: expected one of sim, paper, live"]


@pytest.mark.parametrize("key", ["key", "secret", "api_key", "apiSecret", "private-key"])
@pytest.mark.parametrize("table", ["", "exchange."])
def test_a_key_written_in_the_file_is_refused_with_a_hint_and_never_repeated(faults: Faults, key: str, table: str) -> None:
    (fault,) = faults(f'mode = "sim"\n{table}{key} = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSU"')
    assert fault.startswith(f"{table}{key}: keys do not belong in this file: set SEAWALL_KRAKEN_KEY")
    assert "kQH5" not in fault


def test_a_syntax_error_is_told_with_line_and_column(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seawall\.toml: 1 fault") as caught:
        load('mode = "sim"\nname = \n')
    (fault,) = caught.value.faults
    assert fault.key == "at line 2, column 8".removeprefix("at ")
    assert fault.problem == "Invalid value"


def test_a_file_that_is_not_there_or_not_text_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "gone.toml")
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="is not UTF-8 text: invalid start byte at byte 8"):
        load_config(tmp_path / "bytes.toml")


LIVE = (
    'mode = "live"\nstrategies = [{ name = "a", use = "a:b", symbols = ["BTC/USD", "ETH/USD"] }, { name = "b", use = "a:b" }]\n'
)


def test_live_without_limits_is_refused_for_each_symbol(faults: Faults) -> None:
    assert sorted(found.split(": ")[0] for found in faults(LIVE)) == ["risk", 'risk."BTC/USD"', 'risk."ETH/USD"']


def test_live_is_content_with_a_limit_for_all(faults: Faults) -> None:
    assert faults(LIVE + "risk.max_order_notional = 100") == []


def test_live_is_content_with_limits_for_the_symbols_that_are_traded(faults: Faults) -> None:
    limits = 'risk."BTC/USD".max_order_qty = 1\nrisk."ETH/USD".max_order_notional = 1\n'
    (fault,) = faults(LIVE + limits)
    assert fault.startswith("risk: orders of 'b', which names no symbols, have no limit")


def test_live_does_not_play_a_recording(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "book.jsonl").touch()
    (fault,) = faults('mode = "live"\nexchange.sim.replay = "book.jsonl"')
    assert fault == 'exchange.sim.replay: only mode = "sim" plays a recording; the mode is "live"'


def test_a_journal_may_be_a_database(load: Callable[[str], Config]) -> None:
    url = "postgresql://seawall@db.example.net/seawall"
    assert load(f"mode = 'sim'\njournal = '{url}'").journal == url


@pytest.mark.parametrize(
    ("journal", "fault"),
    [
        ("mysql://me@db/seawall", "journal: expected a file, or postgresql://user@host/database, found mysql://"),
        ("postgresql://me:secret@db/seawall", "journal: a password does not belong here"),
        ("postgresql://me@db/seawall?password=secret", "journal: a password does not belong here"),
    ],
)
def test_a_url_that_is_no_journal_is_refused_and_its_password_is_not_shown(faults: Faults, journal: str, fault: str) -> None:
    (found,) = faults(f"mode = 'sim'\njournal = '{journal}'")
    assert found.startswith(fault)
    assert "secret" not in found
