"""So much at once, and so much a second from then on."""

import attrs

__all__ = ["Spacing"]


@attrs.define
class Spacing:
    """Lets `burst` units pass at once, and `per_s` units a second from then on. Plain counting: the waiting is the caller's."""

    per_s: float
    burst: float
    _spent_until_s: float = attrs.field(default=float("-inf"), init=False)

    def take(self, now_s: float, cost: float = 1.0) -> float:
        """Spend `cost` units; the instant from which they may be used, now or later."""
        at_s = max(now_s, self._spent_until_s + (cost - self.burst) / self.per_s)
        self._spent_until_s = max(self._spent_until_s, at_s) + cost / self.per_s
        return at_s
