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

__all__ = ["Block", "Caught", "Runs", "Survived", "plant", "score"]

SOURCE: Final = Path(seawall.__file__).parent
_PLAN_MINUTES: Final = 5.0


@attrs.frozen
class Runs:
    """What is run to find a bug: its own plan on the first of these seeds, then the swarms of all of them."""

    seeds: tuple[int, ...]
    minutes: float
    block: int = 2
    """Seeds that one process does: its start takes a while."""
    planned: int = 2
    """Seeds on which the plan of a bug is tried."""

    def blocks(self, plan: str) -> Iterator["Block"]:
        """Seeds that follow each other, a few at a time."""
        if plan:
            for seed in self.seeds[: self.planned]:
                yield Block((seed,), _PLAN_MINUTES, plan)
        block: list[int] = []
        for seed in self.seeds:
            if block and (seed != block[-1] + 1 or len(block) == self.block):
                yield Block(tuple(block), self.minutes)
                block = []
            block.append(seed)
        if block:
            yield Block(tuple(block), self.minutes)


@attrs.frozen
class Block:
    """Runs of one process: seeds that follow each other, and their faults; without a plan, the swarms of the seeds."""

    seeds: tuple[int, ...]
    minutes: float
    plan: str = ""

    @property
    def command(self) -> list[str]:
        """How the engine is asked for it."""
        words = ["simulate", "--first", str(self.seeds[0]), "--seeds", str(len(self.seeds)), "--minutes", str(self.minutes)]
        return [*words, "--jobs", "1", *(["--faults", self.plan] if self.plan else [])]


@attrs.frozen
class Caught:
    """A seed has found the bug, by these invariants (or by a run that came to no verdict)."""

    mutant: Mutant
    seed: int
    planned: bool
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.mutant.name:28} {'plan ' if self.planned else 'swarm'} seed {self.seed:3}  {', '.join(self.by)}"


@attrs.frozen
class Survived:
    """None of the seeds has found it; or it could not be run at all, and `why` says so."""

    mutant: Mutant
    seeds: int
    why: str = ""

    def __str__(self) -> str:
        return f"{self.mutant.name:28} SURVIVED {self.seeds} runs {self.why}".rstrip()


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
    """The engine as it is: what a seed finds there is no planted bug's."""

    _known: dict[Block, frozenset[int]] = attrs.field(factory=dict)

    async def finds(self, block: Block, folder: Path) -> frozenset[int]:
        """Which seeds of a block find something in it."""
        if block not in self._known:
            _, found, _ = await _simulate(SOURCE.parent, block, folder)
            self._known[block] = frozenset(found)
        return self._known[block]


async def score(mutants: Sequence[Mutant], runs: Runs, *, jobs: int) -> list[Fate]:
    """Let the world look for each, several beside each other; in the order of the mutants."""
    fates: dict[str, Fate] = {}
    waiting, sound = iter(mutants), _Sound()

    async def work() -> None:
        for mutant in waiting:
            fate = fates[mutant.name] = await _look_for(mutant, runs, sound)
            sys.stdout.write(f"{fate}\n")
            sys.stdout.flush()

    async with trio.open_nursery() as nursery:
        for _ in range(jobs):
            nursery.start_soon(work)
    return [fates[mutant.name] for mutant in mutants]


async def _look_for(mutant: Mutant, runs: Runs, sound: _Sound) -> Fate:
    tried = 0
    with tempfile.TemporaryDirectory(prefix=f"{mutant.name}-") as name:
        folder = Path(name)
        plant(mutant, folder)
        for block in runs.blocks(mutant.plan):
            code, found, said = await _simulate(folder, block, folder)
            if code not in {ExitCode.CLEAN, ExitCode.BROKEN}:
                return Survived(mutant, 0, f"exit code {code}: {said.strip()[-400:]}")
            tried += len(block.seeds)
            if found:
                theirs = sorted(found.keys() - await sound.finds(block, folder))
                if theirs:
                    return Caught(mutant, theirs[0], bool(block.plan), found[theirs[0]])
    return Survived(mutant, tried)


async def _simulate(path: Path, block: Block, folder: Path) -> tuple[int | None, dict[int, tuple[str, ...]], str]:
    """The exit code, what each seed found, and what was said."""
    results = folder / "results.json"
    results.unlink(missing_ok=True)
    done = await trio.run_process(
        [sys.executable, "-m", "seawall.cli.main", *block.command, "--json", str(results)],
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        cwd=folder,
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
    chosen = [MUTANTS[name] for name in arguments.names or MUTANTS]
    fates = await score(chosen, runs, jobs=arguments.jobs)
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
