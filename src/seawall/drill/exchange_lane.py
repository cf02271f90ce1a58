"""What the exchange does about orders, as facts: the lane across the water, where the truth is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from seawall.drill.oracle.exchange_record import AMENDS, CANCELS, PLACES
from seawall.sim.assembly import Simulator
from seawall.sim.exchange.events import (
    Event,
    OrderAmended,
    OrderEnded,
    OrderReceived,
    OrderTraded,
    PairStatusChanged,
    StatusChanged,
)
from seawall.sim.exchange.orders import SimOrder
from seawall.sim.requests import Request
from seawall.sim.settings import Door

__all__ = ["orders_told", "tell_of_exchange"]

Tell = Callable[[str, str, str], None]
"""Lane, kind and text of a fact."""

_LANE: Final = "exchange"
_ABOUT_ORDERS: Final = PLACES | AMENDS | CANCELS
_ID_END: Final = 5


def tell_of_exchange(sim: Simulator, tell: Tell) -> None:
    """Tell of every order that comes, changes and ends there, and of every request about orders that arrives."""

    def arrived(request: Request) -> None:
        if request.method in _ABOUT_ORDERS:
            where = "by REST" if request.door is Door.REST else f"over socket {request.connection}"
            tell(_LANE, "asked", f"is asked {where}: {request.method}")

    sim.exchange.listen(orders_told(tell))
    sim.requests.listeners.append(arrived)


def orders_told(tell: Tell) -> Callable[[Event], None]:
    """What turns the exchange's own events into facts: of orders, and of what it takes."""

    def hear(event: Event) -> None:
        match event:
            case OrderReceived(order=order):
                price = "market" if order.limit_price is None else f"at {order.limit_price}"
                what = f"{order.side.value} {_plain(order.qty)} {order.pair.symbol} {price}"
                tell(_LANE, "order taken", f"takes {_name(order)}: {what}")
            case OrderAmended(order=order):
                tell(_LANE, "order amended", f"amends {_name(order)}: {_plain(order.qty)} at {order.limit_price}")
            case OrderTraded(order=order, fill=fill):
                of = f", {_plain(order.qty - event.cum_qty)} left" if event.cum_qty < order.qty else ""
                tell(_LANE, "order traded", f"fills {_name(order)}: {_plain(fill.qty)} at {fill.price}{of}")
            case OrderEnded(order=order):
                reason = f": {order.reason}" if order.reason else ""
                tell(_LANE, "order ended", f"ends {_name(order)}, {order.status.value}{reason}")
            case StatusChanged(status=status):
                tell(_LANE, "status", f"is {status.value} from now on")
            case PairStatusChanged(pair=pair):
                tell(_LANE, "pair status", f"treats {pair.symbol} otherwise from now on")

    return hear


def _name(order: SimOrder) -> str:
    """Under the end of the client order id, as the desk tells of it; an order of another hand under the exchange's own."""
    return f"foreign order {order.order_id}" if order.cl_ord_id is None else f"order …{order.cl_ord_id[-_ID_END:]}"


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
