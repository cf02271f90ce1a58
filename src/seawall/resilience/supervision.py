"""Restarting what the outside world broke; letting bugs and cancellation through.

What deserves another try, how soon, and what happens when tries run out are data: a `RestartPolicy`, written beside the
task tree. Supervise at few, named places.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal

import attrs
import trio

from seawall.resilience.checks import a_number, above_zero
from seawall.resilience.errors import BadSetting, GaveUp
from seawall.resilience.probes import Probe, ignore, tell

__all__ = ["Quarantined", "RestartPolicy", "ServiceGaveUp", "ServiceRestarting", "supervise"]


def _as_tuple(delays_s: Iterable[float]) -> tuple[float, ...]:
    return tuple(delays_s)


def _delays(_instance: object, _attribute: object, value: tuple[float, ...]) -> None:
    for place, delay_s in enumerate(value):
        a_number(f"RestartPolicy.delays_s[{place}]", delay_s, "a finite number, zero or more", least=0.0, inclusive=True)


def _types(_instance: object, _attribute: object, value: tuple[type[Exception], ...]) -> None:
    kinds: tuple[object, ...] = value  # whoever is not type-checked may pass anything
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(kind, BaseExceptionGroup):
            raise BadSetting(
                "RestartPolicy.on", kind, "a class of Exception that is no group (groups are matched by what they hold)"
            )
    if not value:
        raise BadSetting("RestartPolicy.on", value, "one class of exceptions or more")


@attrs.frozen
class RestartPolicy:
    """Which failures deserve another try, how long to wait before each, and what when tries run out."""

    on: tuple[type[Exception], ...] = attrs.field(validator=_types)
    """These, bare or in groups. Whatever else is raised passes through."""
    delays_s: tuple[float, ...] = attrs.field(default=(0.0, 1.0, 2.0, 5.0, 15.0), converter=_as_tuple, validator=_delays)
    """The wait before each restart; one failure more than there are delays exhausts the policy."""
    within_s: float = attrs.field(default=3600.0, validator=above_zero)
    """Failures longer ago than this are forgotten."""
    settled_after_s: float = attrs.field(default=60.0, validator=above_zero)
    """A run that lasted this long makes all earlier failures forgotten."""
    exhausted: Literal["escalate", "quarantine"] = attrs.field(default="escalate")

    def __attrs_post_init__(self) -> None:
        if self.exhausted not in {"escalate", "quarantine"}:
            raise BadSetting("RestartPolicy.exhausted", self.exhausted, "'escalate' or 'quarantine'")


@attrs.frozen
class ServiceRestarting:
    """The service failed, for the `failures`th time in a row, and starts again in `delay_s`."""

    name: str
    failures: int
    delay_s: float
    error: ExceptionGroup[Exception]


@attrs.frozen
class ServiceGaveUp:
    """The service failed once too often; its supervisor raises `GaveUp`."""

    name: str
    failures: int
    error: ExceptionGroup[Exception]


@attrs.frozen
class Quarantined:
    """The service failed once too often and stays down; all else goes on. Told as a notice, and returned."""

    name: str
    failures: int
    error: ExceptionGroup[Exception]


@attrs.define
class _Record:
    """What a policy remembers of one service."""

    policy: RestartPolicy
    failed_at: deque[float] = attrs.field(factory=deque)

    def next_delay_s(self, began_at: float, now: float) -> float | None:
        """Count a failure; the wait before the restart, or None when there is none."""
        if now - began_at >= self.policy.settled_after_s:
            self.failed_at.clear()
        while self.failed_at and now - self.failed_at[0] >= self.policy.within_s:
            self.failed_at.popleft()
        self.failed_at.append(now)
        tries = len(self.failed_at)
        return self.policy.delays_s[tries - 1] if tries <= len(self.policy.delays_s) else None


async def supervise(
    service: Callable[[], Awaitable[None]], policy: RestartPolicy, *, name: str, probe: Probe = ignore
) -> Quarantined | None:
    """Run `service` until it returns (then None), restarting it as `policy` says.

    When the policy is exhausted: raises `GaveUp` from the last failure, a group, or returns `Quarantined`. An exception
    that the policy does not name passes through, even when raised beside one that it names; so does cancellation.
    """
    record = _Record(policy)
    while True:
        began_at = trio.current_time()
        failed: ExceptionGroup[Exception] | None = None
        try:
            await service()
        except* policy.on as group:
            failed = group  # waiting in here could lose it
        if failed is None:
            return None
        delay_s = record.next_delay_s(began_at, trio.current_time())
        failures = len(record.failed_at)
        if delay_s is None:
            return _exhausted(policy, name, failures, failed, probe)
        tell(probe, ServiceRestarting(name, failures, delay_s, failed))
        await trio.sleep(delay_s)


def _exhausted(policy: RestartPolicy, name: str, failures: int, failed: ExceptionGroup[Exception], probe: Probe) -> Quarantined:
    if policy.exhausted == "escalate":
        tell(probe, ServiceGaveUp(name, failures, failed))
        raise GaveUp(name, failures) from failed
    quarantined = Quarantined(name, failures, failed)
    tell(probe, quarantined)
    return quarantined
