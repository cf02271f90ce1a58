"""So many dials in any window of time: for venues that ban an address which connects too often."""

from collections import deque
from collections.abc import Callable, Sequence

import attrs
import trio

from seawall.resilience.checks import above_zero, count
from seawall.resilience.errors import WaitTooLong
from seawall.resilience.limiter_notices import TurnRefused
from seawall.resilience.lines import Line
from seawall.resilience.probes import Probe, ignore, tell

__all__ = ["ConnectionBudget", "ConnectionBudgetStatistics"]


@attrs.frozen
class ConnectionBudgetStatistics:
    """A connection budget at one instant."""

    name: str
    left: int
    waiting: int
    taken: int
    """Since it was made."""


@attrs.define(eq=False, repr=False)
class ConnectionBudget:
    """At most `dials` dials in any `window_s` seconds, failed ones too, of all who share it; first come, first served.

    The defaults are Kraken's: about 150 connections in a rolling ten minutes, or the address is banned for ten
    (https://docs.kraken.com/api/docs/guides/spot-ws-intro).
    """

    dials: int = attrs.field(default=150, validator=count)
    window_s: float = attrs.field(default=600.0, validator=above_zero)
    name: str = attrs.field(default="connections", kw_only=True)
    max_waiting: int = attrs.field(kw_only=True, default=1000, validator=count)
    _probe: Probe = attrs.field(kw_only=True, default=ignore)
    _clock: Callable[[], float] = attrs.field(kw_only=True, default=trio.current_time)
    _stamps: deque[float] = attrs.field(init=False, factory=deque)
    _line: Line = attrs.field(init=False)
    _taken: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._line = Line(self.name)

    async def take(self) -> float:
        """Wait for leave to dial. Returns the dial's stamp, for `refund` should it not be dialled after all.

        Raises `WaitTooLong` when the turn would come after the caller's own deadline. Cancelled, it takes nothing.
        """
        if not self._line and self._ask() <= 0.0:
            stamp = self._stamps[-1]
            try:
                await trio.lowlevel.checkpoint()
            except BaseException:
                self.refund(stamp)
                raise
            return stamp
        if len(self._line) >= self.max_waiting:
            raise self._refused(self.expected_wait_s())
        try:
            await self._line.wait(1.0, self._ask, self._estimate_s)
        except WaitTooLong as error:
            self._refused(error.expected_wait_s)
            raise
        return self._stamps[-1]

    def refund(self, stamp: float) -> None:
        """Give back leave that was not used. What was dialled is never given back, whatever became of it."""
        if stamp in self._stamps:
            self._stamps.remove(stamp)
            self._taken -= 1
            self._line.wake_first()

    def expected_wait_s(self) -> float:
        """Seconds until one who came now would be served."""
        self._forget()
        return self._estimate_s(self._line.weights())

    def statistics(self) -> ConnectionBudgetStatistics:
        """A snapshot."""
        self._forget()
        return ConnectionBudgetStatistics(self.name, self.dials - len(self._stamps), len(self._line), self._taken)

    def __repr__(self) -> str:
        used = f"{len(self._stamps)} of {self.dials} in {self.window_s:g} s when last asked"
        return f"<ConnectionBudget {self.name!r} {used}, {len(self._line)} waiting>"

    def _ask(self) -> float:
        self._forget()
        now = self._clock()
        if len(self._stamps) < self.dials:
            self._stamps.append(now)
            self._taken += 1
            return 0.0
        return self._stamps[0] + self.window_s - now

    def _estimate_s(self, ahead: Sequence[float]) -> float:
        place = len(self._stamps) + len(ahead) - self.dials
        if place < 0:
            return 0.0
        # Whoever is served takes a stamp of its own, a window after the one it waited for.
        windows, stamp = divmod(place, len(self._stamps))
        return self._stamps[stamp] + (windows + 1) * self.window_s - self._clock()

    def _forget(self) -> None:
        now = self._clock()
        if self._stamps and self._stamps[-1] > now:
            # Stamped in another trio run, whose clock began elsewhere: as if dialled now, which errs on the safe side.
            self._stamps = deque(min(stamp, now) for stamp in self._stamps)
        while self._stamps and self._stamps[0] + self.window_s <= now:
            self._stamps.popleft()

    def _refused(self, wait_s: float) -> WaitTooLong:
        tell(self._probe, TurnRefused(self.name, "dial", 1.0, wait_s))
        return WaitTooLong(self.name, wait_s)
