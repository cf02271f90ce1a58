"""The benchmarks of the client run, and say what they promise to say. How fast anything is, is not tested."""

import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trio
from benchmarks.receive_clients import CLIENTS

ROOT = Path(__file__).parent.parent.parent

METRICS = {
    "decode": {f"decoding {channel}, processor time a message" for channel in ("ticker", "book", "trade", "ohlc", "executions")},
    "book": {f"apply and checksum, depth {depth}, processor time an update" for depth in (10, 100, 1000)},
    "receive": {
        f"{channel}, {how}, processor time a message"
        for channel in ("ticker", "book")
        for how in ("in the clear", "TLS, a record a message")
    },
    "latency": {
        f"ticker, {per_s} a second, {metric}"
        for per_s in ("1,000", "10,000")
        for metric in ("from send to callback, p50", "from send to callback, p99", "processor time a message")
    },
    "rest": {"one signed REST call, processor time a call"},
    "send": {
        f"{group}, {metric}"
        for group in ("one order", "sixteen orders at once, each")
        for metric in (
            "from the call until it is written, p50",
            "from the call until it is written, p90",
            "processor time until it is answered",
        )
    },
}
SCRIPTS = [*METRICS, "flat"]


async def _run(*command: str) -> tuple[str, str]:
    with trio.fail_after(60):
        done = await trio.run_process([sys.executable, *command], capture_stdout=True, capture_stderr=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


async def _rows(name: str) -> list[dict[str, Any]]:
    rows = json.loads((await _run("-m", f"benchmarks.{name}", "--quick", "--json"))[0])
    assert isinstance(rows, list)
    assert all(row.keys() == {"case", "metric", "value", "unit", "ratio"} for row in rows)
    assert max(Counter((row["case"], row["metric"]) for row in rows).values()) == 1
    return rows


@pytest.mark.parametrize("name", METRICS)
async def test_a_quick_run_says_every_metric_once_for_each_case(name: str) -> None:
    rows = await _rows(name)

    assert {row["metric"] for row in rows} == METRICS[name]
    assert {row["unit"] for row in rows} == {"us"}
    assert all(row["value"] > 0 and math.isfinite(row["value"]) for row in rows)
    for metric in METRICS[name]:
        first, *others = [row for row in rows if row["metric"] == metric]
        assert first["ratio"] == 1
        assert any("seawall" in row["case"] for row in others)
        assert all(math.isclose(row["ratio"], row["value"] / first["value"]) for row in others)


async def test_a_quick_run_of_flat_sets_memory_beside_its_start_and_many_symbols_beside_one() -> None:
    rows = await _rows("flat")

    memory = [row for row in rows if row["metric"] == "the client's process, resident memory"]
    growth = [row for row in rows if row["metric"] == "memory a million messages, beside all of it"]
    symbols = [row for row in rows if row["metric"] == "book, symbols take turns, processor time a message"]
    alone = [row for row in rows if row["metric"] == "a book alone, symbols take turns, processor time an update"]
    assert len(rows) == len(memory) + len(growth) + len(symbols) + len(alone)
    assert [row["unit"] for row in (memory[0], growth[0], symbols[0], alone[0])] == ["KiB", "KiB", "us", "us"]
    assert len(growth) == len(memory) - 1
    assert [row["case"] for row in symbols] == [
        f"seawall, {many}" for many in ("1 symbol", "10 symbols", "50 symbols", "200 symbols")
    ]
    assert [row["case"] for row in alone[:2]] == ["seawall, 1 symbol", "seawall, 200 symbols"]
    pairs = [alone[at : at + 2] for at in range(0, len(alone), 2)]  # each library's many beside its own one
    for first, *others in (memory, symbols, *pairs):
        assert first["value"] > 0
        assert first["ratio"] == 1
        assert all(math.isclose(row["ratio"], row["value"] / first["value"]) for row in others)
    assert all(math.isclose(row["ratio"], row["value"] / memory[0]["value"]) for row in growth)


@pytest.mark.parametrize("name", [*SCRIPTS, "engine", "resilience", "world"])
async def test_a_benchmark_runs_as_a_file_too(name: str) -> None:
    told, _ = await _run(f"benchmarks/{name}.py", "--help")

    assert f"benchmarks.{name}" in told


def test_every_benchmark_is_tested_and_is_in_the_list_of_the_docs() -> None:
    scripts = [path for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.endswith("_process")]
    found = {path.stem for path in scripts if '__name__ == "__main__"' in path.read_text(encoding="utf-8")}
    assert found == {*SCRIPTS, "engine", "journal", "resilience", "world"}
    listed = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"benchmarks/{name}.py" in listed for name in found)


def test_who_cannot_be_measured_says_why() -> None:
    assert CLIENTS["seawall"].why_not(secure=False) is None
    assert CLIENTS["seawall"].why_not(secure=True) is None
    assert "wss" in (CLIENTS["cryptofeed"].why_not(secure=False) or "")
    assert "built in" in (CLIENTS["nautilus"].why_not(secure=True) or "")
