"""`python -m seawall.kraken.dialect.fuzz --frames 1000000 --seed 1`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from seawall.kraken.dialect.fuzz.run import run
from seawall.kraken.dialect.fuzz.seeds import embedded_seeds, sample_seeds

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say and print the counts; 1 after a finding, which is printed with its seed and frame."""
    parser = argparse.ArgumentParser(prog="python -m seawall.kraken.dialect.fuzz", description="Read spoiled frames.")
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many frames to read")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds give equal runs")
    parser.add_argument(
        "--samples", type=Path, default=Path("../shared/kraken/samples"), help="a folder of ws_*.json and rest_*.json, if any"
    )
    given = parser.parse_args(arguments)
    seeds = [*embedded_seeds(), *sample_seeds(given.samples)]
    report = run(seeds, given.frames, given.seed)
    lines = [f"{count:>12,}  {outcome}" for outcome, count in sorted(report.counts.items(), key=lambda item: -item[1])]
    lines.append(f"{report.frames:>12,}  frames of {len(seeds)} seeds, --seed {given.seed}")
    if report.finding is not None:
        found = report.finding
        where = "WebSocket" if found.endpoint is None else f"REST {found.endpoint}"
        lines += [f"unexpected exception at frame {found.index} ({where}), --seed {given.seed}:", repr(found.frame), found.trace]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if report.finding is None else 1


if __name__ == "__main__":
    sys.exit(main())
