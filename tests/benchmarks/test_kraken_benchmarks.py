"""The benchmarks of the client run, and say what they promise to say. How fast anything is, is not tested."""

import json
import math
import sys
from collections import Counter
from pathlib import Path

import pytest
import trio

ROOT = Path(__file__).parent.parent.parent

METRICS = {
    "decode": {f"decoding {channel}, processor time a message" for channel in ("ticker", "book", "trade", "ohlc", "executions")},
    "book": {f"apply and checksum, depth {depth}, processor time an update" for depth in (10, 100, 1000)},
    "receive": {
        f"{channel}, {how}, processor time a message"
        for channel in ("ticker", "book")
        for how in ("in the clear", "TLS, a record a message")
    },
    "rest": {"one signed REST call, processor time a call"},
    "send": {"one order, from the call until it is written, p50"},
}


@pytest.mark.parametrize("name", METRICS)
async def test_a_quick_run_says_every_metric_once_for_each_case(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json"]
    with trio.fail_after(60):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)
    assert all(row.keys() == {"case", "metric", "value", "unit", "ratio"} for row in rows)
    assert {row["metric"] for row in rows} == METRICS[name]
    assert {row["unit"] for row in rows} == {"us"}
    assert max(Counter((row["case"], row["metric"]) for row in rows).values()) == 1
    assert all(row["value"] > 0 and math.isfinite(row["value"]) for row in rows)
    for metric in METRICS[name]:
        first, *others = [row for row in rows if row["metric"] == metric]
        assert first["ratio"] == 1
        assert any("seawall" in row["case"] for row in others)
        assert all(math.isclose(row["ratio"], row["value"] / first["value"]) for row in others)
