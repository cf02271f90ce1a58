"""Private REST calls that read: money, orders, fills, ledgers (docs.kraken.com/api/docs/rest-api).

`rebase_multiplier` (`rebased` or `base`) matters to tokenised assets only. None leaves a parameter to the exchange's default.
"""

from collections.abc import Sequence
from typing import Final, Literal

from seawall.kraken.dialect.names import rest_asset_name
from seawall.kraken.dialect.order_words import refuse_count
from seawall.kraken.dialect.rest.call import RestRequest, listed, private, seconds_or_none, word

__all__ = [
    "Rebase",
    "api_key_info",
    "balance",
    "balance_ex",
    "closed_orders",
    "ledgers",
    "level3",
    "open_orders",
    "open_positions",
    "order_amends",
    "query_ledgers",
    "query_orders",
    "query_trades",
    "trade_balance",
    "trade_volume",
    "trades_history",
    "websockets_token",
]

Rebase = Literal["rebased", "base"]
_MOST_ORDERS: Final = 50
_MOST_ENTRIES: Final = 20


def websockets_token() -> RestRequest:
    """A token for the private WebSocket, to be used within 900 s (get-websockets-token)."""
    return private("GetWebSocketsToken")


def api_key_info(otp: str | None = None) -> RestRequest:
    """The key's own name, permissions and restrictions (get-api-key-info)."""
    return private("GetApiKeyInfo", otp=otp)


def balance(*, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Totals by asset (get-account-balance)."""
    return private("Balance", rebase_multiplier=rebase_multiplier)


def balance_ex(*, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Balances with what open orders hold (get-extended-balance)."""
    return private("BalanceEx", rebase_multiplier=rebase_multiplier)


def trade_balance(asset: str | None = None, *, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Equity and margin, in `asset` (get-trade-balance)."""
    return private("TradeBalance", asset=None if asset is None else rest_asset_name(asset), rebase_multiplier=rebase_multiplier)


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
    if not 1 <= len(order_ids) <= _MOST_ORDERS:
        raise ValueError(f"order_ids: {len(order_ids)} of them, where 1 to {_MOST_ORDERS} can be asked for")
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


def trade_volume(rest_names: Sequence[str] = (), *, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """The account's volume of 30 days, and its own fees for these pairs (get-trade-volume)."""
    return private("TradeVolume", pair=listed(rest_names), rebase_multiplier=rebase_multiplier)


def level3(rest_name: str, depth: Literal[0, 10, 25, 100, 250, 1000] | None = None) -> RestRequest:
    """The book order by order; depth 0 is the whole of it (get-level-3-order-book)."""
    return private("Level3", pair=rest_name, depth=word(depth))
