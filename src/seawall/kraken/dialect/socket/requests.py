"""Requests on the WebSocket, as the text to send (docs.kraken.com/api/docs/websocket-v2, a page per method).

Each encoder writes its fields in one fixed order, so that equal requests are equal text. Prices and quantities are JSON
numbers in plain digits, never strings (the exchange refuses those) and never with an exponent. Encoders check nothing that
the desk decides; they raise ValueError only for what can not be written.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.order_words import refuse_count
from seawall.kraken.dialect.socket.json_text import deadline_text, number_token, optional_token, request_text, text_of
from seawall.kraken.dialect.socket.orders import AmendRequest, ConditionalClose, EditRequest, OrderRequest, TriggerTerms
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import OrderType
from seawall.model.reports import AmendOrder, PlaceOrder

__all__ = [
    "AmendRequest",
    "ConditionalClose",
    "EditRequest",
    "OrderRequest",
    "TriggerTerms",
    "add_order",
    "amend_order",
    "batch_add",
    "batch_cancel",
    "cancel_all",
    "cancel_all_orders_after",
    "cancel_order",
    "edit_order",
    "ping",
    "subscribe",
    "unsubscribe",
]

_LONGEST_TIMEOUT_S: Final = 86_399
_LEAST_ADDED: Final = 2
_MOST_ADDED: Final = 15
_LEAST_CANCELED: Final = 2
_MOST_CANCELED: Final = 50


def subscribe(
    channel: str,
    req_id: int | None,
    *,
    symbols: Sequence[str] = (),
    depth: int | None = None,
    interval: int | None = None,
    event_trigger: str | None = None,
    snapshot: bool | None = None,
    snap_orders: bool | None = None,
    snap_trades: bool | None = None,
    order_status: bool | None = None,
    ratecounter: bool | None = None,
    rebased: bool | None = None,
    users: str | None = None,
    include_tokenized_assets: bool | None = None,
    execution_venue: str | None = None,
    token: str | None = None,
) -> str:
    """Subscribe to a channel; None leaves a field to the exchange's default. `interval` is in minutes.

    One answer comes for each symbol, all with this `req_id`. For `executions` give `snap_orders` and `snap_trades`
    explicitly: the page states their defaults in two ways (websocket-v2/executions). `users="all"` is for master accounts;
    `rebased` and `include_tokenized_assets` matter to tokenised assets.
    """
    return request_text(
        "subscribe",
        req_id,
        {
            "channel": channel,
            "symbol": list(symbols) or None,
            "depth": depth,
            "interval": interval,
            "event_trigger": event_trigger,
            "snapshot": snapshot,
            "snap_orders": snap_orders,
            "snap_trades": snap_trades,
            "order_status": order_status,
            "ratecounter": ratecounter,
            "rebased": rebased,
            "users": users,
            "include_tokenized_assets": include_tokenized_assets,
            "execution_venue": execution_venue,
            "token": token,
        },
    )


def unsubscribe(
    channel: str,
    req_id: int | None,
    *,
    symbols: Sequence[str] = (),
    depth: int | None = None,
    interval: int | None = None,
    event_trigger: str | None = None,
    token: str | None = None,
) -> str:
    """End a subscription. `depth`, `interval` and `event_trigger` must repeat what was subscribed, or the default is meant."""
    return request_text(
        "unsubscribe",
        req_id,
        {
            "channel": channel,
            "symbol": list(symbols) or None,
            "depth": depth,
            "interval": interval,
            "event_trigger": event_trigger,
            "token": token,
        },
    )


def ping(req_id: int) -> str:
    """Ask for a `pong`; has no `params`, which the exchange would refuse (websocket-v2/ping)."""
    return text_of({"method": "ping", "req_id": req_id})


def add_order(order: PlaceOrder | OrderRequest, token: str, req_id: int | None) -> str:
    """Place one order (websocket-v2/add_order).

    A `PlaceOrder` always has its client order id and its deadline set, and its triggers watch the last price. It pays its fee
    in the quote asset: Kraken's own choice for sales is the base asset, of which there is nothing left when all is sold. An
    `OrderRequest` says everything itself. Raises ValueError where a price that the type needs is missing.
    """
    if isinstance(order, OrderRequest):
        return request_text("add_order", req_id, {**order.params(), "token": token})
    order_type = OrderType(order.order_type)
    return request_text(
        "add_order",
        req_id,
        {
            "order_type": str(order_type),
            "side": str(order.side),
            "symbol": order.symbol,
            "order_qty": number_token(order.qty, "qty"),
            "limit_price": _needed(order.limit_price, "limit_price", order_type) if order_type.has_limit else None,
            "triggers": {
                "reference": "last",
                "price": _needed(order.trigger_price, "trigger_price", order_type),
                "price_type": "static",
            }
            if order_type.has_trigger
            else None,
            "time_in_force": order.time_in_force,
            "post_only": order.post_only or None,
            "fee_preference": "quote",
            "cl_ord_id": order.client_order_id,
            "deadline": to_rfc3339(order.deadline_ns, places=3),
            "token": token,
        },
    )


def amend_order(change: AmendOrder | AmendRequest, token: str, req_id: int | None) -> str:
    """Change an open order in place; what the change leaves as None is not sent (websocket-v2/amend_order)."""
    if isinstance(change, AmendRequest):
        return request_text("amend_order", req_id, {**change.params(), "token": token})
    return request_text(
        "amend_order",
        req_id,
        {
            "cl_ord_id": change.client_order_id,
            "order_qty": optional_token(change.qty, "qty"),
            "limit_price": optional_token(change.limit_price, "limit_price"),
            "post_only": change.post_only or None,
            "deadline": None if change.deadline_ns is None else to_rfc3339(change.deadline_ns, places=3),
            "token": token,
        },
    )


def edit_order(change: EditRequest, token: str, req_id: int | None) -> str:
    """Replace an open order by a changed one with a new id (websocket-v2/edit_order)."""
    return request_text("edit_order", req_id, {**change.params(), "token": token})


def batch_add(
    orders: Sequence[OrderRequest],
    token: str,
    req_id: int | None,
    *,
    deadline_ns: int | None = None,
    validate: bool | None = None,
) -> str:
    """Place 2 to 15 orders of one symbol at once (websocket-v2/batch_add).

    Deadline and `validate` are the batch's. Raises ValueError for another count, for several symbols, and for an order that
    brings its own deadline or `validate`.
    """
    refuse_count("orders", len(orders), _LEAST_ADDED, _MOST_ADDED)
    symbol = orders[0].symbol
    rows = []
    for order in orders:
        if order.symbol != symbol:
            raise ValueError(f"orders: {symbol} and {order.symbol} cannot go in one batch")
        row = order.params()
        del row["symbol"]
        if row.keys() & {"deadline", "validate"}:
            raise ValueError("orders: deadline and validate are of the whole batch")
        rows.append(row)
    return request_text(
        "batch_add",
        req_id,
        {"symbol": symbol, "orders": rows, "deadline": deadline_text(deadline_ns), "validate": validate, "token": token},
    )


def batch_cancel(orders: Sequence[str], token: str, req_id: int | None, *, client_order_ids: Sequence[str] = ()) -> str:
    """Cancel 2 to 50 orders at once; `orders` are the exchange's ids or user references (websocket-v2/batch_cancel).

    Raises ValueError for another count.
    """
    refuse_count("orders", len(orders) + len(client_order_ids), _LEAST_CANCELED, _MOST_CANCELED)
    return request_text(
        "batch_cancel",
        req_id,
        {"orders": list(orders), "cl_ord_id": list(client_order_ids) or None, "token": token},
    )


def cancel_order(
    client_order_ids: Sequence[str],
    token: str,
    req_id: int | None,
    *,
    order_ids: Sequence[str] = (),
    order_userrefs: Sequence[int] = (),
) -> str:
    """Cancel orders by client order id, or others by the exchange's id or by user reference (websocket-v2/cancel_order).

    One answer comes for each order, all with this `req_id`, in any order. Raises ValueError when all lists are empty.
    """
    if not client_order_ids and not order_ids and not order_userrefs:
        raise ValueError("cancel_order: it names no order")
    return request_text(
        "cancel_order",
        req_id,
        {
            "order_id": list(order_ids) or None,
            "cl_ord_id": list(client_order_ids) or None,
            "order_userref": list(order_userrefs) or None,
            "token": token,
        },
    )


def cancel_all(token: str, req_id: int | None) -> str:
    """Cancel every open order of the account, whoever placed it (websocket-v2/cancel_all)."""
    return request_text("cancel_all", req_id, {"token": token})


def cancel_all_orders_after(timeout_s: int, token: str, req_id: int | None) -> str:
    """Arm the dead man's switch, or disarm it with 0; below a day (websocket-v2/cancel_after)."""
    if not 0 <= timeout_s <= _LONGEST_TIMEOUT_S:
        raise ValueError(f"timeout_s: {timeout_s} is not between 0 and {_LONGEST_TIMEOUT_S}")
    return request_text("cancel_all_orders_after", req_id, {"timeout": timeout_s, "token": token})


def _needed(value: Decimal | None, name: str, order_type: OrderType) -> msgspec.Raw:
    if value is None:
        raise ValueError(f"{name}: needed for {order_type} orders")
    return number_token(value, name)
