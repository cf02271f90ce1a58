"""The public half of REST (docs.kraken.com/api/docs/rest-api/get-server-time and its neighbours)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import round_down, round_up
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.pairs import FeeSchedule, Pair, assets_of
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.candles import INTERVALS
from seawall.sim.feeds.frames import Json, number
from seawall.sim.feeds.public import MAX_DEPTH, PublicFeed
from seawall.sim.server.fields import Form
from seawall.sim.server.rest_rows import fixed

__all__ = ["PUBLIC", "named_pair"]

MAX_DEPTH_COUNT: Final = 500
MAX_TRADES: Final = 1000

TOKENIZED: Final = "tokenized_asset"
"""The class of the xStocks, of which there are none here."""

PAIR_INFO: Final[Mapping[str, tuple[str, ...]]] = {
    "info": (),
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop"),
}
"""What can be asked of pairs, and its fields; none are all (docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs)."""

GROUPED_DEPTHS: Final = (10, 25, 100, 250, 1000)
GROUPINGS: Final = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Ticks (docs.kraken.com/api/docs/rest-api/get-grouped-order-book)."""


def named_pair(exchange: Exchange, name: str | None) -> Pair:
    """The pair of any of its names."""
    found = next((pair for pair in exchange.pairs.values() if name in pair.names()), None)
    if found is None:
        raise ApiError("EQuery:Unknown asset pair")
    return found


def _named_pairs(exchange: Exchange, form: Form) -> list[Pair]:
    names = form.text("pair")
    return list(exchange.pairs.values()) if names is None else [named_pair(exchange, name) for name in names.split(",")]


def _time(feed: PublicFeed, _form: Form) -> Json:
    now_s = feed.exchange.now_ns() // 10**9
    return {"unixtime": now_s, "rfc1123": datetime.fromtimestamp(now_s, UTC).strftime("%a, %d %b %y %H:%M:%S +0000")}


def _system_status(feed: PublicFeed, _form: Form) -> Json:
    return {"status": str(feed.exchange.status), "timestamp": to_rfc3339(feed.exchange.now_ns(), 0)}


def _assets(feed: PublicFeed, form: Form) -> Json:
    names = form.text("asset")
    if form.text("aclass") == TOKENIZED:
        return {}
    wanted = None if names is None else set(names.split(","))
    rows: dict[str, Json] = {}
    for asset in assets_of(feed.exchange.pairs.values()).values():
        if wanted is None or wanted & {asset.id, asset.altname, asset.name}:
            rows[asset.id] = {
                "aclass": "currency",
                "altname": asset.altname,
                "decimals": asset.decimals,
                "display_decimals": asset.display_decimals,
                "status": "enabled",
            }
    if wanted is not None and not rows:
        raise ApiError("EQuery:Unknown asset")
    return rows


def _schedule(steps: FeeSchedule) -> list[Json]:
    return [[volume, msgspec.Raw(str(percent).encode())] for volume, percent in steps]


def _asset_pairs(feed: PublicFeed, form: Form) -> Json:
    info = form.text("info") or "info"
    if info not in PAIR_INFO:
        raise invalid("info")
    if form.text("aclass_base") == TOKENIZED:
        return {}
    asked = (form.text("pair") or "").split(",")
    # Asked by its WebSocket name a pair is answered by it: python-kraken-sdk, which lives off the real exchange, counts on it.
    return {
        pair.symbol if pair.symbol in asked else pair.rest_id: _asset_pair(feed.exchange.market(pair.symbol), PAIR_INFO[info])
        for pair in _named_pairs(feed.exchange, form)
    }


def _asset_pair(market: Market, wanted: tuple[str, ...]) -> Json:
    pair = market.pair
    row: dict[str, Json] = {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base.id,
        "aclass_quote": "currency",
        "quote": pair.quote.id,
        "lot": "unit",
        "cost_decimals": pair.cost_precision,
        "pair_decimals": pair.price_precision,
        "lot_decimals": pair.qty_precision,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": _schedule(pair.fees),
        "fees_maker": _schedule(pair.fees_maker),
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{pair.ordermin:f}",
        "costmin": f"{pair.costmin:f}",
        "tick_size": f"{pair.tick_size:f}",
        "status": str(market.status),
    }
    return {name: value for name, value in row.items() if not wanted or name in wanted}


def _ticker(feed: PublicFeed, form: Form) -> Json:
    rows: dict[str, Json] = {}
    for pair in _named_pairs(feed.exchange, form):
        market, day, shown = feed.exchange.market(pair.symbol), feed.day(pair.symbol), feed.shown(pair.symbol)
        trade = market.trades[-1] if market.trades else None

        def touch(levels: list[tuple[str, str]]) -> list[Json]:
            price, qty = levels[0] if levels else ("0", "0")
            return [_wide(Decimal(price)), str(int(Decimal(qty))), fixed(Decimal(qty), 3)]

        def twice(value: str) -> list[Json]:
            return [value, value]

        rows[pair.rest_id] = {
            "a": touch(shown.asks(1)),
            "b": touch(shown.bids(1)),
            "c": [_wide(market.last), fixed(trade.qty if trade else Decimal(0), pair.qty_precision)],
            "v": twice(fixed(day.volume, pair.qty_precision)),
            "p": twice(fixed(day.vwap, max(5, pair.price_precision))),
            "t": [day.trades, day.trades],
            "l": twice(_wide(day.low)),
            "h": twice(_wide(day.high)),
            "o": _wide(day.open or market.last),
        }
    return rows


