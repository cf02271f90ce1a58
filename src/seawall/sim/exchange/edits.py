"""Replacing an open order by a new one (docs.kraken.com/api/docs/rest-api/edit-order, guides/spot-amends).

The fills so far stay with the old order, and the new one is for what they leave of the new quantity; ids are new, and the
place in the queue is lost. Cancel and placement are two steps: a new order that is refused leaves the old one canceled.
"""

from decimal import Decimal

import attrs

from seawall.sim.exchange.checks import check_order
from seawall.sim.exchange.floor import Floor
from seawall.sim.exchange.orders import NewOrder, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["REPLACED", "OrderEdit", "replacement"]

REPLACED = "Order replaced"


@attrs.frozen
class OrderEdit:
    """New values; None leaves a value as it is, but for `userref`, which is not kept. `qty` is the new total."""

    qty: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    post_only: bool | None = None
    userref: int | None = None
    deadline_ns: int | None = None
    display_qty: Decimal | None = None
    fee_in_base: bool | None = None


def replacement(floor: Floor, order: SimOrder, edit: OrderEdit) -> NewOrder:
    """The order that is to take the place of another. Raises `ApiError`, and then nothing has changed."""
    if order.cl_ord_id is not None:
        raise invalid("cl_ord_id orders cannot be edited")
    if order.ask.close is not None:
        raise invalid("orders with a conditional close cannot be edited")
    if order.triggered_ns is not None:
        raise invalid("triggered orders cannot be edited")
    if order.ask.trail is not None and (edit.limit_price, edit.trigger_price) != (None, None):
        raise invalid("the distance of a trailing stop cannot be edited")
    qty = order.qty if edit.qty is None else edit.qty
    if qty <= order.cum_qty:
        raise invalid("volume")
    ask = attrs.evolve(
        order.ask,
        qty=qty - order.cum_qty,
        limit_price=order.limit_price if edit.limit_price is None else edit.limit_price,
        trigger_price=order.trigger_price if edit.trigger_price is None else edit.trigger_price,
        post_only=order.ask.post_only if edit.post_only is None else edit.post_only,
        display_qty=order.display_qty if edit.display_qty is None else edit.display_qty,
        fee_in_base=order.ask.fee_in_base if edit.fee_in_base is None else edit.fee_in_base,
        userref=edit.userref,
        deadline_ns=edit.deadline_ns,
    )
    check_order(ask, floor.markets[ask.pair.symbol].last)
    if not order.idle and not floor.affords(ask, ask.qty, ask.limit_price, spare=order):
        raise ApiError("EOrder:Insufficient funds")
    return ask
