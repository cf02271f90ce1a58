"""What each strategy holds and has earned, from its fills and nothing else.

Average cost: a fill that adds to a position adds its cost; one that takes from it takes the same share of the cost,
and the rest is realized. A fill that goes through zero closes the whole position and opens the other side with what is
left of it. Fees in the quote asset are taken off the realized profit, fees in the base asset off the quantity; a fee
in any other asset is counted, and converted into nothing.

Nothing is lost to rounding: only a share of a cost is ever rounded, the rest of that cost stays with the position, and
closing a position takes all that is left. So for every position, realized profit less the cost of what is open is, to
the last digit, the money that moved.
"""

from collections.abc import Iterable
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.model.reports import Fill

__all__ = ["SUMS", "Portfolio", "Position"]

SUMS: Final = Context(prec=200, traps=[InvalidOperation, DivisionByZero, Inexact])
"""Adds amounts of money exactly, or raises. It has no reason to: a number of the exchange's that is let in has at most 40
digits before the point and 80 after it, so whatever the exchange may write, a fill is counted and nothing is rounded."""

_SHARES: Final = Context(prec=200, traps=[InvalidOperation, DivisionByZero])
_AVERAGES: Final = Context(prec=28, traps=[InvalidOperation, DivisionByZero])
_SHARE_STEP: Final = Decimal("1E-18")


@attrs.frozen
class Position:
    """One strategy's position in one symbol.

    `qty` is in base, below zero when short; `average_price` is what one unit of it cost (fees in base included), None
    when flat. `realized` is in quote, with fees in quote taken off. `fees` are all fees so far, by asset.
    `opened_at_ns` is when the position left zero, or changed sides, last.
    """

    owner: str
    symbol: str
    qty: Decimal
    average_price: Decimal | None
    realized: Decimal
    fees: tuple[tuple[str, Decimal], ...]
    opened_at_ns: int | None

    @property
    def base(self) -> str:
        """The asset held."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """The asset in which profit is counted."""
        return self.symbol.partition("/")[2]

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held."""
        return self.qty == ZERO


@attrs.define
class _Account:
    """One owner's account of one symbol; `cost` is below zero when short: what selling brought."""

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    fees: dict[str, Decimal] = attrs.field(factory=dict)
    opened_at_ns: int | None = None

    def move(self, qty: Decimal, cash: Decimal, at_ns: int) -> None:
        """Change the holding by `qty` of base, for `cash` of quote received (below zero: paid)."""
        if qty == ZERO:
            self.realized += cash
            return
        if self.qty == ZERO or (self.qty > ZERO) == (qty > ZERO):
            self._open(qty, cash, at_ns)
            return
        closing = min(abs(qty), abs(self.qty))
        cash_of_closing = _share(cash, closing, abs(qty))
        cost_of_closing = _share(self.cost, closing, abs(self.qty))
        closed = closing if self.qty > ZERO else -closing
        self.realized += cash_of_closing - cost_of_closing
        self.cost -= cost_of_closing
        self.qty -= closed
        if self.qty == ZERO:
            self.opened_at_ns = None
        if qty != -closed:
            self._open(qty + closed, cash - cash_of_closing, at_ns)

    def _open(self, qty: Decimal, cash: Decimal, at_ns: int) -> None:
        if self.opened_at_ns is None:
            self.opened_at_ns = at_ns
        self.qty += qty
        self.cost -= cash


@attrs.define(eq=False)
class Portfolio:
    """All positions of all strategies.

    Fills count in the order in which they are applied; each counts once, told apart by `exec_id`. The exchange may repeat
    any of them, so an id is kept until whoever applies fills knows that its order cannot be meant again, and says so
    (`forget`, `forget_before`).
    """

    _accounts: dict[tuple[str, str], _Account] = attrs.field(factory=dict, init=False)
    _applied: dict[str, int] = attrs.field(factory=dict, init=False)
    """Execution ids, with the exchange's time of each."""
    _fills: int = attrs.field(default=0, init=False)

    def __repr__(self) -> str:
        return f"<Portfolio: {self._fills} fills, {len(self.positions())} positions>"

    def apply(self, owner: str, fill: Fill) -> bool:
        """Count a fill for `owner`; False when it was counted before, for whomever."""
        if fill.exec_id in self._applied:
            return False
        self._applied[fill.exec_id] = fill.at_ns
        self._fills += 1
        account = self._accounts.setdefault((owner, fill.symbol), _Account())
        base, _, quote = fill.symbol.partition("/")
        with localcontext(SUMS):
            for fee in fill.fees:
                account.fees[fee.asset] = account.fees.get(fee.asset, ZERO) + fee.qty
            account.realized -= _fee_in(quote, fill)
            account.move(fill.side.sign * fill.qty - _fee_in(base, fill), -fill.side.sign * fill.cost, fill.at_ns)
        assert account.qty != ZERO or account.cost == ZERO, f"{owner} holds no {base}, but it cost {account.cost}"
        return True

    def forget(self, exec_ids: Iterable[str]) -> None:
        """These will not be applied again: their orders are known no more."""
        for exec_id in exec_ids:
            self._applied.pop(exec_id, None)

    def forget_before(self, at_ns: int) -> None:
        """No fill from before that instant of the exchange's clock will be applied again."""
        self._applied = {exec_id: filled_ns for exec_id, filled_ns in self._applied.items() if filled_ns >= at_ns}

    @property
    def remembered(self) -> int:
        """How many execution ids are kept."""
        return len(self._applied)

    def position(self, owner: str, symbol: str) -> Position:
        """What `owner` holds of `symbol`; a flat position when it never traded it."""
        return _position(owner, symbol, self._accounts.get((owner, symbol)) or _Account())

    def positions(self) -> tuple[Position, ...]:
        """All positions that are open or have realized something, sorted by owner and symbol."""
        return tuple(
            _position(owner, symbol, account)
            for (owner, symbol), account in sorted(self._accounts.items(), key=lambda item: item[0])
            if account.qty != ZERO or account.realized != ZERO
        )

    def total_qty(self, symbol: str) -> Decimal:
        """What all strategies together hold of `symbol`, in base."""
        return total(account.qty for (_, traded), account in self._accounts.items() if traded == symbol)

    def open_cost(self, owner: str, symbol: str) -> Decimal:
        """What the open position cost, exactly, in quote; below zero when short: what selling brought."""
        account = self._accounts.get((owner, symbol))
        return account.cost if account is not None else ZERO

    @staticmethod
    def open_profit(position: Position, mark: Decimal) -> Decimal:
        """What closing `position` at the price `mark` would realize, in quote, before the fees of closing it."""
        return ZERO if position.average_price is None else position.qty * (mark - position.average_price)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    with localcontext(SUMS):
        return sum(amounts, ZERO)


def _fee_in(asset: str, fill: Fill) -> Decimal:
    return sum((fee.qty for fee in fill.fees if fee.asset == asset), ZERO)


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`part` of `whole` of `amount`: all of it when that is everything, else rounded to a fixed number of places."""
    if part == whole:
        return amount
    return _SHARES.quantize(_SHARES.divide(_SHARES.multiply(amount, part), whole), _SHARE_STEP)


def _position(owner: str, symbol: str, account: _Account) -> Position:
    return Position(
        owner=owner,
        symbol=symbol,
        qty=account.qty,
        average_price=_AVERAGES.divide(account.cost, account.qty) if account.qty != ZERO else None,
        realized=account.realized,
        fees=tuple(sorted(account.fees.items())),
        opened_at_ns=account.opened_at_ns,
    )
