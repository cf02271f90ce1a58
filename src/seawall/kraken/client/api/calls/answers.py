"""Answers in today's names: REST's keys and fields say `XXBT` and `XXBTZUSD`, a reader here says `BTC` and `BTC/USD`.

What is not in the exchange's list of pairs keeps the name it came with.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

import attrs
from msgspec.structs import replace

from seawall.kraken.client.api.calls.endpoint import Asked
from seawall.kraken.client.api.names import Names
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.names import asset_name, v2_symbol
from seawall.model.market_data import Candle, Trade

__all__ = [
    "amounts",
    "asset_rows",
    "candles",
    "closed_orders",
    "extended_balances",
    "fill_page",
    "fills",
    "grouped_book",
    "ledger_page",
    "ledger_rows",
    "level3_book",
    "open_orders",
    "orders",
    "pair_rows",
    "positions",
    "tickers",
    "trade_volume",
    "trades",
]

T = TypeVar("T")


def _by_asset(rows: Mapping[str, T]) -> dict[str, T]:
    """Rows by the asset's name; where two ids have one name, the second keeps its id, so that no row is lost."""
    named: dict[str, T] = {}
    for asset_id, row in rows.items():
        name = asset_name(asset_id)
        named[asset_id if name in named else name] = row
    return named


def _by_pair(rows: Mapping[str, T], names: Names) -> dict[str, T]:
    return {names.known(rest_id): row for rest_id, row in rows.items()}


# The market


def asset_rows(body: bytes, _asked: Asked) -> dict[str, rest.AssetRow]:
    """`Assets`."""
    return _by_asset(rest.read_assets(body))


def pair_rows(body: bytes, asked: Asked) -> dict[str, rest.PairRow]:
    """`AssetPairs`; a pair that is not in the list goes by the slash name the exchange gives it."""

    def symbol(rest_id: str, row: rest.PairRow) -> str:
        known = asked.names.known(rest_id)
        return v2_symbol(row.wsname) if known == rest_id and row.wsname is not None else known

    return {symbol(rest_id, row): row for rest_id, row in rest.read_pair_rows(body).items()}


def tickers(body: bytes, asked: Asked) -> dict[str, rest.DayTicker]:
    """`Ticker`."""
    return _by_pair(rest.read_tickers(body), asked.names)


def candles(body: bytes, asked: Asked) -> tuple[Candle, ...]:
    """`OHLC`."""
    params = asked.request.params
    return rest.read_candles(body, asked.names.known(params["pair"]), int(params["interval"]) * 60)


def trades(body: bytes, asked: Asked) -> tuple[tuple[Trade, ...], int]:
    """`Trades`: oldest first, and the instant to ask from next (nanoseconds since the epoch)."""
    return rest.read_trades(body, asked.names.known(asked.request.params["pair"]))


def grouped_book(body: bytes, asked: Asked) -> rest.GroupedBook:
    """`GroupedBook`."""
    book = rest.read_grouped_book(body)
    return replace(book, pair=asked.names.known(book.pair))


def level3_book(body: bytes, asked: Asked) -> rest.RestLevel3Book:
    """`Level3`."""
    book = rest.read_level3(body)
    return replace(book, pair=asked.names.known(book.pair))


# The account's money


def amounts(body: bytes, _asked: Asked) -> dict[str, Decimal]:
    """`Balance`."""
    return _by_asset(rest.read_totals(body))


def extended_balances(body: bytes, _asked: Asked) -> dict[str, rest.ExtendedBalance]:
    """`BalanceEx`."""
    return _by_asset(rest.read_extended_balances(body))


def trade_volume(body: bytes, asked: Asked) -> rest.TradeVolume:
    """`TradeVolume`."""
    volume = rest.read_trade_volume(body)
    return attrs.evolve(
        volume,
        currency=asset_name(volume.currency),
        fees=_by_pair(volume.fees, asked.names),
        fees_maker=_by_pair(volume.fees_maker, asked.names),
    )


def ledger_rows(body: bytes, _asked: Asked) -> dict[str, rest.LedgerRow]:
    """`QueryLedgers`."""
    return _ledger(rest.read_ledger_rows(body))


def ledger_page(body: bytes, _asked: Asked) -> rest.LedgerPage:
    """`Ledgers`."""
    page = rest.read_ledgers(body)
    return replace(page, ledger=_ledger(page.ledger))


def _ledger(rows: Mapping[str, rest.LedgerRow]) -> dict[str, rest.LedgerRow]:
    return {ledger_id: replace(row, asset=asset_name(row.asset)) for ledger_id, row in rows.items()}


# Orders, fills, positions


def open_orders(body: bytes, asked: Asked) -> dict[str, rest.OrderRow]:
    """`OpenOrders`."""
    return _orders(rest.read_open_order_rows(body), asked.names)


def orders(body: bytes, asked: Asked) -> dict[str, rest.OrderRow]:
    """`QueryOrders`."""
    return _orders(rest.read_order_rows(body), asked.names)


def closed_orders(body: bytes, asked: Asked) -> rest.OrderRowPage:
    """`ClosedOrders`."""
    page = rest.read_closed_order_rows(body)
    return replace(page, closed=_orders(page.closed, asked.names))


def _orders(rows: Mapping[str, rest.OrderRow], names: Names) -> dict[str, rest.OrderRow]:
    return {order_id: replace(row, descr=replace(row.descr, pair=names.known(row.descr.pair))) for order_id, row in rows.items()}


def fills(body: bytes, asked: Asked) -> dict[str, rest.RestTradeRow]:
    """`QueryTrades`."""
    return _fills(rest.read_trade_rows(body), asked.names)


def fill_page(body: bytes, asked: Asked) -> rest.TradeRowPage:
    """`TradesHistory`."""
    page = rest.read_trade_page(body)
    return replace(page, trades=_fills(page.trades, asked.names))


def _fills(rows: Mapping[str, rest.RestTradeRow], names: Names) -> dict[str, rest.RestTradeRow]:
    return {exec_id: replace(row, pair=names.known(row.pair)) for exec_id, row in rows.items()}


def positions(body: bytes, asked: Asked) -> rest.Positions:
    """`OpenPositions`."""
    told = rest.read_positions(body)

    def named(row: rest.PositionRow) -> rest.PositionRow:
        return replace(row, pair=asked.names.known(row.pair))

    return rest.Positions(
        {position_id: named(row) for position_id, row in told.by_id.items()}, tuple(map(named, told.consolidated))
    )
