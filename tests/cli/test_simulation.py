import json
import os
import signal
import threading
from pathlib import Path

import pytest
from support import fake_runs

from seawall.cli.exit_codes import ExitCode
from seawall.cli.simulation import Request
from seawall.drill.results import Run
from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import Planned


def request(run: Run, *seeds: int, jobs: int = 1, json_to: Path | None = None) -> Request:
    return Request(run, [RunSpec(seed, length_s=1800.0, faults=()) for seed in seeds], jobs, json_to)


def test_a_clean_sweep_says_its_figures_and_exits_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert request(fake_runs.clean, 1, 2, 3, 4, jobs=2).sweep() is ExitCode.CLEAN

    assert capsys.readouterr().out.splitlines() == [
        "4 runs of 4 seeds, 2.0 simulated hours",
        "0 faults, 0 kills, 16 orders, 8 fills, 12 connections",
        "4 s of processor time: 1,800 times real time on one core, 1,000 steps a second",
        "hash 5162e06a3c84c8af0755a3d1396493f9",
        "no violations",
    ]


def test_each_failure_is_a_line_with_the_command_that_repeats_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert request(fake_runs.mixed, 2, 3, 5, 7).sweep() is ExitCode.BROKEN

    told = capsys.readouterr().out
    assert (
        "FAILED seed 3: 05:12.500 No intent ever becomes two orders. intent c7 became O1 and O2 [one order for one intent]\n"
        "    seawall simulate --seed 3 --minutes 30 --faults none --explain\n"
    ) in told
    assert "FAILED seed 5: raised ValueError: a bug of the drill's own\n    seawall simulate --seed 5 " in told
    assert "FAILED seed 7: its process died of SIGKILL\n" in told
    assert told.endswith("1 violation in 1 run; 2 runs came to no verdict\n")


def test_the_hash_of_a_sweep_does_not_depend_on_who_came_first(capsys: pytest.CaptureFixture[str]) -> None:
    hashes: set[str] = set()
    for seeds in ((1, 2, 3), (3, 1, 2)):
        request(fake_runs.clean, *seeds).sweep()
        hashes.update(line for line in capsys.readouterr().out.splitlines() if line.startswith("hash"))

    assert len(hashes) == 1


def test_every_point_is_one_run_killed_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = tmp_path / "found.json"

    assert request(fake_runs.clean, 6, json_to=found).every_point(3) is ExitCode.CLEAN

    assert "3 runs, each killed at an I/O point of its own" in capsys.readouterr().out
    told = json.loads(found.read_text())
    assert [result["kill_at"] for result in told["results"]] == [1, 4, 7]
    assert told["kills"] == 3
    assert told["results"][1]["command"] == "seawall simulate --seed 6 --minutes 30 --faults none --kill-at 4 --explain"


def test_a_run_that_fails_unkilled_is_not_killed_at_every_point(capsys: pytest.CaptureFixture[str]) -> None:
    assert request(fake_runs.mixed, 3).every_point(1) is ExitCode.BROKEN

    assert "each killed" not in capsys.readouterr().out


def test_explaining_prints_the_story_and_writes_the_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "story.html"
    spec = RunSpec(3, faults=(Planned("half-open", 5.0, 2.0),))

    assert Request(fake_runs.mixed, [spec], 1).explain(page) is ExitCode.BROKEN

    told = capsys.readouterr().out
    assert told.startswith("seed 3, 20 min with 1 fault and 0 kills: 1 violation\n  ✗ No intent ever becomes two orders.")
    assert "00:05.000  half-open, for 2 s   (half-open@5+2#0)" in told
    assert page.read_text().startswith("<!doctype html>")


def test_explaining_a_run_that_came_to_no_verdict_shows_where_it_broke(capsys: pytest.CaptureFixture[str]) -> None:
    assert request(fake_runs.mixed, 5).explain(None) is ExitCode.BROKEN

    assert "ValueError: a bug of the drill's own" in capsys.readouterr().out.splitlines()[-1]


def test_ctrl_c_ends_it_at_once_and_says_what_was_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)

    def interrupt() -> None:
        pipe.read_text()  # until the worker is in the midst of it
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    endless = RunSpec(1, config_file=pipe)
    assert Request(fake_runs.leaves_its_pid, [endless], 1).sweep() is ExitCode.INTERRUPTED
    thread.join()

    assert capsys.readouterr().out.startswith("interrupted: this is what was found by then\n0 runs of 0 seeds")


def test_a_failing_run_is_made_small_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    faults = (Planned("reset", 1.0, 2.0), Planned("kill", 2.0, 2.0), Planned("latency", 3.0, 2.0))
    asked = Request(fake_runs.breaks_when_killed, [RunSpec(8, 4.0, faults)], 1, shrink=True)

    assert asked.sweep() is ExitCode.BROKEN
    *_, found, again = capsys.readouterr().out.splitlines()
    assert found.startswith("seed 8, made small in ")
    assert "kill@" in again
    assert "reset" not in again
    assert "latency" not in again


def test_a_run_that_does_not_fail_again_is_said_not_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = RunSpec(8, 4.0, (), config_file=tmp_path / "was here")

    assert Request(fake_runs.fails_once, [spec], 1, shrink=True).sweep() is ExitCode.BROKEN
    assert "seed 8 did not fail again: it depends on something outside of it" in capsys.readouterr().out
