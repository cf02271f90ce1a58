"""A breaker at one instant."""

import attrs

from seawall.resilience.breaker_states import BreakerState

__all__ = ["BreakerStatistics"]


@attrs.frozen
class BreakerStatistics:
    """A breaker at one instant. Counts run since it was made."""

    name: str
    state: BreakerState
    failures_in_a_row: int
    probes_in_flight: int
    generation: int
    open_spell_s: float
    """The length of the current open spell, or of the next one."""
    successes: int
    failures: int
    neutrals: int
    rejections: int
    late: int
    """Results that came in a later generation than their call, and were not counted."""
    slow: int
    openings: int
