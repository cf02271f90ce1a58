"""Orders by REST, for while the private socket does not serve."""

from collections.abc import Callable, Sequence

import attrs
import trio

from seawall.kraken.client.account.cancels import gravest, refused_cancel
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.dialect import rest
from seawall.model.errors import ExchangeError, SeawallError
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder
from seawall.model.venue import CancelOutcome

__all__ = ["RestOrders"]


@attrs.define(eq=False)
class RestOrders:
    """An `OrderWay` of one call for each request."""

    _rest: RestClient
    _reference: Reference

    def check(self, order: PlaceOrder) -> None:
        """Raise ValueError where the order cannot be written, `UnknownSymbol` for a pair that the exchange does not list."""
        self._written(order)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Call `AddOrder`. Raises as `Venue.place`."""
        return await self._rest.place(
            self._written(order), lambda answer: rest.read_added_order(answer.body, order.client_order_id), sending
        )

    async def amend(self, change: AmendOrder) -> None:
        """Call `AmendOrder`. Raises as `Venue.amend`."""
        await self._rest.place(rest.amend_order(change), lambda answer: rest.read_amended_order(answer.body))

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Call `CancelOrder` for each, at the same time: one lost answer does not hold up the rest."""
        outcomes: dict[str, CancelOutcome] = {}
        failures: list[SeawallError] = []

        async def cancel_one(client_order_id: str) -> None:
            try:
                outcomes[client_order_id] = await self._cancel_one(client_order_id)
            except SeawallError as failure:
                failures.append(failure)

        async with trio.open_nursery() as nursery:
            for each in client_order_ids:
                nursery.start_soon(cancel_one, each)
        if failures:
            raise gravest(failures)
        return tuple(outcomes[each] for each in client_order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Call `CancelAllOrdersAfter`. Raises as `Venue.cancel_all_after`."""
        await self._rest.cancel(rest.cancel_all_orders_after(timeout_s), lambda answer: rest.read_cancel_all_after(answer.body))

    def _written(self, order: PlaceOrder) -> rest.RestRequest:
        return rest.add_order(order, self._reference.instrument(order.symbol).rest_name)

    async def _cancel_one(self, client_order_id: str) -> CancelOutcome:
        try:
            count = await self._rest.cancel(
                rest.cancel_order(client_order_id=client_order_id), lambda answer: rest.read_cancel_count(answer.body)
            )
        except ExchangeError as refusal:
            return refused_cancel(client_order_id, refusal.errors)
        return CancelOutcome(client_order_id, accepted=count > 0, reason=None if count else "the exchange counts no order")
