"""`seawall ordeal`: what is shown, and what the exit code says."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
import trio

from seawall.cli.exit_codes import ExitCode
from seawall.cli.main import main
from seawall.drill.real import CASES, Case, Outcome
from seawall.drill.real.needs import Missing, Need
from seawall.drill.real.stage import Broken, Stage


def test_the_list_has_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ordeal", "--list"]) == ExitCode.CLEAN
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == list(CASES)


def test_a_case_that_does_not_exist_is_a_mistake_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ordeal", "--only", "kiled"]) == ExitCode.USAGE
    assert "there is no case kiled" in capsys.readouterr().err
    assert main(["ordeal", "--jobs", "0"]) == ExitCode.USAGE


def test_a_directory_to_keep_things_in_is_a_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ordeal", "--only", "killed", "--keep", str(tmp_path)]) == ExitCode.USAGE
    assert "cannot be made: File exists" in capsys.readouterr().err


async def harmless(stage: Stage) -> None:
    await trio.lowlevel.checkpoint()


async def harmful(stage: Stage) -> None:
    await trio.lowlevel.checkpoint()
    raise Broken("it is broken")


def absent() -> None:
    raise Missing("the moon is not up")


@pytest.fixture
def with_case(request: pytest.FixtureRequest) -> Generator[Case, None, None]:
    """Adds one case to the catalogue for the length of a test."""
    harm, needs = request.param
    case = Case("of-a-test", "A test.", harm, needs)
    CASES[case.name] = case
    yield case
    del CASES[case.name]


@pytest.mark.parametrize(
    ("with_case", "code", "outcome", "wrong"),
    [
        ((harmless, ()), ExitCode.CLEAN, Outcome.HELD, []),
        ((harmful, ()), ExitCode.BROKEN, Outcome.BROKEN, ["it is broken"]),
        ((harmless, (Need("moon", absent),)), ExitCode.CLEAN, Outcome.SKIPPED, ["the moon is not up"]),
    ],
    indirect=["with_case"],
)
@pytest.mark.timeout(300)
def test_the_exit_code_says_whether_a_promise_was_broken(
    with_case: Case,
    code: ExitCode,
    outcome: Outcome,
    wrong: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ordeal", "--only", "of-a-test", "--json", "--keep", str(tmp_path / "kept")]) == code
    told = capsys.readouterr()
    (line,) = told.out.splitlines()
    result = json.loads(line)
    assert (result["case"], result["outcome"], result["wrong"]) == ("of-a-test", outcome, wrong)
    if outcome is Outcome.BROKEN:
        assert "again: seawall ordeal --seed 1 --only of-a-test" in told.err
        assert (tmp_path / "kept" / "of-a-test" / "journal.sqlite").exists()
