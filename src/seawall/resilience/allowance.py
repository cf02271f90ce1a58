"""Tokens on a clock: what may be taken now, and from when on what may not. No `await`: nobody waits here."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from seawall.resilience.forecast import served_in_s
from seawall.resilience.tokens import Tokens

__all__ = ["Allowance"]

_NEVER = float("-inf")


@attrs.define(eq=False)
class Allowance:
    """Tokens that flow in with time, and pauses in which a lane is given none."""

    tokens: Tokens
    """As they were when last asked."""
    _clock: Callable[[], float] = attrs.field(repr=False)
    taken: float = attrs.field(init=False, default=0.0)
    _paused_until: dict[str, float] = attrs.field(init=False)
    _pauses_end_at: float = attrs.field(init=False, default=_NEVER)
    """When the last of the pauses ends, so that most calls need look at none."""
    _now: float = attrs.field(init=False, default=_NEVER)
    """When last asked."""

    def __attrs_post_init__(self) -> None:
        self._paused_until = dict.fromkeys(self.tokens.reserves, _NEVER)

    def refill(self) -> None:
        """Let in what has flowed since last time."""
        now = self._clock()
        if now >= self._now:
            self.tokens.give((now - self._now) * self.tokens.refill_per_s)
        else:
            # Another trio run, whose clock began elsewhere: how long ago the last one ended is not known, so nothing flows in.
            self._paused_until = dict.fromkeys(self._paused_until, _NEVER)
            self._pauses_end_at = _NEVER
        self._now = now

    def take(self, lane: str, weight: float, *, may_share: bool) -> bool:
        """Take `weight` if it may be taken now; whether it was."""
        self.refill()
        if self._now < self._pauses_end_at and self.is_paused(lane):
            return False
        if not self.tokens.take(lane, weight, may_share=may_share):
            return False
        self.taken += weight
        return True

    def wait_s(self, lane: str, weight: float, *, may_share: bool) -> float:
        """Seconds from when it was last asked, until `weight` may be taken if nobody else takes any."""
        return max(self._pause_left_s(lane), self.tokens.wait_s(lane, weight, may_share=may_share))

    def spend(self, lane: str, weight: float) -> None:
        """Take `weight`, whether it may be taken or not."""
        self.refill()
        self.tokens.spend(lane, weight)
        self.taken += weight

    def refund(self, weight: float) -> None:
        """Put back what was taken and not used."""
        self.tokens.give(weight)
        self.taken -= weight

    def pause(self, lanes: Sequence[str], until: float) -> float:
        """Give these lanes nothing before `until`, or for as long as they are paused by now; the seconds until then."""
        self.refill()  # a pause that another run left behind must not outlast this one
        for lane in lanes:
            self._paused_until[lane] = max(self._paused_until[lane], until)
        self._pauses_end_at = max(self._pauses_end_at, until)
        return max(0.0, until - self._now)

    def is_paused(self, lane: str) -> bool:
        """Whether this lane is given nothing now."""
        return self._now < self._paused_until[lane]

    def served_in_s(self, lines: Mapping[str, Sequence[float]], lane: str) -> float:
        """Seconds from now until the last who waits in `lane` has been served, when `lines` has the weights of all who wait."""
        self.refill()
        return served_in_s(self.tokens, lines, {name: self._pause_left_s(name) for name in self._paused_until}, lane)

    def _pause_left_s(self, lane: str) -> float:
        return max(0.0, self._paused_until[lane] - self._now)
