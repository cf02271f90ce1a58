"""What a failed attempt means for the next: whether there is one, and what wait was asked for. No `await`, no clock."""

from collections.abc import Callable

import attrs

from seawall.resilience.advice import advice_said, retry_after_of
from seawall.resilience.errors import CircuitOpen
from seawall.resilience.retry_after import clamp_retry_after
from seawall.resilience.verdicts import Verdict, leaves

__all__ = ["RedialRules", "carried_retry_after", "never_fatal"]


def never_fatal(_error: BaseException) -> str | None:
    """The judgement that dialling again is always worth it."""
    return None


def carried_retry_after(error: BaseException) -> float | None:
    """The `retry_after_s` that the exception carries, if it does."""
    return retry_after_of(error, float("inf"))


@attrs.frozen
class RedialRules:
    """How one link's failures are read: bare, or in groups by their leaves."""

    fatal: Callable[[BaseException], str | None]
    retry_after: Callable[[BaseException], float | None]
    retry_after_cap_s: float
    judge: Callable[[BaseException], Verdict]

    def may_redial(self, error: BaseException) -> bool:
        """Whether a failure is the outside world's. All else must come out: a handler that redials on bugs hides them."""
        return all(self._is_of_the_world(leaf) for leaf in leaves(error))

    def fatal_reason(self, error: BaseException) -> str | None:
        """Why dialling again is pointless, or None."""
        return next((reason for leaf in leaves(error) if (reason := self.fatal(leaf)) is not None), None)

    def asked_s(self, error: BaseException) -> float | None:
        """The longest wait that the failure asks for, clamped; None when it asks for none that makes sense."""
        asked = [self._leaf_asks_s(leaf) for leaf in leaves(error)]
        return max((wait_s for wait_s in asked if wait_s is not None), default=None)

    def nothing_was_tried(self, error: BaseException) -> bool:
        """Whether the attempt did not even begin, since a breaker inside it stood in the way."""
        return all(isinstance(leaf, CircuitOpen) for leaf in leaves(error))

    def _is_of_the_world(self, leaf: BaseException) -> bool:
        if self.fatal(leaf) is not None or self._leaf_asks_s(leaf) is not None or advice_said(leaf) in {"retry", "wait"}:
            return True
        return self.judge(leaf) is not Verdict.NEUTRAL

    def _leaf_asks_s(self, leaf: BaseException) -> float | None:
        return clamp_retry_after(self.retry_after(leaf), self.retry_after_cap_s)
