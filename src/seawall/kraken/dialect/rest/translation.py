"""Orders and changes in the WebSocket's words, as REST writes them: one description of an order serves both transports.

Sources: docs.kraken.com/api/docs/websocket-v2/add_order and rest-api/add-order, and their pages about amends and edits. What
REST has no word for raises `OneWayOnly`, a ValueError that names the field.
"""

from decimal import Decimal
from typing import Final

from seawall.kraken.dialect.order_words import RULES, TRAILING, OneWayOnly, PriceType
from seawall.kraken.dialect.rest.call import plain_or_none
from seawall.kraken.dialect.rest.order_fields import OrderFlag, RestClose, RestEdit, RestOrder, RestTimeInForce
from seawall.kraken.dialect.rest.prices import Price, RelativePrice
from seawall.kraken.dialect.socket.orders import ConditionalClose, EditRequest, OrderRequest
from seawall.model.numbers import ZERO

__all__ = ["price_text", "rest_edit", "rest_order", "rest_price"]

_NS_PER_S: Final = 1_000_000_000
_FORCES: Final[dict[str, RestTimeInForce]] = {"gtc": "GTC", "ioc": "IOC", "gtd": "GTD", "fok": "FOK"}


def rest_price(price: Decimal, kind: PriceType | None) -> Price:
    """A price as it is, or a signed distance from the reference with its sign in front."""
    if kind in {None, "static"}:
        return price
    return RelativePrice("-" if price < ZERO else "+", price.copy_abs(), percent=kind == "pct")


def price_text(price: Decimal | None, kind: PriceType | None) -> str | None:
    """The same as text; None stays None. Raises ValueError for what is not finite."""
    if price is None or kind in {None, "static"}:
        return plain_or_none(price)
    return str(rest_price(price, kind))


def rest_order(order: OrderRequest) -> RestOrder:
    """The order without its pair, whose name REST takes apart. Raises `OneWayOnly`."""
    if order.margin:
        raise OneWayOnly("margin: REST must be told a number, so give leverage instead")
    if order.sender_sub_id is not None:
        raise OneWayOnly("sender_sub_id: it can be said by WebSocket only")
    price, price2 = _prices(order)
    volume = order.order_qty if order.cash_order_qty is None else order.cash_order_qty
    assert volume is not None, "an order request has one of them"
    return RestOrder(
        order_type=order.order_type,
        side=order.side,
        volume=volume,
        price=price,
        price2=price2,
        display_volume=order.display_qty,
        trigger=None if order.triggers is None else order.triggers.reference,
        leverage=order.leverage,
        reduce_only=order.reduce_only,
        flags=_flags(order),
        time_in_force=None if order.time_in_force is None else _FORCES[order.time_in_force],
        start_s=_whole_s(order.effective_time_ns),
        expire_s=_whole_s(order.expire_time_ns),
        stp_type=order.stp_type,
        cl_ord_id=order.cl_ord_id,
        userref=order.order_userref,
        close=None if order.conditional is None else _close(order.conditional),
        deadline_ns=order.deadline_ns,
        validate=order.validate,
    )


def rest_edit(change: EditRequest) -> RestEdit:
    """The edit without its pair. Raises `OneWayOnly`."""
    for name, value in (
        ("reduce_only", change.reduce_only),
        ("fee_preference", change.fee_preference),
        ("post_only", False if change.post_only is False else None),
        ("triggers.reference", None if change.triggers is None or change.triggers.reference == "last" else "index"),
        ("limit_price", change.limit_price if change.order_type is None and change.triggers is None else None),
    ):
        if value is not None:
            with_type = ", unless order_type says which price it is" if name == "limit_price" else ""
            raise OneWayOnly(f"{name}: REST has no word for it in an edit{with_type}")
    trigger = None if change.triggers is None else rest_price(change.triggers.price, change.triggers.price_type)
    waits = trigger is not None or (change.order_type is not None and RULES[change.order_type].trigger)
    return RestEdit(
        order_id=change.order_id,
        volume=change.order_qty,
        display_volume=change.display_qty,
        price=trigger if waits else change.limit_price,
        price2=change.limit_price if waits else None,
        post_only=bool(change.post_only),
        new_userref=change.order_userref,
        deadline_ns=change.deadline_ns,
        validate=change.validate,
    )


def _prices(order: OrderRequest) -> tuple[Price | None, Price | None]:
    """`price` and `price2`: the trigger comes first where there is one, and the limit of a trailing one counts from it."""
    limit = order.limit_price
    if order.triggers is None:
        return (None if limit is None else rest_price(limit, order.limit_price_type)), None
    trigger = rest_price(order.triggers.price, order.triggers.price_type)
    kind = order.limit_price_type
    if order.order_type in TRAILING:
        if not isinstance(trigger, RelativePrice):
            raise ValueError(f"triggers.price_type: {order.order_type} orders follow at a distance: pct or quote")
        kind = kind or "quote"
    return trigger, None if limit is None else rest_price(limit, kind)


def _close(close: ConditionalClose) -> RestClose:
    rule = RULES[close.order_type]
    trigger = None if close.trigger_price is None else rest_price(close.trigger_price, close.trigger_price_type)
    limit = None if close.limit_price is None else rest_price(close.limit_price, close.limit_price_type)
    return RestClose(
        order_type=close.order_type, price=trigger if rule.trigger else limit, price2=limit if rule.trigger else None
    )


def _flags(order: OrderRequest) -> tuple[OrderFlag, ...]:
    flags: list[OrderFlag] = []
    if order.post_only:
        flags.append("post")
    if order.fee_preference is not None:
        flags.append("fcib" if order.fee_preference == "base" else "fciq")
    if order.cash_order_qty is not None:
        flags.append("viqc")
    return tuple(flags)


def _whole_s(at_ns: int | None) -> int | None:
    return None if at_ns is None else at_ns // _NS_PER_S
