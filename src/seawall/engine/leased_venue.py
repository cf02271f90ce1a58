"""The last gate before the exchange: an engine that is not sure of its lease sends nothing but cancels."""

from collections.abc import Callable, Sequence

import attrs

from seawall.model.errors import NotSent
from seawall.model.instruments import Instrument
from seawall.model.market_data import Candle, VenueStatus
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders, Venue

__all__ = ["LeasedVenue"]


@attrs.define(eq=False)
class LeasedVenue:
    """Another venue, as long as `doubt` has none. Implements `seawall.model.venue.Venue`.

    Orders, amends and the dead man's switch raise `NotSent` with the doubt: also its disarming, since it would disarm the
    switch of whoever has the account now. Cancels and questions pass.
    """

    venue: Venue
    doubt: Callable[[], str | None]
    name: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.name = self.venue.name

    def instrument(self, symbol: str) -> Instrument:
        """Passes."""
        return self.venue.instrument(symbol)

    def status(self) -> VenueStatus:
        """Passes."""
        return self.venue.status()

    def now_ns(self) -> int:
        """Passes."""
        return self.venue.now_ns()

    async def follow_book(self, symbol: str) -> None:
        """Passes."""
        await self.venue.follow_book(symbol)

    async def follow_trades(self, symbol: str) -> None:
        """Passes."""
        await self.venue.follow_trades(symbol)

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        """Passes."""
        return await self.venue.follow_candles(symbol, interval_s)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Passes without a doubt, and without one just before the first byte leaves, which may have had to wait."""

        def sending_for_sure() -> None:
            self._check()
            sending()

        self._check()
        return await self.venue.place(order, sending_for_sure)

    async def amend(self, change: AmendOrder) -> None:
        """Passes without a doubt."""
        self._check()
        await self.venue.amend(change)

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        """Passes."""
        return await self.venue.cancel(client_order_ids, order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Passes without a doubt."""
        self._check()
        await self.venue.cancel_all_after(timeout_s)

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        """Passes."""
        return await self.venue.find_order(client_order_id, order_id)

    async def open_orders(self) -> OpenOrders:
        """Passes."""
        return await self.venue.open_orders()

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """Passes."""
        return await self.venue.fills_since(at_ns)

    async def balances(self) -> tuple[Balance, ...]:
        """Passes."""
        return await self.venue.balances()

    def _check(self) -> None:
        doubt = self.doubt()
        if doubt is not None:
            raise NotSent(f"lease: {doubt}")
