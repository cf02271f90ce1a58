"""Frames as the exchange writes them: numbers with every digit (docs.kraken.com/api/docs/guides/spot-ws-intro)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.market_data import VenueStatus
from seawall.sim.exchange.events import TradePrint
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.pairs import Asset, Pair
from seawall.sim.feeds.candles import SimCandle
from seawall.sim.feeds.ladder import Digits

__all__ = [
    "HEARTBEAT",
    "Json",
    "book_frame",
    "candle_row",
    "channel_frame",
    "encode",
    "instrument_frame",
    "number",
    "status_frame",
    "trade_row",
]

Json = None | bool | int | str | msgspec.Raw | Sequence["Json"] | Mapping[str, "Json"]
"""What can be written: no floats; numbers with places are `number`."""

HEARTBEAT: Final = '{"channel":"heartbeat"}'

_encoder: Final = msgspec.json.Encoder()


def encode(value: Json) -> str:
    """The text of one frame."""
    return _encoder.encode(value).decode()


def number(value: Decimal, places: int) -> msgspec.Raw:
    """A JSON number with so many places, trailing zeros kept."""
    return msgspec.Raw(f"{value:.{places}f}".encode())


def channel_frame(channel: str, kind: str, rows: Sequence[Json], **more: Json) -> str:
    """A frame of a channel; `kind` is snapshot or update."""
    return encode({"channel": channel, "type": kind, "data": rows, **more})


def book_frame(symbol: str, kind: str, bids: Iterable[Digits], asks: Iterable[Digits], checksum: int, at_ns: int) -> str:
    """A frame of the `book` channel, digits as given."""
    # Put together by hand, unlike all others: it is nine frames of ten, and nothing in it needs to be escaped.
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{_levels(bids)}],"asks":[{_levels(asks)}],'
        f'"checksum":{checksum},"timestamp":"{to_rfc3339(at_ns)}"}}]}}'
    )


def _levels(levels: Iterable[Digits]) -> str:
    return ",".join([f'{{"price":{price},"qty":{qty}}}' for price, qty in levels])


def trade_row(trade: TradePrint) -> Json:
    """A row of the `trade` channel."""
    pair = trade.pair
    return {
        "symbol": pair.symbol,
        "side": str(trade.side),
        "price": number(trade.price, pair.price_precision),
        "qty": number(trade.qty, pair.qty_precision),
        "ord_type": str(trade.order_type),
        "trade_id": trade.trade_id,
        "timestamp": to_rfc3339(trade.at_ns),
    }


def candle_row(pair: Pair, interval_min: int, candle: SimCandle) -> Json:
    """A row of the `ohlc` channel."""
    places = pair.price_precision
    return {
        "symbol": pair.symbol,
        "open": number(candle.open, places),
        "high": number(candle.high, places),
        "low": number(candle.low, places),
        "close": number(candle.close, places),
        "trades": candle.trades,
        "volume": number(candle.volume, pair.qty_precision),
        "vwap": number(candle.vwap, places),
        "interval_begin": to_rfc3339(candle.begin_ns, 9),
        "interval": interval_min,
        "timestamp": to_rfc3339(candle.begin_ns + interval_min * 60 * 10**9),
    }


def status_frame(status: VenueStatus, connection_id: int) -> str:
    """The frame every connection starts with, and gets at each change."""
    row: dict[str, Json] = {"system": str(status), "api_version": "v2", "version": "2.0.10"}
    if status is not VenueStatus.MAINTENANCE:
        # Recordings of a maintenance lack it.
        row["connection_id"] = connection_id
    return channel_frame("status", "update", [row])


def instrument_frame(kind: str, assets: Iterable[Asset], markets: Iterable[Market]) -> str:
    """A frame of the `instrument` channel: its data is an object."""
    data: dict[str, Json] = {
        "assets": [_asset(asset) for asset in assets],
        "pairs": [_pair(market) for market in markets],
    }
    return encode({"channel": "instrument", "type": kind, "data": data})


def _asset(asset: Asset) -> Json:
    return {
        "id": asset.name,
        "status": "enabled",
        "precision": asset.decimals,
        "precision_display": asset.display_decimals,
        "borrowable": False,
        "collateral_value": number(Decimal(0), 2),
        "margin_rate": number(Decimal(0), 6),
    }


def _pair(market: Market) -> Json:
    pair = market.pair
    tick = number(pair.tick_size, pair.price_precision)
    return {
        "symbol": pair.symbol,
        "base": pair.base.name,
        "quote": pair.quote.name,
        "status": str(market.status),
        "qty_precision": pair.qty_precision,
        "qty_increment": number(pair.qty_increment, pair.qty_precision),
        "price_precision": pair.price_precision,
        "cost_precision": pair.cost_precision,
        "marginable": False,
        "has_index": False,
        "cost_min": number(pair.costmin, pair.cost_precision),
        "tick_size": tick,
        "price_increment": tick,
        "qty_min": number(pair.ordermin, pair.qty_precision),
    }
