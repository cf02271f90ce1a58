"""What a limiter tells its probe, and how it stands at one instant. `name` is the limiter's; durations are seconds."""

import attrs

__all__ = ["LimiterPaused", "LimiterStatistics", "TurnRefused"]


@attrs.frozen
class TurnRefused:
    """A caller was not made to wait: its turn would come in `expected_wait_s`, after its own deadline."""

    name: str
    lane: str
    weight: float
    expected_wait_s: float


@attrs.frozen
class LimiterPaused:
    """Nobody is served for `pause_s`; `lane` is None when it concerns all."""

    name: str
    lane: str | None
    pause_s: float


@attrs.frozen
class LimiterStatistics:
    """A limiter at one instant. Counts run since it was made."""

    name: str
    available: float
    """Tokens of all lanes together; below zero when more was charged than there was."""
    reserves: dict[str, float]
    """What is left of each lane's reserve."""
    waiting: dict[str, int]
    taken: float
    refusals: int
