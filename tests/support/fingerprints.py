"""Started by tests as a process of its own: runs seeds with the swarms of their faults, and prints what they came to.

    python fingerprints.py LENGTH_S SEED [SEED ...]

A seed with a `+` behind it is run with its facts kept. One line a run: seed, hash of the trace, hash of the schedule, steps.
"""

import sys

from seawall.drill.run import run
from seawall.drill.spec import RunSpec


def main(length_s: str, *seeds: str) -> None:
    for word in seeds:
        seed = word.removesuffix("+")
        verdict = run(RunSpec(int(seed), float(length_s), keep_facts=seed != word))
        print(  # noqa: T201 - its parent reads it
            seed, verdict.trace_digest, verdict.schedule_digest, verdict.statistics.scheduler_steps, flush=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
