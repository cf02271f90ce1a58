"""The two seams of the engine: a venue that trades, and a listener that is told.

The engine knows an exchange only through `Venue`; an exchange knows the engine only through `VenueListener`.
Neither side imports the other.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

import attrs

from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.reports import (
    Acknowledgement,
    AmendOrder,
    Balance,
    Fill,
    OrderReport,
    PlaceOrder,
    PrivateSnapshot,
)

__all__ = ["CancelOutcome", "OpenOrders", "Probe", "Venue", "VenueListener"]

Probe = Callable[[object], None]
"""Takes one notice: a frozen instance of an attrs class that states a fact which has happened. Never blocks."""


@attrs.frozen
class OpenOrders:
    """Every open order of the account, foreign ones too, as the exchange listed them at `asked_at_ns` of its own clock."""

    orders: tuple[OrderReport, ...]
    asked_at_ns: int


@attrs.frozen
class CancelOutcome:
    """What the exchange answered to a cancel.

    `accepted` means that it took the request: the end itself is told by a report. Not accepted means that it knows no
    such *open* order: it ended before, or was never placed; `reason` is the exchange's text. `client_order_id` is the name
    that was given: the exchange's own id where the order was named by that.
    """

    client_order_id: str
    accepted: bool
    reason: str | None = None


class VenueListener(Protocol):
    """What the engine wants told, in the order it arrived.

    Called by the task that reads the wire. Calls return at once: they never block and never await. An exception from
    here is a bug of the engine's. A class that extends this one writes down only the calls it cares for: here they do nothing.
    """

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        """The book of `symbol` changed and its checksum held. `received_s`: when its bytes arrived, engine's clock."""
        return

    def book_lost(self, symbol: str, reason: str) -> None:
        """The book of `symbol` is not to be trusted until the next `book_changed`. Called before any waiting."""
        return

    def traded(self, trades: Sequence[Trade]) -> None:
        """The market printed trades, oldest first."""
        return

    def candle_changed(self, candle: Candle) -> None:
        """The running candle of one symbol and interval changed, or one was closed."""
        return

    def order_reported(self, report: OrderReport) -> None:
        """The exchange said something about an order: ours, or a foreign one of the same account."""
        return

    def filled(self, fill: Fill) -> None:
        """An execution; may repeat one told before."""
        return

    def balance_changed(self, asset: str, total: Decimal) -> None:
        """The exchange's word on the total of one asset."""
        return

    def private_lost(self, reason: str) -> None:
        """Facts about orders may go missing from now on."""
        return

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        """The private stream runs (again); the snapshot is the truth about what is open."""
        return

    def status_changed(self, status: VenueStatus) -> None:
        """The exchange as a whole takes other things than before."""
        return


class Venue(Protocol):
    """One account at one exchange.

    The caller owns all deadlines. Unless a method says otherwise it raises `Unavailable` where the exchange cannot be
    asked, `AccessDenied` where the account is refused, `ExchangeError` where it answered with another error.
    """

    name: str

    def instrument(self, symbol: str) -> Instrument:
        """The pair; raises `UnknownSymbol`."""
        ...

    def status(self) -> VenueStatus:
        """What the exchange takes now, as it last said."""
        ...

    def now_ns(self) -> int:
        """The exchange's clock, estimated: nanoseconds since the epoch."""
        ...

    async def follow_book(self, symbol: str) -> None:
        """Return once the book of `symbol` is subscribed, for as long as the venue lives. Idempotent.

        Cancellation leaves the subscription wanted. Raises `UnknownSymbol`.
        """
        ...

    async def follow_trades(self, symbol: str) -> None:
        """As `follow_book`, for the trades the market prints."""
        ...

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        """As `follow_book`, for candles; returns those already closed, oldest first, and the running one last."""
        ...

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Send one order and wait for its answer. Calls `sending` just before the first byte leaves; never sends twice.

        Raises `NotSent` when certain that nothing left (`sending` was not called), `RefusedByExchange` when the
        exchange said no, `OutcomeUnknown` for every other failure. On cancellation after `sending` was called the
        outcome is unknown too.
        """
        ...

    async def amend(self, change: AmendOrder) -> None:
        """Change an open order in place. Raises as `place`; on `OutcomeUnknown` read the order back."""
        ...

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        """Ask for cancels on the cancel lane, which no breaker and no other traffic can hold up.

        `order_ids` are the exchange's own, for orders that another hand placed. One outcome for each, in this order.
        Safe to repeat. Raises `OutcomeUnknown` where an answer was lost, `NotSent` where nothing left.
        """
        ...

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Arm Kraken's dead man's switch, or disarm it with 0. It covers every order of the account."""
        ...

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        """Every order that ever had this id, open or ended, and the exchange's clock when it was asked (ns).

        With `order_id`, the exchange's own, the question is cheaper; without it, finding nothing may be an answer.
        """
        ...

    async def open_orders(self) -> OpenOrders:
        """Every open order of the account."""
        ...

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """Every fill of the account after that instant, oldest first."""
        ...

    async def balances(self) -> tuple[Balance, ...]:
        """Every asset of the account that is not zero, with what open orders hold of it."""
        ...
