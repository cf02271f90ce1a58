"""REST answers about the market and the exchange, as the model's facts (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`.
"""

from decimal import Decimal
from typing import Final, Literal

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.names import v2_symbol
from seawall.kraken.dialect.rest.envelope import UNREADABLE, read_result
from seawall.kraken.dialect.rest.one_pair import read_one_pair
from seawall.kraken.dialect.socket.reports import pair_status, venue_status
from seawall.kraken.dialect.times import seconds_to_ns
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.instruments import Instrument, PairStatus
from seawall.model.market_data import Candle, Trade, VenueStatus
from seawall.model.numbers import EXACT, ZERO
from seawall.model.orders import Side

__all__ = ["PairList", "read_candles", "read_instruments", "read_system_status", "read_time", "read_trades"]

_PERCENT: Final = Decimal(100)
_MOST_PLACES: Final = 40


@attrs.frozen
class PairList:
    """Every pair that was understood, and what was not, with its reason: one odd pair among hundreds stops nobody."""

    instruments: tuple[Instrument, ...]
    left_out: tuple[Unknown, ...]


class _Pair(msgspec.Struct, frozen=True):
    altname: str
    pair_decimals: int
    lot_decimals: int
    wsname: str | None = None
    fees: tuple[tuple[Decimal, Decimal], ...] = ()
    fees_maker: tuple[tuple[Decimal, Decimal], ...] = ()
    ordermin: Decimal | None = None
    costmin: Decimal | None = None
    tick_size: Decimal | None = None
    status: str = PairStatus.ONLINE.value

    def __post_init__(self) -> None:
        for name in ("ordermin", "costmin", "tick_size"):
            refuse_unsound(name, getattr(self, name), signed=False)
        for name, places in (("pair_decimals", self.pair_decimals), ("lot_decimals", self.lot_decimals)):
            if not 0 <= places <= _MOST_PLACES:
                raise ValueError(f"{name}: {places} is not a count of decimals")
        for _, percent in self.fees + self.fees_maker:
            refuse_unsound("fees", percent, signed=True)


class _Time(msgspec.Struct, frozen=True):
    unixtime: int


class _SystemStatus(msgspec.Struct, frozen=True):
    status: str


class _TradeRow(msgspec.Struct, frozen=True, array_like=True):
    price: Decimal
    volume: Decimal
    time: Decimal
    side: Literal["b", "s"]
    order_type: str
    misc: str = ""
    trade_id: int = 0

    def __post_init__(self) -> None:
        for name in ("price", "volume", "time"):
            refuse_unsound(name, getattr(self, name), signed=False)


class _CandleRow(msgspec.Struct, frozen=True, array_like=True):
    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    volume: Decimal
    count: int

    def __post_init__(self) -> None:
        for name in ("open", "high", "low", "close", "vwap", "volume"):
            refuse_unsound(name, getattr(self, name), signed=False)


def read_time(body: bytes | str) -> int:
    """`Time`: the exchange's clock in nanoseconds since the epoch, exact to the second."""
    return seconds_to_ns(read_result(body, _Time).unixtime)


def read_system_status(body: bytes | str) -> VenueStatus | Unknown:
    """`SystemStatus`: what the exchange takes now."""
    return venue_status(read_result(body, _SystemStatus).status)


def read_instruments(body: bytes | str) -> PairList:
    """`AssetPairs`: the pairs, in the answer's order.

    Answers of earlier years lack some fields. Without `tick_size` the tick is one unit of the last price decimal; without
    `costmin` there is no minimum cost, without `ordermin` one unit of the last quantity decimal; without `status` the pair is
    online.
    """
    instruments: list[Instrument] = []
    left_out: list[Unknown] = []
    for rest_id, raw in read_result(body, dict[str, msgspec.Raw]).items():
        try:
            pair = msgspec.json.decode(raw, type=_Pair)
            instruments.append(_instrument(rest_id, pair))
        except UNREADABLE as error:
            left_out.append(Unknown("pair", f"{rest_id}: {error}"))
    return PairList(tuple(instruments), tuple(left_out))


def _instrument(rest_id: str, pair: _Pair) -> Instrument:
    status = pair_status(pair.status)
    if isinstance(status, Unknown):
        raise ValueError(f"status {pair.status!r} is new")  # noqa: TRY004 - the value is at fault, and all faults leave one way
    if pair.wsname is None:
        raise ValueError("it has no WebSocket name, so it is traded elsewhere")
    symbol = v2_symbol(pair.wsname)
    base, _, quote = symbol.partition("/")
    qty_increment = Decimal(1).scaleb(-pair.lot_decimals)
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        rest_name=pair.altname,
        rest_id=rest_id,
        price_precision=pair.pair_decimals,
        qty_precision=pair.lot_decimals,
        price_increment=pair.tick_size or Decimal(1).scaleb(-pair.pair_decimals),
        qty_increment=qty_increment,
        qty_min=pair.ordermin or qty_increment,
        cost_min=ZERO if pair.costmin is None else pair.costmin,
        maker_fee=_lowest_tier(pair.fees_maker or pair.fees),
        taker_fee=_lowest_tier(pair.fees),
        status=status,
    )


def _lowest_tier(fees: tuple[tuple[Decimal, Decimal], ...]) -> Decimal:
    return EXACT.divide(fees[0][1], _PERCENT) if fees else ZERO


def read_trades(body: bytes | str, symbol: str) -> tuple[tuple[Trade, ...], int]:
    """`Trades` of one pair, oldest first, and the instant to ask from next (nanoseconds since the epoch)."""
    _, rows, last = read_one_pair(body, tuple[_TradeRow, ...])
    trades = tuple(
        Trade(symbol, Side.BUY if row.side == "b" else Side.SELL, row.price, row.volume, row.trade_id, seconds_to_ns(row.time))
        for row in rows
    )
    return trades, last


def read_candles(body: bytes | str, symbol: str, interval_s: int) -> tuple[Candle, ...]:
    """`OHLC` of one pair, oldest first; the last row is the running candle."""
    _, rows, _ = read_one_pair(body, tuple[_CandleRow, ...])
    return tuple(
        Candle(
            symbol,
            interval_s,
            seconds_to_ns(row.time),
            row.open,
            row.high,
            row.low,
            row.close,
            row.volume,
            row.count,
            closed=place < len(rows),
        )
        for place, row in enumerate(rows, start=1)
    )
