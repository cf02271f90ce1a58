"""Where a link stands, as a table.

Every pair of phases stands in `FOLLOWS`, or cannot happen. A link moves only by `after`.
"""

from enum import StrEnum
from typing import Final

import attrs

__all__ = ["FOLLOWS", "LinkState", "LinkStateChanged", "Phase", "after"]


class Phase(StrEnum):
    """What a link is doing."""

    IDLE = "idle"
    """Its loop has not begun."""
    CONNECTING = "connecting"
    """It asks its limiter and its breaker for leave, or it dials."""
    LIVE = "live"
    """It serves, but has not proved stable."""
    STABLE = "stable"
    WAITING = "waiting"
    """Its next attempt comes later."""
    STOPPED = "stopped"
    """Its loop has ended."""


FOLLOWS: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.IDLE: frozenset({Phase.CONNECTING, Phase.WAITING}),
    Phase.CONNECTING: frozenset({Phase.LIVE, Phase.WAITING, Phase.STOPPED}),
    Phase.LIVE: frozenset({Phase.STABLE, Phase.WAITING, Phase.CONNECTING, Phase.STOPPED}),
    Phase.STABLE: frozenset({Phase.CONNECTING, Phase.WAITING, Phase.STOPPED}),
    Phase.WAITING: frozenset({Phase.CONNECTING, Phase.WAITING, Phase.STOPPED}),
    # Running a link again that has stopped is allowed.
    Phase.STOPPED: frozenset({Phase.CONNECTING, Phase.WAITING}),
}


@attrs.frozen
class LinkState:
    """A phase, and what belongs to it."""

    phase: Phase
    until: float | None = None
    """While waiting: when the next attempt is due, on trio's clock; infinite when only a breaker's reset will bring one."""
    reason: str | None = None
    """Why it waits, or why it stopped."""

    @property
    def serves(self) -> bool:
        """Whether the link can be used now."""
        return self.phase in {Phase.LIVE, Phase.STABLE}


@attrs.frozen
class LinkStateChanged:
    """The link `name` has moved."""

    name: str
    before: LinkState
    state: LinkState


def after(before: LinkState, state: LinkState) -> LinkState:
    """`state`, when it may follow; else an `AssertionError`, for it is a bug."""
    assert state.phase in FOLLOWS[before.phase], f"a link that is {before.phase} cannot become {state.phase}"
    return state
