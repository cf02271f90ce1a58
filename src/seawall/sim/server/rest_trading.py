"""Private REST calls that trade (docs.kraken.com/api/docs/rest-api/add-order and its neighbours)."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import attrs

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.edits import OrderEdit
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form, as_texts, choice, instant_ns, required
from seawall.sim.server.order_fields import ICEBERG, TRAILING, offset_of, order_type_of, trail_of
from seawall.sim.server.rest_public import named_pair
from seawall.sim.server.rest_rows import describe, fixed

__all__ = ["TRADES"]

REFUSED_FIELDS: Final = ("leverage", "close[ordertype]", "close", "starttm")
"""Not a part of this exchange: said as a refusal, never passed over in silence."""

MIN_BATCH: Final = 2
MAX_BATCH_ADD: Final = 15
MAX_BATCH_CANCEL: Final = 50

_EXPIRY: Final = re.compile(r"\+?[0-9]{1,11}")

KNOWN_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})


def _read_order(exchange: Exchange, form: Form) -> NewOrder:
    for name in REFUSED_FIELDS:
        if form.text(name) not in {None, "0", "none"}:
            raise invalid(name)
    if form.flag("reduce_only"):
        raise ApiError("EOrder:Reduce only:No position exists")
    pair, side = named_pair(exchange, form.text("pair")), choice(form, "type", Side)
    word = (form.text("ordertype") or "").lower()
    order_type = order_type_of(word, "ordertype")
    flags = set((form.text("oflags") or "fciq").split(","))
    if flags - KNOWN_FLAGS:
        raise invalid("oflags")
    if "viqc" in flags and (order_type is not OrderType.MARKET or side is not Side.BUY):
        raise invalid("oflags")
    volume, display = form.number("volume"), form.number("displayvol")
    if volume is None:
        raise invalid("volume")
    if (display is None) is (word == ICEBERG):
        raise invalid("displayvol")
    in_force = (form.text("timeinforce") or "gtc").lower()
    try:
        time_in_force = TimeInForce.GTC if in_force == "gtd" else TimeInForce(in_force)
        self_trade = SelfTrade((form.text("stptype") or "cancel-newest").replace("-", "_"))
    except ValueError:
        raise invalid("timeinforce or stptype") from None
    ask = NewOrder(
        pair=pair,
        side=side,
        order_type=order_type,
        qty=volume,
        cash_qty=volume if "viqc" in flags else None,
        display_qty=display,
        time_in_force=time_in_force,
        post_only="post" in flags,
        cl_ord_id=form.text("cl_ord_id"),
        userref=form.integer("userref"),
        deadline_ns=instant_ns(form, "deadline"),
        expire_ns=_expiry_ns(exchange, form) if in_force == "gtd" else None,
        self_trade=self_trade,
        fee_in_base="fcib" in flags,
    )
    return _with_prices(ask, word, form, exchange.market(pair.symbol).last)


def _with_prices(ask: NewOrder, word: str, form: Form, last: Decimal) -> NewOrder:
    """The order with its prices, of which relative ones count from the last."""
    distance, distance2 = (offset_of(form.text(name), ask.side, ask.order_type) for name in ("price", "price2"))
    if word in TRAILING:
        if distance is None or not (form.text("price") or "").startswith("+"):
            raise invalid("price")
        if (distance2 is not None) is not ask.order_type.has_limit:
            raise invalid("price2")
        return attrs.evolve(ask, trail=trail_of(distance, ask.side, "price"), limit_offset=distance2)
    if form.text("trigger") == "index":
        raise invalid("Index unavailable")
    if ask.order_type.has_trigger:
        limit = form.number("price2") if distance2 is None else distance2.from_price(last, ask.pair)
        if distance is not None:
            return attrs.evolve(ask, trigger_offset=distance, limit_price=limit)
        return attrs.evolve(ask, trigger_price=form.number("price"), limit_price=limit)
    if not ask.order_type.has_limit:
        return ask
    return attrs.evolve(ask, limit_price=form.number("price") if distance is None else distance.from_price(last, ask.pair))


def _expiry_ns(exchange: Exchange, form: Form) -> int:
    text = required(form, "expiretm")
    if not _EXPIRY.fullmatch(text):
        raise invalid("expiretm")
    if text.startswith("+"):
        return exchange.now_ns() + int(text) * 10**9
    return int(text) * 10**9


def _add_order(exchange: Exchange, form: Form, arrived_ns: int) -> Json:
    ask = _read_order(exchange, form)
    order = exchange.add_order(ask, validate=form.flag("validate") or False, arrived_ns=arrived_ns)
    if order is not None:
        return {"descr": {"order": describe(order)}, "txid": [order.order_id]}
    return {"descr": {"order": describe(_planned(ask, arrived_ns))}}


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
        limit_price=form.number("limit_price"),
        trigger_price=form.number("trigger_price"),
        display_qty=form.number("display_qty"),
        post_only=form.flag("post_only") or False,
        deadline_ns=instant_ns(form, "deadline"),
    )
    return {"amend_id": exchange.amend_order(_named(exchange, form), change, arrived_ns=arrived_ns)}


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
    )
    new = exchange.edit_order(order, edit, validate=form.flag("validate") or False, arrived_ns=arrived_ns)
    if new is None:
        return {"status": "ok", "originaltxid": order.order_id}
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
    asks = [_read_order(exchange, Form(as_texts(row) | shared)) for row in rows if isinstance(row, dict)]
    answers: list[Json] = []
    for ask, order in zip(
        asks, exchange.add_batch(asks, validate=form.flag("validate") or False, arrived_ns=arrived_ns), strict=True
    ):
        if isinstance(order, ApiError):
            answers.append({"error": order.text})
        elif order is None:
            answers.append({"descr": {"order": describe(_planned(ask, arrived_ns))}})
        else:
            answers.append({"txid": order.order_id, "descr": {"order": describe(order)}})
    return {"orders": answers}


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
