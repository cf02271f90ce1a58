"""Says who has stopped checking in, and who has begun again."""

from collections.abc import Callable

import attrs
import trio

from seawall.engine.check_ins import CheckIns
from seawall.model.venue import Probe
from seawall.resilience.probes import ignore, tell

__all__ = ["CheckInMissed", "CheckInResumed", "HeartbeatMonitor"]


@attrs.frozen
class CheckInMissed:
    """A service or strategy has been silent for longer than it may."""

    name: str
    silent_s: float
    within_s: float

    def __str__(self) -> str:
        return f"{self.name} has not checked in for {self.silent_s:.1f} s; it should within {self.within_s:g} s"


@attrs.frozen
class CheckInResumed:
    """One that was silent checks in again."""

    name: str

    def __str__(self) -> str:
        return f"{self.name} checks in again"


@attrs.define(eq=False)
class HeartbeatMonitor:
    """Compares `check_ins` with the clock every `every_s` seconds; each silence is told once."""

    check_ins: CheckIns
    every_s: float = 1.0
    probe: Probe = ignore
    clock: Callable[[], float] = trio.current_time
    _silent: dict[str, None] = attrs.field(factory=dict, init=False)

    def look(self, now: float) -> tuple[CheckInMissed | CheckInResumed, ...]:
        """What has changed since the last look. One that left while it was silent is forgotten."""
        notices: list[CheckInMissed | CheckInResumed] = []
        presences = {presence.name: presence for presence in self.check_ins.presences(now)}
        late = self.check_ins.late(now)
        for name in tuple(self._silent):
            if name not in late:
                del self._silent[name]
                if name in presences:
                    notices.append(CheckInResumed(name))
        for name in late:
            if name not in self._silent:
                self._silent[name] = None
                notices.append(CheckInMissed(name, presences[name].silent_s, presences[name].within_s))
        return tuple(notices)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            for notice in self.look(self.clock()):
                tell(self.probe, notice)
            await trio.sleep(self.every_s)
