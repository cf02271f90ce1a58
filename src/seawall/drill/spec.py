"""What is asked of a run in the world, and what is said about it afterwards."""

from pathlib import Path

import attrs

from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.trace import Fact

__all__ = ["Measures", "Phases", "RunSpec", "RunStatistics", "Verdict", "Violation"]


@attrs.frozen
class RunSpec:
    """One run. Everything in it follows from these; `length_s` is the safety phase, before healing and liveness."""

    seed: int
    length_s: float = 1200.0
    faults: tuple[Planned, ...] | None = None
    """None: the swarm of the seed. Else these, and no others."""
    kill_at: int | None = None
    """The I/O point of the trader, counted from the run's beginning, at which it is killed; it is started again."""
    keep_facts: bool = False
    config_file: Path | None = None
    """A user's configuration: its strategies and settings trade, and its file is read where the run is. None: the workload of the
    seed. Its journal and its exchange are never touched; the world has its own."""


@attrs.frozen
class Violation:
    """An invariant did not hold. `sentence` says what it promises; `detail` who broke it, and how."""

    invariant: str
    sentence: str
    detail: str
    at_s: float


@attrs.frozen
class RunStatistics:
    """Counts of one run."""

    simulated_s: float
    cpu_s: float
    scheduler_steps: int
    faults: int
    kills: int
    starts: int
    io_points: int
    intents: int
    orders: int
    fills: int
    connections: int


@attrs.frozen
class Measures:
    """What a user wants to know of a run besides right and wrong. Seconds; None where it did not come to it."""

    lost: int = 0
    doubled: int = 0
    left_open: int = 0
    fills_missed: int = 0
    noticed_s: float | None = None
    """From the first fault to the engine's first word about it."""
    recovered_s: float | None = None
    """From the healing to being in sync and ready to trade."""
    flat_s: float | None = None
    """From the wish to stop to the last order's end."""
    longest_stall_s: float = 0.0
    blind_orders: int = 0
    """Orders that strategies asked for while the data behind them was stale, whatever the answer."""


@attrs.frozen
class Phases:
    """When each part of a run began, and when the last one ended: seconds after the world began, as in facts."""

    trading_s: float
    """What `Planned.at_s` counts from."""
    healed_s: float
    stop_s: float
    """The wish to stop."""
    ended_s: float


@attrs.frozen
class Verdict:
    """The judgement on one run; clean when there are no violations."""

    spec: RunSpec
    planned: tuple[Planned, ...]
    violations: tuple[Violation, ...]
    statistics: RunStatistics
    measures: Measures
    trace_digest: str
    schedule_digest: str
    facts: tuple[Fact, ...] = ()
    phases: Phases | None = None
    """None for a run that broke off before it had come through all of them."""

    @property
    def clean(self) -> bool:
        """Whether every invariant held."""
        return not self.violations
