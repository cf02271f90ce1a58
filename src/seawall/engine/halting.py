"""What becomes of open orders when the engine halts: whatever could open or grow risk goes, what protects a position stays.

A stop that rests under a position is the safest order there is, and cancelling it because money was lost would leave the
position with nothing. So an order stays when it was made to rest alone (`keep=True`) or waits for a trigger, and when it can
only bring its owner's position in that symbol nearer to zero, even if every other order that stays fills too. All else is
cancelled, orders in doubt among them.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from seawall.engine.order_table import Order
from seawall.model.numbers import ZERO
from seawall.model.order_states import OrderState

__all__ = ["to_cancel"]

PositionOf = Callable[[str, str], Decimal]
"""Owner and symbol to what is held, in base; below zero when short."""


def to_cancel(live: Iterable[Order], position_of: PositionOf) -> tuple[Order, ...]:
    """Those of the live orders that must go. Of several that protect one position, triggered ones stay first, then older ones."""
    orders = tuple(live)
    left: dict[tuple[str, str], Decimal] = {}
    staying: set[str] = set()
    for order in sorted(filter(_protects, orders), key=lambda order: not order.intent.order_type.has_trigger):
        key = (order.owner, order.symbol)
        held = left.setdefault(key, position_of(*key))
        after = held + order.side.sign * order.exposed_qty
        if abs(after) < abs(held) and after * held >= ZERO:
            left[key] = after
            staying.add(order.client_order_id)
    return tuple(order for order in orders if order.client_order_id not in staying)


def _protects(order: Order) -> bool:
    return order.state is OrderState.OPEN and order.wanted and (order.kept or order.intent.order_type.has_trigger)
