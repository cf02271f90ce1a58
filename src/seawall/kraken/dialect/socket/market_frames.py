"""Frames of the public channels, one class each (docs.kraken.com/api/docs/websocket-v2, a page per channel).

Fields that are not named here are ignored: the exchange adds some without notice. Prices and sizes of `book` and `ticker`
stay raw tokens, since those two are the busiest; `digits.number` turns one into a decimal.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from seawall.kraken.dialect.books.digits import PLAIN, Digits, are_sizes, check_sizes, refuse_unsound_fields
from seawall.kraken.dialect.times import check_rfc3339

__all__ = [
    "BookFrame",
    "BookLevel",
    "BookRow",
    "CandleFrame",
    "CandleRow",
    "Heartbeat",
    "InstrumentAsset",
    "InstrumentData",
    "InstrumentFrame",
    "InstrumentPair",
    "Kind",
    "Status",
    "StatusRow",
    "TradeFrame",
    "TradeRow",
]

Kind = Literal["snapshot", "update"]

_GRID: Final = (
    "qty_increment",
    "price_increment",
    "qty_min",
    "cost_min",
    "margin_initial",
    "position_limit_long",
    "position_limit_short",
    "tick_size",
)


class _Stream(msgspec.Struct, frozen=True, tag_field="channel"):
    """What every frame with rows has in common."""

    type: Kind

    @property
    def snapshot(self) -> bool:
        """Whether this frame replaces what was known, rather than adding to it."""
        return self.type == "snapshot"


class Heartbeat(msgspec.Struct, frozen=True, tag_field="channel", tag="heartbeat"):
    """About once a second in which nothing else was sent, on a connection with a subscription (websocket-v2/heartbeat)."""


class StatusRow(msgspec.Struct, frozen=True):
    """The exchange's own state; `system` is read with `reports.venue_status`. `connection_id` exceeds signed 64 bit."""

    system: str
    api_version: str = ""
    connection_id: int | None = None
    version: str = ""


class Status(msgspec.Struct, frozen=True, tag_field="channel", tag="status"):
    """Pushed once connected and at each change, unasked (websocket-v2/status)."""

    data: tuple[StatusRow, ...]
    type: str = "update"


class BookLevel(msgspec.Struct, frozen=True, gc=False):
    """One price of a book; quantity 0 takes it away."""

    price: Digits
    qty: Digits


class BookRow(msgspec.Struct, frozen=True, gc=False):
    """One symbol's changes, in the order to apply them, and the checksum of the book after all of them."""

    symbol: str
    checksum: int
    bids: list[BookLevel] = []
    asks: list[BookLevel] = []
    timestamp: str | None = None

    def __post_init__(self) -> None:
        for level in self.bids + self.asks:
            text = b"".join((level.price, level.qty))
            if len(text) > PLAIN or not text.replace(b".", b"").isdigit():
                check_sizes((level.price, level.qty))


class BookFrame(_Stream, frozen=True, tag="book", gc=False):
    """A snapshot or an update of books (websocket-v2/book)."""

    data: tuple[BookRow, ...]


class TradeRow(msgspec.Struct, frozen=True):
    """One trade; `side` and `ord_type` are the taker's; `trade_id` rises by one within a symbol."""

    symbol: str
    side: Literal["buy", "sell"]
    price: Decimal
    qty: Decimal
    trade_id: int
    timestamp: str
    ord_type: str = ""

    def __post_init__(self) -> None:
        if not are_sizes((self.price, self.qty)):
            refuse_unsound_fields(self, ("price", "qty"), signed=False)
        check_rfc3339(self.timestamp)


class TradeFrame(_Stream, frozen=True, tag="trade"):
    """Trades, oldest first (websocket-v2/trade)."""

    data: tuple[TradeRow, ...]


class CandleRow(msgspec.Struct, frozen=True):
    """One candle so far; `interval` is in minutes, `interval_begin` its start. Nothing says that it is closed."""

    symbol: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
    interval_begin: str
    interval: int
    vwap: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not are_sizes((self.open, self.high, self.low, self.close, self.volume, self.vwap)):
            refuse_unsound_fields(self, ("open", "high", "low", "close", "volume", "vwap"), signed=False)
        check_rfc3339(self.interval_begin)


class CandleFrame(_Stream, frozen=True, tag="ohlc"):
    """Candles (websocket-v2/ohlc)."""

    data: tuple[CandleRow, ...]
    timestamp: str | None = None


class InstrumentAsset(msgspec.Struct, frozen=True):
    """One asset; statuses are written without underscores here, unlike in REST."""

    id: str
    status: str
    precision: int = 0
    precision_display: int = 0
    borrowable: bool = False
    collateral_value: Decimal | None = None
    margin_rate: Decimal | None = None
    multiplier: Decimal | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("collateral_value", "margin_rate", "multiplier"), signed=False)


class InstrumentPair(msgspec.Struct, frozen=True):
    """One pair and its grid, in `symbol`'s own units; read with `reports.instrument_of`."""

    symbol: str
    base: str
    quote: str
    status: str
    qty_precision: int
    qty_increment: Decimal
    price_precision: int
    price_increment: Decimal
    qty_min: Decimal
    cost_precision: int = 0
    cost_min: Decimal = Decimal(0)
    has_index: bool = False
    marginable: bool = False
    margin_initial: Decimal | None = None
    position_limit_long: Decimal | None = None
    position_limit_short: Decimal | None = None
    tick_size: Decimal | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _GRID, signed=False)


class InstrumentData(msgspec.Struct, frozen=True):
    """Both lists; an update may have either one empty."""

    assets: tuple[InstrumentAsset, ...] = ()
    pairs: tuple[InstrumentPair, ...] = ()


class InstrumentFrame(_Stream, frozen=True, tag="instrument"):
    """Reference data; `data` is an object here, not a list (websocket-v2/instrument)."""

    data: InstrumentData
