"""Reading the orders of the WebSocket (docs.kraken.com/api/docs/websocket-v2/add_order)."""

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import Side, TimeInForce
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import NewOrder, OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.pairs import Pair
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.server.fields import Json, choice, instant_ns
from seawall.sim.server.order_fields import ICEBERG, TRAILING, order_type_of, trail_of

__all__ = ["read_change", "read_order", "refuse_margin"]


def refuse_margin(fields: Json) -> None:
    """Raise `ApiError` where margin is asked for: nobody has any here."""
    if fields.flag("margin"):
        raise ApiError("EOrder:Margin allowance exceeded")
    if fields.flag("reduce_only"):
        raise ApiError("EOrder:Reduce only:No position exists")


def read_order(pair: Pair, fields: Json) -> NewOrder:
    """The order that `params` ask for. Raises `ApiError` with what cannot be read of it, or is not known here."""
    refuse_margin(fields)
    qty, cash = fields.number("order_qty"), fields.number("cash_order_qty")
    if (qty is None) is (cash is None):
        raise invalid("order_qty")
    word, side = (fields.text("order_type") or "").lower(), choice(fields, "side", Side)
    display_qty = fields.number("display_qty")
    if (display_qty is None) is (word == ICEBERG):
        raise invalid("display_qty")
    time_in_force, expire_ns = _in_force(fields)
    ask = NewOrder(
        pair=pair,
        side=side,
        order_type=order_type_of(word, "order_type"),
        qty=ZERO if qty is None else qty,
        cash_qty=cash,
        display_qty=display_qty,
        limit_price=None if word in TRAILING else fields.number("limit_price"),
        time_in_force=time_in_force,
        post_only=fields.flag("post_only") or False,
        cl_ord_id=fields.text("cl_ord_id"),
        userref=fields.integer("order_userref"),
        deadline_ns=instant_ns(fields, "deadline"),
        start_ns=instant_ns(fields, "effective_time"),
        expire_ns=expire_ns,
        self_trade=choice(fields, "stp_type", SelfTrade, SelfTrade.CANCEL_NEWEST),
        fee_in_base=fields.text("fee_preference") == "base",
    )
    return attrs.evolve(_with_trigger(ask, word, fields, _inside(fields, "triggers")), close=_close(ask, fields))


def read_change(order: SimOrder, market: Market, fields: Json) -> OrderChange:
    """The amend that `params` ask for, of an order that is known (docs.kraken.com/api/docs/websocket-v2/amend_order)."""
    change = OrderChange(
        qty=fields.number("order_qty"),
        display_qty=fields.number("display_qty"),
        post_only=fields.flag("post_only") or False,
        deadline_ns=instant_ns(fields, "deadline"),
    )
    trails = order.ask.trail is not None
    trigger = _distance(fields, "trigger_price", fields.text("trigger_price_type") or "static")
    limit = _distance(fields, "limit_price", fields.text("limit_price_type") or "static")
    if trigger is None:
        change = attrs.evolve(change, trigger_price=fields.number("trigger_price"))
    else:
        moved = trail_of(trigger, order.side, "trigger_price") if trails else trigger
        change = attrs.evolve(change, trigger_offset=moved)
    if limit is None:
        return attrs.evolve(change, limit_price=fields.number("limit_price"))
    if trails:
        return attrs.evolve(change, limit_offset=limit)
    return attrs.evolve(change, limit_price=limit.from_price(market.last, order.pair))


def _inside(fields: Json, name: str) -> Json:
    value = fields.values.get(name)
    return Json(value if isinstance(value, dict) else {})


def _in_force(fields: Json) -> tuple[TimeInForce, int | None]:
    """How long an order may rest, and until when."""
    expires = (fields.text("time_in_force") or "").lower() == "gtd"
    time_in_force = TimeInForce.GTC if expires else choice(fields, "time_in_force", TimeInForce, TimeInForce.GTC)
    expire_ns = instant_ns(fields, "expire_time")
    if (expires and expire_ns is None) or (time_in_force is not TimeInForce.GTC and expire_ns is not None):
        raise invalid("expire_time")
    return time_in_force, expire_ns


def _close(ask: NewOrder, fields: Json) -> NewOrder | None:
    """What `conditional` says: the order that follows each fill."""
    if fields.values.get("conditional") is None:
        return None
    close = _inside(fields, "conditional")
    word = (close.text("order_type") or "").lower()
    kind = order_type_of(word, "conditional")
    followed = NewOrder(ask.pair, ask.side.other, kind, ZERO, self_trade=ask.self_trade, fee_in_base=ask.fee_in_base)
    if word not in TRAILING:
        followed = attrs.evolve(followed, limit_price=close.number("limit_price"))
    # Its trigger stands beside the rest, in words of its own.
    renamed = {"price": "trigger_price", "price_type": "trigger_price_type"}
    return _with_trigger(followed, word, close, Json({name: close.values.get(said) for name, said in renamed.items()}))


def _with_trigger(ask: NewOrder, word: str, fields: Json, trigger: Json) -> NewOrder:
    """The order with its trigger: a price, a distance from the last one, or how far to trail behind."""
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
