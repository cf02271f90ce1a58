"""An order as its owner sees it, for as long as the owner's block is open."""

from decimal import Decimal

import attrs

from seawall.engine.desk import Desk
from seawall.engine.order_table import Order
from seawall.model.numbers import positive
from seawall.model.order_states import OrderState
from seawall.model.orders import Number
from seawall.model.reports import Fill

__all__ = ["FillStream", "WorkingOrder"]


@attrs.define(eq=False)
class FillStream:
    """The fills of one order, in the order they were counted, from its first; ends when the order has ended.

    Nothing is queued: the order keeps its own fills, so none is dropped and nobody is held up by a slow reader.
    A cancelled wait loses nothing.
    """

    _order: Order
    _desk: Desk
    _seen: int = 0

    def __aiter__(self) -> "FillStream":
        return self

    async def __anext__(self) -> Fill:
        order = self._order
        while self._seen == len(order.fills):
            if order.settled:
                raise StopAsyncIteration
            await self._desk.blotter.changes_of(order).wait()
        self._seen += 1
        return order.fills[self._seen - 1]


@attrs.define(eq=False, repr=False)
class WorkingOrder:
    """A live order in the hands of the block that placed it; made by `Market.working`."""

    _order: Order
    _desk: Desk

    def __repr__(self) -> str:
        order = self._order
        return f"<WorkingOrder {order.client_order_id} {order.intent} {order.state} filled={order.filled_qty}>"

    @property
    def client_order_id(self) -> str:
        """Our own id of it, never used for another."""
        return self._order.client_order_id

    @property
    def order_id(self) -> str | None:
        """The exchange's id of it."""
        return self._order.order_id

    @property
    def state(self) -> OrderState:
        """Where it stands."""
        return self._order.state

    @property
    def ended(self) -> bool:
        """Whether nothing of it can fill any more."""
        return self._order.ended

    @property
    def qty(self) -> Decimal:
        """The total it is for, in base, after amends."""
        return self._order.qty

    @property
    def limit_price(self) -> Decimal | None:
        """Its limit, in quote, after amends."""
        return self._order.limit_price

    @property
    def filled_qty(self) -> Decimal:
        """What has filled so far, in base."""
        return self._order.filled_qty

    @property
    def average_price(self) -> Decimal | None:
        """What the fills so far paid for a unit, in quote, without fees; None before the first."""
        filled = self._order.filled_qty
        return self._order.filled_cost / filled if filled else None

    @property
    def reason(self) -> str | None:
        """Why it ended, in the exchange's words where it gave some."""
        return self._order.reason

    async def done(self) -> OrderState:
        """Return once it has ended and all its fills are counted: filled, cancelled, expired.

        Does not cancel it; a cancelled wait changes nothing.
        """
        await self._desk.ended(self._order)
        return self._order.state

    def fills(self) -> FillStream:
        """Its fills, from the first: `async for fill in order.fills()`. Ends when the order has."""
        return FillStream(self._order, self._desk)

    async def amend(self, *, qty: Number | None = None, price: Number | None = None) -> None:
        """Change the total quantity, the limit price, or both, in place; the order keeps its id and its fills.

        A lower quantity keeps the place in the queue; any other change loses it
        (docs.kraken.com/api/docs/guides/spot-amends). Raises `RefusedByRisk`, `RefusedByExchange` (the order stays as
        it was), `NotSent`, and `BadNumber` for what is not exact. Where the answer is lost this reads the order back
        before it returns. On cancellation the change may or may not be made: the order stays yours either way.
        """
        if qty is None and price is None:
            raise ValueError("amend: give qty, price, or both")
        await self._desk.amend(
            self._order,
            qty=None if qty is None else positive(qty, "qty"),
            limit_price=None if price is None else positive(price, "price"),
        )

    async def cancel(self) -> OrderState:
        """Cancel what still rests, and return once the exchange has shown it ended. Leaving the block does the same."""
        await self._desk.see_off(self._order)
        return self._order.state
