"""Plants bugs in copies of the engine, one in each, and lets the world find them.

    PYTHONPATH=tests python tests/world/planting.py --seeds 12 --minutes 10

prints which seed has caught which bug, and by which invariant. Exit code 1 when one of them has survived.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs
import trio
from world.mutants import MUTANTS, Mutant

import seawall
from seawall.cli.exit_codes import ExitCode

__all__ = ["Caught", "Survived", "plant", "score"]

SOURCE: Final = Path(seawall.__file__).parent
FOUND: Final = (ExitCode.BROKEN,)
CLEAN: Final = (ExitCode.CLEAN,)


@attrs.frozen
class Runs:
    """What is run to find a bug: these seeds, each for so long, one after the other."""

    seeds: tuple[int, ...]
    minutes: float
    block: int = 2
    """Seeds that one process does: its start takes a while."""

    def blocks(self) -> Iterator[tuple[int, ...]]:
        """Seeds that follow each other, a few at a time."""
        block: list[int] = []
        for seed in self.seeds:
            if block and (seed != block[-1] + 1 or len(block) == self.block):
                yield tuple(block)
                block = []
            block.append(seed)
        if block:
            yield tuple(block)


@attrs.frozen
class Caught:
    """A seed has found the bug, by these invariants (or by a run that came to no verdict)."""

    mutant: Mutant
    seed: int
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.mutant.name:28} seed {self.seed:4}  {', '.join(self.by)}"


@attrs.frozen
class Survived:
    """None of the seeds has found it; or it could not be run at all, and `why` says so."""

    mutant: Mutant
    seeds: int
    why: str = ""

    def __str__(self) -> str:
        return f"{self.mutant.name:28} SURVIVED {self.seeds} seeds {self.why}".rstrip()


Fate = Caught | Survived


def plant(mutant: Mutant, folder: Path) -> None:
    """Copy the engine to a folder, with the bug in it."""
    shutil.copytree(SOURCE, folder / "seawall")
    for edit in mutant.edits:
        file = folder / "seawall" / edit.file
        text = file.read_text()
        assert text.count(edit.was) == 1, f"{mutant.name}: its words do not occur once in {edit.file}"
        file.write_text(text.replace(edit.was, edit.now))


async def score(mutants: Sequence[Mutant], runs: Runs, *, jobs: int) -> list[Fate]:
    """Let the world look for each, several beside each other; in the order of the mutants."""
    fates: dict[str, Fate] = {}
    at_once = trio.CapacityLimiter(jobs)

    async def one(mutant: Mutant) -> None:
        async with at_once:
            fate = fates[mutant.name] = await _look_for(mutant, runs)
        sys.stdout.write(f"{fate}\n")
        sys.stdout.flush()

    async with trio.open_nursery() as nursery:
        for mutant in mutants:
            nursery.start_soon(one, mutant)
    return [fates[mutant.name] for mutant in mutants]


async def clean_seeds(runs: Runs) -> tuple[int, ...]:
    """Those of the seeds that find nothing in the engine as it is: what they find then is the planted bug."""
    clean: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        for block in runs.blocks():
            _, found, _ = await _simulate(SOURCE.parent, block, runs.minutes, Path(folder))
            clean += [seed for seed in block if seed not in found]
    return tuple(clean)


async def _look_for(mutant: Mutant, runs: Runs) -> Fate:
    with tempfile.TemporaryDirectory(prefix=f"{mutant.name}-") as name:
        folder = Path(name)
        plant(mutant, folder)
        for block in runs.blocks():
            code, found, said = await _simulate(folder, block, runs.minutes, folder)
            if code in FOUND and found:
                seed = min(found)
                return Caught(mutant, seed, found[seed])
            if code not in CLEAN:
                return Survived(mutant, 0, f"exit code {code}: {said.strip()[-400:]}")
    return Survived(mutant, len(runs.seeds))


async def _simulate(
    path: Path, seeds: Sequence[int], minutes: float, folder: Path
) -> tuple[int | None, dict[int, tuple[str, ...]], str]:
    """The exit code, what each seed found, and what was said."""
    results = folder / "results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "seawall.cli.main", "simulate", "--first", str(seeds[0]), "--seeds", str(len(seeds))]
    command += ["--minutes", str(minutes), "--jobs", "1", "--json", str(results)]
    done = await trio.run_process(
        command, env=os.environ | {"PYTHONPATH": str(path)}, capture_stdout=True, capture_stderr=True, check=False, cwd=folder
    )
    said = (done.stdout + done.stderr).decode()
    if not results.exists():
        return done.returncode, {}, said
    told = json.loads(results.read_text())
    each = told.get("results", [told])
    return done.returncode, {one["seed"]: _found(one) for one in each if not one["clean"]}, said


def _found(result: dict[str, object]) -> tuple[str, ...]:
    violations = result.get("violations")
    if not isinstance(violations, list):
        return (f"no verdict: {str(result.get('trace', '')).strip()[-200:]}",)
    return tuple(sorted({str(violation["invariant"]) for violation in violations}))


async def _main(arguments: argparse.Namespace) -> int:
    unknown = [name for name in arguments.names if name not in MUTANTS]
    if unknown:
        sys.stderr.write(f"no such mutant: {', '.join(unknown)}\n")
        return 2
    runs = Runs(tuple(range(arguments.first, arguments.first + arguments.seeds)), arguments.minutes)
    seeds = await clean_seeds(runs)
    sys.stdout.write(f"{len(seeds)} of {arguments.seeds} seeds find nothing in the engine as it is\n")
    chosen = [MUTANTS[name] for name in arguments.names or MUTANTS]
    fates = await score(chosen, attrs.evolve(runs, seeds=seeds), jobs=arguments.jobs)
    survived = [fate for fate in fates if isinstance(fate, Survived)]
    sys.stdout.write(f"\n{len(fates) - len(survived)} of {len(fates)} caught\n")
    for fate in survived:
        sys.stdout.write(f"{fate}\n    {fate.mutant.sentence}\n")
    return 1 if survived else 0


def main() -> int:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="these mutants; all when none is named")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    return trio.run(_main, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
