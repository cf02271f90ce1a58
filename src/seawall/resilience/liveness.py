"""Who has gone silent? Sliding deadlines that cost one reading of the clock per message.

A cancel scope for each message is dear, and so is a task for each thing watched. Here a message is a stamp, and one
watcher looks at all stamps when the next of them could be overdue.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

import attrs
import trio

from seawall.resilience.checks import above_zero
from seawall.resilience.probes import Probe, ignore, tell

__all__ = ["Liveness", "LivenessStatistics", "Pulse", "PulseReturned", "PulseSilent"]


@attrs.frozen
class PulseSilent:
    """Nothing was heard of `name` for `silent_s`, which is `within_s` or more."""

    name: str
    silent_s: float
    within_s: float


@attrs.frozen
class PulseReturned:
    """`name` was heard again."""

    name: str


@attrs.frozen
class LivenessStatistics:
    """Seconds since the last beat of each pulse watched, and the names of those overdue, both in the order they were added."""

    silent_s: tuple[tuple[str, float], ...]
    overdue: tuple[str, ...]


# Validated when made, and never again: hooks on each attribute set would make a beat four times as dear.
@attrs.define(eq=False, repr=False, on_setattr=attrs.setters.NO_OP)
class Pulse:
    """One thing that ought to be heard every `within_s` seconds. As a context manager it is watched until the block ends."""

    name: str
    within_s: float = attrs.field(validator=above_zero)
    _liveness: "Liveness"
    _clock: Callable[[], float]
    last_at: float
    """When it was last heard, on the clock; at first, when the watch began."""
    overdue: bool = attrs.field(default=False, init=False)
    """Whether the watcher has reported it silent, and not yet seen it return."""

    def beat(self) -> None:
        """It was heard now."""
        self.last_at = self._clock()

    @property
    def silent_s(self) -> float:
        """Seconds since it was last heard."""
        return max(0.0, self._clock() - self.last_at)

    def close(self) -> None:
        """Watch it no more. May be repeated."""
        self._liveness.forget(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Pulse {self.name!r} within {self.within_s:g} s{', overdue' if self.overdue else ''}>"


@attrs.define(eq=False, repr=False)
class Liveness:
    """Watches many pulses with one task, which its owner starts: `nursery.start_soon(liveness.run, on_silent)`."""

    _clock: Callable[[], float] = trio.current_time
    _probe: Probe = attrs.field(default=ignore, kw_only=True)
    _pulses: list[Pulse] = attrs.field(init=False, factory=list)
    _changed: trio.Event = attrs.field(init=False, factory=trio.Event)
    _running: bool = attrs.field(init=False, default=False)

    def watch(self, name: str, within_s: float) -> Pulse:
        """Watch one more thing, from now. The pulse is silent when `within_s` pass without a `beat()`.

        A pulse belongs to the trio run it was made in.
        """
        # Each reading of trio's time looks up the run's clock first; for something done at every message, once is enough.
        clock = trio.lowlevel.current_clock().current_time if self._clock is trio.current_time else self._clock
        pulse = Pulse(name, within_s, self, clock, clock())
        self._pulses.append(pulse)
        self._changed.set()
        return pulse

    def forget(self, pulse: Pulse) -> None:
        """Watch it no more."""
        if pulse in self._pulses:
            self._pulses.remove(pulse)

    async def run(self, on_silent: Callable[[Pulse, float], None]) -> None:
        """Watch until cancelled. `on_silent(pulse, silent_s)` is called once for each silence, and must not block.

        What it raises ends the watch and comes out. A pulse that beats again is watched anew; its return is noticed
        within `within_s`.
        """
        if self._running:
            raise RuntimeError("this liveness is already being watched")
        self._running = True
        try:
            while True:
                self._changed = trio.Event()
                with trio.move_on_after(self._look(on_silent)):
                    await self._changed.wait()
        finally:
            self._running = False

    def statistics(self) -> LivenessStatistics:
        """A snapshot."""
        return LivenessStatistics(
            tuple((pulse.name, pulse.silent_s) for pulse in self._pulses),
            tuple(pulse.name for pulse in self._pulses if pulse.overdue),
        )

    def __repr__(self) -> str:
        overdue = sum(pulse.overdue for pulse in self._pulses)
        return f"<Liveness of {len(self._pulses)}, {overdue} overdue>"

    def _look(self, on_silent: Callable[[Pulse, float], None]) -> float:
        """Report who has fallen silent; return the seconds until it is worth looking again."""
        now = self._clock()
        next_look_s = float("inf")
        for pulse in tuple(self._pulses):  # on_silent may close one or add one
            left_s = pulse.last_at + pulse.within_s - now
            if left_s > 0.0 and pulse.overdue:
                pulse.overdue = False
                tell(self._probe, PulseReturned(pulse.name))
            elif left_s <= 0.0:
                if not pulse.overdue:
                    pulse.overdue = True
                    silent_s = now - pulse.last_at
                    tell(self._probe, PulseSilent(pulse.name, silent_s, pulse.within_s))
                    on_silent(pulse, silent_s)
                left_s = pulse.within_s  # a stamp wakes nobody, so its return has to be looked for
            next_look_s = min(next_look_s, left_s)
        return next_look_s
