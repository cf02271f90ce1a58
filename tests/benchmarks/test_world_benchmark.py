"""The benchmark runs, and says what it promises to say. How fast anything is, is not tested."""

import json
import math
import sys
from pathlib import Path

import trio

ROOT = Path(__file__).parent.parent.parent

METRICS = {
    "one strategy, two pairs, ten changes a second, simulated seconds in one of processor time": "s/s",
    "the workloads of seeds, under swarms of faults, simulated seconds in one of processor time": "s/s",
    "one strategy, two pairs, ten changes a second, steps of the scheduler an update": "",
    "a bare sleep, wake-ups in a second of processor time": "1/s",
}


async def test_a_quick_run_sets_the_world_beside_what_one_would_do_without_it() -> None:
    command = [sys.executable, "-m", "benchmarks.world", "--quick", "--json"]
    with trio.fail_after(100):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)
    assert {row["metric"]: row["unit"] for row in rows} == METRICS
    assert all(row["value"] > 0 and math.isfinite(row["value"]) for row in rows)
    for metric in METRICS:
        first, world = (row for row in rows if row["metric"] == metric)
        assert first["ratio"] == 1
        assert world["case"] == "seawall's world"
        assert math.isclose(world["ratio"], world["value"] / first["value"])
