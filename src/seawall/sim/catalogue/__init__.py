"""Faults by name, each with a sentence, and swarms of them out of a seed."""

from seawall.sim.catalogue.catalogue import CATALOGUE, kind_of
from seawall.sim.catalogue.dials import Dials
from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group
from seawall.sim.catalogue.plan import Planned
from seawall.sim.catalogue.running import RunningPlan, run_plan
from seawall.sim.catalogue.stage import Injury, Run, Stage
from seawall.sim.catalogue.swarm import alone, swarm

__all__ = [
    "CATALOGUE",
    "Begun",
    "Case",
    "Dials",
    "FaultKind",
    "Group",
    "Injury",
    "Planned",
    "Run",
    "RunningPlan",
    "Stage",
    "alone",
    "kind_of",
    "run_plan",
    "swarm",
]
