"""Orders through the plain client: over the private socket while it serves, by REST while it does not."""

from collections.abc import Sequence

import attrs
import trio

from seawall.kraken.client.account.ways import CancelAnswer, OrderOutcome
from seawall.kraken.client.api.calls.rest import NO_KEY
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.venue import KrakenVenue
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.model.errors import AccessDenied

__all__ = ["OrderCalls"]


@attrs.frozen(eq=False)
class OrderCalls:
    """One way to place, amend, edit and cancel: whichever transport is alive, and never the same request by both.

    Every request is counted under the exchange's limits, and none is sent twice. `sending` is called just before the first
    byte leaves: what has not left when a deadline strikes was not sent. Calls that place or change raise `NotSent`,
    `RefusedByExchange`, which a key that the exchange refuses is as well, and `OutcomeUnknown`; the others `AccessDenied`,
    `Unavailable` or `ExchangeError` in its place. Without a key all raise `AccessDenied`. Pairs go by any of their names.
    """

    _venue: KrakenVenue
    _names: Names
    _has_key: bool

    async def place(self, order: OrderRequest, sending: Sending = nothing) -> OrderAdded:
        """Place one order. With `validate` it is checked, and gets no `order_id`."""
        self._ready("placing an order")
        return await self._venue.submit(self._named(order), sending)

    async def place_batch(
        self,
        orders: Sequence[OrderRequest],
        *,
        deadline_ns: int | None = None,
        validate: bool | None = None,
        sending: Sending = nothing,
    ) -> tuple[OrderOutcome, ...]:
        """Place 2 to 15 orders of one pair at once: what became of each, in their order; one may fail and another not."""
        self._ready("placing orders")
        named = tuple(map(self._named, orders))
        return await self._venue.submit_batch(named, deadline_ns=deadline_ns, validate=validate, sending=sending)

    async def amend(self, change: AmendRequest, sending: Sending = nothing) -> OrderAmended:
        """Change an open order in place: it keeps its ids, and its place in the queue where the rules allow."""
        self._ready("amending an order")
        return await self._venue.amend_order(change, sending)

    async def edit(self, change: EditRequest, sending: Sending = nothing) -> OrderEdited:
        """Cancel an order and place a changed one. Amend wherever that can be had: an edit may cancel without placing."""
        self._ready("editing an order")
        return await self._venue.edit_order(attrs.evolve(change, symbol=self._names.symbol(change.symbol)), sending)

    async def cancel(
        self, *client_order_ids: str, order_ids: Sequence[str] = (), userrefs: Sequence[int] = ()
    ) -> tuple[CancelAnswer, ...]:
        """Cancel orders by any name: one answer each, those by `order_ids` first, then by client order ids, then by `userrefs`.

        Safe to repeat. Raises `NotSent`, or `OutcomeUnknown` where an answer was lost, after all were asked for.
        """
        self._ready("cancelling an order")
        return await self._venue.cancel_orders(order_ids=order_ids, client_order_ids=client_order_ids, userrefs=userrefs)

    async def cancel_all(self) -> int:
        """Cancel every open order of the account, whoever placed it. Returns how many. Raises as `cancel`."""
        self._ready("cancelling orders")
        return await self._venue.cancel_all()

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Have the exchange cancel every order of the account in so many seconds, unless it is told again; 0 disarms it."""
        self._ready("the dead man's switch")
        await self._venue.cancel_all_after(timeout_s)

    def _named(self, order: OrderRequest) -> OrderRequest:
        return attrs.evolve(order, symbol=self._names.symbol(order.symbol))

    def _ready(self, what: str) -> None:
        if self._venue.closed:
            raise trio.ClosedResourceError(f"{what}: the client's block was left")
        if not self._has_key:
            raise AccessDenied(f"{what} {NO_KEY}")
