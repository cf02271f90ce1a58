"""Maintenance that Kraken has announced: the dead man's switch is let go of before it, and nothing new is begun.

Kraken tells of maintenance beforehand on status.kraken.com, for people; its APIs tell of it once it has begun
(docs.kraken.com/api/docs/websocket-v2/status, docs.kraken.com/api/docs/rest-api/get-system-status). A timer of the dead man's
switch that runs out meanwhile fires when the exchange comes back, and Kraken asks to disarm it before
(docs.kraken.com/api/docs/websocket-v2/cancel_after). So whoever has read the announcement says it here.
"""

import datetime as dt
from collections.abc import Callable

import attrs
import trio

from seawall.engine.changes import Changes
from seawall.engine.notices import MaintenanceAwaited, MaintenanceOver
from seawall.engine.settings import DeadMansSwitch, MaintenanceWindow
from seawall.model.venue import Probe

__all__ = ["MaintenanceCalendar", "MaintenanceKeeper"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOOK_S = 60.0
"""The windows are on the exchange's clock, the wait is on ours: so often they are compared."""


@attrs.define(eq=False)
class MaintenanceCalendar:
    """The windows that were announced. Nothing here waits."""

    settings: DeadMansSwitch
    changes: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed when a window was added or called off."""
    _windows: list[MaintenanceWindow] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._windows.extend(self.settings.planned_maintenance)

    def add(self, window: MaintenanceWindow) -> None:
        """Expect maintenance then. Raises ValueError for a window that ends before it begins, or without a time zone."""
        fault = window.fault
        if fault is not None:
            raise ValueError(fault)
        if window not in self._windows:
            self._windows.append(window)
            self.changes.pulse()

    def call_off(self, window: MaintenanceWindow) -> None:
        """Expect it no more, or take it for over; of no effect for one that is not expected."""
        if window in self._windows:
            self._windows.remove(window)
            self.changes.pulse()

    def windows(self) -> tuple[MaintenanceWindow, ...]:
        """All that were announced, those that are over too."""
        return tuple(self._windows)

    def current(self, now_ns: int) -> MaintenanceWindow | None:
        """The window that has begun, or begins within `maintenance_lead_s`; of several the one that ends last."""
        current = [window for window in self._windows if self._begins_ns(window) <= now_ns < _ns(window.end)]
        return max(current, key=lambda window: window.end, default=None)

    def next_change_s(self, now_ns: int) -> float:
        """Until `current` may be another; infinite when nothing is ahead."""
        moments = [moment for window in self._windows for moment in (self._begins_ns(window), _ns(window.end))]
        return min(((moment - now_ns) / 1e9 for moment in moments if moment > now_ns), default=float("inf"))

    def _begins_ns(self, window: MaintenanceWindow) -> int:
        return _ns(window.begin) - int(self.settings.maintenance_lead_s * 1e9)


@attrs.define(eq=False)
class MaintenanceKeeper:
    """Follows the calendar by the exchange's clock, and tells whoever has to act."""

    calendar: MaintenanceCalendar
    now_ns: Callable[[], int]
    on_change: Callable[[str | None], None]
    """Called with the reason when a window has come near, and with None once it is over."""
    probe: Probe
    awaited: MaintenanceWindow | None = attrs.field(default=None, init=False)
    """The window that is near, or has begun."""

    @property
    def reason(self) -> str | None:
        """Why nothing new is to be begun now; None when no window is near."""
        if self.awaited is None:
            return None
        begin, end = (moment.astimezone(dt.UTC) for moment in (self.awaited.begin, self.awaited.end))
        return f"maintenance of the exchange is planned from {begin:%H:%M} to {end:%H:%M} UTC"

    async def run(self) -> None:
        """Follow it for ever."""
        while True:
            now_ns = self.now_ns()
            self._look(now_ns)
            with trio.move_on_after(min(self.calendar.next_change_s(now_ns), _LOOK_S)):
                await self.calendar.changes.wait()

    def _look(self, now_ns: int) -> None:
        before, self.awaited = self.awaited, self.calendar.current(now_ns)
        if self.awaited == before:
            return
        if self.awaited is None:
            self.probe(MaintenanceOver())
        else:
            self.probe(MaintenanceAwaited(self.awaited.begin, self.awaited.end))
        self.on_change(self.reason)


def _ns(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1) * 1_000
