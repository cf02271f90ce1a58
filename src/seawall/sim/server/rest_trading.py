"""Private REST calls that trade (docs.kraken.com/api/docs/rest-api/add-order and its neighbours)."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, OrderChange, SelfTrade, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form, choice, instant_ns, required
from seawall.sim.server.rest_public import named_pair
from seawall.sim.server.rest_rows import describe

__all__ = ["TRADES"]

REFUSED_FIELDS: Final = ("leverage", "displayvol", "close[ordertype]", "close", "starttm")
"""Not a part of this exchange: said as a refusal, never passed over in silence."""

_EXPIRY: Final = re.compile(r"\+?[0-9]{1,11}")

KNOWN_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp"})


def _read_order(exchange: Exchange, form: Form) -> NewOrder:
    for name in REFUSED_FIELDS:
        if form.text(name) not in {None, "0", "none"}:
            raise invalid(name)
    if form.flag("reduce_only"):
        raise ApiError("EOrder:Reduce only:No position exists")
    order_type = choice(form, "ordertype", OrderType)
    price, price2 = form.number("price"), form.number("price2")
    flags = set((form.text("oflags") or "fciq").split(","))
    if flags - KNOWN_FLAGS:
        raise invalid("oflags")
    volume = form.number("volume")
    if volume is None:
        raise invalid("volume")
    in_force = (form.text("timeinforce") or "gtc").lower()
    try:
        time_in_force = TimeInForce.GTC if in_force == "gtd" else TimeInForce(in_force)
        self_trade = SelfTrade((form.text("stptype") or "cancel-newest").replace("-", "_"))
    except ValueError:
        raise invalid("timeinforce or stptype") from None
    return NewOrder(
        pair=named_pair(exchange, form.text("pair")),
        side=choice(form, "type", Side),
        order_type=order_type,
        qty=volume,
        limit_price=price2 if order_type.has_trigger else (price if order_type.has_limit else None),
        trigger_price=price if order_type.has_trigger else None,
        time_in_force=time_in_force,
        post_only="post" in flags,
        cl_ord_id=form.text("cl_ord_id"),
        userref=form.integer("userref"),
        deadline_ns=instant_ns(form, "deadline"),
        expire_ns=_expiry_ns(exchange, form) if in_force == "gtd" else None,
        self_trade=self_trade,
        fee_in_base="fcib" in flags,
    )


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
    planned = SimOrder("", ask, ask.qty, ask.limit_price, ask.trigger_price, arrived_ns, arrived_ns)
    return {"descr": {"order": describe(planned)}}


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
        post_only=form.flag("post_only") or False,
        deadline_ns=instant_ns(form, "deadline"),
    )
    return {"amend_id": exchange.amend_order(_named(exchange, form), change, arrived_ns=arrived_ns)}


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
    "AmendOrder": _amend_order,
    "CancelOrder": _cancel_order,
    "CancelAll": _cancel_all,
    "CancelAllOrdersAfter": _cancel_all_after,
}
