"""From rows of the WebSocket streams to the model's facts.

Rows of `executions` are sparse and may come in any order with the answers to requests
(docs.kraken.com/api/docs/websocket-v2/executions): a report says what its row says and None for the rest, and whoever keeps
the order merges.
"""

from decimal import Decimal
from typing import Final

from seawall.kraken.dialect.names import asset_name, v2_symbol
from seawall.kraken.dialect.socket.market_frames import CandleRow, InstrumentPair, TradeRow
from seawall.kraken.dialect.socket.private_frames import BalanceRow, ExecutionRow, ExecutionsFrame
from seawall.kraken.dialect.times import from_rfc3339
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.instruments import Instrument, PairStatus
from seawall.model.market_data import Candle, Trade, VenueStatus
from seawall.model.numbers import EXACT
from seawall.model.orders import Side
from seawall.model.reports import Fee, Fill, OrderReport, OrderStatus, PrivateSnapshot

__all__ = [
    "balance_total",
    "candle",
    "fill",
    "instrument_of",
    "new_words",
    "order_report",
    "pair_status",
    "private_snapshot",
    "trade",
    "v2_name",
    "venue_status",
]

_STATUS_OF_ORDER: Final = {
    "pending_new": OrderStatus.PENDING,
    "new": OrderStatus.OPEN,
    "partially_filled": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}
_STATUS_OF_EVENT: Final = {
    "pending_new": OrderStatus.PENDING,
    "new": OrderStatus.OPEN,
    "trade": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "iceberg_refill": OrderStatus.OPEN,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "amended": OrderStatus.OPEN,
    "restated": OrderStatus.OPEN,
    "status": OrderStatus.OPEN,
}
_ENDS: Final = ("filled", "canceled", "expired")


def order_report(row: ExecutionRow) -> OrderReport | Unknown:
    """What the row says about its order; `Unknown` when neither its `exec_type` nor its `order_status` is one we know.

    A trade completes its order only when its own totals say so: the fill that did was documented with the status
    `partially_filled`, and trades of a snapshot say `filled` of orders that they may not have filled.
    """
    status = _status_of(row)
    return Unknown("exec_type", row.exec_type) if status is None else _report(row, status)


def _report(row: ExecutionRow, status: OrderStatus) -> OrderReport:
    return OrderReport(
        order_id=row.order_id,
        client_order_id=row.cl_ord_id or None,
        status=status,
        at_ns=from_rfc3339(row.timestamp),
        symbol=None if row.symbol is None else v2_name(row.symbol),
        side=None if row.side is None else Side(row.side),
        qty=row.order_qty,
        limit_price=row.limit_price,
        filled_qty=row.cum_qty,
        filled_cost=row.cum_cost,
        reason=row.reason or row.cancel_reason,
    )


def _status_of(row: ExecutionRow) -> OrderStatus | None:
    if row.exec_type == "trade":
        said = row.order_status == "filled" and row.cum_qty is not None
        reached = row.cum_qty is not None and row.order_qty is not None and row.cum_qty >= row.order_qty
        return OrderStatus.FILLED if said or reached else OrderStatus.OPEN
    if row.exec_type in _ENDS:
        return _STATUS_OF_EVENT[row.exec_type]
    return _STATUS_OF_ORDER.get(row.order_status or "") or _STATUS_OF_EVENT.get(row.exec_type)


def new_words(row: ExecutionRow) -> tuple[Unknown, ...]:
    """What the row says in words that are new to us, though the rest of it may be understood."""
    return tuple(
        Unknown(what, word)
        for what, word, known in (
            ("exec_type", row.exec_type, _STATUS_OF_EVENT),
            ("order_status", row.order_status, _STATUS_OF_ORDER),
        )
        if word is not None and word not in known
    )


def private_snapshot(frame: ExecutionsFrame) -> PrivateSnapshot:
    """The snapshot of `executions`, parted in open orders and fills.

    The exchange puts no other orders in it, so one whose state is a new word is open: left out, it would pass for ended.
    """
    return PrivateSnapshot(
        open_orders=tuple(_report(row, _status_of(row) or OrderStatus.OPEN) for row in frame.data if row.exec_type != "trade"),
        fills=tuple(execution for row in frame.data if (execution := fill(row)) is not None),
    )


def fill(row: ExecutionRow) -> Fill | None:
    """The execution that a `trade` row is; None for every other row, and for a trade that lacks its id, pair, side or size."""
    if row.exec_type != "trade" or row.exec_id is None or row.symbol is None or row.side is None:
        return None
    if row.last_qty is None or row.last_price is None:
        return None
    return Fill(
        exec_id=row.exec_id,
        order_id=row.order_id,
        client_order_id=row.cl_ord_id or None,
        symbol=v2_name(row.symbol),
        side=Side(row.side),
        qty=row.last_qty,
        price=row.last_price,
        cost=EXACT.multiply(row.last_qty, row.last_price) if row.cost is None else row.cost,
        fees=tuple(Fee(asset_name(fee.asset), fee.qty) for fee in row.fees),
        maker=row.liquidity_ind == "m",
        at_ns=from_rfc3339(row.timestamp),
    )


def balance_total(row: BalanceRow) -> tuple[str, Decimal]:
    """The asset and its total; what is held by orders is not in this stream."""
    return asset_name(row.asset), row.balance


def trade(row: TradeRow) -> Trade:
    """One printed trade."""
    return Trade(v2_name(row.symbol), Side(row.side), row.price, row.qty, row.trade_id, from_rfc3339(row.timestamp))


def candle(row: CandleRow, *, closed: bool = False) -> Candle:
    """One candle. The exchange never says that it is closed: a later one, or the clock, does."""
    return Candle(
        symbol=v2_name(row.symbol),
        interval_s=row.interval * 60,
        begin_ns=from_rfc3339(row.interval_begin),
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        trades=row.trades,
        closed=closed,
    )


def instrument_of(pair: InstrumentPair) -> Instrument | Unknown:
    """The pair as the `instrument` channel has it (websocket-v2/instrument); `Unknown` when its status is a new word.

    The channel tells neither REST's own names (both are the symbol here, which REST takes too) nor fees (zero here): keep
    those of `AssetPairs`, and take status and grid from this.
    """
    status = pair_status(pair.status)
    if isinstance(status, Unknown):
        return status
    return Instrument(
        symbol=v2_name(pair.symbol),
        base=asset_name(pair.base),
        quote=asset_name(pair.quote),
        rest_name=pair.symbol,
        rest_id=pair.symbol,
        price_precision=pair.price_precision,
        qty_precision=pair.qty_precision,
        price_increment=pair.price_increment,
        qty_increment=pair.qty_increment,
        qty_min=pair.qty_min,
        cost_min=pair.cost_min,
        status=status,
    )


def pair_status(text: str) -> PairStatus | Unknown:
    """The status of a pair, or `Unknown`."""
    try:
        return PairStatus(text)
    except ValueError:
        return Unknown("pair status", text)


def venue_status(text: str) -> VenueStatus | Unknown:
    """The status of the exchange as the `status` channel's `system` or REST's SystemStatus writes it, or `Unknown`."""
    try:
        return VenueStatus(text)
    except ValueError:
        return Unknown("system status", text)


def v2_name(symbol: str) -> str:
    """The symbol with today's asset names; one that is no pair is left as it is."""
    try:
        return v2_symbol(symbol)
    except ValueError:
        return symbol
