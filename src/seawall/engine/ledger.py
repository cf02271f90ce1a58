"""What fills did to each asset of the account: what the balances should be, if nothing else moved them."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

import attrs

from seawall.engine.portfolio import SUMS
from seawall.model.numbers import ZERO
from seawall.model.reports import Balance, Fill

__all__ = ["Ledger", "LedgerStatistics"]


@attrs.frozen
class LedgerStatistics:
    """How many fills were counted, and whether the account's balances were given."""

    fills: int
    is_open: bool


@attrs.define(eq=False)
class Ledger:
    """Base, quote and fees of every fill of the account, whoever it was for, to the last digit.

    Deposits, withdrawals and rewards are no fills: after one of them the exchange's word differs from `expected`.
    """

    _changes: dict[str, Decimal] = attrs.field(factory=dict, init=False)
    _applied: set[str] = attrs.field(factory=set, init=False)
    _opening: dict[str, Decimal] | None = attrs.field(default=None, init=False)

    def opening(self, balances: Sequence[Balance]) -> None:
        """Start from what the exchange says the account holds; fills applied before are part of that.

        May be called again: the newest call counts.
        """
        told = {balance.asset: balance.total for balance in balances}
        with localcontext(SUMS):
            self._opening = {asset: told.get(asset, ZERO) - self.change(asset) for asset in sorted({*told, *self._changes})}

    def apply(self, fill: Fill) -> bool:
        """Count a fill; False when it was counted before."""
        if fill.exec_id in self._applied:
            return False
        self._applied.add(fill.exec_id)
        base, _, quote = fill.symbol.partition("/")
        with localcontext(SUMS):
            self._add(base, fill.side.sign * fill.qty)
            self._add(quote, -fill.side.sign * fill.cost)
            for fee in fill.fees:
                self._add(fee.asset, -fee.qty)
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
        return LedgerStatistics(fills=len(self._applied), is_open=self._opening is not None)

    def _add(self, asset: str, amount: Decimal) -> None:
        self._changes[asset] = self.change(asset) + amount
