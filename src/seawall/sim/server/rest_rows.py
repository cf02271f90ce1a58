"""Orders, fills and balances as REST writes them: money in strings (docs.kraken.com/api/docs/rest-api/get-open-orders)."""

from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType
from seawall.sim.exchange.accounts import LedgerEntry
from seawall.sim.exchange.orders import SimFill, SimOrder, Status
from seawall.sim.feeds.frames import Json

__all__ = ["describe", "describe_close", "fill_row", "fixed", "ledger_row", "order_row", "seconds"]

STATUS: Final = {
    Status.PENDING_NEW: "pending",
    Status.NEW: "open",
    Status.PARTIALLY_FILLED: "open",
    Status.FILLED: "closed",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "expired",
}

NO_POSITION: Final = "TKH2SE-M7IF5-CFI7LT"
"""The position id that all spot fills carry."""


def fixed(value: Decimal, places: int) -> str:
    """Digits with so many places."""
    return f"{value:.{places}f}"


def seconds(at_ns: int | None) -> Json:
    """Seconds since the epoch with a fraction; 0 for never."""
    return 0 if at_ns is None else msgspec.Raw(f"{at_ns // 10**9}.{at_ns % 10**9 // 100_000:04d}".encode())


def _prices(order: SimOrder) -> tuple[str, str]:
    places = order.pair.price_precision
    if order.ask.trail is not None:
        # Trailing types show the distance; the level now in force stands in `stopprice`.
        trail = attrs.evolve(order.ask.trail, value=abs(order.ask.trail.value))
        return str(trail), "0" if order.ask.limit_offset is None else str(order.ask.limit_offset)
    limit = "0" if order.limit_price is None else fixed(order.limit_price, places)
    if not order.ask.order_type.has_trigger:
        return limit, "0"
    if order.trigger_price is None:
        # Not placed yet: a distance is still a distance.
        return str(order.ask.trigger_offset), limit
    return fixed(order.trigger_price, places), limit


def describe(order: SimOrder) -> str:
    """The sentence, as `buy 0.10000000 LTCUSDT @ stop loss 55.00000 -> limit 54.00000`."""
    price, price2 = _prices(order)
    words = order.ask.type_name.removesuffix("-limit").replace("-", " ")
    text = f"{order.side} {fixed(order.qty, order.pair.qty_precision)} {order.pair.altname} @ {words}"
    if price != "0":
        text += f" {price}"
    return text if price2 == "0" else f"{text} -> limit {price2}"


def describe_close(order: SimOrder) -> str:
    """The sentence about what follows each fill, as `close position @ stop loss 22000.0 -> limit 21000.0`; empty for nothing."""
    close = order.ask.close
    if close is None:
        return ""
    planned = SimOrder("", close, order.qty, close.limit_price, close.trigger_price, order.opened_ns, order.opened_ns)
    return f"close position @ {describe(planned).partition(' @ ')[2]}"


def order_row(order: SimOrder, *, trades: bool) -> Json:
    """An order of OpenOrders, ClosedOrders or QueryOrders."""
    pair, ask = order.pair, order.ask
    price, price2 = _prices(order)
    cost_places, price_places = pair.cost_precision, max(5, pair.price_precision)
    flags = (["post"] if ask.post_only else []) + (["viqc"] if ask.cash_qty is not None else [])
    row: dict[str, Json] = {
        "refid": ask.ref_id,
        "userref": None if ask.cl_ord_id is not None else ask.userref or 0,
        "status": STATUS[order.status],
        "opentm": seconds(order.opened_ns),
        "starttm": seconds(ask.start_ns),
        "expiretm": seconds(ask.expire_ns),
        "descr": {
            "pair": pair.altname,
            "aclass": "forex",
            "type": str(order.side),
            "ordertype": ask.type_name,
            "price": price,
            "price2": price2,
            "leverage": "none",
            "order": describe(order),
            "close": describe_close(order),
        },
        "vol": fixed(ask.cash_qty or order.qty, pair.qty_precision),
        "vol_exec": fixed(order.cum_qty, pair.qty_precision),
        "cost": fixed(order.cum_cost, cost_places),
        "fee": fixed(order.cum_fee, pair.base.decimals if ask.fee_in_base else cost_places),
        "price": fixed(order.average_price, price_places),
        "stopprice": fixed((order.trigger_price if ask.trail is not None else None) or ZERO, price_places),
        "limitprice": fixed(ZERO, price_places),
        "margin": False,
        "misc": ",".join(_misc(order)),
        "oflags": ",".join([*flags, "fcib" if ask.fee_in_base else "fciq"]),
        "time_in_force": ask.in_force,
    }
    if order.display_qty is not None:
        row["displayvol"] = fixed(order.display_qty, pair.qty_precision)
    if ask.cl_ord_id is not None:
        row["cl_ord_id"] = ask.cl_ord_id
    if order.trigger_price is not None:
        row["trigger"] = "last"
    if order.closed_ns is not None:
        row |= {"closetm": seconds(order.closed_ns), "reason": order.reason}
    if trades and order.fills:
        row["trades"] = list(order.fills)
    return row


def _misc(order: SimOrder) -> list[str]:
    words = []
    if order.triggered_ns is not None:
        stops = order.ask.order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        words.append("stopped" if stops else "touched")
    if order.cum_qty and order.left:
        words.append("partial")
    return [*words, "amended"] if order.amended else words


def fill_row(fill: SimFill) -> dict[str, Json]:
    """A trade of TradesHistory."""
    pair = fill.pair
    row: dict[str, Json] = {
        "ordertxid": fill.order_id,
        "postxid": NO_POSITION,
        "pair": pair.rest_id,
        "aclass": "forex",
        "time": seconds(fill.at_ns),
        "type": str(fill.side),
        "ordertype": fill.order_type.replace("-", " "),
        "price": fixed(fill.price, max(5, pair.price_precision)),
        "cost": fixed(fill.cost, pair.cost_precision),
        "fee": fixed(fill.fee, pair.base.decimals if fill.fee_asset == pair.base.name else pair.cost_precision),
        "vol": fixed(fill.qty, pair.qty_precision),
        "margin": fixed(ZERO, 5),
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
    }
    if fill.cl_ord_id is not None:
        row["cl_ord_id"] = fill.cl_ord_id
    return row


def ledger_row(entry: LedgerEntry) -> Json:
    """A row of Ledgers (docs.kraken.com/api/docs/rest-api/get-ledgers)."""
    places = entry.asset.decimals
    return {
        "refid": entry.ref_id,
        "time": seconds(entry.at_ns),
        "type": entry.kind,
        "subtype": "",
        "aclass": "currency",
        "asset": entry.asset.id,
        "amount": fixed(entry.amount, places),
        "fee": fixed(entry.fee, places),
        "balance": fixed(entry.balance, places),
    }
