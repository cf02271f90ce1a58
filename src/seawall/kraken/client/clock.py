"""The exchange's clock, estimated from what it says, and kept by ours that only runs forward."""

from collections.abc import Callable

import attrs

__all__ = ["ExchangeClock"]

_NS_PER_S = 1_000_000_000
_DRIFT = 100e-6
"""How fast two clocks may part, in seconds a second: quartz stays well below."""


@attrs.define(eq=False)
class ExchangeClock:
    """Exchange time as a function of the monotonic clock: steps of this machine's wall clock do not move it.

    `monotonic` is in seconds (trio's clock), `wall_ns` in nanoseconds since the epoch; the latter is the estimate, and
    `uncertainty_s` None, until the exchange was heard.
    """

    _monotonic: Callable[[], float]
    _wall_ns: Callable[[], int]
    _anchor_s: float = attrs.field(default=0.0, init=False)
    _anchor_ns: int = attrs.field(default=0, init=False)
    _error_s: float | None = attrs.field(default=None, init=False)

    def now_ns(self) -> int:
        """The exchange's time, nanoseconds since the epoch: the middle of what it may be."""
        if self._error_s is None:
            return self._wall_ns()
        return self._anchor_ns + int((self._monotonic() - self._anchor_s) * _NS_PER_S)

    def at_least_ns(self) -> int:
        """The earliest that the exchange's time may be now: 0 until it was heard, since this machine's clock proves nothing."""
        uncertain_s = self.uncertainty_s()
        return 0 if uncertain_s is None else self.now_ns() - int(uncertain_s * _NS_PER_S)

    def uncertainty_s(self) -> float | None:
        """How far off `now_ns` may be, in seconds; None while the exchange was not heard."""
        if self._error_s is None:
            return None
        return self._error_s + _DRIFT * max(0.0, self._monotonic() - self._anchor_s)

    def heard(self, sent_s: float, received_s: float, at_ns: int, *, granularity_s: float = 0.0) -> None:
        """The exchange's clock showed `at_ns` at some instant between `sent_s` and `received_s` of ours.

        `granularity_s` is the step in which it was written, cut off: whole seconds from REST's `Time`.
        """
        error_s = max(0.0, received_s - sent_s) / 2 + granularity_s / 2
        middle_s = (sent_s + received_s) / 2
        middle_ns = at_ns + int(granularity_s / 2 * _NS_PER_S)
        known = self.uncertainty_s()
        if known is not None:
            apart_s = abs(middle_ns - self._anchor_ns - int((middle_s - self._anchor_s) * _NS_PER_S)) / _NS_PER_S
            if error_s > known and apart_s <= error_s + known:
                return  # it agrees with what we have, which is finer
        self._anchor_s, self._anchor_ns, self._error_s = middle_s, middle_ns, error_s

    def __repr__(self) -> str:
        known = self.uncertainty_s()
        return "ExchangeClock(not heard)" if known is None else f"ExchangeClock(within {known:.6f} s)"
