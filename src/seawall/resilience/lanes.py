"""The kinds of traffic that share one limiter, and what is kept for each."""

from collections.abc import Sequence
from typing import Final

import attrs

from seawall.resilience.checks import zero_or_more
from seawall.resilience.errors import BadSetting

__all__ = ["DEFAULT_LANE", "Lane", "reserves_of"]

DEFAULT_LANE: Final = "default"


@attrs.frozen
class Lane:
    """One kind of traffic, and how many tokens are kept for it alone."""

    name: str
    reserved: float = attrs.field(default=0.0, validator=zero_or_more)


def reserves_of(lanes: Sequence[Lane], capacity: float) -> dict[str, float]:
    """What is kept for each lane, in their order. Raises `BadSetting` for lanes that cannot share such a capacity."""
    reserves = {lane.name: float(lane.reserved) for lane in lanes}
    if not reserves or len(reserves) != len(lanes):
        raise BadSetting("Limiter.lanes", lanes, "one or more lanes, each with a name of its own")
    if sum(reserves.values()) > capacity:
        raise BadSetting("Limiter.lanes", lanes, f"lanes that reserve no more than the capacity, {capacity:g}")
    return reserves
