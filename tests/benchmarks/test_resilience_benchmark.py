"""The benchmark runs, and says what it promises to say. How fast anything is, is not tested."""

import json
import math
import sys
from collections import Counter
from pathlib import Path

import trio
from benchmarks.herd import stampede
from benchmarks.resilience_peers import PEERS

from seawall.resilience import equal, none, proportional

ROOT = Path(__file__).parent.parent.parent
OURS = {
    "bare await",
    "trio.fail_after",
    "a request: limiter, breaker, one deadline",
    "breaker.call",
    "@breaker",
    "with breaker.guard",
    "breaker.acquire, permit.success",
    "limiter.try_take",
    "limiter.take, which is a checkpoint",
    "retry",
    "pulse.beat",
}


async def test_a_quick_run_says_every_number_once_and_names_who_is_absent() -> None:
    command = [sys.executable, "-m", "benchmarks.resilience", "--quick", "--json"]
    with trio.fail_after(60):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)
    assert all(row.keys() == {"case", "metric", "value", "unit", "ratio"} for row in rows)
    assert max(Counter((row["case"], row["metric"]) for row in rows).values()) == 1
    assert all(math.isfinite(row["value"]) and math.isfinite(row["ratio"]) for row in rows)
    timed = {row["case"] for row in rows if row["metric"] == "time per call"}
    assert {f"{case} (trio)" for case in OURS} <= timed
    assert len([row for row in rows if row["metric"].startswith("target")]) >= 3
    told = done.stderr.decode()
    for peer in PEERS:
        assert f"{peer.name} (" in told or any(case.startswith(peer.name) for case in timed), peer.name


def test_a_herd_that_is_spread_hits_less_hard() -> None:
    herds = {jitter: stampede(jitter, clients=60, outages_s=[30.0]) for jitter in (none, proportional, equal)}

    assert herds[none].peak == 60
    assert herds[none].peak > herds[proportional].peak > herds[equal].peak
    assert all(0.0 < herd.mean_s <= herd.p99_s + 1e-9 < 66.0 for herd in herds.values())


def test_the_same_seed_makes_the_same_herd() -> None:
    assert stampede(equal, clients=20, outages_s=[20.0]) == stampede(equal, clients=20, outages_s=[20.0])
    assert stampede(equal, clients=20, outages_s=[20.0], seed="other") != stampede(equal, clients=20, outages_s=[20.0])
