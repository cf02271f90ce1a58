"""Does runs in the engine that `PYTHONPATH` leads to, until one of them finds something; says so in a line of JSON for each.

For `planting`, which plants a bug there. A world asks for a process of its own; the arguments are runs, `SEED SECONDS FAULTS`
each in one word, the faults being those of the catalogue, or `swarm`.
"""

import json
import sys
import traceback

from seawall.drill.run import run
from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import Planned


def spec_of(text: str) -> RunSpec:
    """The run that an argument stands for."""
    seed, length_s, faults = text.split(maxsplit=2)
    plan = None if faults == "swarm" else tuple(map(Planned.read, faults.split()))
    return RunSpec(int(seed), float(length_s), plan)


def found_by(spec: RunSpec) -> list[str]:
    """The invariants that a run breaks; an error in place of a verdict counts as one."""
    try:
        return sorted({violation.invariant for violation in run(spec).violations})
    except Exception:  # noqa: BLE001 - whatever a planted bug does to a run is what it is planted for
        return [f"no verdict: {traceback.format_exc().strip().splitlines()[-1][:200]}"]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        found = found_by(spec_of(argument))
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        if found:
            break
