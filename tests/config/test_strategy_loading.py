import sys
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from seawall.config import Config, ConfigError, Mode, Restart, StrategyConfig, load_strategies, load_strategy
from seawall.engine.market import Market
from seawall.engine.settings import ExitRules

SOURCE = """
from decimal import Decimal
from enum import Enum
from typing import Literal, Optional

number = 5

class Colour(Enum):
    RED = "red"

async def follow(seen, symbol: str, *, qty: Decimal = Decimal(1), wait_s: float = 1.0, size: "int | Decimal" = 1):
    seen.append((symbol, qty, wait_s, size))

async def lists(seen, symbols: tuple[str, ...], levels: list[Decimal] = [], side: Literal["buy", "sell"] = "buy",
                colour: Colour = Colour.RED, most: Optional[Decimal] = None):
    seen.append((symbols, levels, side, colour.value, most))

async def anything(seen, **parameters):
    seen.append(parameters)

async def untyped(seen, value, typed: "Missing" = None):
    seen.append((value, typed))

async def nothing():
    pass

def plain(seen):
    pass

class Cross:
    def __init__(self, fast: int, slow: int = 48):
        if fast >= slow:
            raise ValueError(f"fast {fast} must be below slow {slow}")
        self.runs = 0
        self.fast = fast

    async def run(self, seen):
        self.runs += 1
        seen.append((self.fast, self.runs))

class Standing:
    def walk(self, seen):
        pass
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SOURCE)
    return tmp_path


async def outcome(directory: Path, attribute: str, parameters: dict[str, object], runs: int = 1) -> list[object]:
    """What the strategy puts down: those of these tests take a list where others take a market."""
    seen: list[object] = []
    spec = load_strategy(StrategyConfig("a", f"mine.py:{attribute}", parameters=parameters), directory)
    for _ in range(runs):
        await spec.run(cast("Market", seen))
    return seen


def refusal(directory: Path, use: str, **parameters: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_strategy(StrategyConfig("a", use, parameters=parameters), directory)
    return [str(fault) for fault in caught.value.faults]


async def test_a_function_is_given_the_market_and_its_parameters(directory: Path) -> None:
    seen = await outcome(directory, "follow", {"symbol": "BTC/USD", "qty": Decimal("0.10"), "wait_s": Decimal("2.5"), "size": 3})
    assert seen == [("BTC/USD", Decimal("0.10"), 2.5, 3)]
    assert repr(seen[0]) == "('BTC/USD', Decimal('0.10'), 2.5, 3)"


async def test_a_decimal_may_be_written_as_text(directory: Path) -> None:
    assert await outcome(directory, "follow", {"symbol": "x", "qty": "0.001"}) == [("x", Decimal("0.001"), 1.0, 1)]


async def test_lists_words_and_options_are_read_by_their_annotations(directory: Path) -> None:
    parameters: dict[str, object] = {"symbols": ("BTC/USD",), "levels": (1, "2.5"), "side": "sell", "colour": "red", "most": 7}
    assert await outcome(directory, "lists", parameters) == [
        (("BTC/USD",), [Decimal(1), Decimal("2.5")], "sell", "red", Decimal(7))
    ]


async def test_a_function_that_takes_anything_is_given_it_as_it_is(directory: Path) -> None:
    parameters: dict[str, object] = {"text": "1.0", "number": Decimal("1.50")}
    assert await outcome(directory, "anything", parameters) == [parameters]


async def test_what_has_no_known_annotation_is_given_as_it_is(directory: Path) -> None:
    assert await outcome(directory, "untyped", {"value": "1.0", "typed": 3}) == [("1.0", 3)]


async def test_a_class_is_made_anew_for_every_run(directory: Path) -> None:
    assert await outcome(directory, "Cross", {"fast": 12}, runs=2) == [(12, 1), (12, 1)]


async def test_a_module_beside_the_configuration_is_found(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "seawall_test_package").mkdir()
    (directory / "seawall_test_package" / "inner.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = load_strategy(StrategyConfig("a", "seawall_test_package.inner:anything"), directory)
    seen: list[object] = []
    await spec.run(cast("Market", seen))
    assert seen == [{}]


def test_the_name_the_restarts_and_the_exits_go_with_it(directory: Path) -> None:
    exits = ExitRules(stop_loss=Decimal("0.02"))
    entry = StrategyConfig("grid", "mine.py:anything", exits=exits, restart=Restart(delays_s=(3.0,)))
    (spec,) = load_strategies(Config(mode=Mode.SIM, strategies=(entry,), directory=directory))
    assert (spec.name, spec.exits, spec.restart) == ("grid", exits, entry.restart.policy())


def test_the_faults_of_all_strategies_are_told_at_once(directory: Path) -> None:
    entries = (
        StrategyConfig("a", "mine.py:folow"),
        StrategyConfig("b", "mine.py:anything"),
        StrategyConfig("c", "mine.py:follow", parameters={"qyt": 1, "wait_s": "5"}),
    )
    with pytest.raises(ConfigError) as caught:
        load_strategies(Config(mode=Mode.SIM, strategies=entries, directory=directory))
    assert [str(fault) for fault in caught.value.faults] == [
        "strategies[0].use: mine.py has no 'folow'; did you mean 'follow'?",
        "strategies[2].parameters.qyt: mine.py:follow takes no such parameter; did you mean 'qty'?",
        "strategies[2].parameters.wait_s: expected a number, found '5'; numbers are written without quotes",
        "strategies[2].parameters.symbol: is missing: mine.py:follow needs it (symbol: str)",
    ]


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        ("mien.py:follow", "did you mean 'mine.py'?"),
        ("seawall_gone.inner:follow", "use: there is no module 'seawall_gone', neither installed nor in "),
        ("json.gone:x", "use: there is no module 'json.gone'"),
        ("mine.py:plain", "found mine.py:plain, a function that is not async"),
        ("mine.py:number", "found mine.py:number, of type int"),
        ("mine.py:nothing", "found mine.py:nothing, which takes none"),
        ("mine.py:Standing", "found mine.py:Standing, a class without one"),
        ("broken.py:x", "use: importing broken.py failed: ZeroDivisionError: division by zero (line 2 of "),
        ("needy.py:x", "use: importing needy.py failed: ModuleNotFoundError: No module named 'seawall_gone' (line 1 of "),
        ("syntax.py:x", "use: importing syntax.py failed: SyntaxError"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(directory: Path, use: str, fault: str) -> None:
    (directory / "broken.py").write_text("x = 0\n1 / x\n")
    (directory / "needy.py").write_text("import seawall_gone\n")
    (directory / "syntax.py").write_text("def\n")
    (found,) = refusal(directory, use)
    assert fault in found


@pytest.mark.parametrize(
    ("attribute", "parameters", "fault"),
    [
        ("follow", {"symbol": 3}, "parameters.symbol: expected text in quotes, found 3"),
        ("follow", {"symbol": "x", "qty": True}, "parameters.qty: expected a number, such as 0.001, found true"),
        ("follow", {"symbol": "x", "qty": "much"}, "parameters.qty: expected a number, such as 0.001, found 'much'"),
        ("follow", {"symbol": "x", "size": "3 x"}, "parameters.size: expected a whole number, found '3 x'"),
        ("Cross", {"fast": Decimal("1.5")}, "parameters.fast: expected a whole number, found 1.5"),
        ("Cross", {"fast": 50}, "parameters: mine.py:Cross does not take them: ValueError: fast 50 must be below slow 48"),
        ("Cross", {"fast": 5, "medium": 6}, "parameters.medium: mine.py:Cross takes no such parameter; it takes fast, slow"),
        ("lists", {"symbols": "BTC/USD"}, "parameters.symbols: expected a list, found 'BTC/USD'"),
        ("lists", {"symbols": ("x", 3)}, "parameters.symbols[1]: expected text in quotes, found 3"),
        ("lists", {"symbols": (), "side": "hold"}, 'parameters.side: expected one of "buy", "sell", found \'hold\''),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_key(
    directory: Path, attribute: str, parameters: dict[str, object], fault: str
) -> None:
    (found,) = refusal(directory, f"mine.py:{attribute}", **parameters)
    assert found.startswith(fault)


def test_a_file_that_failed_is_read_again_once_it_is_mended(directory: Path) -> None:
    (directory / "broken.py").write_text("x = 1 / 0\n")
    refusal(directory, "broken.py:x")
    (directory / "broken.py").write_text("async def x(market): pass\n")
    assert load_strategy(StrategyConfig("a", "broken.py:x"), directory).name == "a"
