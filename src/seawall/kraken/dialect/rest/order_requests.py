"""REST calls that make, change or end orders (docs.kraken.com/api/docs/rest-api).

What goes wrong with these may still have been carried out: read their answers with `placing` in mind.
"""

from collections.abc import Sequence
from typing import Final

from seawall.kraken.dialect.order_words import refuse_count
from seawall.kraken.dialect.rest.call import RestRequest, plain_or_none, private, word
from seawall.kraken.dialect.rest.order_fields import RestEdit, RestOrder
from seawall.kraken.dialect.rest.translation import price_text
from seawall.kraken.dialect.socket.json_text import deadline_text, given
from seawall.kraken.dialect.socket.orders import AmendRequest
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import OrderType
from seawall.model.reports import AmendOrder, PlaceOrder

__all__ = [
    "add_order",
    "add_order_batch",
    "amend_order",
    "cancel_all_orders",
    "cancel_all_orders_after",
    "cancel_order",
    "cancel_order_batch",
    "edit_order",
]

_LONGEST_TIMEOUT_S: Final = 86_399
_LEAST_ADDED: Final = 2
_MOST_ADDED: Final = 15
_MOST_CANCELED: Final = 50


def add_order(order: PlaceOrder | RestOrder, rest_name: str) -> RestRequest:
    """Place one order (add-order). `price` is the trigger of triggered types, `price2` their limit.

    A `PlaceOrder` always has its client order id and deadline set, and pays its fee in the quote asset: Kraken's own choice for
    sales is the base asset, of which there is nothing left when all is sold. A `RestOrder` says everything itself. Raises
    ValueError where a price that the type needs is missing.
    """
    if isinstance(order, RestOrder):
        return private("AddOrder", pair=rest_name, **order.form())
    order_type = OrderType(order.order_type)
    prices = []
    for name, needed, price in (
        ("trigger_price", order_type.has_trigger, order.trigger_price),
        ("limit_price", order_type.has_limit, order.limit_price),
    ):
        if needed and price is None:
            raise ValueError(f"{name}: needed for {order_type} orders")
        if needed:
            prices.append(plain_or_none(price, name))
    return private(
        "AddOrder",
        pair=rest_name,
        type=str(order.side),
        ordertype=str(order_type),
        volume=plain_or_none(order.qty, "qty"),
        price=prices[0] if prices else None,
        price2=prices[1] if len(prices) > 1 else None,
        timeinforce=order.time_in_force.upper(),
        oflags="post,fciq" if order.post_only else "fciq",
        cl_ord_id=order.client_order_id,
        deadline=to_rfc3339(order.deadline_ns, places=3),
    )


def add_order_batch(
    orders: Sequence[RestOrder],
    rest_name: str,
    *,
    deadline_ns: int | None = None,
    validate: bool | None = None,
    asset_class: str | None = None,
) -> RestRequest:
    """Place 2 to 15 orders of one pair at once (add-order-batch), as a JSON document.

    Raises ValueError for another count, and for an order that brings its own deadline or `validate`.
    """
    refuse_count("orders", len(orders), _LEAST_ADDED, _MOST_ADDED)
    rows = [order.fields() for order in orders]
    if any(row.keys() & {"deadline", "validate"} for row in rows):
        raise ValueError("orders: deadline and validate are of the whole batch")
    document = given(
        {
            "pair": rest_name,
            "orders": rows,
            "deadline": deadline_text(deadline_ns),
            "validate": validate,
            "asset_class": asset_class,
        }
    )
    return RestRequest("POST", "/0/private/AddOrderBatch", {}, document)


def amend_order(change: AmendOrder | AmendRequest) -> RestRequest:
    """Change an open order in place; what the change leaves as None is not sent (amend-order).

    Distances from the reference are written with their sign in front, and in percent with `%` behind.
    """
    if isinstance(change, AmendRequest):
        return _amend_with_everything(change)
    return private(
        "AmendOrder",
        cl_ord_id=change.client_order_id,
        order_qty=plain_or_none(change.qty, "qty"),
        limit_price=plain_or_none(change.limit_price, "limit_price"),
        post_only="true" if change.post_only else None,
        deadline=None if change.deadline_ns is None else to_rfc3339(change.deadline_ns, places=3),
    )


def _amend_with_everything(change: AmendRequest) -> RestRequest:
    return private(
        "AmendOrder",
        txid=change.order_id,
        cl_ord_id=change.cl_ord_id,
        order_qty=plain_or_none(change.order_qty),
        display_qty=plain_or_none(change.display_qty),
        limit_price=price_text(change.limit_price, change.limit_price_type),
        trigger_price=price_text(change.trigger_price, change.trigger_price_type),
        post_only=word(change.post_only),
        deadline=deadline_text(change.deadline_ns),
        pair=change.symbol,
    )


def edit_order(change: RestEdit, rest_name: str) -> RestRequest:
    """Replace an open order by a changed one with a new id (edit-order)."""
    return private("EditOrder", pair=rest_name, **change.form())


def cancel_order(*, client_order_id: str | None = None, order_id: str | None = None, userref: int | None = None) -> RestRequest:
    """Cancel one order by either id, or all of one user reference (cancel-order). Raises ValueError unless one is given."""
    if [client_order_id, order_id, userref].count(None) != 2:
        raise ValueError("cancel_order: give client_order_id, order_id or userref, and not both")
    return private("CancelOrder", txid=word(userref) if order_id is None else order_id, cl_ord_id=client_order_id)


def cancel_order_batch(orders: Sequence[str | int] = (), *, client_order_ids: Sequence[str] = ()) -> RestRequest:
    """Cancel up to 50 orders at once, by ids, user references and client order ids (cancel-order-batch), as a JSON document.

    Raises ValueError for none and for more.
    """
    refuse_count("orders", len(orders) + len(client_order_ids), 1, _MOST_CANCELED)
    document = given({"orders": list(orders) or None, "cl_ord_ids": list(client_order_ids) or None})
    return RestRequest("POST", "/0/private/CancelOrderBatch", {}, document)


def cancel_all_orders() -> RestRequest:
    """Cancel every open order of the account, whoever placed it (cancel-all-orders)."""
    return private("CancelAll")


def cancel_all_orders_after(timeout_s: int) -> RestRequest:
    """Arm the dead man's switch, or disarm it with 0; below a day (cancel-all-orders-after)."""
    if not 0 <= timeout_s <= _LONGEST_TIMEOUT_S:
        raise ValueError(f"timeout_s: {timeout_s} is not between 0 and {_LONGEST_TIMEOUT_S}")
    return private("CancelAllOrdersAfter", timeout=str(timeout_s))
