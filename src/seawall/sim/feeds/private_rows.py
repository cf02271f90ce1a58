"""Rows of the private channels, as sparse as recordings of the live channel show them
(docs.kraken.com/api/docs/websocket-v2/executions and balances).
"""

from decimal import Decimal

import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import ZERO
from seawall.sim.exchange.accounts import LedgerEntry
from seawall.sim.exchange.events import (
    Event,
    IcebergRefilled,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderOpened,
    OrderReceived,
    OrderTraded,
    OrderTrailed,
    OrderTriggered,
)
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import NewOrder, SimFill, SimOrder, Status
from seawall.sim.feeds.frames import Json, number

__all__ = ["Row", "entry_row", "event_row", "fill_row", "whole_row"]

Row = dict[str, Json]


def event_row(event: Event) -> Row | None:
    """The row of `executions` that tells an event about an order; None for other events."""
    match event:
        case OrderReceived(order, at_ns):
            return whole_row(order) | {"exec_type": "pending_new", "order_status": "pending_new", "timestamp": to_rfc3339(at_ns)}
        case OrderOpened(order, at_ns):
            return _bare(order, "new", "new", at_ns)
        case OrderAmended(order, at_ns):
            return _bare(order, "amended", order.status, at_ns) | _amended(order)
        case OrderTriggered(order, last_price, at_ns) | OrderTrailed(order, last_price, at_ns):
            return _bare(order, "status", order.status, at_ns) | {"triggers": _triggers(order, last_price)}
        case IcebergRefilled(order, shown, at_ns):
            remain: Row = {"display_qty_remain": number(shown, order.pair.qty_precision)}
            return _bare(order, "iceberg_refill", order.status, at_ns) | remain
        case OrderTraded(order, fill, cum_qty, cum_cost, _):
            return fill_row(fill) | {"order_status": "partially_filled"} | _totals(order, cum_qty, cum_cost)
        case OrderFilled(order, at_ns) | OrderEnded(order, at_ns):
            reason: Row = {} if order.reason is None else {"reason": order.reason, "cancel_reason": order.reason}
            totals = _totals(order, order.cum_qty, order.cum_cost)
            return _bare(order, order.status, order.status, at_ns) | totals | reason
        case _:
            return None


def _ids(order_id: str, cl_ord_id: str | None, userref: int | None) -> Row:
    return {"order_id": order_id} | ({"order_userref": userref or 0} if cl_ord_id is None else {"cl_ord_id": cl_ord_id})


def _bare(order: SimOrder, exec_type: str, status: str, at_ns: int) -> Row:
    return {
        "timestamp": to_rfc3339(at_ns),
        "order_status": str(status),
        "exec_type": str(exec_type),
        **_ids(order.order_id, order.cl_ord_id, order.ask.userref),
    }


def whole_row(order: SimOrder) -> Row:
    """All that is said of an order when it comes, and in snapshots."""
    pair, ask = order.pair, order.ask
    row: Row = {
        **_ids(order.order_id, order.cl_ord_id, ask.userref),
        "symbol": pair.symbol,
        "order_qty": number(order.qty, pair.qty_precision),
        "cum_cost": number(order.cum_cost, pair.cost_precision),
        "time_in_force": ask.in_force.upper(),
        "exec_type": "pending_new" if order.status is Status.PENDING_NEW else "new",
        "side": str(order.side),
        "order_type": ask.type_name,
        "stop_price": number(order.trigger_price or ZERO, pair.price_precision),
        "order_status": str(order.status),
        "fee_usd_equiv": number(ZERO, 4),
        "fee_ccy_pref": "fcib" if ask.fee_in_base else "fciq",
        "timestamp": to_rfc3339(order.opened_ns),
    }
    if order.status is not Status.PENDING_NEW:
        row["cum_qty"] = number(order.cum_qty, pair.qty_precision)
    return row | _options(order)


def _options(order: SimOrder) -> Row:
    """What only some orders have."""
    pair, ask = order.pair, order.ask
    row: Row = {}
    if order.limit_price is not None:
        row |= {"limit_price": number(order.limit_price, pair.price_precision), "limit_price_type": "static"}
    if ask.post_only:
        row["post_only"] = True
    if order.trigger_price is not None:
        row["triggers"] = _triggers(order, None)
    if order.display_qty is not None:
        row["display_qty"] = number(order.display_qty, pair.qty_precision)
    if ask.cash_qty is not None:
        row["cash_order_qty"] = number(ask.cash_qty, pair.cost_precision)
    for name, at_ns in (("effective_time", ask.start_ns), ("expire_time", ask.expire_ns)):
        if at_ns is not None:
            row[name] = to_rfc3339(at_ns)
    if ask.close is not None:
        row["contingent"] = _contingent(ask.close)
    if ask.ref_id is not None:
        row["ord_ref_id"] = ask.ref_id
    return row


