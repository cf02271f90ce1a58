"""The circuit breaker's states, as a table.

Every pair of a state and a cause stands in `NEXT`: with the state that follows, or with `IMPOSSIBLE`. Each entry taken
starts a new generation of permits, so results of calls admitted before it count for nothing after it.
"""

from enum import StrEnum
from typing import Final

__all__ = ["IMPOSSIBLE", "NEXT", "BreakerCause", "BreakerState", "after"]


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    """All pass; failures in a row are counted."""
    OPEN = "open"
    """None passes until the open spell is over."""
    HALF_OPEN = "half open"
    """A few pass, as probes."""
    FORCED_OPEN = "forced open"
    """None passes until somebody says so; time changes nothing."""
    DISABLED = "disabled"
    """All pass, nothing is counted."""


class BreakerCause(StrEnum):
    """What moves a breaker."""

    TOO_MANY_FAILURES = "too many failures"
    """The last of `failure_threshold` failures in a row."""
    SPELL_OVER = "spell over"
    """A call came after the open spell had ended: it becomes the first probe."""
    PROBE_FAILED = "probe failed"
    PROBES_SUCCEEDED = "probes succeeded"
    """The last of `successes_to_close`."""
    TOLD_TO_WAIT = "told to wait"
    """`open_for`: the other side named a time."""
    FORCED_OPEN = "forced open"
    DISABLED = "disabled"
    RESET = "reset"


IMPOSSIBLE: Final = None

_C, _O, _H, _F, _D = BreakerState  # in the order of their definition

NEXT: Final[dict[BreakerState, dict[BreakerCause, BreakerState | None]]] = {
    _C: {
        BreakerCause.TOO_MANY_FAILURES: _O,
        BreakerCause.SPELL_OVER: IMPOSSIBLE,
        BreakerCause.PROBE_FAILED: IMPOSSIBLE,
        BreakerCause.PROBES_SUCCEEDED: IMPOSSIBLE,
        BreakerCause.TOLD_TO_WAIT: _O,
        BreakerCause.FORCED_OPEN: _F,
        BreakerCause.DISABLED: _D,
        BreakerCause.RESET: _C,
    },
    _O: {
        # Permits of the closed generation are void by now, and an open breaker gives out none: nothing can fail here.
        BreakerCause.TOO_MANY_FAILURES: IMPOSSIBLE,
        BreakerCause.SPELL_OVER: _H,
        BreakerCause.PROBE_FAILED: IMPOSSIBLE,
        BreakerCause.PROBES_SUCCEEDED: IMPOSSIBLE,
        BreakerCause.TOLD_TO_WAIT: _O,
        BreakerCause.FORCED_OPEN: _F,
        BreakerCause.DISABLED: _D,
        BreakerCause.RESET: _C,
    },
    _H: {
        BreakerCause.TOO_MANY_FAILURES: IMPOSSIBLE,
        BreakerCause.SPELL_OVER: IMPOSSIBLE,
        BreakerCause.PROBE_FAILED: _O,
        BreakerCause.PROBES_SUCCEEDED: _C,
        BreakerCause.TOLD_TO_WAIT: _O,
        BreakerCause.FORCED_OPEN: _F,
        BreakerCause.DISABLED: _D,
        BreakerCause.RESET: _C,
    },
    _F: {
        BreakerCause.TOO_MANY_FAILURES: IMPOSSIBLE,
        BreakerCause.SPELL_OVER: IMPOSSIBLE,
        BreakerCause.PROBE_FAILED: IMPOSSIBLE,
        BreakerCause.PROBES_SUCCEEDED: IMPOSSIBLE,
        # A person's word outranks the other side's.
        BreakerCause.TOLD_TO_WAIT: _F,
        BreakerCause.FORCED_OPEN: _F,
        BreakerCause.DISABLED: _D,
        BreakerCause.RESET: _C,
    },
    _D: {
        BreakerCause.TOO_MANY_FAILURES: IMPOSSIBLE,
        BreakerCause.SPELL_OVER: IMPOSSIBLE,
        BreakerCause.PROBE_FAILED: IMPOSSIBLE,
        BreakerCause.PROBES_SUCCEEDED: IMPOSSIBLE,
        BreakerCause.TOLD_TO_WAIT: _D,
        BreakerCause.FORCED_OPEN: _F,
        BreakerCause.DISABLED: _D,
        BreakerCause.RESET: _C,
    },
}


def after(state: BreakerState, cause: BreakerCause) -> BreakerState:
    """The state that follows. A pair that cannot happen is a bug of the breaker's own, and an `AssertionError`."""
    following = NEXT[state][cause]
    assert following is not IMPOSSIBLE, f"a breaker that is {state} was moved by: {cause}"
    return following
