"""When a lost connection is dialled again, and how long each dial may take. No `await`, no clock."""

from random import Random

import attrs

from seawall.resilience.backoff import Backoff
from seawall.resilience.checks import above_zero, count, switch, zero_or_more

__all__ = ["Attempts", "ReconnectSchedule"]


def _count_or_none(instance: object, attribute: "attrs.Attribute[int]", value: object) -> None:
    if value is not None:
        count(instance, attribute, value)


@attrs.frozen
class ReconnectSchedule:
    """A few attempts at once, then attempts with growing delays. The first connect is the first of the instant ones."""

    instant_attempts: int = attrs.field(default=3, validator=count)
    instant_gap_s: float = attrs.field(default=0.5, validator=zero_or_more)
    """Between two instant attempts."""
    instant_dial_s: float = attrs.field(default=10.0, validator=above_zero)
    """An instant attempt that does not serve by then has failed: names, TCP, TLS, upgrade and subscribing included."""
    backoff: Backoff = attrs.field(factory=Backoff)
    """The delays before all later attempts."""
    dial_s: float = attrs.field(default=30.0, validator=above_zero)
    """As `instant_dial_s`, for later attempts."""
    stable_after_s: float = attrs.field(default=30.0, validator=above_zero)
    """A connection that has served so long, and was heard, re-arms the instant attempts. One that ends before, failed."""
    retry_after_cap_s: float = attrs.field(default=300.0, validator=above_zero)
    """The longest wait that the other side may ask for."""
    max_failures: int | None = attrs.field(default=None, validator=_count_or_none)
    """So many failed attempts in a row end it; None goes on for ever."""
    from_start: bool = attrs.field(default=False, validator=switch)
    """Whether delays count from the start of the failed attempt, so that a slow failure is not waited for twice."""


@attrs.define
class Attempts:
    """Where one link stands in its schedule."""

    schedule: ReconnectSchedule
    failures: int = attrs.field(default=0, init=False)
    """Failed attempts since the last stable connection."""
    _previous_s: float | None = attrs.field(default=None, init=False)

    @property
    def dial_s(self) -> float:
        """The time that the next attempt has."""
        instant = self.failures < self.schedule.instant_attempts
        return self.schedule.instant_dial_s if instant else self.schedule.dial_s

    @property
    def exhausted(self) -> bool:
        """Whether there is no next attempt."""
        return self.schedule.max_failures is not None and self.failures >= self.schedule.max_failures

    def failed(self, rng: Random, *, took_s: float, retry_after_s: float | None) -> float:
        """Count a failed attempt that took so long; the delay before the next, in seconds from now."""
        self.failures += 1
        if self.failures < self.schedule.instant_attempts:
            delay_s = self.schedule.instant_gap_s
        else:
            n = self.failures - self.schedule.instant_attempts
            delay_s = self._previous_s = self.schedule.backoff.delay_s(n, rng, self._previous_s)
            if self.schedule.from_start:
                delay_s = max(self.schedule.instant_gap_s, delay_s - took_s)
        return max(delay_s, retry_after_s or 0.0)

    def settled(self) -> None:
        """A connection proved stable: what failed before is forgotten."""
        self.failures = 0
        self._previous_s = None
