"""Private REST calls that trade (docs.kraken.com/api/docs/rest-api/add-order and its neighbours)."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import attrs

from seawall.kraken.dialect.times import to_rfc3339
from seawall.sim.exchange.edits import OrderEdit, replacement
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, OrderChange, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form, as_texts, instant_ns, required
from seawall.sim.server.order_fields import offset_of, trail_of
from seawall.sim.server.rest_orders import read_order
from seawall.sim.server.rest_public import named_pair
from seawall.sim.server.rest_rows import describe, describe_close, fixed

__all__ = ["TRADES"]

MIN_BATCH: Final = 2
MAX_BATCH_ADD: Final = 15
MAX_BATCH_CANCEL: Final = 50


def _add_order(exchange: Exchange, form: Form, arrived_ns: int) -> Json:
    ask = read_order(exchange, form)
    order = exchange.add_order(ask, validate=form.flag("validate") or False, arrived_ns=arrived_ns)
    if order is not None:
        return {"descr": _descriptions(order), "txid": [order.order_id]}
    return {"descr": _descriptions(_planned(ask, arrived_ns))}


def _descriptions(order: SimOrder) -> dict[str, Json]:
    words: dict[str, Json] = {"order": describe(order)}
    close = describe_close(order)
    return words | {"close": close} if close else words


def _planned(ask: NewOrder, at_ns: int) -> SimOrder:
    """The order as it would be, for its description."""
    return SimOrder("", ask, ask.qty, ask.limit_price, ask.trigger_price, at_ns, at_ns)


def _named(exchange: Exchange, form: Form) -> SimOrder:
    txid, cl_ord_id = form.text("txid"), form.text("cl_ord_id")
    if (txid is None) is (cl_ord_id is None):
        raise ApiError("EGeneral:Invalid arguments")
    return exchange.find(order_id=txid, cl_ord_id=cl_ord_id)


def _amend_order(exchange: Exchange, form: Form, arrived_ns: int) -> Json:
    change = OrderChange(
        qty=form.number("order_qty"),
        display_qty=form.number("display_qty"),
        post_only=form.flag("post_only") or False,
        deadline_ns=instant_ns(form, "deadline"),
    )
    order = _named(exchange, form)
    change = _with_new_prices(exchange, order, change, form)
    return {"amend_id": exchange.amend_order(order, change, arrived_ns=arrived_ns)}


def _with_new_prices(exchange: Exchange, order: SimOrder, change: OrderChange, form: Form) -> OrderChange:
    """The amend with its prices, plain ones or distances from the last; those of trailing stops are distances."""
    kind, trails = order.ask.order_type, order.ask.trail is not None
    trigger, limit = (offset_of(form.text(name), order.side, kind) for name in ("trigger_price", "limit_price"))
    if trigger is None:
        change = attrs.evolve(change, trigger_price=form.number("trigger_price"))
    else:
        moved = trail_of(trigger, order.side, "trigger_price") if trails else trigger
        change = attrs.evolve(change, trigger_offset=moved)
    if limit is None:
        return attrs.evolve(change, limit_price=form.number("limit_price"))
    if trails:
        return attrs.evolve(change, limit_offset=limit)
    return attrs.evolve(change, limit_price=limit.from_price(exchange.market(order.pair.symbol).last, order.pair))


def _edit_order(exchange: Exchange, form: Form, arrived_ns: int) -> Json:
    order = _by_txid(exchange, required(form, "txid"))
    if named_pair(exchange, form.text("pair")) is not order.pair:
        raise invalid("pair")
    flags = form.text("oflags")
    price, price2 = form.number("price"), form.number("price2")
    waits = order.ask.order_type.has_trigger
    edit = OrderEdit(
        qty=form.number("volume"),
        limit_price=price2 if waits else price,
        trigger_price=price if waits else None,
        post_only=None if flags is None else "post" in flags.split(","),
        userref=form.integer("userref"),
        deadline_ns=instant_ns(form, "deadline"),
        display_qty=form.number("displayvol"),
    )
    planned = replacement(exchange.floor, order, edit) if form.flag("validate") else None
    new = exchange.edit_order(order, edit, validate=planned is not None, arrived_ns=arrived_ns)
    if new is None:
        assert planned is not None
        described = describe(_planned(planned, arrived_ns))
        return {"status": "ok", "originaltxid": order.order_id, "descr": {"order": described}}
    price_now = new.trigger_price if new.trigger_price is not None else new.limit_price
    return {
        "status": "ok",
        "txid": new.order_id,
        "originaltxid": order.order_id,
        "volume": fixed(new.ask.qty, new.pair.qty_precision),
        "price": fixed(price_now or Decimal(0), new.pair.price_precision),
        "orders_cancelled": 1,
        "newuserref": "" if new.ask.userref is None else str(new.ask.userref),
        "descr": {"order": describe(new)},
    }


def _by_txid(exchange: Exchange, txid: str) -> SimOrder:
    """The open order of that id, or of that user reference if it has only one."""
    if "-" in txid[1:]:
        return exchange.find(order_id=txid)
    mine = [order for order in exchange.open_orders() if str(order.ask.userref) == txid]
    if len(mine) > 1:
        raise invalid("txid")
    return mine[0] if mine else exchange.find(order_id=txid)


def _add_batch(exchange: Exchange, form: Form, arrived_ns: int) -> Json:
    rows = _list(form, "orders")
    if not MIN_BATCH <= len(rows) <= MAX_BATCH_ADD or not all(isinstance(row, dict) for row in rows):
        raise invalid("orders")
    pair, deadline = required(form, "pair"), form.text("deadline")
    shared = {"pair": pair} | ({} if deadline is None else {"deadline": deadline})
    asks = [read_order(exchange, Form(as_texts(row) | shared)) for row in rows if isinstance(row, dict)]
    answers: list[Json] = []
    for ask, order in zip(
        asks, exchange.add_batch(asks, validate=form.flag("validate") or False, arrived_ns=arrived_ns), strict=True
    ):
        if isinstance(order, ApiError):
            answers.append({"error": order.text})
        elif order is None:
            answers.append(_beside(_descriptions(_planned(ask, arrived_ns))))
        else:
            answers.append({"txid": order.order_id} | _beside(_descriptions(order)))
    return {"orders": answers}


def _beside(descriptions: dict[str, Json]) -> dict[str, Json]:
    """In a batch the words of a conditional close stand beside `descr`, not in it."""
    close = descriptions.pop("close", None)
    return {"descr": descriptions} | ({} if close is None else {"close": close})


def _cancel_batch(exchange: Exchange, form: Form, _arrived_ns: int) -> Json:
    """Ids as plain text, or as objects of one id: the page's schema and its example differ."""
    ids = [one.get("txid", "") if isinstance(one, dict) else one for one in _list(form, "orders")]
    own = [one.get("cl_ord_id", "") if isinstance(one, dict) else one for one in _list(form, "cl_ord_ids")]
    if not 1 <= len(ids) + len(own) <= MAX_BATCH_CANCEL:
        raise invalid("orders")
    mine = exchange.open_orders()
    wanted, wanted_own = {str(one) for one in ids}, {str(one) for one in own}
    chosen = [
        order
        for order in mine
        if order.order_id in wanted or str(order.ask.userref) in wanted or (order.cl_ord_id or "") in wanted_own - {""}
    ]
    for order in chosen:
        exchange.cancel_order(order)
    return {"count": len(chosen)}


