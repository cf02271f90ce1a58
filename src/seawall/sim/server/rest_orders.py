"""Reading the orders of REST (docs.kraken.com/api/docs/rest-api/add-order)."""

import json
import re
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, SelfTrade
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.server.fields import Form, as_texts, choice, instant_ns
from seawall.sim.server.order_fields import ICEBERG, TRAILING, offset_of, order_type_of, trail_of
from seawall.sim.server.rest_public import named_pair

__all__ = ["read_order", "time_ns"]

MIN_EXPIRY_NS: Final = 5 * 10**9
KNOWN_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})
CLOSE_FIELDS: Final = ("ordertype", "price", "price2")

_TIME: Final = re.compile(r"\+?[0-9]{1,11}")


def read_order(exchange: Exchange, form: Form) -> NewOrder:
    """The order that a form asks for. Raises `ApiError` with what cannot be read of it, or is not known here."""
    if form.text("leverage") not in {None, "0", "none"}:
        # No margin here: said as a refusal, never passed over in silence.
        raise invalid("leverage")
    if form.flag("reduce_only"):
        raise ApiError("EOrder:Reduce only:No position exists")
    pair, side = named_pair(exchange, form.text("pair")), choice(form, "type", Side)
    word = (form.text("ordertype") or "").lower()
    order_type = order_type_of(word, "ordertype")
    flags = _flags(form, order_type, side)
    volume, display = form.number("volume"), form.number("displayvol")
    if volume is None:
        raise invalid("volume")
    if (display is None) is (word == ICEBERG):
        raise invalid("displayvol")
    time_in_force, expire_ns = _in_force(exchange, form)
    start_ns = time_ns(exchange, form, "starttm")
    try:
        self_trade = SelfTrade((form.text("stptype") or "cancel-newest").replace("-", "_"))
    except ValueError:
        raise invalid("stptype") from None
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
        start_ns=start_ns,
        expire_ns=expire_ns,
        self_trade=self_trade,
        fee_in_base="fcib" in flags,
    )
    last = exchange.market(pair.symbol).last
    return attrs.evolve(_with_prices(ask, word, form, last), close=_close(ask, form, last))


def time_ns(exchange: Exchange, form: Form, name: str) -> int | None:
    """Seconds since the epoch, or from now with a `+`; None for 0, or none at all."""
    text = form.text(name)
    if text is None:
        return None
    if not _TIME.fullmatch(text):
        raise invalid(name)
    if text.startswith("+"):
        return exchange.now_ns() + int(text) * 10**9
    return int(text) * 10**9 or None


def _flags(form: Form, order_type: OrderType, side: Side) -> frozenset[str]:
    flags = frozenset((form.text("oflags") or "fciq").split(","))
    if flags - KNOWN_FLAGS:
        raise invalid("oflags")
    if "viqc" in flags and (order_type is not OrderType.MARKET or side is not Side.BUY):
        raise invalid("oflags")
    return flags


def _in_force(exchange: Exchange, form: Form) -> tuple[TimeInForce, int | None]:
    """How long an order may rest, and until when."""
    word = (form.text("timeinforce") or "gtc").lower()
    try:
        time_in_force = TimeInForce.GTC if word == "gtd" else TimeInForce(word)
    except ValueError:
        raise invalid("timeinforce") from None
    expire_ns = time_ns(exchange, form, "expiretm")
    if (word == "gtd" and expire_ns is None) or (time_in_force is not TimeInForce.GTC and expire_ns is not None):
        raise invalid("expiretm")
    if expire_ns is not None and expire_ns < exchange.now_ns() + MIN_EXPIRY_NS:
        raise invalid("expiretm")
    return time_in_force, expire_ns


def _close(ask: NewOrder, form: Form, last: Decimal) -> NewOrder | None:
    """The conditional close: fields `close[...]` of a form, or an object `close` in JSON."""
    whole = form.text("close")
    if whole is None:
        values = {name: form.text(f"close[{name}]") for name in CLOSE_FIELDS}
        fields = Form({name: value for name, value in values.items() if value is not None})
    else:
        try:
            read = json.loads(whole, parse_float=str)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise invalid("close")
        fields = Form(as_texts(read))
    word = (fields.text("ordertype") or "").lower()
    if not word:
        if fields.values:
            raise invalid("close[ordertype]")
        return None
    kind = order_type_of(word, "close[ordertype]")
    close = NewOrder(ask.pair, ask.side.other, kind, ZERO, self_trade=ask.self_trade, fee_in_base=ask.fee_in_base)
    return _with_prices(close, word, fields, last)


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
