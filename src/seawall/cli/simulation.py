"""Simulated runs as they were asked for: many in a sweep, one for each I/O point, or one in full."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from seawall.cli.exit_codes import ExitCode
from seawall.cli.session import stdout_is_terminal
from seawall.cli.sweeping import Swept, failure_text, sweep_watched, tell_nothing, totals_lines
from seawall.drill.report import of_result, of_sweep
from seawall.drill.results import Broken, Result, Run
from seawall.drill.run import plan_of
from seawall.drill.shrink import DoesNotFail, shrink
from seawall.drill.spec import RunSpec, Verdict
from seawall.drill.story import story_page, story_text
from seawall.drill.sweep import Sweep
from seawall.drill.words import command, counted
from seawall.sim.catalogue import CATALOGUE

__all__ = ["Request", "code_of"]

_PLAIN_WIDTH: Final = 160
_MOST_SHRUNK: Final = 3
_MOST_RUNS: Final = 60


@attrs.frozen
class Request:
    """What is to be run and shown, once the command line is understood."""

    run: Run
    specs: list[RunSpec]
    jobs: int
    json: Path | None = None
    shrink: bool = False
    """Whether runs that fail are made small."""

    def sweep(self) -> ExitCode:
        """Every spec once."""
        return self._ended(sweep_watched(Sweep(self.run, self.jobs), self.specs, len(self.specs)))

    def every_point(self, step: int) -> ExitCode:
        """Every spec once for each I/O point of it, killed there; the points are counted in a run without."""
        counting = sweep_watched(Sweep(self.run, self.jobs), self.specs, len(self.specs))
        if counting.interrupted or counting.totals.failed:
            return self._ended(counting)
        killed = list(_killed(counting, step))
        print(f"{len(killed):,} runs, each killed at an I/O point of its own", flush=True)
        return self._ended(sweep_watched(Sweep(self.run, self.jobs), killed, len(killed)))

    def explain(self, html: Path | None) -> ExitCode:
        """The first spec, told in full."""
        [spec, *_] = self.specs
        swept = sweep_watched(
            Sweep(self.run, 1), [attrs.evolve(spec, keep_facts=True)], 1, tell_failure=tell_nothing, in_lines=False
        )
        if not swept.results:
            return ExitCode.INTERRUPTED
        [result] = swept.results
        for line in _story(result):
            print(line)
        self._write_json(swept)
        if html is not None and isinstance(result, Verdict):
            sentences = {kind.name: kind.sentence for kind in CATALOGUE.values()}
            html.write_text(story_page(result, sentences), encoding="utf-8")
            print(f"the same as a page: {html}")
        return code_of(swept)

    def _ended(self, swept: Swept) -> ExitCode:
        for line in totals_lines(swept):
            print(line)
        self._write_json(swept)
        if self.shrink and not swept.interrupted:
            _shrink_some(self.run, swept)
        return code_of(swept)

    def _write_json(self, swept: Swept) -> None:
        if self.json is not None:
            one = of_result(swept.results[0]) if len(self.specs) == 1 and len(swept.results) == 1 else None
            told = one if one is not None else of_sweep(swept.results, swept.totals)
            self.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def code_of(swept: Swept) -> ExitCode:
    """What was found comes first; an interruption alone is one."""
    if swept.totals.failed:
        return ExitCode.BROKEN
    return ExitCode.INTERRUPTED if swept.interrupted else ExitCode.CLEAN


def _killed(counting: Swept, step: int) -> Iterator[RunSpec]:
    for result in sorted(counting.results, key=lambda result: result.spec.seed):
        if isinstance(result, Verdict):
            for point in range(1, result.statistics.io_points + 1, step):
                yield attrs.evolve(result.spec, kill_at=point)


class _Interrupted(Exception):
    """A signal came while runs were made small."""


@attrs.define(eq=False)
class _Shrinking:
    """One failing run on its way to a small one."""

    run: Run
    failed: Result
    smallest: RunSpec | None = None
    """Of those that were tried: a run is tried only when it is smaller than the last that failed."""

    def fails(self, spec: RunSpec) -> bool:
        """Whether a run breaks the same invariant, or comes to no verdict either. Raises `_Interrupted`."""
        again = sweep_watched(Sweep(self.run, 1), [spec], 1, tell_failure=tell_nothing, in_lines=False)
        if not again.results:
            raise _Interrupted
        if _breaks(again.results[0]) != _breaks(self.failed):
            return False
        self.smallest = spec
        return True

    def tell(self) -> bool:
        """Search, and print what was found; False when a signal ended it."""
        spec = self.failed.spec
        planned = self.failed.planned if isinstance(self.failed, Verdict) else plan_of(spec)
        print(f"making seed {spec.seed} small, in at most {_MOST_RUNS} runs", flush=True)
        try:
            small = shrink(spec, planned, self.fails, most_runs=_MOST_RUNS)
        except DoesNotFail:
            print(f"seed {spec.seed} did not fail again: it depends on something outside of it", flush=True)
        except _Interrupted:
            if self.smallest is not None:
                print(f"interrupted; the smallest run of seed {spec.seed} by then:\n    {command(self.smallest)}", flush=True)
            return False
        else:
            rest = "" if small.complete else ", and it may become smaller yet"
            print(f"seed {spec.seed}, made small in {counted(small.runs, 'run')}{rest}:\n    {command(small.spec)}", flush=True)
        return True


def _shrink_some(run: Run, swept: Swept) -> None:
    """The first few failures, one after another, until a signal comes."""
    failed = sorted((result for result in swept.results if _breaks(result) != ""), key=lambda result: result.spec.seed)
    for result in failed[:_MOST_SHRUNK]:
        if not _Shrinking(run, result).tell():
            return


def _breaks(result: Result) -> str | None:
    """The first invariant that a run broke; empty for none, None for a run without a verdict."""
    if isinstance(result, Broken):
        return None
    return result.violations[0].invariant if result.violations else ""


def _story(result: Result) -> Iterator[str]:
    if isinstance(result, Broken):
        yield failure_text(result)
        yield from result.trace.splitlines()
        return
    width = shutil.get_terminal_size().columns if stdout_is_terminal() else _PLAIN_WIDTH
    yield from story_text(result, width)
