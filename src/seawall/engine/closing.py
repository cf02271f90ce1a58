"""Positions that are to be closed whoever has left: each by a task of the desk's own, until nothing is left to close.

The counterpart of `seawall.engine.custody`, for positions. What cannot be closed now is tried again; what can never be,
because the exchange takes no order that small, is handed over, and told.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final

import attrs
import trio

from seawall.engine.desk import Desk
from seawall.model.errors import JournalFailed, SeawallError
from seawall.model.numbers import plain
from seawall.model.venue import Probe

__all__ = ["Closing", "ClosingStatistics", "Closings", "PositionCloseFailed", "PositionHandedOver"]

TOO_SMALL: Final = "less than an order of the exchange may be for"

Key = tuple[str, str]
"""Owner and symbol."""


@attrs.frozen
class PositionCloseFailed:
    """A position that must be closed could not be; it is tried again in `retry_after_s`, or, where that is None, no more."""

    owner: str
    symbol: str
    qty: Decimal
    problem: str
    retry_after_s: float | None

    def __str__(self) -> str:
        following = "it stays open" if self.retry_after_s is None else f"next attempt in {self.retry_after_s:g} s"
        return f"{plain(self.qty)} {self.symbol} of {self.owner} could not be closed, {following}: {self.problem}"


@attrs.frozen
class PositionHandedOver:
    """A position outlives the block that held it: it is its strategy's from now on, and no rule of the block watches it."""

    owner: str
    symbol: str
    qty: Decimal
    reason: str

    def __str__(self) -> str:
        return f"{plain(self.qty)} {self.symbol} of {self.owner} is handed over: {self.reason}"


@attrs.define(eq=False)
class Closing:
    """One position that is being closed. `finished` says whether that came to an end of its own."""

    owner: str
    symbol: str
    over: trio.Event = attrs.field(factory=trio.Event)
    finished: bool = False


@attrs.frozen
class ClosingStatistics:
    """Positions now: being closed by a task, to be closed (those among them), and left to their strategy by a block."""

    under_way: int
    unclosed: int
    handed_over: int


@attrs.define(eq=False, repr=False)
class Closings:
    """Closes positions, each once at a time, and remembers what became of those that are left."""

    desk: Desk
    probe: Probe
    pause: Callable[[int], float]
    """The delay before the n-th repetition, in seconds."""
    unclosed: dict[Key, str] = attrs.field(factory=dict, init=False)
    """Positions that must be closed and are not, with the newest reason."""
    handed_over: dict[Key, str] = attrs.field(factory=dict, init=False)
    """Positions that outlived their block, and why."""
    _under_way: dict[Key, Closing] = attrs.field(factory=dict, init=False)

    def __repr__(self) -> str:
        counts = self.statistics()
        return f"<Closings: {counts.under_way} under way, {counts.unclosed} unclosed, {counts.handed_over} handed over>"

    def under_way(self, owner: str, symbol: str) -> Closing | None:
        """The task that closes this position now, if there is one."""
        return self._under_way.get((owner, symbol))

    def is_closed(self, owner: str, symbol: str) -> bool:
        """Whether nothing is held that an order could take, and nothing is on its way that could change that."""
        return not self.desk.blotter.table.unsettled(owner, symbol) and not self.desk.closable_qty(owner, symbol)

    def hand_over(self, owner: str, symbol: str, reason: str) -> None:
        """Let a position be: it is its strategy's. Nothing is told of one that is flat."""
        qty = self._qty(owner, symbol)
        if qty:
            self.handed_over[owner, symbol] = reason
            self.probe(PositionHandedOver(owner, symbol, qty, reason))
            self.desk.blotter.say(owner, "handed over", f"{plain(qty)} {symbol}: {reason}")

    def take_up(self, owner: str, symbol: str) -> None:
        """Somebody holds the position again: what was said of it before is over."""
        self.handed_over.pop((owner, symbol), None)

    def begin(self, owner: str, symbol: str, reason: str) -> Closing:
        """Have a position closed by a task of the desk's, whoever waits for it; one that is being closed already is not twice."""
        closing = self._under_way.get((owner, symbol))
        if closing is None:
            closing = self._listed(owner, symbol, reason)
            if not self.desk.custody.start(partial(self._close, closing), name=f"close {symbol} of {owner}"):
                self._end(closing)
        return closing

    async def see_over(self, closing: Closing) -> None:
        """Return once a position is closed, as far as it can be. The desk goes on with it when the caller gives up waiting.

        Where the desk has ended (a bug took it, say) the work is done here, for as long as the caller waits.
        """
        await closing.over.wait()
        if not closing.finished:
            await self._close(self._listed(closing.owner, closing.symbol, "the desk has ended"))

    def statistics(self) -> ClosingStatistics:
        """How many positions are being closed, should be closed and are not, and were handed over."""
        return ClosingStatistics(len(self._under_way), len(self.unclosed), len(self.handed_over))

    async def over(self) -> None:
        """Return once no position is being closed."""
        while self._under_way:
            await next(iter(self._under_way.values())).over.wait()

    def _listed(self, owner: str, symbol: str, reason: str) -> Closing:
        closing = self._under_way[owner, symbol] = Closing(owner, symbol)
        self.unclosed[owner, symbol] = reason
        return closing

    async def _close(self, closing: Closing) -> None:
        """Try until it is closed. Only a journal that failed ends this before: what cannot be written is not sent."""
        attempt = 0
        try:
            with self.desk.intake.closing(closing.owner, closing.symbol):
                while not await self._attempt(closing, attempt):
                    attempt += 1
            closing.finished = True
        finally:
            self._end(closing)

    async def _attempt(self, closing: Closing, attempt: int) -> bool:
        """Try once; true when there will be no other try. Waits a while after one that failed."""
        owner, symbol = closing.owner, closing.symbol
        try:
            left = await self.desk.close_position(owner, symbol)
        except JournalFailed as failure:
            self._failed(closing, f"JournalFailed: {failure}", None)
            return True
        except SeawallError as problem:
            pause_s = max(self.pause(attempt), problem.retry_after_s or 0.0)
            self._failed(closing, f"{type(problem).__name__}: {problem}", pause_s)
        else:
            if self.is_closed(owner, symbol):
                self.unclosed.pop((owner, symbol), None)
                if left:
                    self.hand_over(owner, symbol, TOO_SMALL)
                return True
            pause_s = self.pause(attempt)
            self._failed(closing, "the order that closes it was not filled to the end", pause_s)
        await trio.sleep(pause_s)
        return False

    def _failed(self, closing: Closing, problem: str, retry_after_s: float | None) -> None:
        owner, symbol = closing.owner, closing.symbol
        self.unclosed[owner, symbol] = problem
        self.probe(PositionCloseFailed(owner, symbol, self._qty(owner, symbol), problem, retry_after_s))

    def _end(self, closing: Closing) -> None:
        del self._under_way[closing.owner, closing.symbol]
        closing.over.set()

    def _qty(self, owner: str, symbol: str) -> Decimal:
        return self.desk.blotter.portfolio.position(owner, symbol).qty