def _list(form: Form, name: str) -> list[object]:
    try:
        rows = json.loads(form.text(name) or "[]", parse_float=str)
    except (ValueError, RecursionError):
        raise invalid(name) from None
    if not isinstance(rows, list):
        raise invalid(name)
    return rows


def _cancel_order(exchange: Exchange, form: Form, _arrived_ns: int) -> Json:
    txid = form.text("txid")
    if txid is not None and "-" not in txid[1:]:
        # Order ids have dashes; whole numbers are user references.
        userref = form.integer("txid")
        mine = [order for order in exchange.open_orders() if order.ask.userref == userref]
        for order in mine:
            exchange.cancel_order(order)
        if not mine:
            raise ApiError("EOrder:Unknown order")
        return {"count": len(mine)}
    exchange.cancel_order(_named(exchange, form))
    return {"count": 1}


def _cancel_all(exchange: Exchange, _form: Form, _arrived_ns: int) -> Json:
    return {"count": exchange.cancel_all()}


def _cancel_all_after(exchange: Exchange, form: Form, _arrived_ns: int) -> Json:
    timeout: Decimal | None = form.number("timeout")
    if timeout is None or timeout != int(timeout):
        raise invalid("timeout")
    now_s, due_s = exchange.cancel_all_after(int(timeout))
    trigger = "0" if due_s is None else to_rfc3339(due_s * 10**9, 0)
    return {"currentTime": to_rfc3339(now_s * 10**9, 0), "triggerTime": trigger}


TRADES: Final[Mapping[str, Callable[[Exchange, Form, int], Json]]] = {
    "AddOrder": _add_order,
    "AddOrderBatch": _add_batch,
    "AmendOrder": _amend_order,
    "EditOrder": _edit_order,
    "CancelOrder": _cancel_order,
    "CancelOrderBatch": _cancel_batch,
    "CancelAll": _cancel_all,
    "CancelAllOrdersAfter": _cancel_all_after,
}
