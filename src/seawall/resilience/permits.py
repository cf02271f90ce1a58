"""Leave for one call through a breaker, and the block that holds it."""

from types import TracebackType
from typing import Protocol

import attrs

from seawall.resilience.verdicts import Verdict

__all__ = ["Guard", "Permit", "ProbePermit", "Settles"]


class Settles(Protocol):
    """What a permit needs of its breaker."""

    def acquire(self) -> "Permit":
        """Leave for one call."""

    def settle(self, permit: "Permit", verdict: Verdict, outcome: object) -> None:
        """Count how the call ended."""

    def judge(self, outcome: object, began_at: float | None) -> Verdict:
        """What an outcome counts for."""


@attrs.define(eq=False)
class Permit:
    """Leave for one call. The first settlement counts; later ones do not, nor does one of an older generation.

    One that is never settled counts for nothing.
    """

    _breaker: Settles = attrs.field(repr=False)
    generation: int
    """The breaker's, when the call was admitted."""
    lease: int | None = None
    """The number of the probe; None when the breaker was not half open."""
    began_at: float | None = None
    """On the breaker's clock, when it counts slow calls."""
    settled: Verdict | None = None

    def success(self) -> None:
        """The other side answered."""
        if self.settled is None:
            self.settled = Verdict.SUCCESS
            self._breaker.settle(self, Verdict.SUCCESS, None)

    def failure(self) -> None:
        """The other side, or the way to it, failed."""
        self.settle(Verdict.FAILURE)

    def neutral(self) -> None:
        """Nothing was learnt; a probe's place is free again."""
        self.settle(Verdict.NEUTRAL)

    def settle(self, verdict: Verdict, outcome: object = None) -> None:
        """Count `verdict`, the first time. Should the breaker open on it, its notice puts `outcome` in words."""
        if self.settled is None:
            self.settled = verdict
            self._breaker.settle(self, verdict, outcome)

    def settle_by(self, outcome: object) -> None:
        """Let the breaker's classifier judge `outcome`: a result, or an exception that was raised."""
        if self.settled is None:
            verdict = Verdict.NEUTRAL  # what holds should the classifier itself raise
            try:
                verdict = self._breaker.judge(outcome, self.began_at)
            finally:
                self.settle(verdict, outcome)


@attrs.define(eq=False)
class ProbePermit(Permit):
    """Leave for a probe. When nobody holds it any more, unsettled, its place is free again."""

    def __del__(self) -> None:
        self.neutral()


@attrs.define(eq=False)
class Guard:
    """One use of a breaker as a block. A block that ends without an exception is a success, unless it said otherwise."""

    _breaker: Settles
    _permit: Permit | None = None

    def __enter__(self) -> Permit:
        if self._permit is not None:
            raise RuntimeError("a guard is for one block: call breaker.guard() for each")
        self._permit = self._breaker.acquire()
        return self._permit

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._permit is not None
        if error is None:
            self._permit.success()
        else:
            self._permit.settle_by(error)
