"""REST requests as data (docs.kraken.com/api/docs/rest-api, a page per endpoint).

A builder gives a `RestRequest`: public ones go out as GET with their parameters in the query, private ones as POST with
`form_body` as the very bytes that are signed and sent.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from seawall.kraken.dialect.times import to_rfc3339, to_seconds
from seawall.model.numbers import plain
from seawall.model.orders import OrderType
from seawall.model.reports import AmendOrder, PlaceOrder

__all__ = [
    "RestRequest",
    "add_order",
    "amend_order",
    "asset_pairs",
    "balance_ex",
    "cancel_all_orders",
    "cancel_all_orders_after",
    "cancel_order",
    "closed_orders",
    "form_body",
    "ohlc",
    "open_orders",
    "query_orders",
    "recent_trades",
    "server_time",
    "system_status",
    "trades_history",
    "websockets_token",
]

_MOST_QUERIED: Final = 50
_LONGEST_TIMEOUT_S: Final = 86_399


class RestRequest(NamedTuple):
    """One call: HTTP method, URI path and parameters in the order they are sent, without the nonce."""

    method: str
    path: str
    params: Mapping[str, str]

    @property
    def private(self) -> bool:
        """Whether it must be signed."""
        return self.path.startswith("/0/private/")

    @property
    def name(self) -> str:
        """The endpoint's own name, such as `AddOrder`."""
        return self.path.rpartition("/")[2]


def form_body(params: Mapping[str, str], nonce: int) -> bytes:
    """The body of a private call: the nonce, then the parameters in their order, form-encoded."""
    return urlencode({"nonce": str(nonce), **params}).encode("ascii")


def _public(name: str, **params: str | None) -> RestRequest:
    return RestRequest("GET", f"/0/public/{name}", _given(params))


def _private(name: str, **params: str | None) -> RestRequest:
    return RestRequest("POST", f"/0/private/{name}", _given(params))


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


def server_time() -> RestRequest:
    """The exchange's clock, to the second."""
    return _public("Time")


def system_status() -> RestRequest:
    """What the exchange takes now."""
    return _public("SystemStatus")


def asset_pairs() -> RestRequest:
    """Every pair, with its names, grid, minimums and fees."""
    return _public("AssetPairs")


def ohlc(rest_name: str, interval_min: int, since_s: int | None = None) -> RestRequest:
    """Candles of `interval_min` minutes; at most the newest 720, whatever `since_s`."""
    return _public("OHLC", pair=rest_name, interval=str(interval_min), since=None if since_s is None else str(since_s))


def recent_trades(rest_name: str, since_ns: int | None = None, count: int | None = None) -> RestRequest:
    """Printed trades after `since_ns` (nanoseconds since the epoch), at most 1000."""
    return _public(
        "Trades",
        pair=rest_name,
        since=None if since_ns is None else str(since_ns),
        count=None if count is None else str(count),
    )


def websockets_token() -> RestRequest:
    """A token for the private WebSocket, to be used within 900 s."""
    return _private("GetWebSocketsToken")


def balance_ex() -> RestRequest:
    """Balances with what open orders hold."""
    return _private("BalanceEx")


def open_orders(client_order_id: str | None = None) -> RestRequest:
    """Open orders of the account, or the one of that client order id."""
    return _private("OpenOrders", cl_ord_id=client_order_id)


def closed_orders(client_order_id: str | None = None, *, start_ns: int | None = None, offset: int = 0) -> RestRequest:
    """Ended orders, newest first, 50 a page; a client order id may be that of several."""
    return _private(
        "ClosedOrders",
        cl_ord_id=client_order_id,
        start=None if start_ns is None else to_seconds(start_ns),
        ofs=str(offset) if offset else None,
    )


def query_orders(order_ids: Sequence[str]) -> RestRequest:
    """Orders by the exchange's id, open or ended. Raises ValueError unless there are 1 to 50."""
    if not 1 <= len(order_ids) <= _MOST_QUERIED:
        raise ValueError(f"order_ids: {len(order_ids)} of them, where 1 to {_MOST_QUERIED} can be asked for")
    return _private("QueryOrders", txid=",".join(order_ids))


def trades_history(*, start_ns: int | None = None, end_ns: int | None = None, offset: int = 0) -> RestRequest:
    """Fills of the account after `start_ns` up to `end_ns`, newest first, 50 a page."""
    return _private(
        "TradesHistory",
        start=None if start_ns is None else to_seconds(start_ns),
        end=None if end_ns is None else to_seconds(end_ns),
        ofs=str(offset) if offset else None,
    )


def add_order(order: PlaceOrder, rest_name: str) -> RestRequest:
    """Place one order with its client order id and deadline. `price` is the trigger of triggered types, `price2` their limit.

    Raises ValueError where a price that the type needs is missing.
    """
    order_type = OrderType(order.order_type)
    prices = []
    for name, needed, price in (
        ("trigger_price", order_type.has_trigger, order.trigger_price),
        ("limit_price", order_type.has_limit, order.limit_price),
    ):
        if needed and price is None:
            raise ValueError(f"{name}: needed for {order_type} orders")
        if needed and price is not None:
            prices.append(plain(price))
    return _private(
        "AddOrder",
        pair=rest_name,
        type=str(order.side),
        ordertype=str(order_type),
        volume=plain(order.qty),
        price=prices[0] if prices else None,
        price2=prices[1] if len(prices) > 1 else None,
        timeinforce=order.time_in_force.upper(),
        oflags="post" if order.post_only else None,
        cl_ord_id=order.client_order_id,
        deadline=to_rfc3339(order.deadline_ns, places=3),
    )


def amend_order(change: AmendOrder) -> RestRequest:
    """Change an open order in place; what the change leaves as None is not sent."""
    return _private(
        "AmendOrder",
        cl_ord_id=change.client_order_id,
        order_qty=None if change.qty is None else plain(change.qty),
        limit_price=None if change.limit_price is None else plain(change.limit_price),
        post_only="true" if change.post_only else None,
        deadline=None if change.deadline_ns is None else to_rfc3339(change.deadline_ns, places=3),
    )


def cancel_order(*, client_order_id: str | None = None, order_id: str | None = None) -> RestRequest:
    """Cancel one order by either id. Raises ValueError unless exactly one is given."""
    if (client_order_id is None) == (order_id is None):
        raise ValueError("cancel_order: give client_order_id or order_id, and not both")
    return _private("CancelOrder", txid=order_id, cl_ord_id=client_order_id)


def cancel_all_orders() -> RestRequest:
    """Cancel every open order of the account, whoever placed it."""
    return _private("CancelAll")


def cancel_all_orders_after(timeout_s: int) -> RestRequest:
    """Arm the dead man's switch, or disarm it with 0; below a day."""
    if not 0 <= timeout_s <= _LONGEST_TIMEOUT_S:
        raise ValueError(f"timeout_s: {timeout_s} is not between 0 and {_LONGEST_TIMEOUT_S}")
    return _private("CancelAllOrdersAfter", timeout=str(timeout_s))
