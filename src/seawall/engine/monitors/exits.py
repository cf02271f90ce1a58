"""Closes positions for their strategies, by each strategy's rules."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

import attrs
import trio

from seawall.engine.exits import Exit, TrailingMark, decide
from seawall.engine.feed import Feed
from seawall.engine.monitors.risk import closing_price
from seawall.engine.portfolio import Portfolio, Position
from seawall.engine.settings import ExitRules, RiskLimits
from seawall.model.errors import SeawallError
from seawall.model.venue import Probe
from seawall.resilience.probes import ignore, tell

__all__ = ["ExitFailed", "ExitLeftOpen", "ExitStarted", "ExitUnpriced", "ExitsMonitor"]

PACE_S = 0.05
"""Least time between two looks: a busy book changes hundreds of times a second, and an order takes longer than this."""

LONGEST_HOLD_S = 60.0
"""Most time between two attempts to close the same position: each failure doubles it, up to here."""

MOST_DOUBLINGS = 10

Key = tuple[str, str]
"""Owner and symbol."""


@attrs.frozen
class ExitStarted:
    """A position is being closed by its strategy's rules."""

    owner: str
    symbol: str
    qty: Decimal
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"closing {self.qty} {self.symbol} of {self.owner}, {self.reason}: {self.detail}"


@attrs.frozen
class ExitFailed:
    """A position could not be closed; it is tried again in `retry_after_s`, if its rules still say so then."""

    owner: str
    symbol: str
    problem: str
    retry_after_s: float

    def __str__(self) -> str:
        return f"{self.symbol} of {self.owner} could not be closed, next attempt in {self.retry_after_s:g} s: {self.problem}"


@attrs.frozen
class ExitLeftOpen:
    """A position was closed as far as it could be: what is left may be too small for an order. Said once for each rest."""

    owner: str
    symbol: str
    qty: Decimal
    retry_after_s: float

    def __str__(self) -> str:
        return f"{self.qty} {self.symbol} of {self.owner} stayed open, next attempt in {self.retry_after_s:g} s"


@attrs.frozen
class ExitUnpriced:
    """A position's rules cannot be watched: its book is lost or too old. Said once, until it has a price again."""

    owner: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.symbol} of {self.owner} has no fresh price: only its age is watched"


@attrs.define
class _Watch:
    """What is remembered of one position between looks."""

    trail: TrailingMark = attrs.field(factory=TrailingMark)
    is_closing: bool = False
    is_unpriced: bool = False
    attempts: int = 0
    told_left_qty: Decimal | None = None
    opened_at_ns: int | None = None
    """When it was opened upon a rest too small to close; None where the position itself says when."""
    not_before_s: float = float("-inf")


