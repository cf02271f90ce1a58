"""The two commands as they are typed, with real runs of a few simulated seconds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.cli.exit_codes import ExitCode
from seawall.cli.main import main

CONFIG = Path(__file__).parents[2] / "examples" / "sim.toml"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--seed", "1", "--seeds", "2"], "--seed is one run, --seeds are many"),
        (["--explain"], "--explain tells of one run: give its --seed"),
        (["--seed", "1", "--html", "story.html"], "--html is a page about one run"),
        (["--every-point", "--kill-at", "7"], "--every-point kills at each point in turn"),
        (["--minutes", "0"], "come to 0 s: a run needs some time"),
        (["--seeds", "0"], "--step and --seeds are at least 1"),
        (["--faults", "half-open"], "'half-open' is no fault: write NAME@SECOND+SECONDS"),
        (["--faults", "half-closed@1+2"], "'half-closed' is no fault of the catalogue; there is "),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused_with_a_reason(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("command", [["simulate", "--config"], ["drill"]])
def test_a_configuration_that_cannot_be_used_is_told_before_anything_runs(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.toml").write_text('mode = "life"\n')

    assert main([*command, str(tmp_path / "wrong.toml")]) == ExitCode.CONFIGURATION
    assert "life" in capsys.readouterr().err


def test_a_drill_of_a_fault_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", str(CONFIG), "--only", "half-closed"]) == ExitCode.USAGE
    assert "half-open" in capsys.readouterr().err


def test_a_run_is_told_and_goes_the_same_way_in_another_process(tmp_path: Path) -> None:
    told = []
    for name in ("once", "again"):
        files = ["--json", str(tmp_path / f"{name}.json"), "--html", str(tmp_path / f"{name}.html")]
        words = ["simulate", "--seed", "2", "--seconds", "20", "--faults", "reset@5+5#1", "--explain", *files]
        done = subprocess.run(
            [sys.executable, "-m", "seawall.cli.main", *words], capture_output=True, text=True, timeout=100, check=False
        )
        assert (done.returncode, done.stderr) == (ExitCode.CLEAN, "")
        told.append([line for line in done.stdout.splitlines() if "processor time" not in line][:-1])
    results = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("once", "again")]

    assert told[0] == told[1]
    assert results[0]["trace_digest"] == results[1]["trace_digest"]
    assert results[0]["statistics"]["orders"] > 0
    assert results[0]["faults"] == ["reset@5+5#1"]
    assert any("▲ faults" in line and "reset" in line for line in told[0])
    assert any("exchange" in line and "takes order" in line for line in told[0])
    assert "lane-exchange" in (tmp_path / "once.html").read_text()


def test_a_drill_of_an_example_gives_a_scorecard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--json", str(tmp_path / "card.json"), "--html", str(tmp_path / "card.html")]

    assert main(["drill", str(CONFIG), "--only", "half-open", "--minutes", "0.5", *files]) == ExitCode.CLEAN
    [row] = json.loads((tmp_path / "card.json").read_text())["rows"]
    assert (row["name"], row["runs"], row["cells"]["same"]["text"]) == ("half-open", 2, "yes")
    assert "<h1>Drill of sim.toml</h1>" in (tmp_path / "card.html").read_text()
    assert "no red cell" in capsys.readouterr().out
