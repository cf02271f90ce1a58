"""One seed, one run: the same facts and the same order of every step, wherever and beside whatever it is run."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import pytest
import trio

from seawall.drill.run import run
from seawall.drill.spec import RunSpec
from seawall.sim.world.world import World, run_world

CHILD = Path(__file__).parent.parent / "support" / "fingerprints.py"
LENGTH_S = 30.0
SEEDS = ("2", "11")


@attrs.frozen
class Circumstance:
    """How a process comes to run the seeds."""

    seeds: Sequence[str] = SEEDS
    flags: Sequence[str] = ()
    environment: Mapping[str, str] = attrs.field(factory=dict)
    elsewhere: bool = False
    """Whether its working directory is another."""


CIRCUMSTANCES = {
    "plain": Circumstance(environment={"PYTHONHASHSEED": "0"}),
    "other hashes, environment and place, after other worlds": Circumstance(
        ["11", "3", "2"],
        environment={"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LANG": "C", "HOME": "/nowhere", "COLUMNS": "40"},
        elsewhere=True,
    ),
    "facts kept, assertions off": Circumstance(["2+", "11+"], ["-O"], {"PYTHONHASHSEED": "1"}),
    "hashes by chance, another allocator": Circumstance(environment={"PYTHONHASHSEED": "random", "PYTHONMALLOC": "malloc"}),
}
BUSY = "while True: pass"
"""A neighbour that takes what processor there is: with four runs at once, none has one for itself."""


def fingerprints(directory: Path) -> dict[str, set[str]]:
    """What each circumstance printed of `SEEDS`, all processes running at the same time."""
    neighbour = subprocess.Popen([sys.executable, "-c", BUSY])
    children: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, what in CIRCUMSTANCES.items():
            children[name] = subprocess.Popen(
                [sys.executable, *what.flags, CHILD, str(LENGTH_S), *what.seeds],
                env=os.environ | what.environment,
                cwd=directory if what.elsewhere else None,
                stdout=subprocess.PIPE,
                text=True,
            )
        printed = {name: child.communicate()[0].splitlines() for name, child in children.items()}
    finally:
        neighbour.kill()
        neighbour.wait()
        for child in children.values():
            child.kill()
            child.wait()
    assert all(child.returncode == 0 for child in children.values())
    return {name: {line for line in lines if line.split()[0] in SEEDS} for name, lines in printed.items()}


@pytest.mark.timeout(300)
def test_a_seed_is_the_same_run_in_every_process(tmp_path: Path) -> None:
    found = fingerprints(tmp_path)

    plain = found.pop("plain")
    assert len(plain) == len(SEEDS)
    assert {name: lines for name, lines in found.items() if lines != plain} == {}


def test_a_seed_is_the_same_run_again_in_one_process_and_another_seed_is_not() -> None:
    first, other, again = (run(RunSpec(seed, LENGTH_S)) for seed in (2, 5, 2))

    assert (first.trace_digest, first.schedule_digest) == (again.trace_digest, again.schedule_digest)
    assert first.trace_digest != other.trace_digest
    assert first.schedule_digest != other.schedule_digest


def test_the_gate_notices_an_order_that_is_not_of_the_seed() -> None:
    """The gate must be able to fail: tasks that start in another order, as those out of a set would, are another run."""

    def digest(order: Sequence[int]) -> str:
        async def main(_: World) -> None:
            async with trio.open_nursery() as nursery:
                for number in order:
                    nursery.start_soon(trio.sleep, 1, name=f"task {number}")

        return run_world(1, main).schedule_digest

    assert digest(range(8)) == digest(range(8))
    assert digest(range(8)) != digest([1, 0, *range(2, 8)])
