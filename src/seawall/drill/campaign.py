"""What a drill consists of: calm, each fault of the catalogue alone, then swarms of them; and each of these twice.

Twice, because a run that does not go the same way again cannot be replayed: what it showed could not be looked into.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

from seawall.drill.results import Result
from seawall.drill.spec import RunSpec, Verdict
from seawall.sim.catalogue import CATALOGUE, alone
from seawall.sim.world.trace import Fact

__all__ = ["CALM", "SWARM", "Campaign", "Trial", "first_difference", "unsteady"]

CALM = "calm"
"""No fault at all: what everything else is compared with."""
SWARM = "swarm"


@attrs.frozen
class Trial:
    """One thing that is tried: its name (of a fault, or `CALM` or `SWARM`), and what came of each of its runs."""

    name: str
    results: tuple[Result, ...]


@attrs.frozen
class Campaign:
    """One configuration against each of these faults, in `seeds` markets, and in `swarms` seeded swarms.

    Raises ValueError for fewer than one market, or than no swarm.
    """

    config_file: Path
    length_s: float = 180.0
    first: int = 1
    seeds: int = 1
    swarms: int = 5
    names: tuple[str, ...] = tuple(CATALOGUE)
    """Which faults; only these, and nothing else, where there are fewer than in the catalogue."""

    def __attrs_post_init__(self) -> None:
        if self.seeds < 1 or self.swarms < 0:
            raise ValueError(f"seeds: {self.seeds}, swarms: {self.swarms}; there is at least 1 seed, and no less than 0 swarms")

    @property
    def is_whole(self) -> bool:
        """Whether calm and swarms belong to it, too."""
        return len(self.names) == len(CATALOGUE)

    def specs(self) -> list[RunSpec]:
        """Every run in the order in which it should be done; the first of each trial stands there twice."""
        return [spec for name in self.trials() for spec in self._of(name)]

    def trials(self) -> tuple[str, ...]:
        """The names of what is tried, in order."""
        swarms = (SWARM,) if self.swarms else ()
        return (CALM, *self.names, *swarms) if self.is_whole else self.names

    def sorted(self, results: Iterable[Result]) -> list[Trial]:
        """The results by trial; trials of which none is there yet are left out."""
        by_name: dict[str, list[Result]] = {name: [] for name in self.trials()}
        for result in sorted(results, key=lambda result: result.spec.seed):
            by_name[_name_of(result.spec)].append(result)
        return [Trial(name, tuple(some)) for name, some in by_name.items() if some]

    def _of(self, name: str) -> Iterator[RunSpec]:
        count = self.swarms if name == SWARM else self.seeds
        faults = None if name == SWARM else () if name == CALM else alone(name, self.length_s)
        specs = [RunSpec(self.first + place, self.length_s, faults, config_file=self.config_file) for place in range(count)]
        yield from (*specs[:1], *specs)


def _name_of(spec: RunSpec) -> str:
    if spec.faults is None:
        return SWARM
    return spec.faults[0].name if spec.faults else CALM


def unsteady(results: Iterable[Result]) -> list[RunSpec]:
    """The runs that went one way, and then another."""
    digests: dict[RunSpec, set[tuple[str, str]]] = {}
    for result in results:
        if isinstance(result, Verdict):
            digests.setdefault(result.spec, set()).add((result.trace_digest, result.schedule_digest))
    return [spec for spec, found in digests.items() if len(found) > 1]


def first_difference(once: Sequence[Fact], again: Sequence[Fact]) -> tuple[Fact | None, Fact | None] | None:
    """Where two stories part: the first fact of each that the other has not, None for one that ended. None: they are the same."""
    for place in range(max(len(once), len(again))):
        mine = once[place] if place < len(once) else None
        other = again[place] if place < len(again) else None
        if mine != other:
            return mine, other
    return None
