import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import trio
from support import fake_runs

from seawall.drill.results import Broken, Result
from seawall.drill.spec import RunSpec, Verdict
from seawall.drill.sweep import Sweep, WorkerFailed

PARENT = """
import sys, trio
from pathlib import Path
from support import fake_runs
from seawall.drill.spec import RunSpec
from seawall.drill.sweep import Sweep
trio.run(Sweep(fake_runs.leaves_its_pid, jobs=1).over, [RunSpec(1, config_file=Path(sys.argv[1]))], print)
"""


async def swept(sweep: Sweep, *seeds: int) -> dict[int, Result]:
    results: list[Result] = []
    with trio.fail_after(60):
        await sweep.over(map(RunSpec, seeds), results.append)
    assert sorted(result.spec.seed for result in results) == sorted(seeds)
    return {result.spec.seed: result for result in results}


async def test_every_run_is_done_once_and_told_as_it_comes() -> None:
    results = await swept(Sweep(fake_runs.clean, jobs=2), *range(20))

    assert all(isinstance(result, Verdict) and result.clean for result in results.values())


async def test_a_run_that_raises_and_a_process_that_dies_are_failures_that_name_their_seed_and_the_others_go_on() -> None:
    results = await swept(Sweep(fake_runs.mixed, jobs=2), *range(12))
    broken = {seed: result.how for seed, result in results.items() if isinstance(result, Broken)}
    unclean = [seed for seed, result in results.items() if isinstance(result, Verdict) and not result.clean]

    assert broken == {
        5: "raised ValueError: a bug of the drill's own",
        7: "its process died of SIGKILL",
        9: "its process exited with 4",
    }
    assert unclean == [3]
    of_the_fifth = results[5]
    assert isinstance(of_the_fifth, Broken)
    assert "fake_runs.py" in of_the_fifth.trace


async def test_what_a_run_printed_is_kept_and_does_not_disturb_the_pipe() -> None:
    last = (await swept(Sweep(fake_runs.mixed, jobs=1), 9))[9]

    assert isinstance(last, Broken)
    assert last.trace == "the last words\n"


async def test_a_run_that_does_not_end_is_ended_and_says_where_it_hangs() -> None:
    results = await swept(Sweep(fake_runs.hangs, jobs=1, most_s=1.0), 1, 2, 3)
    hung = results[2]

    assert isinstance(results[1], Verdict)
    assert isinstance(results[3], Verdict)
    assert isinstance(hung, Broken)
    assert hung.how == "did not end within 1 s of real time"
    assert "in hangs" in hung.trace


async def test_workers_hash_text_the_same_way_each_time() -> None:
    result = (await swept(Sweep(fake_runs.hash_seed, jobs=1), 1))[1]

    assert isinstance(result, Verdict)
    assert result.trace_digest == "0fake_runs"


async def test_a_worker_that_cannot_start_says_why() -> None:
    lost = type("lost", (), {})
    lost.__module__, lost.__qualname__ = "support.fake_runs", "lost"
    fake_runs.lost = lost  # type: ignore[attr-defined]  # known to this process, and not to the worker
    try:
        with pytest.RaisesGroup(pytest.RaisesExc(WorkerFailed, match="lost"), flatten_subgroups=True), trio.fail_after(60):
            await Sweep(lost, jobs=1).over([RunSpec(1)], print)
    finally:
        del fake_runs.lost  # type: ignore[attr-defined]  # as above


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Where a worker writes its process id; reading waits until it has."""
    os.mkfifo(tmp_path / "pid")
    return tmp_path / "pid"


async def test_cancelled_it_leaves_no_process(pipe: Path) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Sweep(fake_runs.leaves_its_pid, jobs=1).over, [RunSpec(1, config_file=pipe)], print)
        with trio.fail_after(60):
            pid = int(await trio.to_thread.run_sync(pipe.read_text, abandon_on_cancel=True))
        nursery.cancel_scope.cancel()

    assert not psutil.pid_exists(pid)


def test_workers_die_with_a_parent_that_is_killed(pipe: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", PARENT, str(pipe)], env=environ) as parent:
        worker = psutil.Process(int(pipe.read_text()))
        parent.send_signal(signal.SIGKILL)

    worker.wait(timeout=60)


def test_a_sweep_takes_as_many_processes_as_there_are_cores_and_has_patience_for_long_runs() -> None:
    sweep = Sweep(fake_runs.clean)

    assert sweep.jobs == len(os.sched_getaffinity(0))
    assert 60 < sweep.most_s < math.inf
