"""The trading methods of the WebSocket (docs.kraken.com/api/docs/websocket-v2/add_order and its neighbours)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from seawall.kraken.dialect.times import to_rfc3339
from seawall.sim.exchange.edits import OrderEdit
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, SimOrder
from seawall.sim.exchange.pairs import Pair
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json as Written
from seawall.sim.server.fields import Json, instant_ns, required
from seawall.sim.server.socket_orders import read_change, read_order, refuse_margin

__all__ = ["TRADING_METHODS", "Outcome", "trade"]

MAX_BATCH_ADD: Final = 15
MIN_BATCH_CANCEL: Final = 2
MAX_BATCH_CANCEL: Final = 50

_WHOLE: Final = re.compile(r"-?[0-9]{1,10}")

Named = dict[str, Written]
"""The field by which an order was named, as it is said again in the answer."""

TRADING_METHODS: Final = frozenset(
    {
        "add_order",
        "amend_order",
        "edit_order",
        "cancel_order",
        "cancel_all",
        "cancel_all_orders_after",
        "batch_add",
        "batch_cancel",
    }
)


@attrs.frozen
class Outcome:
    """One response: a result, or an error. `beside` stands at the top level."""

    result: Written = None
    error: str | None = None
    beside: Mapping[str, Written] = attrs.field(factory=dict)


def trade(exchange: Exchange, method: str, fields: Json, arrived_ns: int) -> list[Outcome]:
    """Carry out one request; several outcomes where Kraken answers once for each order."""
    try:
        match method:
            case "cancel_order":
                return _cancel_each(exchange, fields)
            case "batch_cancel":
                return [_batch_cancel(exchange, fields)]
            case "cancel_all":
                return [Outcome({"count": exchange.cancel_all()})]
            case "cancel_all_orders_after":
                return [Outcome(_switch(exchange, fields))]
            case _:
                return [Outcome(_PLACING[method](exchange, fields, arrived_ns))]
    except ApiError as error:
        return [Outcome(error=error.text)]


def pair_of(exchange: Exchange, symbol: str) -> Pair:
    """The pair of a v2 symbol."""
    pair = exchange.pairs.get(symbol)
    if pair is None:
        raise ApiError(f"Currency pair not supported {symbol}")
    return pair


def _ids(ask: NewOrder) -> dict[str, Written]:
    if ask.cl_ord_id is not None:
        return {"cl_ord_id": ask.cl_ord_id}
    return {} if ask.userref is None else {"order_userref": ask.userref}


def _add(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    ask = read_order(pair_of(exchange, required(fields, "symbol")), fields)
    order = exchange.add_order(ask, validate=fields.flag("validate") or False, arrived_ns=arrived_ns)
    return {"order_id": order.order_id if order is not None else "", **_ids(ask)}


def _named(exchange: Exchange, fields: Json) -> tuple[SimOrder, dict[str, Written]]:
    order_id, cl_ord_id = fields.text("order_id"), fields.text("cl_ord_id")
    if (order_id is None) is (cl_ord_id is None):
        raise invalid("order_id or cl_ord_id")
    order = exchange.find(order_id=order_id, cl_ord_id=cl_ord_id)
    return order, {"order_id": order_id} if order_id is not None else {"cl_ord_id": cl_ord_id}


def _amend(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    order, named = _named(exchange, fields)
    change = read_change(order, exchange.market(order.pair.symbol), fields)
    return {"amend_id": exchange.amend_order(order, change, arrived_ns=arrived_ns), **named}


def _edit(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    order = exchange.find(order_id=required(fields, "order_id"))
    if pair_of(exchange, required(fields, "symbol")) is not order.pair:
        raise invalid("symbol")
    refuse_margin(fields)
    triggers, preference = fields.values.get("triggers"), fields.text("fee_preference")
    edit = OrderEdit(
        qty=fields.number("order_qty"),
        limit_price=fields.number("limit_price"),
        trigger_price=Json(triggers).number("price") if isinstance(triggers, dict) else None,
        post_only=fields.flag("post_only"),
        userref=fields.integer("order_userref"),
        deadline_ns=instant_ns(fields, "deadline"),
        display_qty=fields.number("display_qty"),
        fee_in_base=None if preference is None else preference == "base",
    )
    new = exchange.edit_order(order, edit, validate=fields.flag("validate") or False, arrived_ns=arrived_ns)
    return {"order_id": "" if new is None else new.order_id, "original_order_id": order.order_id}


def _wanted(exchange: Exchange, fields: Json) -> list[tuple[Named, SimOrder | ApiError]]:
    """Every order that is named, by what it was named."""
    found: list[tuple[Named, SimOrder | ApiError]] = []
    for kind in ("order_id", "cl_ord_id"):
        found += [({kind: one}, _found(exchange, kind, one)) for one in fields.texts(kind)]
    for userref in fields.integers("order_userref"):
        found += [({"order_userref": userref}, each) for each in _referred(exchange, userref)]
    return found


def _found(exchange: Exchange, kind: str, one: str) -> SimOrder | ApiError:
    try:
        return exchange.find(order_id=one) if kind == "order_id" else exchange.find(cl_ord_id=one)
    except ApiError as error:
        return error


def _referred(exchange: Exchange, userref: int) -> list[SimOrder | ApiError]:
    """The open orders of one user reference, which need not be unique."""
    mine = [order for order in exchange.open_orders() if order.ask.userref == userref]
    return [*mine] if mine else [ApiError("EOrder:Unknown order")]


def _cancel_each(exchange: Exchange, fields: Json) -> list[Outcome]:
    wanted = _wanted(exchange, fields)
    if not wanted:
        raise invalid("order_id")
    return [_canceled(exchange, named, order) for named, order in wanted]


def _canceled(exchange: Exchange, named: Named, order: SimOrder | ApiError) -> Outcome:
    if isinstance(order, ApiError):
        return Outcome(error=order.text, beside=named)
    try:
        exchange.cancel_order(order)
    except ApiError as error:
        return Outcome(error=error.text, beside=named)
    return Outcome(named)


def _switch(exchange: Exchange, fields: Json) -> Written:
    timeout_s = fields.integer("timeout")
    if timeout_s is None:
        raise invalid("timeout")
    now_s, due_s = exchange.cancel_all_after(timeout_s)
    return {
        "currentTime": to_rfc3339(now_s * 10**9, 0),
        "triggerTime": "0" if due_s is None else to_rfc3339(due_s * 10**9, 0),
    }


def _batch_add(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    pair = pair_of(exchange, required(fields, "symbol"))
    rows = fields.values.get("orders")
    if not isinstance(rows, list) or not 2 <= len(rows) <= MAX_BATCH_ADD or not all(isinstance(row, dict) for row in rows):
        raise invalid("orders")
    deadline_ns = instant_ns(fields, "deadline")
    asks = [attrs.evolve(read_order(pair, Json(row)), deadline_ns=deadline_ns) for row in rows]
    placed = exchange.add_batch(asks, validate=fields.flag("validate") or False, arrived_ns=arrived_ns)
    results: list[Written] = []
    for ask, order in zip(asks, placed, strict=True):
        if isinstance(order, ApiError):
            results.append({"error": order.text, **_ids(ask)})
        else:
            results.append({"order_id": order.order_id if order is not None else "", **_ids(ask)})
    return results


def _batch_cancel(exchange: Exchange, fields: Json) -> Outcome:
    """Ids of order and user references come together as texts; references are whole numbers
    (docs.kraken.com/api/docs/websocket-v2/batch_cancel).
    """
    ids, own = fields.texts("orders"), fields.texts("cl_ord_id")
    if not MIN_BATCH_CANCEL <= len(ids) + len(own) <= MAX_BATCH_CANCEL:
        raise invalid("orders")
    found = [_found(exchange, "cl_ord_id", one) for one in own]
    for one in ids:
        found += _referred(exchange, int(one)) if _WHOLE.fullmatch(one) else [_found(exchange, "order_id", one)]
    outcomes = [_canceled(exchange, {}, order) for order in found]
    return Outcome(beside={"orders_cancelled": sum(outcome.error is None for outcome in outcomes)})


_PLACING: Final[Mapping[str, Callable[[Exchange, Json, int], Written]]] = {
    "add_order": _add,
    "amend_order": _amend,
    "edit_order": _edit,
    "batch_add": _batch_add,
}
"""What a deadline applies to, so that the moment of arrival matters."""