def _wide(price: Decimal) -> str:
    # Ticker and Depth write more places than the pair has.
    places = -int(price.as_tuple().exponent)
    return fixed(price, max(5, places))


def _depth(feed: PublicFeed, form: Form) -> Json:
    pair = named_pair(feed.exchange, form.text("pair"))
    count = form.integer("count")
    count = 100 if count is None else count
    if not 1 <= count <= MAX_DEPTH_COUNT:
        raise invalid("count")
    shown, now_s = feed.shown(pair.symbol), feed.exchange.now_ns() // 10**9

    def rows(levels: list[tuple[str, str]]) -> list[Json]:
        return [[_wide(Decimal(price)), fixed(Decimal(qty), 3), now_s] for price, qty in levels]

    return {pair.rest_id: {"asks": rows(shown.asks(count)), "bids": rows(shown.bids(count))}}


def _trades(feed: PublicFeed, form: Form) -> Json:
    pair = named_pair(feed.exchange, form.text("pair"))
    since, count = form.number("since"), form.integer("count")
    count = MAX_TRADES if count is None else count
    if not 1 <= count <= MAX_TRADES:
        raise invalid("count")
    # Seconds or nanoseconds: no clock shows a nanosecond count this small, nor seconds this large.
    since_ns = None if since is None else int(since if since > 10**15 else since * 10**9)
    trades = [trade for trade in feed.exchange.market(pair.symbol).trades if since_ns is None or trade.at_ns > since_ns]
    chosen = trades[-count:] if since_ns is None else trades[:count]
    rows: list[Json] = [
        [
            _wide(trade.price),
            fixed(trade.qty, pair.qty_precision),
            number(Decimal(trade.at_ns) / 10**9, 7),
            trade.side[0],
            trade.order_type[0],
            "",
            trade.trade_id,
        ]
        for trade in chosen
    ]
    last_ns = chosen[-1].at_ns if chosen else since_ns or feed.exchange.now_ns()
    return {pair.rest_id: rows, "last": str(last_ns)}


def _ohlc(feed: PublicFeed, form: Form) -> Json:
    pair = named_pair(feed.exchange, form.text("pair"))
    interval = form.integer("interval")
    interval = 1 if interval is None else interval
    if interval not in INTERVALS:
        raise invalid("interval")
    since, places = form.integer("since") or 0, pair.price_precision
    candles = feed.candles(pair.symbol, interval).rows
    rows: list[Json] = [
        [
            candle.begin_ns // 10**9,
            *(fixed(price, places) for price in (candle.open, candle.high, candle.low, candle.close, candle.vwap)),
            fixed(candle.volume, pair.qty_precision),
            candle.trades,
        ]
        for candle in candles
        if candle.begin_ns // 10**9 > since
    ]
    committed = candles[-2].begin_ns // 10**9 if len(candles) > 1 else 0
    return {pair.rest_id: rows, "last": committed}


def _spread(feed: PublicFeed, form: Form) -> Json:
    pair, since = named_pair(feed.exchange, form.text("pair")), form.integer("since") or 0
    touches = feed.touches(pair.symbol)
    rows: list[Json] = [[at_ns // 10**9, _wide(bid), _wide(ask)] for at_ns, bid, ask in touches if at_ns // 10**9 >= since]
    return {pair.rest_id: rows, "last": touches[-1][0] // 10**9 if touches else since}


def _grouped_book(feed: PublicFeed, form: Form) -> Json:
    """Levels summed in steps of so many ticks: bids at the step below, asks at the step above."""
    pair = named_pair(feed.exchange, form.text("pair"))
    depth, grouping = form.integer("depth") or GROUPED_DEPTHS[0], form.integer("grouping") or GROUPINGS[0]
    if depth not in GROUPED_DEPTHS:
        raise invalid("depth")
    if grouping not in GROUPINGS:
        raise invalid("grouping")
    shown, step = feed.shown(pair.symbol), pair.tick_size * grouping

    def rows(levels: list[tuple[str, str]], rounded: Callable[[Decimal, Decimal], Decimal]) -> list[Json]:
        sums: dict[Decimal, Decimal] = {}
        for price, qty in levels:
            group = rounded(Decimal(price), step)
            sums[group] = sums.get(group, Decimal(0)) + Decimal(qty)
        return [{"price": _wide(price), "qty": fixed(qty, pair.qty_precision)} for price, qty in list(sums.items())[:depth]]

    bids, asks = rows(shown.bids(MAX_DEPTH), round_down), rows(shown.asks(MAX_DEPTH), round_up)
    return {"pair": pair.symbol, "grouping": grouping, "bids": bids, "asks": asks}


PUBLIC: Final[Mapping[str, Callable[[PublicFeed, Form], Json]]] = {
    "Time": _time,
    "SystemStatus": _system_status,
    "Assets": _assets,
    "AssetPairs": _asset_pairs,
    "Ticker": _ticker,
    "Depth": _depth,
    "Trades": _trades,
    "OHLC": _ohlc,
    "Spread": _spread,
    "GroupedBook": _grouped_book,
}
