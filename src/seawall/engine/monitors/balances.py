"""Compares what our fills did to the account with what the exchange says it holds."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import attrs
import trio

from seawall.engine.changes import Changes
from seawall.engine.ledger import Ledger
from seawall.engine.settings import Deadlines
from seawall.model.errors import AccessDenied, ExchangeError, Unavailable
from seawall.model.numbers import ZERO
from seawall.model.reports import Balance
from seawall.model.venue import Probe, Venue
from seawall.resilience.probes import ignore, tell

__all__ = ["BalanceDiffers", "BalancesAgreed", "BalancesMonitor", "BalancesNotTold"]

DENIED_HOLD_S = 3_600.0
"""Time without a question after the account was refused: Kraken locks out keys that go on asking."""


@attrs.frozen
class BalanceDiffers:
    """The exchange holds another total of `asset` than our fills add up to.

    A fill was missed, or the account was moved by other hands: a deposit, a withdrawal, a reward, a trade of their own.
    """

    asset: str
    expected: Decimal
    told: Decimal

    def __str__(self) -> str:
        return f"{self.asset}: the exchange holds {self.told}, our fills add up to {self.expected}"


@attrs.frozen
class BalancesAgreed:
    """Every asset is what it should be, to the last digit: said the first time, and after a difference."""

    assets: int

    def __str__(self) -> str:
        return f"balances agree, {self.assets} assets"


@attrs.frozen
class BalancesNotTold:
    """The exchange could not be asked, and will be asked again: said once until it can."""

    problem: str

    def __str__(self) -> str:
        return f"balances could not be compared: {self.problem}"


BalancesNotice = BalanceDiffers | BalancesAgreed


def _unheard(_differing: tuple[BalanceDiffers, ...]) -> None:
    """Where nobody acts on a verdict."""


@attrs.define(eq=False)
class BalancesMonitor:
    """Asks every `every_s` seconds, but only while `is_quiet()`: nothing in flight, nothing in doubt.

    An answer may be behind a fill or ahead of it. So it counts only when nothing was filled while it was under way, and
    a difference only when a second answer, `deadlines.settle_s` later, tells the same one.
    """

    venue: Venue
    ledger: Ledger
    is_quiet: Callable[[], bool]
    deadlines: Deadlines = attrs.field(factory=Deadlines)
    every_s: float = 60.0
    probe: Probe = ignore
    on_verdict: Callable[[tuple[BalanceDiffers, ...]], None] = _unheard
    """Called after each whole comparison with what differs now."""
    wake: Changes = attrs.field(factory=Changes)
    """Pulsed when it is worth while to compare before the next turn."""
    clock: Callable[[], float] = trio.current_time
    _told: dict[str, Decimal] = attrs.field(factory=dict, init=False)
    """Differences that were said, by asset."""
    _agreed: bool = attrs.field(default=False, init=False)
    _is_mute: bool = attrs.field(default=False, init=False)
    _not_before_s: float = attrs.field(default=float("-inf"), init=False)

    def look(self, balances: Sequence[Balance]) -> tuple[BalancesNotice, ...]:
        """What is to be said of an answer: each difference once, until it is another one or none."""
        differing = self.differences(balances)
        news = tuple(found for found in differing if self._told.get(found.asset) != found.told - found.expected)
        self._told = {found.asset: found.told - found.expected for found in differing}
        if differing or self._agreed:
            self._agreed = self._agreed and not differing
            return news
        self._agreed = True
        return (BalancesAgreed(len(self.ledger.assets())),)

    def differences(self, balances: Sequence[Balance]) -> tuple[BalanceDiffers, ...]:
        """Every asset, sorted, whose total is not what the ledger expects; none before the ledger's opening."""
        told = {balance.asset: balance.total for balance in balances}
        found = []
        for asset in sorted({*told, *self.ledger.assets()}):
            expected = self.ledger.expected(asset)
            if expected is not None and expected != told.get(asset, ZERO):
                found.append(BalanceDiffers(asset, expected, told.get(asset, ZERO)))
        return tuple(found)

    async def compare(self) -> tuple[BalancesNotice, ...]:
        """One comparison; empty when it could not be made, or has nothing new to say.

        A ledger that is unsure of its opening is opened again by an answer that a second one confirms.
        """
        asked_at_ns = self.venue.now_ns()
        first = await self._ask()
        if first is None:
            return ()
        found = self.differences(first)
        if found:
            await trio.sleep(self.deadlines.settle_s)
            second = await self._ask()
            if second is None or self.differences(second) != found:
                return ()
        if self.ledger.is_unsure:
            self.ledger.opening(first, asked_at_ns)
        self.on_verdict(self.differences(first))
        return self.look(first)

    async def run(self) -> None:
        """Compare for ever. That the exchange does not answer is a notice, not an end."""
        while True:
            for notice in await self.compare():
                tell(self.probe, notice)
            with trio.move_on_after(self.every_s):
                await self.wake.wait()

    async def _ask(self) -> tuple[Balance, ...] | None:
        """The exchange's answer; None when there is none that can be compared."""
        if not self._may_ask():
            return None
        fills = self.ledger.statistics().fills
        answer: tuple[Balance, ...] | None = None
        problem = f"no answer within {self.deadlines.query_s:g} s"
        try:
            with trio.move_on_after(self.deadlines.query_s):
                answer = await self.venue.balances()
        except AccessDenied as error:
            self._not_before_s = self.clock() + DENIED_HOLD_S
            problem = f"AccessDenied: {error}; not asked again for {DENIED_HOLD_S:g} s"
        except (Unavailable, ExchangeError) as error:
            problem = f"{type(error).__name__}: {error}"
        if answer is None:
            self._not_told(problem)
            return None
        self._is_mute = False
        return answer if self.is_quiet() and self.ledger.statistics().fills == fills else None

    def _may_ask(self) -> bool:
        return self.is_quiet() and self.ledger.statistics().is_open and self.clock() >= self._not_before_s

    def _not_told(self, problem: str) -> None:
        if not self._is_mute:
            tell(self.probe, BalancesNotTold(problem))
        self._is_mute = True
