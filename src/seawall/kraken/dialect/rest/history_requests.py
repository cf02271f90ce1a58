"""Private REST calls that read what was done: orders, fills, positions, ledgers (docs.kraken.com/api/docs/rest-api).

`rebase_multiplier` (`rebased` or `base`) matters to tokenised assets only. None leaves a parameter to the exchange's default.
"""

from collections.abc import Sequence
from typing import Final, Literal

from seawall.kraken.dialect.names import rest_asset_name
from seawall.kraken.dialect.order_words import refuse_count
from seawall.kraken.dialect.rest.account_requests import Rebase
from seawall.kraken.dialect.rest.call import RestRequest, listed, private, seconds_or_none, word

__all__ = [
    "closed_orders",
    "ledgers",
    "open_orders",
    "open_positions",
    "order_amends",
    "query_ledgers",
    "query_orders",
    "query_trades",
    "trades_history",
]

_MOST_ORDERS: Final = 50
_MOST_ENTRIES: Final = 20


def open_orders(
    client_order_id: str | None = None,
    *,
    trades: bool | None = None,
    userref: int | None = None,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Open orders of the account, or those of that client order id or user reference (get-open-orders)."""
    return private(
        "OpenOrders",
        trades=word(trades),
        userref=word(userref),
        cl_ord_id=client_order_id,
        rebase_multiplier=rebase_multiplier,
    )


def closed_orders(
    client_order_id: str | None = None,
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
    offset: int = 0,
    trades: bool | None = None,
    userref: int | None = None,
    close_time: Literal["open", "close", "both"] | None = None,
    consolidate_taker: bool | None = None,
    without_count: bool | None = None,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Ended orders, newest first, 50 a page; a client order id may be that of several (get-closed-orders).

    `start_ns` is exclusive, `end_ns` inclusive; `close_time` says which time of an order they speak of.
    """
    return private(
        "ClosedOrders",
        trades=word(trades),
        userref=word(userref),
        cl_ord_id=client_order_id,
        start=seconds_or_none(start_ns),
        end=seconds_or_none(end_ns),
        ofs=str(offset) if offset else None,
        closetime=close_time,
        consolidate_taker=word(consolidate_taker),
        without_count=word(without_count),
        rebase_multiplier=rebase_multiplier,
    )


def query_orders(
    order_ids: Sequence[str],
    *,
    trades: bool | None = None,
    userref: int | None = None,
    consolidate_taker: bool | None = None,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Orders by the exchange's id, open or ended (get-orders-info). Raises ValueError unless there are 1 to 50."""
    refuse_count("order_ids", len(order_ids), 1, _MOST_ORDERS)
    return private(
        "QueryOrders",
        trades=word(trades),
        userref=word(userref),
        txid=",".join(order_ids),
        consolidate_taker=word(consolidate_taker),
        rebase_multiplier=rebase_multiplier,
    )


def order_amends(order_id: str, *, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Every change of one order, the order as it was entered first (get-order-amends)."""
    return private("OrderAmends", order_id=order_id, rebase_multiplier=rebase_multiplier)


def trades_history(
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
    offset: int = 0,
    kind: Literal["all", "any position", "closed position", "closing position", "no position"] | None = None,
    trades: bool | None = None,
    without_count: bool | None = None,
    consolidate_taker: bool | None = None,
    ledgers: bool | None = None,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Fills of the account after `start_ns` up to `end_ns`, newest first, 50 a page (get-trades-history)."""
    return private(
        "TradesHistory",
        type=kind,
        trades=word(trades),
        start=seconds_or_none(start_ns),
        end=seconds_or_none(end_ns),
        ofs=str(offset) if offset else None,
        without_count=word(without_count),
        consolidate_taker=word(consolidate_taker),
        ledgers=word(ledgers),
        rebase_multiplier=rebase_multiplier,
    )


def query_trades(trade_ids: Sequence[str], *, trades: bool | None = None, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Fills by id (get-trades-info). Raises ValueError unless there are 1 to 20."""
    refuse_count("trade_ids", len(trade_ids), 1, _MOST_ENTRIES)
    return private("QueryTrades", txid=",".join(trade_ids), trades=word(trades), rebase_multiplier=rebase_multiplier)


def open_positions(
    position_ids: Sequence[str] = (),
    *,
    with_profit: bool | None = None,
    consolidated: bool = False,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Open margin positions (get-open-positions); `consolidated` sums them by market, without ids."""
    return private(
        "OpenPositions",
        txid=listed(position_ids),
        docalcs=word(with_profit),
        consolidation="market" if consolidated else None,
        rebase_multiplier=rebase_multiplier,
    )


def ledgers(
    assets: Sequence[str] = (),
    *,
    asset_class: str | None = None,
    kind: str | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
    offset: int = 0,
    without_count: bool | None = None,
    rebase_multiplier: Rebase | None = None,
) -> RestRequest:
    """Entries of the ledger, newest first, 50 a page (get-ledgers); `kind` is `trade`, `deposit`, `staking` and so on."""
    return private(
        "Ledgers",
        asset=listed([rest_asset_name(asset) for asset in assets]),
        aclass=asset_class,
        type=kind,
        start=seconds_or_none(start_ns),
        end=seconds_or_none(end_ns),
        ofs=str(offset) if offset else None,
        without_count=word(without_count),
        rebase_multiplier=rebase_multiplier,
    )


def query_ledgers(
    ledger_ids: Sequence[str], *, trades: bool | None = None, rebase_multiplier: Rebase | None = None
) -> RestRequest:
    """Entries of the ledger by id (get-ledgers-info). Raises ValueError unless there are 1 to 20."""
    refuse_count("ledger_ids", len(ledger_ids), 1, _MOST_ENTRIES)
    return private("QueryLedgers", id=",".join(ledger_ids), trades=word(trades), rebase_multiplier=rebase_multiplier)
