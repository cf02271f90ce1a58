"""Verdicts made by hand."""

from seawall.drill.spec import Measures, Phases, RunSpec, RunStatistics, Verdict, Violation
from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.trace import Fact

PHASES = Phases(trading_s=5.0, healed_s=1205.0, stop_s=1295.0, ended_s=1297.5)


def make_verdict(
    *facts: Fact, planned: tuple[Planned, ...] = (), violations: tuple[Violation, ...] = (), phases: Phases | None = PHASES
) -> Verdict:
    """A run of twenty minutes whose trading began five seconds after its world."""
    statistics = RunStatistics(1297.5, 4.0, 100_000, len(planned), 1, 2, 700, 12, 11, 5, 9)
    measures = Measures(noticed_s=2.0, recovered_s=0.25, blind_orders=1)
    spec = RunSpec(17, keep_facts=True)
    return Verdict(spec, planned, violations, statistics, measures, "ab" * 16, "cd" * 8, facts, phases)
