"""Orders on whichever way serves, under the exchange's rate counters."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import attrs
import trio

from seawall.kraken.client.account.cancels import gravest
from seawall.kraken.client.account.pace import Pace
from seawall.kraken.client.account.rest_orders import RestOrders
from seawall.kraken.client.account.socket_orders import SocketOrders
from seawall.model.errors import NotSent, RefusedByExchange, SeawallError, UnknownSymbol
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder
from seawall.model.venue import CancelOutcome

__all__ = ["OrderWay", "Orders"]

_MOST_CANCELS: Final = 50
"""Orders in one cancel: as many as a batch may hold (docs.kraken.com/api/docs/websocket-v2/batch_cancel)."""


class OrderWay(Protocol):
    """One transport for orders. Raises as the methods of `Venue` of the same names."""

    def check(self, order: PlaceOrder) -> None:
        """Raise ValueError or `UnknownSymbol` where the order cannot be written."""
        ...

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Send one order, once."""
        ...

    async def amend(self, change: AmendOrder) -> None:
        """Change an open order."""
        ...

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Ask for cancels of different orders, at most 50."""
        ...

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Set the dead man's switch."""
        ...


@attrs.define(eq=False)
class Orders:
    """The private socket while it serves, REST while it does not; no request goes both ways."""

    _socket: SocketOrders
    _rest: RestOrders
    _pace: Pace

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Raises as `Venue.place`."""
        try:
            self._rest.check(order)
            self._socket.check(order)
        except (UnknownSymbol, ValueError) as error:
            raise NotSent(f"the order cannot be written: {error}") from error
        self._pace.place(order.client_order_id, order.symbol, trio.current_time())
        try:
            return await self._way().place(order, sending)
        except RefusedByExchange as refusal:
            self._pace.refused(order.symbol, refusal, trio.current_time())
            raise

    async def amend(self, change: AmendOrder) -> None:
        """Raises as `Venue.amend`."""
        self._pace.amend(change.client_order_id, trio.current_time())
        try:
            await self._way().amend(change)
        except RefusedByExchange as refusal:
            self._pace.refused(self._pace.symbol_of(change.client_order_id), refusal, trio.current_time())
            raise

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Raises as `Venue.cancel`, after all were asked for. Ids may repeat."""
        ids = tuple(dict.fromkeys(client_order_ids))
        for each in ids:
            self._pace.cancel(each, trio.current_time())
        by_id: dict[str, CancelOutcome] = {}
        failures: list[SeawallError] = []
        for begin in range(0, len(ids), _MOST_CANCELS):
            try:
                outcomes = await self._way().cancel(ids[begin : begin + _MOST_CANCELS])
            except SeawallError as failure:
                failures.append(failure)  # raised below: the orders behind these are to be cancelled all the same
            else:
                by_id.update((outcome.client_order_id, outcome) for outcome in outcomes)
        if failures:
            raise gravest(failures)
        return tuple(by_id[each] for each in client_order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Raises as `Venue.cancel_all_after`."""
        await self._way().cancel_all_after(timeout_s)

    def _way(self) -> OrderWay:
        return self._socket if self._socket.responsive else self._rest
