"""What a circuit breaker tells its probe. `name` is the breaker's; durations are seconds."""

import attrs

from seawall.resilience.breaker_states import BreakerCause, BreakerState
from seawall.resilience.verdicts import Verdict

__all__ = [
    "BreakerClosed",
    "BreakerDisabled",
    "BreakerForcedOpen",
    "BreakerHalfOpened",
    "BreakerOpened",
    "CallRejected",
    "LateResultIgnored",
    "ProbeLeaseEnded",
    "notice_of_move",
]


@attrs.frozen
class BreakerOpened:
    """No call passes for `open_s`. `failures` were counted in a row; `outcome` is the last one, in words, when known."""

    name: str
    before: BreakerState
    cause: BreakerCause
    open_s: float
    failures: int
    outcome: str | None


@attrs.frozen
class BreakerHalfOpened:
    """The open spell is over, and the call that noticed is its first probe."""

    name: str


@attrs.frozen
class BreakerClosed:
    """All calls pass."""

    name: str
    before: BreakerState
    cause: BreakerCause


@attrs.frozen
class BreakerForcedOpen:
    """Somebody shut it by hand."""

    name: str
    before: BreakerState


@attrs.frozen
class BreakerDisabled:
    """Somebody switched it off: all calls pass uncounted."""

    name: str
    before: BreakerState


@attrs.frozen
class CallRejected:
    """A call was turned away; `retry_after_s` as in `CircuitOpen`."""

    name: str
    state: BreakerState
    retry_after_s: float | None


@attrs.frozen
class ProbeLeaseEnded:
    """`hung` probes did not end within their lease; their places are free and their results will count for nothing."""

    name: str
    hung: int


@attrs.frozen
class LateResultIgnored:
    """A call admitted in an earlier generation ended now; it was not counted."""

    name: str
    verdict: Verdict


def notice_of_move(
    name: str,
    before: BreakerState,
    cause: BreakerCause,
    state: BreakerState,
    open_s: float,
    failures: int,
    outcome: object,
) -> object:
    """What to tell of a breaker that was `before` and is now `state`."""
    match state:
        case BreakerState.OPEN:
            return BreakerOpened(name, before, cause, open_s, failures, _in_words(outcome))
        case BreakerState.HALF_OPEN:
            return BreakerHalfOpened(name)
        case BreakerState.CLOSED:
            return BreakerClosed(name, before, cause)
        case BreakerState.FORCED_OPEN:
            return BreakerForcedOpen(name, before)
        case BreakerState.DISABLED:
            return BreakerDisabled(name, before)


def _in_words(outcome: object) -> str | None:
    if outcome is None:
        return None
    text = f"{type(outcome).__name__}: {outcome}" if isinstance(outcome, BaseException) else repr(outcome)
    return text[:200]
