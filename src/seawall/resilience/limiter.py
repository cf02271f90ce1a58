"""A rate limiter for trio: tokens that refill with time, in lanes, first come first served.

    limiter = Limiter("rest", capacity=20, refill_per_s=0.5, lanes=[Lane("cancel", reserved=4), Lane("query")])
    await limiter.take("cancel")

Lanes are listed most urgent first. A lane with a reserve always has that much that no other lane can use up; beyond it
all lanes share, and while a more urgent lane waits, a less urgent one has its own reserve only.

A checkpoint costs several times what counting tokens does. Where the guarded call has one of its own, ask first, and wait
only when it must be:

    if not limiter.try_take("cancel"):
        await limiter.take("cancel")
"""

from collections.abc import Callable, Sequence
from itertools import takewhile

import attrs
import trio

from seawall.resilience.allowance import Allowance
from seawall.resilience.checks import a_number, above_zero, count
from seawall.resilience.errors import BadSetting, WaitTooLong
from seawall.resilience.lanes import DEFAULT_LANE, Lane, reserves_of
from seawall.resilience.limiter_notices import LimiterPaused, LimiterStatistics, TurnRefused
from seawall.resilience.lines import Line
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.tokens import Tokens

__all__ = ["Limiter"]


@attrs.define(eq=False, repr=False)
class Limiter:
    """One budget, shared by all who draw on it.

    `capacity` tokens at most, full at first, and `refill_per_s` flow in. `max_waiting` bounds each lane's line: whoever
    comes beyond it is refused at once.
    """

    name: str
    capacity: float = attrs.field(kw_only=True, validator=above_zero)
    refill_per_s: float = attrs.field(kw_only=True, validator=above_zero)
    lanes: Sequence[Lane] = attrs.field(kw_only=True, default=(Lane(DEFAULT_LANE),))
    max_waiting: int = attrs.field(kw_only=True, default=1000, validator=count)
    _probe: Probe = attrs.field(kw_only=True, default=ignore)
    _clock: Callable[[], float] = attrs.field(kw_only=True, default=trio.current_time)
    _allowance: Allowance = attrs.field(init=False)
    _most: dict[str, float] = attrs.field(init=False)
    """The largest weight each lane can ever take at once."""
    _lines: dict[str, Line] = attrs.field(init=False)
    _in_line: int = attrs.field(init=False, default=0)
    _refusals: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        tokens = Tokens.full(float(self.capacity), float(self.refill_per_s), reserves_of(self.lanes, self.capacity))
        self._allowance = Allowance(tokens, self._clock)
        self._most = {name: tokens.most(name) for name in tokens.reserves}
        self._lines = {name: Line(self.name) for name in tokens.reserves}

    def try_take(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> bool:
        """Take `weight` tokens if it is this caller's turn now; whether it was. Overtakes nobody in its lane.

        A turn that has not come is no refusal: neither counted nor told.
        """
        if weight.__class__ is not float or not 0.0 < weight <= self._most.get(lane, 0.0):
            self._check(lane, weight)
        if self._in_line == 0:
            return self._allowance.take(lane, weight, may_share=True)
        return not self._lines[lane] and self._allowance.take(lane, weight, may_share=self._may_share(lane))

    def take_nowait(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Take `weight` tokens now, or raise `WaitTooLong`. Overtakes nobody in its lane."""
        if not self.try_take(lane, weight):
            raise self._refused(lane, weight, self.expected_wait_s(lane, weight))

    async def take(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Wait for the turn of this caller, and take `weight` tokens. Always a checkpoint.

        Raises `WaitTooLong`, having taken nothing, when the turn would come after the caller's own deadline
        (`trio.current_effective_deadline()`): at once, or when a pause pushes it there. Cancelled, it takes nothing.
        """
        if self.try_take(lane, weight):
            try:
                await trio.lowlevel.checkpoint()
            except BaseException:
                self._allowance.refund(weight)
                self._wake()
                raise
            return
        if len(self._lines[lane]) >= self.max_waiting:
            raise self._refused(lane, weight, self.expected_wait_s(lane, weight))
        self._in_line += 1
        try:
            await self._lines[lane].wait(
                weight, lambda: self._ask(lane, weight), lambda ahead: self._estimate_s(lane, [*ahead, weight])
            )
        except WaitTooLong as error:
            self._refused(lane, weight, error.expected_wait_s)
            raise
        finally:
            self._in_line -= 1
            self._wake()

    def charge(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Count what was spent without asking, even beyond what there is: others then wait the longer."""
        a_number("weight", weight, "a finite number, zero or more", least=0.0, inclusive=True)
        self._allowance.spend(self._known(lane), weight)
        self._wake_all()

    def pause_until(self, until: float, lane: str | None = None) -> None:
        """Serve nobody before `until` on the limiter's clock, or nobody of one lane. Never shortens a pause."""
        a_number("until", until, "a finite time on the clock", least=float("-inf"), inclusive=True)
        pause_s = self._allowance.pause(list(self._lines) if lane is None else [self._known(lane)], until)
        tell(self._probe, LimiterPaused(self.name, lane, pause_s))
        self._wake_all()

    def expected_wait_s(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> float:
        """Seconds until one who came now would be served: exact while nobody more urgent comes and nobody leaves."""
        self._check(lane, weight)
        return self._estimate_s(lane, [*self._lines[lane].weights(), weight])

    def statistics(self) -> LimiterStatistics:
        """A snapshot."""
        self._allowance.refill()
        return LimiterStatistics(
            name=self.name,
            available=self._allowance.tokens.available,
            reserves=dict(self._allowance.tokens.own),
            waiting={name: len(line) for name, line in self._lines.items()},
            taken=self._allowance.taken,
            refusals=self._refusals,
        )

    def __repr__(self) -> str:
        left = f"{self._allowance.tokens.available:.3g} of {self.capacity:g} when last asked"
        return f"<Limiter {self.name!r} {left}, {self._in_line} waiting>"

    # Its insides: all synchronous

    def _ask(self, lane: str, weight: float) -> float:
        may_share = self._may_share(lane)
        if self._allowance.take(lane, weight, may_share=may_share):
            return 0.0
        return self._allowance.wait_s(lane, weight, may_share=may_share)

    def _may_share(self, lane: str) -> bool:
        """Whether nobody waits in a more urgent lane, those aside that are paused."""
        self._allowance.refill()  # by now a pause may be over
        more_urgent = takewhile(lambda name: name != lane, self._lines)
        return not any(self._lines[name] and not self._allowance.is_paused(name) for name in more_urgent)

    def _estimate_s(self, lane: str, weights: Sequence[float]) -> float:
        return self._allowance.served_in_s({name: line.weights() for name, line in self._lines.items()} | {lane: weights}, lane)

    def _wake(self) -> None:
        for line in self._lines.values():
            line.wake_first()

    def _wake_all(self) -> None:
        for line in self._lines.values():
            line.wake_all()

    def _refused(self, lane: str, weight: float, wait_s: float) -> WaitTooLong:
        self._refusals += 1
        tell(self._probe, TurnRefused(self.name, lane, weight, wait_s))
        return WaitTooLong(self.name, wait_s)

    def _known(self, lane: str) -> str:
        if lane not in self._lines:
            raise BadSetting("lane", lane, f"one of {', '.join(self._lines)}")
        return lane

    def _check(self, lane: str, weight: float) -> None:
        a_number("weight", weight, "a finite number above zero", least=0.0, inclusive=False)
        if weight > self._most[self._known(lane)]:
            raise BadSetting("weight", weight, f"at most {self._most[lane]:g}, all that lane {lane!r} can ever have")
