"""The trading methods of the WebSocket (docs.kraken.com/api/docs/websocket-v2/add_order and its neighbours)."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import ZERO
from seawall.model.orders import Side, TimeInForce
from seawall.sim.exchange.edits import OrderEdit
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import NewOrder, OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.pairs import Pair
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json as Written
from seawall.sim.server.fields import Json, choice, instant_ns, required
from seawall.sim.server.order_fields import ICEBERG, TRAILING, order_type_of, trail_of

__all__ = ["TRADING_METHODS", "Outcome", "trade"]

MAX_BATCH_ADD: Final = 15
MAX_BATCH_CANCEL: Final = 50

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


def _read_order(pair: Pair, fields: Json) -> NewOrder:
    if fields.flag("margin") or fields.flag("reduce_only"):
        raise ApiError("EOrder:Margin allowance exceeded")
    for name in ("conditional", "effective_time"):
        if fields.values.get(name) is not None:
            # Not a part of this exchange: said as a refusal, never passed over in silence.
            raise invalid(name)
    qty, cash = fields.number("order_qty"), fields.number("cash_order_qty")
    if (qty is None) is (cash is None):
        raise invalid("order_qty")
    word, side = (fields.text("order_type") or "").lower(), choice(fields, "side", Side)
    display_qty = fields.number("display_qty")
    if (display_qty is None) is (word == ICEBERG):
        raise invalid("display_qty")
    in_force = fields.text("time_in_force")
    expires = in_force is not None and in_force.lower() == "gtd"
    ask = NewOrder(
        pair=pair,
        side=side,
        order_type=order_type_of(word, "order_type"),
        qty=ZERO if qty is None else qty,
        cash_qty=cash,
        display_qty=display_qty,
        limit_price=None if word in TRAILING else fields.number("limit_price"),
        time_in_force=TimeInForce.GTC if expires else choice(fields, "time_in_force", TimeInForce, TimeInForce.GTC),
        post_only=fields.flag("post_only") or False,
        cl_ord_id=fields.text("cl_ord_id"),
        userref=fields.integer("order_userref"),
        deadline_ns=instant_ns(fields, "deadline"),
        expire_ns=instant_ns(fields, "expire_time") if expires else None,
        self_trade=choice(fields, "stp_type", SelfTrade, SelfTrade.CANCEL_NEWEST),
        fee_in_base=fields.text("fee_preference") == "base",
    )
    return _with_trigger(ask, word, fields)


def _with_trigger(ask: NewOrder, word: str, fields: Json) -> NewOrder:
    """The order with what `triggers` says: a price, a distance from the last one, or how far to trail behind."""
    triggers = fields.values.get("triggers")
    trigger = Json(triggers if isinstance(triggers, dict) else {})
    if trigger.text("reference") == "index":
        raise invalid("Index unavailable")
    distance = _distance(trigger, "price", trigger.text("price_type") or ("quote" if word in TRAILING else "static"))
    if word in TRAILING:
        if distance is None:
            raise invalid("triggers")
        limit_offset = _distance(fields, "limit_price", fields.text("limit_price_type") or "quote")
        if (limit_offset is not None) is not ask.order_type.has_limit:
            raise invalid("limit_price")
        return attrs.evolve(ask, trail=trail_of(distance, ask.side, "triggers"), limit_offset=limit_offset)
    if fields.text("limit_price_type") not in {None, "static"}:
        raise invalid("limit_price_type")
    if distance is not None:
        return attrs.evolve(ask, trigger_offset=distance)
    return attrs.evolve(ask, trigger_price=trigger.number("price"))


def _distance(fields: Json, name: str, kind: str) -> Offset | None:
    """A price that is a distance by its type; None for a static one, or none at all."""
    if kind not in {"static", "pct", "quote"}:
        raise invalid("triggers")
    value = None if kind == "static" else fields.signed(name)
    return None if value is None else Offset(value, percent=kind == "pct")


def _ids(ask: NewOrder) -> dict[str, Written]:
    if ask.cl_ord_id is not None:
        return {"cl_ord_id": ask.cl_ord_id}
    return {} if ask.userref is None else {"order_userref": ask.userref}


def _add(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    ask = _read_order(pair_of(exchange, required(fields, "symbol")), fields)
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
    change = OrderChange(
        qty=fields.number("order_qty"),
        limit_price=fields.number("limit_price"),
        trigger_price=fields.number("trigger_price"),
        display_qty=fields.number("display_qty"),
        post_only=fields.flag("post_only") or False,
        deadline_ns=instant_ns(fields, "deadline"),
    )
    return {"amend_id": exchange.amend_order(order, change, arrived_ns=arrived_ns), **named}


def _edit(exchange: Exchange, fields: Json, arrived_ns: int) -> Written:
    order = exchange.find(order_id=required(fields, "order_id"))
    if pair_of(exchange, required(fields, "symbol")) is not order.pair:
        raise invalid("symbol")
    triggers = fields.values.get("triggers")
    edit = OrderEdit(
        qty=fields.number("order_qty"),
        limit_price=fields.number("limit_price"),
        trigger_price=Json(triggers).number("price") if isinstance(triggers, dict) else None,
        post_only=fields.flag("post_only"),
        userref=fields.integer("order_userref"),
        deadline_ns=instant_ns(fields, "deadline"),
    )
    new = exchange.edit_order(order, edit, validate=fields.flag("validate") or False, arrived_ns=arrived_ns)
    return {"order_id": "" if new is None else new.order_id, "original_order_id": order.order_id}


def _wanted(fields: Json) -> list[tuple[str, str]]:
    return [(kind, one) for kind in ("order_id", "cl_ord_id") for one in fields.texts(kind)]


def _cancel_one(exchange: Exchange, kind: str, one: str) -> None:
    known = exchange.find(order_id=one) if kind == "order_id" else exchange.find(cl_ord_id=one)
    exchange.cancel_order(known)


def _cancel_each(exchange: Exchange, fields: Json) -> list[Outcome]:
    wanted = _wanted(fields)
    if not wanted:
        raise invalid("order_id")
    outcomes = []
    for kind, one in wanted:
        try:
            _cancel_one(exchange, kind, one)
        except ApiError as error:
            outcomes.append(Outcome(error=error.text, beside={kind: one}))
        else:
            outcomes.append(Outcome({kind: one}))
    return outcomes


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
    asks = [attrs.evolve(_read_order(pair, Json(row)), deadline_ns=deadline_ns) for row in rows]
    placed = exchange.add_batch(asks, validate=fields.flag("validate") or False, arrived_ns=arrived_ns)
    results: list[Written] = []
    for ask, order in zip(asks, placed, strict=True):
        if isinstance(order, ApiError):
            results.append({"error": order.text, **_ids(ask)})
        else:
            results.append({"order_id": order.order_id if order is not None else "", **_ids(ask)})
    return results


def _batch_cancel(exchange: Exchange, fields: Json) -> Outcome:
    wanted = [("order_id", one) for one in fields.texts("orders")] + [("cl_ord_id", one) for one in fields.texts("cl_ord_id")]
    if not 2 <= len(wanted) <= MAX_BATCH_CANCEL:
        raise invalid("orders")
    done = 0
    for kind, one in wanted:
        try:
            _cancel_one(exchange, kind, one)
        except ApiError:
            continue
        done += 1
    return Outcome(beside={"orders_cancelled": done})


_PLACING: Final[Mapping[str, Callable[[Exchange, Json, int], Written]]] = {
    "add_order": _add,
    "amend_order": _amend,
    "edit_order": _edit,
    "batch_add": _batch_add,
}
"""What a deadline applies to, so that the moment of arrival matters."""
