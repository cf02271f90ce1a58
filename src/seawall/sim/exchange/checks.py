"""Whether an order may be placed: the rules that need no book and no money, in Kraken's own words."""

import re
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.numbers import ZERO, is_multiple
from seawall.model.orders import OrderType, TimeInForce
from seawall.sim.exchange.orders import NewOrder
from seawall.sim.exchange.pairs import Pair
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["MAX_DEADLINE_NS", "check_cl_ord_id", "check_deadline", "check_display", "check_grid", "check_open", "check_order"]

MAX_DEADLINE_NS: Final = 60 * 10**9
"""How far ahead a deadline may lie (docs.kraken.com/api/docs/websocket-v2/add_order)."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_FREE_TEXT: Final = re.compile(r"[!-~]{1,18}")


def check_cl_ord_id(cl_ord_id: str) -> None:
    """Raise `ApiError` unless it is a UUID, 32 hex digits, or up to 18 ASCII characters
    (docs.kraken.com/api/docs/guides/spot-clordid).
    """
    if not (_UUID.fullmatch(cl_ord_id) or _FREE_TEXT.fullmatch(cl_ord_id)):
        raise invalid("cl_ord_id")


def check_deadline(deadline_ns: int, *, arrived_ns: int, now_ns: int) -> None:
    """Raise `ApiError` when the request came to the engine after its deadline, or names one that is too far away."""
    if deadline_ns > arrived_ns + MAX_DEADLINE_NS:
        raise invalid("deadline")
    if now_ns > deadline_ns:
        raise ApiError("EService:Deadline elapsed")


def check_open(status: VenueStatus, pair_status: PairStatus, ask: NewOrder | None) -> None:
    """Raise `ApiError` where exchange or pair do not take the order now; `ask` is None for an amend."""
    if VenueStatus.MAINTENANCE in (status, pair_status):
        raise ApiError("EService:Unavailable")
    words = {str(status), str(pair_status)}
    if words & {"cancel_only", "work_in_progress", "delisted", "reduce_only"}:
        raise ApiError("EService:Market in cancel_only mode")
    if ask is None:
        return
    if "post_only" in words and not ask.post_only:
        raise ApiError("EService:Market in post_only mode")
    if "limit_only" in words and ask.order_type is not OrderType.LIMIT:
        raise ApiError("EService:Market in limit_only mode")


def check_order(ask: NewOrder, last: Decimal) -> None:
    """Raise `ApiError` for an order that contradicts itself or lies off the pair's grid; `last` prices market orders."""
    if ask.cl_ord_id is not None:
        check_cl_ord_id(ask.cl_ord_id)
        if ask.userref:
            raise invalid("cl_ord_id and userref are exclusive")
    for name, needed, value in (
        ("limit_price", ask.order_type.has_limit and ask.limit_offset is None, ask.limit_price),
        ("trigger_price", ask.order_type.has_trigger, ask.trigger_price),
    ):
        if needed != (value is not None):
            raise invalid(name)
    _check_kind(ask)
    if ask.post_only and (ask.order_type is not OrderType.LIMIT or ask.time_in_force is not TimeInForce.GTC):
        raise invalid("post_only")
    if ask.time_in_force is TimeInForce.FOK and ask.order_type is not OrderType.LIMIT:
        raise invalid("time_in_force")
    if ask.close is not None:
        _check_close(ask, ask.close, last)
    price = ask.limit_price if ask.limit_price is not None else ask.trigger_price
    check_grid(ask.pair, ask.qty, ask.limit_price, ask.trigger_price, last if price is None else price)


def _check_kind(ask: NewOrder) -> None:
    """Raise `ApiError` for what only some kinds of orders can be."""
    if ask.display_qty is not None:
        if ask.order_type is not OrderType.LIMIT or ask.time_in_force is not TimeInForce.GTC:
            raise invalid("display_qty")
        check_display(ask.qty, ask.display_qty)
    if ask.trail is not None and ask.trail.value * ask.side.sign <= ZERO:
        raise invalid("triggers")


def _check_close(ask: NewOrder, close: NewOrder, last: Decimal) -> None:
    """Raise `ApiError` for a conditional close that could not stand by itself
    (docs.kraken.com/api/docs/rest-api/add-order, `close`).
    """
    if close.order_type is OrderType.MARKET:
        raise invalid("close[ordertype]")
    trigger = close.trigger_price
    if trigger is None and close.order_type.has_trigger:
        distance = close.trail or close.trigger_offset
        trigger = None if distance is None else distance.from_price(last, close.pair)
    check_order(attrs.evolve(close, qty=ask.qty, trigger_price=trigger), last)


def check_display(qty: Decimal, display_qty: Decimal) -> None:
    """Raise `ApiError` unless an iceberg shows at least a fifteenth of itself, and no more than all
    (docs.kraken.com/api/docs/websocket-v2/add_order).
    """
    if not ZERO < display_qty <= qty or display_qty * 15 < qty:
        raise invalid("display_qty")


def check_grid(pair: Pair, qty: Decimal, limit: Decimal | None, trigger: Decimal | None, worth: Decimal) -> None:
    """Raise `ApiError` for prices off the tick, quantities off the step, and orders below the minimums."""
    for price, text in ((limit, "EOrder:Invalid limit price"), (trigger, "EOrder:Invalid price")):
        if price is None:
            continue
        if price <= ZERO:
            raise ApiError(text)
        if not is_multiple(price, pair.tick_size):
            raise ApiError("EOrder:Tick size check failed")
    if qty <= ZERO or not is_multiple(qty, pair.qty_increment):
        raise invalid("volume")
    if qty < pair.ordermin:
        raise ApiError("EOrder:Order minimum not met")
    if qty * worth < pair.costmin:
        raise ApiError("EOrder:Cost minimum not met")
