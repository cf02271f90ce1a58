"""What the small benchmarks share: rounds that take turns, cores of one's own, and one command line."""

import argparse
import importlib.metadata
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import attrs
from benchmarks.rows import Row, as_json, as_table

__all__ = ["Report", "cpu_us", "installed", "run_benchmark", "split_cores", "take_turns"]


@attrs.define
class Report:
    """Rows, and a line for each thing that is not in them."""

    rows: list[Row] = attrs.field(factory=list)
    left_out: list[str] = attrs.field(factory=list)


def cpu_us(run: Callable[[], object], count: int) -> float:
    """Processor time of this process for each of the `count` things that `run` does, in microseconds."""
    began_s = time.process_time()
    run()
    return (time.process_time() - began_s) / count * 1e6


def take_turns(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each case over rounds in which all of them run, one after the other."""
    values: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            values[name].append(measure())
    return {name: statistics.median(each) for name, each in values.items()}


def split_cores() -> int | None:
    """Hold this process to one core, and return another for the server; None where there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    os.sched_setaffinity(0, {cores[1]})
    return cores[0]


def installed(distribution: str) -> str | None:
    """Its version, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def run_benchmark(
    name: str, purpose: str, distributions: Sequence[str], measure: Callable[[bool], Report], arguments: Sequence[str] | None
) -> int:
    """Parse `--quick` and `--json`, measure, print, and return the exit code.

    `measure` is told whether to be quick. Of `distributions` the versions are printed, and whether they are absent.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=purpose)
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that it works; the numbers mean little")
    parser.add_argument("--json", action="store_true", help="a list of rows in place of the table")
    options = parser.parse_args(arguments)
    report = measure(options.quick)
    print(as_json(report.rows) if options.json else as_table(report.rows))
    versions = [f"{each} {installed(each)}" for each in distributions if installed(each)]
    print(f"\nPython {platform.python_version()} on {platform.machine()}; {', '.join(versions)}", file=sys.stderr)
    for line in [*(f"absent: {each}" for each in distributions if not installed(each)), *report.left_out]:
        print(line, file=sys.stderr)
    return 0
