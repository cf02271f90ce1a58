"""Plans out of chance: many runs with a few kinds of faults each find more than one with all of them.

Swarm testing leaves most kinds out of each run, because some faults hide what others would show: a process that dies every
minute never gets to fill a queue (Groce et al., Swarm Testing, 2012: users.cs.utah.edu/~regehr/papers/swarm12.pdf).
"""

from random import Random
from typing import Final

from seawall.sim.catalogue.catalogue import CATALOGUE, kind_of
from seawall.sim.catalogue.kinds import FaultKind
from seawall.sim.catalogue.plan import Planned

__all__ = ["alone", "swarm"]

FEWEST: Final = 2
MOST: Final = 12
"""Kinds in one run."""
PER_HOUR: Final = (6.0, 60.0)
"""How often one kind comes at most and at least, drawn for each kind of a run, before its weight."""
QUIET_S: Final = 20.0
"""Before the first fault: an engine that never got to its feet shows nothing."""
OCCURRENCES: Final = 3
"""Of a fault that is alone."""


def swarm(rng: Random, length_s: float) -> tuple[Planned, ...]:
    """Draw a few kinds, and for each how often it comes and how long it lasts; by the time at which they begin."""
    count = rng.randint(FEWEST, MOST)
    kinds = rng.sample(list(CATALOGUE.values()), count)
    planned = [each for kind in kinds for each in _some(rng, kind, length_s)]
    return tuple(sorted(planned, key=lambda each: (each.at_s, each.name, each.seed)))


def alone(name: str, length_s: float) -> tuple[Planned, ...]:
    """A few occurrences of one fault, with room between them to see what comes of each. Raises ValueError for a strange name."""
    kind = kind_of(name)
    slot_s = max(0.0, length_s - QUIET_S) / OCCURRENCES
    low_s, high_s = kind.lasts_s
    plan = []
    for number in range(OCCURRENCES):
        share = number / (OCCURRENCES - 1)
        lasts_s = min(low_s + (high_s - low_s) * share, slot_s / 2)
        plan.append(_planned(kind, QUIET_S + slot_s * number, lasts_s, number + 1))
    return tuple(plan)


def _some(rng: Random, kind: FaultKind, length_s: float) -> list[Planned]:
    per_s = rng.uniform(*PER_HOUR) * kind.weight / 3600
    at_s, some = QUIET_S + rng.expovariate(per_s), []
    longer = rng.choice((0.3, 1.0, 1.0, 2.0))
    while at_s < length_s:
        lasts_s = min(rng.uniform(*kind.lasts_s) * longer, length_s - at_s)
        some.append(_planned(kind, at_s, lasts_s, rng.getrandbits(20)))
        at_s += lasts_s + rng.expovariate(per_s)
    return some


def _planned(kind: FaultKind, at_s: float, lasts_s: float, seed: int) -> Planned:
    """To a tenth of a second, so that the text says all of it."""
    return Planned(kind.name, round(at_s, 1), round(lasts_s, 1), seed)
