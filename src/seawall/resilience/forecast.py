"""When will the last in a lane be served? The limiter's own rules, played forward on a copy. No `await`, no clock."""

from collections import deque
from collections.abc import Mapping, Sequence

from seawall.resilience.tokens import Tokens

__all__ = ["served_in_s"]

_NEVER = float("inf")


def served_in_s(tokens: Tokens, lines: Mapping[str, Sequence[float]], pauses_s: Mapping[str, float], lane: str) -> float:
    """Seconds until the last in `lane` is served, when nobody comes or leaves meanwhile.

    `lines` has the weights that wait in each lane, in order, the most urgent lane first; `pauses_s` how long each lane
    is still paused. `tokens` is left as it is.
    """
    tokens, at_s = tokens.copy(), 0.0
    waiting = {name: deque(weights) for name, weights in lines.items()}
    while waiting[lane]:
        step_s, served = _next(tokens, waiting, {name: pause_s - at_s for name, pause_s in pauses_s.items()})
        assert step_s != _NEVER, "somebody waits for more than its lane can ever have"
        tokens.give(step_s * tokens.refill_per_s)
        at_s += step_s
        if served is not None:
            tokens.spend(served, waiting[served].popleft())
    return at_s


def _next(tokens: Tokens, waiting: Mapping[str, Sequence[float]], pauses_s: Mapping[str, float]) -> tuple[float, str | None]:
    """The seconds until something happens, and the lane then served; None when no more than a pause ends."""
    step_s, served, may_share = _NEVER, None, True
    for name, line in waiting.items():
        if not line:
            continue
        paused = pauses_s[name] > 0.0
        wait_s = pauses_s[name] if paused else tokens.wait_s(name, line[0], may_share=may_share)
        if wait_s < step_s:
            step_s, served = wait_s, None if paused else name
        may_share = may_share and paused
    return step_s, served