def _contingent(close: NewOrder) -> Json:
    """What follows each fill."""
    row: Row = {"order_type": close.type_name}
    distance = close.trail or close.trigger_offset
    if distance is not None:
        row |= {"trigger_price": _plain(distance, trails=close.trail is not None), "trigger_price_type": distance.kind}
    elif close.trigger_price is not None:
        row |= {"trigger_price": number(close.trigger_price, close.pair.price_precision), "trigger_price_type": "static"}
    if close.limit_offset is not None:
        row |= {"limit_price": _plain(close.limit_offset), "limit_price_type": close.limit_offset.kind}
    elif close.limit_price is not None:
        row |= {"limit_price": number(close.limit_price, close.pair.price_precision), "limit_price_type": "static"}
    return row


def _plain(distance: Offset, *, trails: bool = False) -> Json:
    """A distance as a number; how far a trigger trails is said without a sign."""
    value = abs(distance.value) if trails else distance.value
    return msgspec.Raw(f"{value:f}".encode())


def _amended(order: SimOrder) -> Row:
    pair = order.pair
    row: Row = {
        "cum_qty": number(order.cum_qty, pair.qty_precision),
        "reason": "User requested",
        "amended": True,
        "order_qty": number(order.qty, pair.qty_precision),
    }
    if order.limit_price is not None:
        row |= {"limit_price": number(order.limit_price, pair.price_precision), "limit_price_type": "static"}
    if order.trigger_price is not None:
        row["triggers"] = _triggers(order, None)
    return row


def _triggers(order: SimOrder, last_price: Decimal | None) -> Json:
    pair = order.pair
    assert order.trigger_price is not None
    row: Row = {
        "reference": "last",
        "price": number(order.trigger_price, pair.price_precision),
        "price_type": "static",
        "status": "untriggered" if order.dormant else "triggered",
    }
    offset = order.ask.trail or order.ask.trigger_offset
    if offset is not None:
        row |= {"price": _plain(offset, trails=order.ask.trail is not None), "price_type": offset.kind}
        row["actual_price"] = number(order.trigger_price, pair.price_precision)
    if order.triggered_ns is not None:
        row["timestamp"] = to_rfc3339(order.triggered_ns)
    if last_price is not None:
        row |= {"last_price": number(last_price, pair.price_precision)}
    return row


def _totals(order: SimOrder, cum_qty: Decimal, cum_cost: Decimal) -> Row:
    pair = order.pair
    return {
        "cum_qty": number(cum_qty, pair.qty_precision),
        "cum_cost": number(cum_cost, pair.cost_precision),
        "avg_price": number(cum_cost / cum_qty if cum_qty else ZERO, pair.price_precision),
        "fee_usd_equiv": number(order.cum_fee if order.pair.quote.name == "USD" else ZERO, 4),
    }


def fill_row(fill: SimFill) -> Row:
    """One execution."""
    pair = fill.pair
    fee_places = pair.cost_precision if fill.fee_asset == pair.quote.name else pair.base.decimals
    return {
        **_ids(fill.order_id, fill.cl_ord_id, fill.userref),
        "exec_id": fill.exec_id,
        "exec_type": "trade",
        "trade_id": fill.trade_id,
        "symbol": pair.symbol,
        "side": str(fill.side),
        "last_qty": number(fill.qty, pair.qty_precision),
        "last_price": number(fill.price, pair.price_precision),
        "liquidity_ind": "m" if fill.maker else "t",
        "cost": number(fill.cost, pair.cost_precision),
        "order_type": str(fill.order_type),
        "timestamp": to_rfc3339(fill.at_ns),
        "fee_usd_equiv": number(fill.fee if fill.fee_asset == "USD" else ZERO, 4),
        "fees": [{"asset": fill.fee_asset, "qty": number(fill.fee, fee_places)}],
    }


def entry_row(entry: LedgerEntry) -> Row:
    """One movement of a balance, on `balances`."""
    places = entry.asset.decimals
    return {
        "ledger_id": entry.ledger_id,
        "ref_id": entry.ref_id,
        "timestamp": to_rfc3339(entry.at_ns),
        "type": entry.kind,
        "category": entry.kind,
        "asset": entry.asset.name,
        "asset_class": "currency",
        "wallet_type": "spot",
        "wallet_id": "main",
        "amount": number(entry.amount, places),
        "fee": number(entry.fee, places),
        "balance": number(entry.balance, places),
    }
