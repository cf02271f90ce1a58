"""Runs that take no world: what a sweep sees of them. Processes import these by name."""

import os
import signal
import time
from pathlib import Path

import attrs

from seawall.drill.spec import Measures, RunSpec, RunStatistics, Verdict, Violation
from seawall.sim.world.trace import Fact

TWICE = Violation("one order for one intent", "No intent ever becomes two orders.", "intent c7 became O1 and O2", 312.5)


def statistics(spec: RunSpec, *, io_points: int = 9) -> RunStatistics:
    return RunStatistics(
        simulated_s=spec.length_s,
        cpu_s=1.0,
        scheduler_steps=1000,
        faults=len(spec.faults or ()),
        kills=0 if spec.kill_at is None else 1,
        starts=1,
        io_points=io_points,
        intents=4,
        orders=4,
        fills=2,
        connections=3,
    )


def verdict(spec: RunSpec, *violations: Violation, measures: Measures | None = None, digest: str | None = None) -> Verdict:
    digest = f"{spec.seed:04x}{spec.kill_at or 0:04x}" if digest is None else digest
    return Verdict(spec, spec.faults or (), violations, statistics(spec), measures or Measures(), digest, digest[::-1])


def clean(spec: RunSpec) -> Verdict:
    """Nothing ever goes wrong."""
    return verdict(spec)


def mixed(spec: RunSpec) -> Verdict:
    """Seed 3 breaks an invariant, seed 5 raises, seed 7 is killed, seed 9 exits."""
    match spec.seed:
        case 3:
            return verdict(spec, TWICE)
        case 5:
            raise ValueError("a bug of the drill's own")
        case 7:
            os.kill(os.getpid(), signal.SIGKILL)
        case 9:
            print("the last words", flush=True)  # noqa: T201  # what a sweep must cope with
            os._exit(4)
    return verdict(spec)


def hangs(spec: RunSpec) -> Verdict:
    """Seed 2 never ends."""
    while spec.seed == 2:
        pass
    return verdict(spec)


def leaves_its_pid(spec: RunSpec) -> Verdict:
    """Writes its process id into the pipe that `config_file` names, and goes on for ever."""
    assert spec.config_file is not None
    spec.config_file.write_text(str(os.getpid()))
    while True:
        time.sleep(60)


def hash_seed(spec: RunSpec) -> Verdict:
    """Its digest is how Python was told to hash text."""
    return verdict(spec, digest=os.environ["PYTHONHASHSEED"] + Path(__file__).stem)


def alike(spec: RunSpec) -> Verdict:
    """Recovers at once, the same way each time."""
    return verdict(spec, measures=Measures(recovered_s=1.0))


def never_twice(spec: RunSpec) -> Verdict:
    """No two runs of it are the same."""
    chance = f"{time.monotonic_ns()}"
    facts = (Fact(1.0, "strategy mine", "said", f"says {chance}"),)
    return attrs.evolve(verdict(spec, measures=Measures(recovered_s=1.0), digest=chance), facts=facts)


def breaks_when_killed(spec: RunSpec) -> Verdict:
    """Breaks an invariant when a fault `kill` is among the faults."""
    return verdict(spec, *([TWICE] if any(fault.name == "kill" for fault in spec.faults or ()) else []))


def fails_once(spec: RunSpec) -> Verdict:
    """Breaks an invariant where there is no file `config_file` yet, and leaves one."""
    assert spec.config_file is not None
    before = spec.config_file.exists()
    spec.config_file.touch()
    return verdict(spec, *([] if before else [TWICE]))
