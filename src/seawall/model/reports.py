"""What the exchange says about our own orders, fills and balances.

These are the facts that any venue reports to the engine, whatever wire they came by. They may repeat and they may
come in any order; fills are told apart by `exec_id`.
"""

from decimal import Decimal
from enum import StrEnum

import attrs

from seawall.model.numbers import EXACT
from seawall.model.orders import Side

__all__ = [
    "Acknowledgement",
    "AmendOrder",
    "Balance",
    "Fee",
    "Fill",
    "OrderReport",
    "OrderStatus",
    "PlaceOrder",
    "PrivateSnapshot",
]


class OrderStatus(StrEnum):
    """What the exchange calls the state of an order."""

    PENDING = "pending"
    """Received and validated, not live yet."""
    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


@attrs.frozen
class Fee:
    """What a fill cost: `qty` of `asset`."""

    asset: str
    qty: Decimal


@attrs.frozen
class Fill:
    """One execution. `qty` in base, `price` and `cost` in quote; `exec_id` is Kraken's trade id, the same on every wire."""

    exec_id: str
    order_id: str
    client_order_id: str | None
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    cost: Decimal
    fees: tuple[Fee, ...]
    maker: bool
    at_ns: int


@attrs.frozen
class OrderReport:
    """What the exchange says of one order: None where it did not say.

    `filled_qty` and `filled_cost` are totals of the order so far. The stream of reports is sparse: merge, never replace.
    `order_type` is Kraken's word; `on_margin` whether it trades borrowed money.
    """

    order_id: str
    client_order_id: str | None
    status: OrderStatus
    at_ns: int
    symbol: str | None = None
    side: Side | None = None
    qty: Decimal | None = None
    limit_price: Decimal | None = None
    filled_qty: Decimal | None = None
    filled_cost: Decimal | None = None
    reason: str | None = None
    order_type: str | None = None
    trigger_price: Decimal | None = None
    post_only: bool | None = None
    on_margin: bool | None = None


@attrs.frozen
class Balance:
    """One asset of the account: `total`, of which `held` is reserved by open orders."""

    asset: str
    total: Decimal
    held: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """What a new order may use."""
        return EXACT.subtract(self.total, self.held)


@attrs.frozen
class PrivateSnapshot:
    """The account as the private stream gives it at (re)connection: all open orders, and the newest fills."""

    open_orders: tuple[OrderReport, ...]
    fills: tuple[Fill, ...]


@attrs.frozen
class Acknowledgement:
    """The exchange took the order, and calls it `order_id`."""

    order_id: str
    client_order_id: str


@attrs.frozen
class PlaceOrder:
    """One order ready to be sent, every field decided.

    `deadline_ns` is on the exchange's clock, nanoseconds since the epoch: later than that it will not match the order.
    """

    client_order_id: str
    symbol: str
    side: Side
    order_type: str
    qty: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    time_in_force: str
    post_only: bool
    deadline_ns: int


@attrs.frozen
class AmendOrder:
    """New values for an open order; None leaves a value as it is. `qty` is the new total, not the remainder.

    `order_id`, the exchange's own, names an order that has no id of ours.
    """

    client_order_id: str
    qty: Decimal | None = None
    limit_price: Decimal | None = None
    post_only: bool = False
    deadline_ns: int | None = None
    order_id: str | None = None
