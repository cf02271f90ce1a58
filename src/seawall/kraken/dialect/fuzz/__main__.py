"""`python -m seawall.kraken.dialect.fuzz --frames 1000000 --seed 1`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from seawall.kraken.dialect.fuzz.run import Report, run
from seawall.kraken.dialect.fuzz.seeds import embedded_seeds, sample_seeds

__all__ = ["main", "summary"]

_COMMAND: Final = "python -m seawall.kraken.dialect.fuzz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say and print the counts; 1 after a finding, which is printed with the command that repeats it."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Read spoiled frames and answers.")
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many frames to read")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds give equal runs")
    parser.add_argument("--samples", type=Path, help="a folder of ws_*.json and rest_*.json to spoil as well")
    given = parser.parse_args(arguments)
    seeds = [*embedded_seeds(), *([] if given.samples is None else sample_seeds(given.samples))]
    report = run(seeds, given.frames, given.seed)
    sys.stdout.write(f"{summary(report)}\n{report.frames:>12,}  frames of {len(seeds)} seeds, --seed {given.seed}\n")
    if report.finding is None:
        return 0
    samples = "" if given.samples is None else f" --samples {given.samples}"
    sys.stdout.write(f"to see it again: {_COMMAND} --frames {report.finding.index + 1} --seed {given.seed}{samples}\n")
    return 1


def summary(report: Report) -> str:
    """How many frames came to what, the most common first, and the finding where there is one."""
    lines = [f"{count:>12,}  {outcome}" for outcome, count in sorted(report.counts.items(), key=lambda item: -item[1])]
    found = report.finding
    if found is not None:
        where = "a WebSocket frame" if found.endpoint is None else f"an answer of {found.endpoint}"
        lines += [f"{where} raised what it must not:", repr(found.frame), found.trace.rstrip()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
