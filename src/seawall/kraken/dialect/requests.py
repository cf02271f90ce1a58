"""Requests on the WebSocket, as the text to send (docs.kraken.com/api/docs/websocket-v2, a page per method).

Each encoder writes its fields in one fixed order, so that equal requests are equal text. Prices and quantities are JSON
numbers in plain digits, never strings (the exchange refuses those) and never with an exponent. Encoders check nothing that
the desk decides; they raise ValueError only for what can not be written.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import plain
from seawall.model.orders import OrderType
from seawall.model.reports import AmendOrder, PlaceOrder

__all__ = [
    "add_order",
    "amend_order",
    "cancel_all",
    "cancel_all_orders_after",
    "cancel_order",
    "ping",
    "subscribe",
    "unsubscribe",
]

_LONGEST_TIMEOUT_S: Final = 86_399
_Value = str | int | bool | msgspec.Raw | Sequence[str] | dict[str, "_Value"]
_encode: Final = msgspec.json.Encoder().encode


def subscribe(
    channel: str,
    req_id: int,
    *,
    symbols: Sequence[str] = (),
    depth: int | None = None,
    interval: int | None = None,
    event_trigger: str | None = None,
    snapshot: bool | None = None,
    snap_orders: bool | None = None,
    snap_trades: bool | None = None,
    order_status: bool | None = None,
    token: str | None = None,
) -> str:
    """Subscribe to a channel; None leaves a field to the exchange's default. `interval` is in minutes.

    One answer comes for each symbol, all with this `req_id`. For `executions` give `snap_orders` and `snap_trades`
    explicitly: the page states their defaults in two ways (websocket-v2/executions).
    """
    return _request(
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
            "token": token,
        },
    )


def unsubscribe(
    channel: str,
    req_id: int,
    *,
    symbols: Sequence[str] = (),
    depth: int | None = None,
    interval: int | None = None,
    event_trigger: str | None = None,
    token: str | None = None,
) -> str:
    """End a subscription. `depth`, `interval` and `event_trigger` must repeat what was subscribed, or the default is meant."""
    return _request(
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
    return _text({"method": "ping", "req_id": req_id})


def add_order(order: PlaceOrder, token: str, req_id: int) -> str:
    """Place one order, with its client order id and its deadline always set (websocket-v2/add_order).

    Triggered types watch the last price. Raises ValueError where a price that the type needs is missing.
    """
    order_type = OrderType(order.order_type)
    return _request(
        "add_order",
        req_id,
        {
            "order_type": str(order_type),
            "side": str(order.side),
            "symbol": order.symbol,
            "order_qty": _number(order.qty),
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
            "cl_ord_id": order.client_order_id,
            "deadline": to_rfc3339(order.deadline_ns, places=3),
            "token": token,
        },
    )


def amend_order(change: AmendOrder, token: str, req_id: int) -> str:
    """Change an open order in place; what the change leaves as None is not sent (websocket-v2/amend_order)."""
    return _request(
        "amend_order",
        req_id,
        {
            "cl_ord_id": change.client_order_id,
            "order_qty": None if change.qty is None else _number(change.qty),
            "limit_price": None if change.limit_price is None else _number(change.limit_price),
            "post_only": change.post_only or None,
            "deadline": None if change.deadline_ns is None else to_rfc3339(change.deadline_ns, places=3),
            "token": token,
        },
    )


def cancel_order(client_order_ids: Sequence[str], token: str, req_id: int, *, order_ids: Sequence[str] = ()) -> str:
    """Cancel orders by client order id, or foreign ones by the exchange's id (websocket-v2/cancel_order).

    One answer comes for each order, all with this `req_id`, in any order. Raises ValueError when both lists are empty.
    """
    if not client_order_ids and not order_ids:
        raise ValueError("cancel_order: it names no order")
    return _request(
        "cancel_order",
        req_id,
        {
            "order_id": list(order_ids) or None,
            "cl_ord_id": list(client_order_ids) or None,
            "token": token,
        },
    )


def cancel_all(token: str, req_id: int) -> str:
    """Cancel every open order of the account, whoever placed it (websocket-v2/cancel_all)."""
    return _request("cancel_all", req_id, {"token": token})


def cancel_all_orders_after(timeout_s: int, token: str, req_id: int) -> str:
    """Arm the dead man's switch, or disarm it with 0; below a day (websocket-v2/cancel_after)."""
    if not 0 <= timeout_s <= _LONGEST_TIMEOUT_S:
        raise ValueError(f"timeout_s: {timeout_s} is not between 0 and {_LONGEST_TIMEOUT_S}")
    return _request("cancel_all_orders_after", req_id, {"timeout": timeout_s, "token": token})


def _request(method: str, req_id: int, params: dict[str, _Value | None]) -> str:
    return _text(
        {
            "method": method,
            "params": {name: value for name, value in params.items() if value is not None},
            "req_id": req_id,
        }
    )


def _text(request: dict[str, _Value]) -> str:
    return _encode(request).decode("utf-8")


def _number(value: Decimal) -> msgspec.Raw:
    if not value.is_finite():
        raise ValueError(f"{value} cannot be sent as a number")
    return msgspec.Raw(plain(value).encode("ascii"))


def _needed(value: Decimal | None, name: str, order_type: OrderType) -> msgspec.Raw:
    if value is None:
        raise ValueError(f"{name}: needed for {order_type} orders")
    return _number(value)
