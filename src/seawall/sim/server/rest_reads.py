"""Private REST calls that read (docs.kraken.com/api/docs/rest-api/get-open-orders and its neighbours)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form
from seawall.sim.server.rest_rows import fill_row, fixed, order_row
from seawall.sim.server.tokens import TOKEN_LIFE_S, Tokens

__all__ = ["READS", "Reader", "page", "within"]

PAGE: Final = 50
MAX_QUERIED: Final = 50
MAX_QUERIED_TRADES: Final = 20

TRADE_TYPES: Final = {
    "all": True,
    "no position": True,
    "any position": False,
    "closed position": False,
    "closing position": False,
}
"""Which kinds of trades there are without margin (docs.kraken.com/api/docs/rest-api/get-trade-history)."""


@attrs.frozen
class Reader:
    """What reads read from. Orders and fills are shown as they were `lag_s()` ago."""

    exchange: Exchange
    tokens: Tokens
    lag_s: Callable[[], float]
    key_facts: Callable[[], Mapping[str, Json]] = dict
    """What is known of the key that asks."""

    def orders(self) -> list[SimOrder]:
        """Every order that can be seen, newest first."""
        orders = list(self.exchange.orders.values())[::-1]
        if not self.lag_s():
            return orders
        at_ns = self.seen_ns()
        return [seen for seen in (order.as_of(at_ns) for order in orders) if seen is not None]

    def fills(self) -> list[SimFill]:
        """Every fill that can be seen, oldest first."""
        at_ns = self.seen_ns()
        return [fill for fill in self.exchange.fills if fill.at_ns <= at_ns]

    def seen_ns(self) -> int:
        """The instant up to which facts are visible."""
        return self.exchange.now_ns() - int(self.lag_s() * 10**9)


def _balance(reader: Reader, _form: Form) -> Json:
    account = reader.exchange.floor.account
    return {
        account.assets[name].id: fixed(have, max(account.assets[name].decimals, 4)) for name, have in account.balances.items()
    }


def _balance_ex(reader: Reader, _form: Form) -> Json:
    account, held = reader.exchange.floor.account, reader.exchange.floor.held()
    rows: dict[str, Json] = {}
    for name, have in account.balances.items():
        asset = account.assets[name]
        rows[asset.id] = {
            "balance": fixed(have, asset.decimals),
            "hold_trade": fixed(held.get(name, ZERO), asset.decimals),
        }
    return rows


def _matches(order: SimOrder, form: Form) -> bool:
    userref, cl_ord_id = form.integer("userref"), form.text("cl_ord_id")
    return (userref is None or order.ask.userref == userref) and (cl_ord_id is None or order.cl_ord_id == cl_ord_id)


def _open_orders(reader: Reader, form: Form) -> Json:
    trades = form.flag("trades") or False
    found = [order for order in reader.orders() if order.live and _matches(order, form)]
    return {"open": {order.order_id: order_row(order, trades=trades) for order in found}}


def within(at_ns: int, form: Form) -> bool:
    """Whether an instant is after `start` and not after `end`."""
    start, end = form.number("start"), form.number("end")
    at_s = Decimal(at_ns) / 10**9
    return (start is None or at_s > start) and (end is None or at_s <= end)


def page(form: Form) -> slice:
    """Which rows were asked for."""
    offset = form.integer("ofs") or 0
    if offset < 0:
        raise invalid("ofs")
    return slice(offset, offset + PAGE)


def _closed_orders(reader: Reader, form: Form) -> Json:
    which = form.text("closetime") or "both"
    if which not in {"open", "close", "both"}:
        raise invalid("closetime")

    def inside(order: SimOrder) -> bool:
        assert order.closed_ns is not None
        times = {"open": [order.opened_ns], "close": [order.closed_ns]}.get(which, [order.opened_ns, order.closed_ns])
        return any(within(at_ns, form) for at_ns in times)

    closed = [order for order in reader.orders() if not order.live and _matches(order, form) and inside(order)]
    closed.sort(key=lambda order: order.closed_ns or 0, reverse=True)
    trades = form.flag("trades") or False
    rows = {order.order_id: order_row(order, trades=trades) for order in closed[page(form)]}
    return {"closed": rows} | ({} if form.flag("without_count") else {"count": len(closed)})


def _query_orders(reader: Reader, form: Form) -> Json:
    wanted = (form.text("txid") or "").split(",")
    if wanted == [""] or len(wanted) > MAX_QUERIED:
        raise ApiError("EGeneral:Invalid arguments")
    trades = form.flag("trades") or False
    found = {order.order_id: order for order in reader.orders() if _matches(order, form)}
    return {txid: order_row(found[txid], trades=trades) for txid in wanted if txid in found}


def _trades_history(reader: Reader, form: Form) -> Json:
    kind = form.text("type") or "all"
    if kind not in TRADE_TYPES:
        raise invalid("type")
    fills = [fill for fill in reversed(reader.fills()) if TRADE_TYPES[kind] and within(fill.at_ns, form)]
    rows = {fill.exec_id: fill_row(fill) for fill in fills[page(form)]}
    if form.flag("ledgers"):
        rows = {exec_id: row | {"ledgers": _ledger_ids(reader, exec_id)} for exec_id, row in rows.items()}
    return {"trades": rows} | ({} if form.flag("without_count") else {"count": len(fills)})


def _ledger_ids(reader: Reader, exec_id: str) -> list[Json]:
    """The movements that one trade made, oldest first."""
    return [entry.ledger_id for entry in reader.exchange.ledger if entry.ref_id == exec_id]


def _query_trades(reader: Reader, form: Form) -> Json:
    wanted = (form.text("txid") or "").split(",")
    if wanted == [""] or len(wanted) > MAX_QUERIED_TRADES:
        raise ApiError("EGeneral:Invalid arguments")
    fills = {fill.exec_id: fill for fill in reader.fills()}
    return {txid: fill_row(fills[txid]) for txid in wanted if txid in fills}


def _token(reader: Reader, _form: Form) -> Json:
    return {"token": reader.tokens.issue(reader.exchange.now_ns()), "expires": TOKEN_LIFE_S}


READS: Final[Mapping[str, Callable[[Reader, Form], Json]]] = {
    "Balance": _balance,
    "BalanceEx": _balance_ex,
    "OpenOrders": _open_orders,
    "ClosedOrders": _closed_orders,
    "QueryOrders": _query_orders,
    "TradesHistory": _trades_history,
    "QueryTrades": _query_trades,
    "GetWebSocketsToken": _token,
}
