"""Positions as scopes: what is bought inside a block is sold before it is left, or handed over by name.

The position of a block is the strategy's own in that symbol: a block is entered flat (or with `adopt`), and there is one
at a time for each strategy and symbol, so that every fill of the strategy's in the symbol belongs to it.
"""

from collections.abc import Iterator
from decimal import Decimal

import attrs

from seawall.engine.closing import TOO_SMALL, Closing, Closings
from seawall.engine.desk import Desk
from seawall.engine.exits import Exit
from seawall.engine.order_table import Order
from seawall.engine.portfolio import Position
from seawall.engine.settings import ExitRules
from seawall.model.errors import BadNumber, RefusedByRisk, UnknownSymbol
from seawall.model.numbers import plain, positive
from seawall.model.orders import Number

__all__ = ["Holding", "HoldingCutShort", "Holdings", "exit_rules"]


@attrs.frozen
class HoldingCutShort:
    """A block was left before its position was seen closed: the desk goes on closing it."""

    owner: str
    symbol: str
    qty: Decimal
    deadline_s: float

    def __str__(self) -> str:
        return f"{plain(self.qty)} {self.symbol} of {self.owner} not closed within {self.deadline_s:g} s, the desk goes on"


@attrs.define(eq=False, repr=False)
class Holding:
    """A position in the hands of the block that holds it; made by `Market.holding`."""

    owner: str
    symbol: str
    rules: ExitRules
    _desk: Desk
    _closings: Closings
    exit: Exit | None = attrs.field(default=None, init=False)
    """The rule that closed it last; None while none has."""
    handed_over: str | None = attrs.field(default=None, init=False)
    """Why it outlives the block; None while it is to be closed with it."""
    entered: bool = attrs.field(default=False, init=False)

    def __repr__(self) -> str:
        fate = f"handed over: {self.handed_over}" if self.handed_over is not None else "closed with its block"
        return f"<Holding {self.owner} {plain(self.qty)} {self.symbol}, {fate}>"

    @property
    def position(self) -> Position:
        """What is held now, what it cost, and what it has earned."""
        return self._desk.blotter.portfolio.position(self.owner, self.symbol)

    @property
    def qty(self) -> Decimal:
        """What is held now, in base; below zero when short."""
        return self.position.qty

    @property
    def average_price(self) -> Decimal | None:
        """What one unit cost, in quote; None when nothing is held."""
        return self.position.average_price

    @property
    def is_closed(self) -> bool:
        """Whether nothing is held that an order of the exchange's minimum could be for."""
        return not self._desk.tradable_qty(self.symbol, self.qty)

    async def closed(self) -> Exit | None:
        """Return once nothing is held any more, at once when nothing is; the rule that closed it, None when none did.

        The strategy may trade in the symbol again then. Closes nothing; a cancelled wait changes nothing.
        """
        if not self.is_closed and not self._desk.intake.is_closing(self.owner, self.symbol):
            self.exit = None  # that was another position
        while not self.is_closed or self._desk.intake.is_closing(self.owner, self.symbol):
            await self._desk.blotter.changed.wait()
        return self.exit

    async def close(self) -> None:
        """Close it at market now, orders of the strategy in the symbol first; leaving the block does the same.

        Returns once it is closed, however long that takes; the desk goes on with it when the wait is cancelled.
        """
        if not self._closings.is_closed(self.owner, self.symbol):
            await self._closings.see_over(self._closings.begin(self.owner, self.symbol, "its owner closes it"))

    def hand_over(self, reason: str) -> None:
        """Let the position outlive the block: what is held when it is left belongs to the strategy, as any other.

        The block's rules end with the block. `reason` is for people: the log, the journal and the certificate have it.
        Raises ValueError when it is empty.
        """
        if not reason.strip():
            raise ValueError("reason: say why the position outlives its block")
        self.handed_over = reason


