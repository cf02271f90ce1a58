"""The journal's benchmark runs, and says what it promises to say. How fast anything is, is not tested."""

import json
import math
import sys
from collections import Counter
from pathlib import Path

import pytest
import trio

ROOT = Path(__file__).parent.parent.parent
METRICS = {
    "one order, waiting for its intent, p50": "us",
    "one order, waiting for its intent, p99": "us",
    "one order, from the decision to the wire, p50": "us",
    "one order, from the decision to the wire, p99": "us",
    "what the journal adds to that, p50": "us",
    "rows kept, strategies: 1, a second": "",
    "rows kept, strategies: 20, a second": "",
    "a start that finds 2,000 records, time": "s",
}
OURS = {"seawall, SQLite, full", "seawall, SQLite, relaxed"}


@pytest.mark.parametrize("way", [["-m", "benchmarks.journal"], ["benchmarks/journal.py"]], ids=["module", "file"])
async def test_a_quick_run_says_every_number_once_beside_what_one_would_write_by_hand(way: list[str]) -> None:
    command = [sys.executable, *way, "--quick", "--json"]
    with trio.fail_after(100):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr.decode()
    rows = json.loads(done.stdout)
    assert all(row.keys() == {"case", "metric", "value", "unit", "ratio"} for row in rows)
    assert {row["metric"]: row["unit"] for row in rows} == METRICS
    assert max(Counter((row["case"], row["metric"]) for row in rows).values()) == 1
    assert all(row["value"] > 0 and math.isfinite(row["ratio"]) for row in rows)
    told = done.stderr.decode()
    for metric in METRICS:
        first, *others = [row for row in rows if row["metric"] == metric]
        assert first["ratio"] == 1
        cases = {first["case"], *(row["case"] for row in others)}
        assert cases >= OURS or "seawall, SQLite" in cases
        assert any("PostgreSQL" in case for case in cases) or "PostgreSQL is left out" in told