@attrs.define(eq=False)
class ExitsMonitor:
    """Looks when the book of a held symbol changes, and every `every_s` seconds.

    `rules` are by owner, `rules_of_block` are those of the block that holds a position; where both are set, the first that
    says so closes it. Positions without either are left alone. What is too small to close (`is_rest`) counts as flat: a
    position that is opened upon it is a new one.

    `close(position, exit)` is given by the desk and returns
    once its orders are over. Each position has at most one under way, in a task of its own: one that is slow to close
    holds up no other. `now_ns` is the wall clock, nanoseconds since the epoch.
    """

    portfolio: Portfolio
    feed: Feed
    rules: Mapping[str, ExitRules]
    limits: RiskLimits
    close: Callable[[Position, Exit], Awaitable[object]]
    now_ns: Callable[[], int]
    every_s: float = 1.0
    probe: Probe = ignore
    clock: Callable[[], float] = trio.current_time
    check_in: Callable[[], None] = attrs.field(default=lambda: None)
    """Called after each look: a monitor that hangs does not call it."""
    rules_of_block: Callable[[str, str], ExitRules | None] = attrs.field(default=lambda _owner, _symbol: None)
    is_rest: Callable[[Position], bool] = attrs.field(default=lambda _position: False)
    _watches: dict[Key, _Watch] = attrs.field(factory=dict, init=False)
    _rests: dict[Key, None] = attrs.field(factory=dict, init=False)
    """Positions that were too small to close at the last look."""

    def look(self, now: float) -> tuple[tuple[Position, Exit], ...]:
        """The positions to close at `now` (seconds, the monitor's clock), and why. Each counts as being closed from here on."""
        found = []
        for position in self._watched():
            watch = self._watch(position)
            wanted = self._decide(position, watch)
            if wanted is not None and not watch.is_closing and now >= watch.not_before_s:
                watch.is_closing = True
                found.append((position, wanted))
        return tuple(found)

    async def run(self) -> None:
        """Look and close for ever. That a position cannot be closed is a notice; a bug in closing it ends the monitor."""
        async with trio.open_nursery() as nursery:
            while True:
                for position, wanted in self.look(self.clock()):
                    nursery.start_soon(self._close, position, wanted, name=f"close {position.symbol} of {position.owner}")
                self.check_in()
                with trio.move_on_after(self.every_s):
                    await self.feed.changed(sorted({position.symbol for position in self._watched()}))
                    await trio.sleep(PACE_S)

    def _watched(self) -> list[Position]:
        """Open positions with rules; what was remembered of others is forgotten."""
        ruled = [held for held in self.portfolio.positions() if not held.is_flat and self._rules(held)]
        rests = {(position.owner, position.symbol): None for position in ruled if self.is_rest(position)}
        held = [position for position in ruled if (position.owner, position.symbol) not in rests]
        keys = {(position.owner, position.symbol) for position in held}
        self._rests = {key: None for key in self._rests if key in keys} | rests
        self._watches = {key: watch for key, watch in self._watches.items() if key in keys or watch.is_closing}
        return held

    def _rules(self, position: Position) -> tuple[ExitRules, ...]:
        both = (self.rules.get(position.owner), self.rules_of_block(position.owner, position.symbol))
        return tuple(rules for rules in both if rules is not None)

    def _watch(self, position: Position) -> _Watch:
        key = (position.owner, position.symbol)
        if key not in self._watches:
            self._watches[key] = _Watch(opened_at_ns=self.now_ns() if key in self._rests else None)
            self._rests.pop(key, None)
        return self._watches[key]

    def _decide(self, position: Position, watch: _Watch) -> Exit | None:
        if watch.opened_at_ns is not None:
            position = attrs.evolve(position, opened_at_ns=watch.opened_at_ns)
        mark = closing_price(self.feed, self.limits, position)
        if mark is None and not watch.is_unpriced:
            tell(self.probe, ExitUnpriced(position.owner, position.symbol))
        watch.is_unpriced = mark is None
        best_price = watch.trail.see(position, mark) if mark is not None else None
        verdicts = (decide(position, rules, best_price, mark, self.now_ns()) for rules in self._rules(position))
        return next((verdict for verdict in verdicts if verdict is not None), None)

    async def _close(self, position: Position, wanted: Exit) -> None:
        key = (position.owner, position.symbol)
        tell(self.probe, ExitStarted(*key, position.qty, wanted.reason, wanted.detail))
        problem: str | None = None
        try:
            await self.close(position, wanted)
        except* SeawallError as failed:
            problem = "; ".join(f"{type(error).__name__}: {error}" for error in _leaves(failed))
        self._closed(key, problem)

    def _closed(self, key: Key, problem: str | None) -> None:
        watch, left = self._watches[key], self.portfolio.position(*key)
        watch.is_closing = False
        if problem is None and left.is_flat:
            del self._watches[key]
            return
        hold_s = min(self.every_s * 2 ** min(watch.attempts, MOST_DOUBLINGS), LONGEST_HOLD_S)
        watch.attempts += 1
        watch.not_before_s = self.clock() + hold_s
        if problem is not None:
            tell(self.probe, ExitFailed(*key, problem, hold_s))
        elif left.qty != watch.told_left_qty:
            watch.told_left_qty = left.qty
            tell(self.probe, ExitLeftOpen(*key, left.qty, hold_s))


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found