@attrs.define(eq=False, repr=False)
class Holdings:
    """The blocks that hold positions now, and how they are entered and left."""

    desk: Desk
    closings: Closings
    _open: dict[tuple[str, str], Holding] = attrs.field(factory=dict, init=False)

    def __repr__(self) -> str:
        return f"<Holdings: {', '.join(repr(holding) for holding in self) or 'none'}>"

    def __iter__(self) -> Iterator[Holding]:
        return iter(tuple(self._open.values()))

    def begin(self, owner: str, symbol: str, rules: ExitRules) -> Holding:
        """Reserve a strategy's position in a symbol for one block. Raises `RefusedByRisk` when another one has it."""
        if (owner, symbol) in self._open:
            raise RefusedByRisk("holding", f"another block of {owner} holds its position in {symbol}")
        holding = self._open[owner, symbol] = Holding(owner, symbol, rules, self.desk, self.closings)
        return holding

    async def enter(self, holding: Holding, *, adopt: bool) -> None:
        """Return once it is certain what is held, and that nothing of earlier blocks can change it.

        Raises `RefusedByRisk` where the strategy's own orders rest, or where something is held and not adopted. On
        cancellation nothing has changed.
        """
        owner, symbol = holding.owner, holding.symbol
        while (closing := self.closings.under_way(owner, symbol)) is not None:
            await closing.over.wait()
        while (order := self._unsettled(holding, adopt=adopt)) is not None:
            await self.desk.ended(order)
        if not holding.is_closed and not adopt:
            raise RefusedByRisk("held", f"{plain(holding.qty)} {symbol} is held already: adopt=True takes it into the block")
        self.closings.take_up(owner, symbol)
        holding.entered = True

    def leave(self, holding: Holding) -> Closing | None:
        """A block ends: its position is handed over, or being closed from here on. What to wait for; None for nothing."""
        owner, symbol = holding.owner, holding.symbol
        if self._open.get((owner, symbol)) is not holding:
            return None  # left before
        del self._open[owner, symbol]
        if not holding.entered:
            return None
        if holding.handed_over is not None:
            self.closings.hand_over(owner, symbol, holding.handed_over)
            return None
        if self.closings.is_closed(owner, symbol):
            self.closings.hand_over(owner, symbol, TOO_SMALL)
            return None
        return self.closings.begin(owner, symbol, "its block was left")

    def is_rest(self, owner: str, symbol: str) -> bool:
        """Whether what is held is too small for the exchange to take an order for, or of a pair that it lists no more."""
        try:
            return not self.desk.tradable_qty(symbol, self.desk.blotter.portfolio.position(owner, symbol).qty)
        except UnknownSymbol:
            return True

    def rules_of(self, owner: str, symbol: str) -> ExitRules | None:
        """The rules of the block that holds a position; None when no block does."""
        holding = self._open.get((owner, symbol))
        return holding.rules if holding is not None and holding.entered else None

    def exiting(self, owner: str, symbol: str, why: Exit) -> None:
        """A rule closes a position now: its block, if it has one, can say which."""
        holding = self._open.get((owner, symbol))
        if holding is not None:
            holding.exit = why

    def _unsettled(self, holding: Holding, *, adopt: bool) -> Order | None:
        """An order to wait for. Raises `RefusedByRisk` for one that somebody still wants to rest."""
        for order in self.desk.blotter.table.unsettled(holding.owner, holding.symbol):
            if order.ended or not order.wanted or self.desk.intake.is_closing(holding.owner, holding.symbol):
                return order
            if not (order.kept and adopt):
                raise RefusedByRisk(
                    "orders", f"{order.intent} is the strategy's own and open: enter the block before it is placed"
                )
        return None


def exit_rules(
    stop_loss: Number | None, take_profit: Number | None, trailing: Number | None, max_age_s: float | None
) -> ExitRules:
    """Rules from what a strategy's author writes. Raises `BadNumber` (a ValueError), which names the argument."""
    if max_age_s is not None and not max_age_s > 0:
        raise BadNumber("max_age_s", max_age_s, "a number of seconds above zero")
    return ExitRules(
        stop_loss=None if stop_loss is None else _fraction(stop_loss, "stop_loss"),
        take_profit=None if take_profit is None else positive(take_profit, "take_profit"),
        trailing=None if trailing is None else _fraction(trailing, "trailing"),
        max_age_s=max_age_s,
    )


def _fraction(value: Number, name: str) -> Decimal:
    number = positive(value, name)
    if number >= 1:
        raise BadNumber(name, value, "a fraction of the price below 1, such as '0.02' for 2 %")
    return number
