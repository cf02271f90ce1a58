"""What an exchange knows of its account, in one message: the other side of everything an engine claims."""

from decimal import Decimal

import attrs

from seawall.sim import SimAddresses, Simulator

__all__ = ["Contact", "Counted", "Told", "ToldFill", "ToldOrder", "tell"]


@attrs.frozen
class Contact:
    """Where an exchange is, and the key to its account."""

    addresses: SimAddresses
    key: str
    secret: str


@attrs.frozen
class Counted:
    """How many order requests arrived so far, and how many orders are open now."""

    asked: int
    open_orders: int


@attrs.frozen
class ToldOrder:
    """One order as the exchange has it; `status` in the words of the `executions` channel."""

    order_id: str
    client_order_id: str | None
    symbol: str
    status: str


@attrs.frozen
class ToldFill:
    """One execution; `signed_qty` is below zero for what was sold."""

    exec_id: str
    client_order_id: str | None
    symbol: str
    signed_qty: Decimal


@attrs.frozen
class Told:
    """All orders and fills of the account, and the client order id of each order request that arrived, by either transport."""

    orders: tuple[ToldOrder, ...]
    fills: tuple[ToldFill, ...]
    asked: tuple[str, ...]


def tell(sim: Simulator) -> Told:
    """Ask a simulated exchange in this process."""
    orders = (
        ToldOrder(order.order_id, order.cl_ord_id, order.pair.symbol, str(order.status)) for order in sim.exchange.orders.values()
    )
    fills = (ToldFill(fill.exec_id, fill.cl_ord_id, fill.pair.symbol, fill.qty * fill.side.sign) for fill in sim.exchange.fills)
    asked = (str(request.params.get("cl_ord_id")) for request in sim.requests.of("add_order", "AddOrder"))
    return Told(tuple(orders), tuple(fills), tuple(asked))
