"""What may be set on a circuit breaker, and two presets."""

from typing import Final

import attrs

from seawall.resilience.checks import above_zero, at_least, count, seconds_or_none, switch
from seawall.resilience.errors import BadSetting

__all__ = ["REST_BREAKER", "SOCKET_BREAKER", "BreakerSettings"]


@attrs.frozen
class BreakerSettings:
    """When a breaker opens, for how long, and what it takes to close it. `BadSetting` names what cannot work."""

    failure_threshold: int = attrs.field(default=5, validator=count)
    """So many failures in a row open it; one success starts the count anew."""
    open_s: float = attrs.field(default=60.0, validator=above_zero)
    """The first open spell."""
    probes: int = attrs.field(default=1, validator=count)
    """So many calls may be in flight while half open."""
    successes_to_close: int = attrs.field(default=1, validator=count)
    probe_lease_s: float = attrs.field(default=60.0, validator=above_zero)
    """A probe that has not ended by then is taken for hung: its place goes to the next caller, its result for nothing."""
    open_growth: float = attrs.field(default=1.0, validator=above_zero)
    """Each open spell without a close between is so many times the one before."""
    open_max_s: float = attrs.field(default=300.0, validator=above_zero)
    """No spell grows beyond it. Without growth it has no meaning."""
    slow_s: float | None = attrs.field(default=None, validator=seconds_or_none)
    """A call in flight this long is counted as slow. None spares each call the reading of the clock."""
    count_outer_deadline: bool = attrs.field(default=False, validator=switch)
    """Whether a slow call that a deadline *outside* the breaker cuts short is a failure. Needs `slow_s`."""

    def __attrs_post_init__(self) -> None:
        at_least("BreakerSettings.open_growth", self.open_growth, 1.0, "no growth")
        if self.open_growth > 1.0:
            at_least("BreakerSettings.open_max_s", self.open_max_s, self.open_s, "open_s")
        if self.count_outer_deadline and self.slow_s is None:
            # A caller with a tiny deadline would trip the breaker of a healthy venue.
            raise BadSetting("BreakerSettings.slow_s", None, "a number of seconds, which count_outer_deadline needs")


REST_BREAKER: Final = BreakerSettings()
"""For requests: 5 failures in a row, 60 s."""

SOCKET_BREAKER: Final = BreakerSettings(failure_threshold=10, open_s=30.0, open_growth=2.0, open_max_s=300.0, probe_lease_s=90.0)
"""For connections: 10 failures in a row, 30 s doubling to 300 s. The lease outlasts a dial and the wait until stable."""
