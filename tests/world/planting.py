"""Plants bugs in copies of the engine, one in each, and lets the world find them.

    PYTHONPATH=tests python tests/world/planting.py --seeds 12 --minutes 5

prints which seed has caught which bug, and by which invariant. Exit code 1 when one of them has survived.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
import trio
from world.mutants import MUTANTS, SWEPT, Mutant

import seawall

__all__ = ["Caught", "Looking", "Run", "Survived", "plant", "score"]

SOURCE: Final = Path(seawall.__file__).parent
PLAN_S: Final = 300.0
"""How long a run under a mutant's own plan trades."""
MOST_S: Final = 300.0
"""Of real time, for one run."""


@attrs.frozen
class Run:
    """One look for a bug: a seed, and its faults; without a plan, the swarm of the seed."""

    seed: int
    length_s: float
    plan: str = ""

    def __str__(self) -> str:
        return f"{self.seed} {self.length_s:g} {self.plan or 'swarm'}"


@attrs.frozen
class Looking:
    """How a bug is looked for: under its own plan with its own seeds, then in the swarms of these."""

    seeds: tuple[int, ...]
    minutes: float

    def runs(self, mutant: Mutant) -> list[Run]:
        """What is run for a mutant, one after the other, until something is found."""
        directed = [Run(seed, PLAN_S, mutant.plan) for seed in mutant.seeds if mutant.plan]
        return directed + [Run(seed, self.minutes * 60) for seed in self.seeds]


@attrs.frozen
class Caught:
    """A seed has found the bug, by these invariants (or by a run that came to no verdict)."""

    mutant: Mutant
    run: Run
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.mutant.name:26} {'plan ' if self.run.plan else 'swarm'} seed {self.run.seed:3}  {', '.join(self.by)}"


@attrs.frozen
class Survived:
    """None of so many runs has found it."""

    mutant: Mutant
    runs: int

    def __str__(self) -> str:
        return f"{self.mutant.name:26} SURVIVED {self.runs} runs"


Fate = Caught | Survived


def plant(mutant: Mutant, folder: Path) -> None:
    """Copy the engine to a folder, with the bug in it."""
    shutil.copytree(SOURCE, folder / "seawall")
    for edit in mutant.edits:
        file = folder / "seawall" / edit.file
        text = file.read_text()
        assert text.count(edit.was) == 1, f"{mutant.name}: its words do not occur once in {edit.file}"
        file.write_text(text.replace(edit.was, edit.now))


@attrs.define(eq=False)
class _Sound:
    """The engine as it is: what a run finds there is no planted bug's."""

    _known: dict[Run, bool] = attrs.field(factory=dict)

    async def finds(self, run: Run) -> bool:
        """Whether a run finds something in it."""
        if run not in self._known:
            (found,) = await _look(SOURCE.parent, [run])
            self._known[run] = bool(found)
        return self._known[run]


async def score(mutants: Sequence[Mutant], looking: Looking, *, jobs: int) -> list[Fate]:
    """Let the world look for each, several beside each other; in the order of the mutants."""
    fates: dict[str, Fate] = {}
    waiting, sound = iter(mutants), _Sound()

    async def work() -> None:
        for mutant in waiting:
            fate = fates[mutant.name] = await _look_for(mutant, looking, sound)
            sys.stdout.write(f"{fate}\n")
            sys.stdout.flush()

    async with trio.open_nursery() as nursery:
        for _ in range(jobs):
            nursery.start_soon(work)
    return [fates[mutant.name] for mutant in mutants]


async def _look_for(mutant: Mutant, looking: Looking, sound: _Sound) -> Fate:
    runs = looking.runs(mutant)
    done = 0
    with tempfile.TemporaryDirectory(prefix=f"{mutant.name}-") as name:
        plant(mutant, Path(name))
        while done < len(runs):
            found = await _look(Path(name), runs[done:])
            done += len(found)
            if found[-1] and not await sound.finds(runs[done - 1]):
                return Caught(mutant, runs[done - 1], found[-1])
    return Survived(mutant, len(runs))


async def _look(path: Path, runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """What each run finds in the engine at a path, up to the first that finds something."""
    with trio.move_on_after(MOST_S * len(runs)):
        done = await trio.run_process(
            [sys.executable, "-B", str(Path(__file__).with_name("planted.py")), *map(str, runs)],
            env=os.environ | {"PYTHONPATH": str(path), "PYTHONHASHSEED": "0"},
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
        lines = [tuple(json.loads(line)) for line in done.stdout.decode().splitlines()]
        return lines or [(f"no verdict: it ended with {done.returncode}: {done.stderr.decode().strip()[-200:]}",)]
    return [("no verdict: it did not end",)]


async def _main(arguments: argparse.Namespace) -> int:
    unknown = [name for name in arguments.names if name not in MUTANTS]
    if unknown:
        sys.stderr.write(f"no such mutant: {', '.join(unknown)}\n")
        return 2
    looking = Looking(tuple(range(arguments.first, arguments.first + arguments.seeds)), arguments.minutes)
    chosen = [MUTANTS[name] for name in arguments.names] or [*SWEPT]
    fates = await score(chosen, looking, jobs=arguments.jobs)
    survived = [fate for fate in fates if isinstance(fate, Survived)]
    sys.stdout.write(f"\n{len(fates) - len(survived)} of {len(fates)} caught\n")
    for fate in survived:
        sys.stdout.write(f"{fate}\n    {fate.mutant.sentence}\n")
    return 1 if survived else 0


def main() -> int:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="these mutants; all that a sweep must find when none is named")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    return trio.run(_main, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
