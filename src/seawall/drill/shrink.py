"""Making a failing run small: the fewest faults, the shortest time, that still fail.

Plain search, without a run of its own: `fails` says of any run whether it fails in the way that is looked for.
"""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from seawall.drill.spec import RunSpec
from seawall.sim.catalogue.plan import Planned

__all__ = ["DoesNotFail", "Shrunk", "shrink"]

Fails = Callable[[RunSpec], bool]

SHORTEST_S: Final = 1.0
"""A run is not made shorter than this, and a fault not by less than a tenth of it."""


class DoesNotFail(Exception):
    """The run that was to be made smaller does not fail."""


@attrs.frozen
class Shrunk:
    """The smallest run that was found to fail, and after how many runs; `complete` when no smaller one was left to try."""

    spec: RunSpec
    runs: int
    complete: bool


class _OutOfRuns(Exception):
    pass


@attrs.define(eq=False)
class _Search:
    """The best run so far. Candidates are tried once each, as runs of the same text are the same run."""

    best: RunSpec
    fails: Fails
    most_runs: int
    runs: int = 0
    _known: dict[RunSpec, bool] = attrs.field(factory=dict)

    def holds(self, spec: RunSpec) -> bool:
        """Whether it fails. Raises `_OutOfRuns` when no run is left to find out."""
        known = self._known.get(spec)
        if known is None:
            if self.runs >= self.most_runs:
                raise _OutOfRuns
            self.runs += 1
            known = self._known[spec] = self.fails(spec)
        return known

    def takes(self, candidate: RunSpec) -> bool:
        """Whether it is smaller than the best and fails; then it is the best."""
        if _size(candidate) >= _size(self.best) or not self.holds(candidate):
            return False
        self.best = candidate
        return True


def shrink(spec: RunSpec, planned: tuple[Planned, ...], fails: Fails, *, most_runs: int = 200) -> Shrunk:
    """Find a smaller run that fails: without a kill, with fewer and shorter faults, sooner over.

    `planned` is what the run of `spec` did, as its verdict says: a swarm is pinned down first. The result fails, always: what
    was not seen to fail is not returned. Raises `DoesNotFail` when the whole of it does not.
    """
    search = _Search(attrs.evolve(spec, faults=planned), fails, most_runs)
    if most_runs < 1 or not search.holds(search.best):
        raise DoesNotFail("with its faults pinned down, this run does not fail")
    try:
        while _pass(search):
            pass
    except _OutOfRuns:
        return Shrunk(search.best, search.runs, complete=False)
    return Shrunk(search.best, search.runs, complete=True)


def _pass(search: _Search) -> bool:
    """Try everything once; whether anything helped."""
    before = search.best
    if search.best.kill_at is not None:
        search.takes(attrs.evolve(search.best, kill_at=None))
    _fewer(search)
    _sooner(search)
    _shorter_run(search)
    _shorter_faults(search)
    return search.best != before


def _fewer(search: _Search) -> None:
    """Leave out faults: first in large pieces, then in smaller ones (delta debugging, Zeller and Hildebrandt, 2002)."""
    pieces = 2
    while faults := _faults(search.best):
        size = -(-len(faults) // pieces)
        starts = range(0, len(faults), size)
        if any(search.takes(attrs.evolve(search.best, faults=faults[:at] + faults[at + size :])) for at in starts):
            pieces = max(2, pieces - 1)
        elif size == 1:
            return
        else:
            pieces = min(len(faults), pieces * 2)


def _sooner(search: _Search) -> None:
    """Let everything begin earlier, all by the same time, so that the run can end earlier."""
    faults = _faults(search.best)
    if not faults:
        return
    for by_s in _halves(min(each.at_s for each in faults)):
        moved = tuple(attrs.evolve(each, at_s=round(each.at_s - by_s, 1)) for each in faults)
        length_s = max(SHORTEST_S, round(search.best.length_s - by_s, 1))
        if search.takes(attrs.evolve(search.best, faults=moved, length_s=length_s)):
            return


def _shorter_run(search: _Search) -> None:
    """End the run earlier, though not before its last fault has begun."""
    best = search.best
    needed_s = max((each.at_s for each in _faults(best)), default=0.0)
    for by_s in _halves(best.length_s - max(SHORTEST_S, needed_s)):
        if search.takes(attrs.evolve(best, length_s=round(best.length_s - by_s, 1))):
            return


def _shorter_faults(search: _Search) -> None:
    """Let each fault last less."""
    for place in range(len(_faults(search.best))):
        for by_s in _halves(_faults(search.best)[place].lasts_s - SHORTEST_S / 10):
            faults = list(_faults(search.best))
            faults[place] = attrs.evolve(faults[place], lasts_s=round(faults[place].lasts_s - by_s, 1))
            if search.takes(attrs.evolve(search.best, faults=tuple(faults))):
                break


def _halves(span_s: float) -> Iterator[float]:
    """All of a span, then half of it, and so on, to a tenth of a second."""
    while span_s >= SHORTEST_S / 10:
        yield span_s
        span_s /= 2


def _faults(spec: RunSpec) -> tuple[Planned, ...]:
    assert spec.faults is not None
    return spec.faults


def _size(spec: RunSpec) -> tuple[int, int, float, float]:
    """What is small: few things that go wrong, then a short run, then short faults."""
    faults = _faults(spec)
    return len(faults), spec.kill_at is not None, spec.length_s, sum(each.lasts_s for each in faults)
