"""A rate limiter for trio: tokens that refill with time, in lanes, first come first served.

    limiter = Limiter("rest", capacity=20, refill_per_s=0.5, lanes=[Lane("cancel", reserved=4), Lane("query")])
    await limiter.take("cancel")

Lanes are listed most urgent first. A lane with a reserve always has that much that no other lane can use up; beyond it
all lanes share, and while a more urgent lane waits, a less urgent one has its own reserve only.
"""

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final

import attrs
import trio

from seawall.resilience.checks import a_number, above_zero, count, zero_or_more
from seawall.resilience.errors import BadSetting, WaitTooLong
from seawall.resilience.forecast import served_in_s
from seawall.resilience.lines import Line
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.tokens import Tokens

__all__ = ["DEFAULT_LANE", "Lane", "Limiter", "LimiterPaused", "LimiterStatistics", "TurnRefused"]

DEFAULT_LANE: Final = "default"


@attrs.frozen
class Lane:
    """One kind of traffic, and how many tokens are kept for it alone."""

    name: str
    reserved: float = attrs.field(default=0.0, validator=zero_or_more)


@attrs.frozen
class TurnRefused:
    """A caller was not made to wait: its turn would come in `expected_wait_s`, after its own deadline."""

    name: str
    lane: str
    weight: float
    expected_wait_s: float


@attrs.frozen
class LimiterPaused:
    """Nobody is served for `pause_s`; `lane` is None when it concerns all."""

    name: str
    lane: str | None
    pause_s: float


@attrs.frozen
class LimiterStatistics:
    """A limiter at one instant. Counts run since it was made."""

    name: str
    available: float
    """Tokens of all lanes together; below zero when more was charged than there was."""
    reserves: dict[str, float]
    """What is left of each lane's reserve."""
    waiting: dict[str, int]
    taken: float
    refusals: int


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
    _tokens: Tokens = attrs.field(init=False)
    _lines: dict[str, Line] = attrs.field(init=False)
    _paused_until: dict[str, float] = attrs.field(init=False)
    _seen_at: float | None = attrs.field(init=False, default=None)
    _taken: float = attrs.field(init=False, default=0.0)
    _refusals: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        reserves = {lane.name: float(lane.reserved) for lane in self.lanes}
        if not reserves or len(reserves) != len(self.lanes):
            raise BadSetting("Limiter.lanes", self.lanes, "one or more lanes, each with a name of its own")
        if sum(reserves.values()) > self.capacity:
            raise BadSetting("Limiter.lanes", self.lanes, f"lanes that reserve no more than the capacity, {self.capacity:g}")
        self._tokens = Tokens.full(float(self.capacity), float(self.refill_per_s), reserves)
        self._lines = {name: Line(self.name) for name in reserves}
        self._paused_until = dict.fromkeys(reserves, float("-inf"))

    async def take(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Wait for the turn of this caller, and take `weight` tokens.

        Raises `WaitTooLong`, having taken nothing, when the turn would come after the caller's own deadline
        (`trio.current_effective_deadline()`): at once, or when a pause pushes it there. Cancelled, it takes nothing.
        """
        self._check(lane, weight)
        if not self._lines[lane] and self._ask(lane, weight) <= 0.0:
            try:
                await trio.lowlevel.checkpoint()
            except BaseException:
                self._refund(weight)
                raise
            return
        if len(self._lines[lane]) >= self.max_waiting:
            raise self._refused(lane, weight, self.expected_wait_s(lane, weight))
        try:
            await self._lines[lane].wait(
                weight, lambda: self._ask(lane, weight), lambda ahead: self._estimate_s(lane, [*ahead, weight])
            )
        except WaitTooLong as error:
            self._refused(lane, weight, error.expected_wait_s)
            raise
        finally:
            self._wake()

    def take_nowait(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Take `weight` tokens now, or raise `WaitTooLong`. Overtakes nobody in its lane."""
        self._check(lane, weight)
        if self._lines[lane] or self._ask(lane, weight) > 0.0:
            raise self._refused(lane, weight, self.expected_wait_s(lane, weight))

    def charge(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> None:
        """Count what was spent without asking, even beyond what there is: others then wait the longer."""
        a_number("weight", weight, "a finite number, zero or more", least=0.0, inclusive=True)
        self._known(lane)
        self._refill()
        self._tokens.spend(lane, weight)
        self._taken += weight
        self._wake_all()

    def pause_until(self, until: float, lane: str | None = None) -> None:
        """Serve nobody before `until` on the limiter's clock, or nobody of one lane. Never shortens a pause."""
        a_number("until", until, "a finite time on the clock", least=float("-inf"), inclusive=True)
        for name in self._paused_until if lane is None else [self._known(lane)]:
            self._paused_until[name] = max(self._paused_until[name], until)
        tell(self._probe, LimiterPaused(self.name, lane, max(0.0, until - self._clock())))
        self._wake_all()

    def expected_wait_s(self, lane: str = DEFAULT_LANE, weight: float = 1.0) -> float:
        """Seconds until one who came now would be served: exact while nobody more urgent comes and nobody leaves."""
        self._check(lane, weight)
        self._refill()
        return self._estimate_s(lane, [*self._lines[lane].weights(), weight])

    def statistics(self) -> LimiterStatistics:
        """A snapshot."""
        self._refill()
        return LimiterStatistics(
            name=self.name,
            available=self._tokens.available,
            reserves=dict(self._tokens.own),
            waiting={name: len(line) for name, line in self._lines.items()},
            taken=self._taken,
            refusals=self._refusals,
        )

    def __repr__(self) -> str:
        waiting = sum(len(line) for line in self._lines.values())
        return f"<Limiter {self.name!r} {self._tokens.available:.3g} of {self.capacity:g} when last asked, {waiting} waiting>"

    # Its insides: all synchronous

    def _ask(self, lane: str, weight: float) -> float:
        self._refill()
        wait_s = max(self._pause_left_s(lane), self._tokens.wait_s(lane, weight, may_share=self._may_share(lane)))
        if wait_s <= 0.0:
            self._tokens.spend(lane, weight)
            self._taken += weight
        return wait_s

    def _may_share(self, lane: str) -> bool:
        """Whether nobody waits in a more urgent lane, those aside that are paused."""
        more_urgent = takewhile(lambda name: name != lane, self._lines)
        return not any(self._lines[name] and self._pause_left_s(name) <= 0.0 for name in more_urgent)

    def _estimate_s(self, lane: str, weights: Sequence[float]) -> float:
        lines = {name: line.weights() for name, line in self._lines.items()} | {lane: weights}
        return served_in_s(self._tokens, lines, {name: self._pause_left_s(name) for name in self._lines}, lane)

    def _pause_left_s(self, lane: str) -> float:
        return max(0.0, self._paused_until[lane] - self._clock())

    def _refill(self) -> None:
        now = self._clock()
        if self._seen_at is not None and now < self._seen_at:
            # Another trio run, whose clock began elsewhere: how long ago the last one ended is not known, so nothing flows in.
            self._paused_until = dict.fromkeys(self._paused_until, float("-inf"))
        elif self._seen_at is not None:
            self._tokens.give((now - self._seen_at) * self.refill_per_s)
        self._seen_at = now

    def _refund(self, weight: float) -> None:
        self._tokens.give(weight)
        self._taken -= weight
        self._wake()

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
        if weight > self._tokens.most(self._known(lane)):
            raise BadSetting("weight", weight, f"at most {self._tokens.most(lane):g}, all that lane {lane!r} can ever have")
