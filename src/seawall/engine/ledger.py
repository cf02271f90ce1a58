"""What fills did to each asset of the account: what the balances should be, if nothing else moved them."""

import heapq
from collections.abc import Sequence
from decimal import Decimal, localcontext

import attrs

from seawall.engine.portfolio import SUMS
from seawall.model.numbers import ZERO
from seawall.model.reports import Balance, Fill

__all__ = ["Ledger", "LedgerStatistics"]


@attrs.frozen
class LedgerStatistics:
    """How many fills were counted, how many ids of theirs are remembered, and whether the account's balances were given."""

    fills: int
    remembered: int
    is_open: bool


@attrs.define(eq=False)
class Ledger:
    """Base, quote and fees of every fill of the account, whoever it was for, to the last digit.

    Deposits, withdrawals and rewards are no fills: after one of them the exchange's word differs from `expected`.

    A fill that is told only after the opening may have happened before it, and is then in the balances already: what tells
    is the exchange's own time of it. One from so near the opening that nobody can say (`doubt_ns` to either side) makes the
    ledger unsure: it is to be opened again.

    The exchange repeats itself, so ids are kept to tell repetitions: those of the newest `remember` fills by the exchange's
    time. A fill as old as those that were forgotten, and unknown, is taken for a repetition.
    """

    remember: int = 20_000
    doubt_ns: int = 2_000_000_000
    is_unsure: bool = attrs.field(default=False, init=False)
    """Whether the opening may or may not hold a fill that was counted after it."""
    _changes: dict[str, Decimal] = attrs.field(factory=dict, init=False)
    _applied: set[str] = attrs.field(factory=set, init=False)
    _ages: list[tuple[int, str]] = attrs.field(factory=list, init=False)
    """A heap of what is in `_applied`, oldest fill first."""
    _forgotten_to_ns: int = attrs.field(default=-1, init=False)
    _fills: int = attrs.field(default=0, init=False)
    _opening: dict[str, Decimal] | None = attrs.field(default=None, init=False)
    _opened_at_ns: int = attrs.field(default=0, init=False)

    def opening(self, balances: Sequence[Balance], at_ns: int) -> None:
        """Start from what the exchange says the account held at `at_ns` (its own clock); fills applied before are part of that.

        May be called again: the newest call counts.
        """
        told = {balance.asset: balance.total for balance in balances}
        with localcontext(SUMS):
            self._opening = {asset: told.get(asset, ZERO) - self.change(asset) for asset in sorted({*told, *self._changes})}
        self._opened_at_ns = at_ns
        self.is_unsure = False

    def apply(self, fill: Fill) -> bool:
        """Count a fill; False when it was counted before, or is so old that it must have been."""
        if fill.exec_id in self._applied or fill.at_ns <= self._forgotten_to_ns:
            return False
        self._remember(fill)
        base, _, quote = fill.symbol.partition("/")
        with localcontext(SUMS):
            moved = [(base, fill.side.sign * fill.qty), (quote, -fill.side.sign * fill.cost)]
            moved += [(fee.asset, -fee.qty) for fee in fill.fees]
            for asset, amount in moved:
                self._changes[asset] = self.change(asset) + amount
                if self._opening is not None and fill.at_ns < self._opened_at_ns:
                    self._opening[asset] = self._opening.get(asset, ZERO) - amount
        if self._opening is not None and abs(fill.at_ns - self._opened_at_ns) <= self.doubt_ns:
            self.is_unsure = True
        return True

    def change(self, asset: str) -> Decimal:
        """What all fills together did to `asset`; below zero when it became less."""
        return self._changes.get(asset, ZERO)

    def expected(self, asset: str) -> Decimal | None:
        """The total the exchange should tell; None before `opening`."""
        if self._opening is None:
            return None
        with localcontext(SUMS):
            return self._opening.get(asset, ZERO) + self.change(asset)

    def assets(self) -> tuple[str, ...]:
        """Every asset that was held at the opening or moved by a fill, sorted."""
        return tuple(sorted({*(self._opening or {}), *self._changes}))

    def statistics(self) -> LedgerStatistics:
        """What was counted so far."""
        return LedgerStatistics(fills=self._fills, remembered=len(self._applied), is_open=self._opening is not None)

    def _remember(self, fill: Fill) -> None:
        self._fills += 1
        self._applied.add(fill.exec_id)
        heapq.heappush(self._ages, (fill.at_ns, fill.exec_id))
        if len(self._ages) > self.remember:
            self._forgotten_to_ns, oldest = heapq.heappop(self._ages)
            self._applied.remove(oldest)
