"""Frames of each channel in the exchange's form, made from a seed (docs.kraken.com/api/docs/websocket-v2, a page per channel)."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.frames import SYMBOL, BookFrames

__all__ = ["CHANNELS", "LAST_TRADES", "instruments", "ticker_end", "tickers"]

LAST_TRADES: Final = 999_999
"""`trades` of the ticker frame that ends a burst, and of no other."""
_STAMP: Final = "2026-01-01T00:00:00.{:06d}Z"


def _price(rng: random.Random) -> str:
    return f"{rng.randrange(640_000, 660_000) / 10:.1f}"


def _qty(rng: random.Random) -> str:
    return f"{rng.randrange(1, 10**9) / 10**8:.8f}"


def _ticker(rng: random.Random, trades: int) -> str:
    bid = rng.randrange(640_000, 660_000)
    return (
        f'{{"channel":"ticker","type":"update","data":[{{"symbol":"{SYMBOL}","bid":{bid / 10:.1f},"bid_qty":{_qty(rng)},'
        f'"ask":{(bid + 1) / 10:.1f},"ask_qty":{_qty(rng)},"last":{_price(rng)},"volume":{rng.randrange(10**12) / 10**8:.8f},'
        f'"vwap":{_price(rng)},"low":{_price(rng)},"high":{_price(rng)},"change":-{rng.randrange(1, 9_999) / 10:.1f},'
        f'"change_pct":-{rng.randrange(1, 999) / 100:.2f},"trades":{trades},"timestamp":"{_stamp(rng)}"}}]}}'
    )


def _stamp(rng: random.Random) -> str:
    return _STAMP.format(rng.randrange(10**6))


def _trade(rng: random.Random) -> str:
    return (
        f'{{"channel":"trade","type":"update","data":[{{"symbol":"{SYMBOL}","side":"{rng.choice(("buy", "sell"))}",'
        f'"price":{_price(rng)},"qty":{_qty(rng)},"ord_type":"limit","trade_id":{rng.randrange(10**8)},'
        f'"timestamp":"{_stamp(rng)}"}}]}}'
    )


def _candle(rng: random.Random) -> str:
    return (
        f'{{"channel":"ohlc","type":"update","timestamp":"{_stamp(rng)}","data":[{{"symbol":"{SYMBOL}","open":{_price(rng)},'
        f'"high":{_price(rng)},"low":{_price(rng)},"close":{_price(rng)},"trades":{rng.randrange(99)},"volume":{_qty(rng)},'
        f'"vwap":{_price(rng)},"interval_begin":"2026-01-01T00:00:00.000000000Z","interval":1,'
        '"timestamp":"2026-01-01T00:01:00.000000Z"}]}'
    )


def _execution(rng: random.Random) -> str:
    price, qty = _price(rng), _qty(rng)
    number = f"{rng.randrange(10**6):06d}"
    return (
        f'{{"channel":"executions","type":"update","sequence":{rng.randrange(2, 10**6)},"data":[{{'
        f'"order_id":"OAAAAA-BBBBB-{number}","cl_ord_id":"bench-{number}","symbol":"{SYMBOL}","side":"buy","order_type":"limit","exec_type":"trade",'
        f'"exec_id":"TAAAAA-BBBBB-{number}","trade_id":{rng.randrange(10**8)},"order_qty":{qty},"last_qty":{qty},'
        f'"last_price":{price},"cost":{price},"cum_qty":{qty},"cum_cost":{price},"avg_price":{price},"liquidity_ind":"m",'
        f'"fees":[{{"asset":"USD","qty":0.16160}}],"fee_usd_equiv":0.16160,"order_status":"filled","order_userref":0,'
        f'"timestamp":"{_stamp(rng)}"}}]}}'
    )


def _many(make: Callable[[random.Random], str]) -> Callable[[int], list[str]]:
    def made(count: int) -> list[str]:
        rng = random.Random(1)
        return [make(rng) for _ in range(count)]

    return made


def tickers(count: int) -> list[str]:
    """So many updates of `ticker`, none of which ends a burst."""
    return _many(lambda rng: _ticker(rng, rng.randrange(LAST_TRADES)))(count)


def ticker_end() -> str:
    """The update that ends a burst."""
    return _ticker(random.Random(1), LAST_TRADES)


def instruments(symbols: Sequence[str]) -> str:
    """The snapshot of `instrument` that lists these pairs."""
    pairs = ",".join(
        f'{{"symbol":"{symbol}","base":"{symbol.partition("/")[0]}","quote":"{symbol.partition("/")[2]}","status":"online",'
        '"qty_precision":8,"qty_increment":0.00000001,"price_precision":1,"price_increment":0.1,"qty_min":0.00005,'
        '"cost_precision":5,"cost_min":0.5,"marginable":false,"has_index":true,"tick_size":0.1}'
        for symbol in symbols
    )
    return f'{{"channel":"instrument","type":"snapshot","data":{{"assets":[],"pairs":[{pairs}]}}}}'


CHANNELS: Final[dict[str, Callable[[int], list[str]]]] = {
    "ticker": tickers,
    "book": lambda count: BookFrames(count=count).updates,
    "trade": _many(_trade),
    "ohlc": _many(_candle),
    "executions": _many(_execution),
}
"""So many frames of a channel."""
