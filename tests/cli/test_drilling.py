from pathlib import Path

import pytest
from support import fake_runs

from seawall.cli.drilling import Drill, card_lines
from seawall.cli.exit_codes import ExitCode
from seawall.drill.campaign import Campaign
from seawall.drill.results import Run
from seawall.sim.catalogue import CATALOGUE

TOML = """
mode = "sim"
[[strategies]]
name = "mine"
use = "mine.py:run"
"""
SOURCE = """
from datetime import datetime

async def run(market):
    print(datetime.now())
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "seawall.toml").write_text(TOML)
    return tmp_path / "seawall.toml"


def drilled(run: Run, config: Path, *names: str, first: int = 1) -> tuple[Drill, ExitCode]:
    drill = Drill(Campaign(config, first=first, names=names or tuple(CATALOGUE), swarms=2), run, 1)
    return drill, drill.go()


def test_a_drill_that_breaks_nothing_is_clean(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drill, code = drilled(fake_runs.alike, config)

    assert code is ExitCode.CLEAN
    assert len(drill.card.rows) == len(CATALOGUE) + 2
    told = capsys.readouterr().out.splitlines()
    assert " ".join(told[0].split()) == "lost doubled left open missed noticed recovered flat stall blind broken same"
    assert told[1].split()[0] == "calm"
    assert "no red cell" in told


def test_red_cells_of_a_sort_are_told_together_with_the_command_of_the_first(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, code = drilled(fake_runs.mixed, config, "half-open", "kill", first=3)

    assert code is ExitCode.BROKEN
    told = capsys.readouterr().out
    assert "half-open and kill: broken 1. No intent ever becomes two orders. intent c7 became O1 and O2.\n" in told
    assert f"    seawall simulate --config {config} --seed 3 --minutes 3 --faults 'half-open@" in told


def test_a_run_that_went_two_ways_is_looked_into_and_suspicious_lines_are_named(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, code = drilled(fake_runs.never_twice, config, "half-open")

    assert code is ExitCode.BROKEN
    told = capsys.readouterr().out
    assert "half-open: same no. The same run went another way the second time" in told
    assert (
        "seed 1 does not go the same way twice; the two first differ where\n    one says: 00:01.000  strategy mine  says " in told
    )
    assert f"    {config.parent / 'mine.py'}:5  datetime.now()  (asks for the time of day)\n" in told


def test_the_table_fits_its_terminal(config: Path) -> None:
    drill, _ = drilled(fake_runs.alike, config, "half-open")

    assert {len(line.plain) for line in card_lines(drill.card, 60)} == {60}
