"""Frames of the `ticker` channel: checked when they come, read when somebody asks (docs.kraken.com/api/docs/websocket-v2/ticker).

A ticker has eleven numbers and most callers look at two, so that exact decimals of all of them would be most of what a frame
costs. The quick way has msgspec check each number as a bounded float, throws the floats away and keeps the bytes; the exact
way looks at each number's own digits. The quick way takes only what the exact way would take as well, and all that it will
not have goes the exact way: what is refused, and every digit that is read, is the same by both.

Bid and ask are not compared here. The page promises nothing about the two, and a touch that is seen crossed for a moment is
news about the market, not a frame that cannot be. A book is where prices are proven, and there a cross is refused.
"""

from decimal import Decimal
from typing import Annotated, Final, final

import msgspec

from seawall.kraken.dialect.books.digits import Digits, refuse_unsound
from seawall.kraken.dialect.socket.market_frames import Kind

__all__ = ["QuickTicker", "TickerFrame", "TickerRow", "exact_ticker", "quick_ticker"]

_LEAST: Final = 1e-38
_MOST: Final = 1e38
"""Well inside the bounds of `refuse_unsound`, so that no rounding to a float can carry a number over them. Zero is outside:
as a float it does not tell what was written, which may be 0e-999999999. It is rare here, and goes the exact way."""
_LEAST_FALL: Final = -_LEAST
_Size = Annotated[float, msgspec.Meta(ge=_LEAST, le=_MOST)]
_Signed = Annotated[float, msgspec.Meta(ge=-_MOST, le=_MOST)]


class _QuickRow(msgspec.Struct, gc=False):
    symbol: str
    bid: _Size
    bid_qty: _Size
    ask: _Size
    ask_qty: _Size
    last: _Size
    volume: _Size
    vwap: _Size
    low: _Size
    high: _Size
    change: _Signed
    change_pct: _Signed
    timestamp: str | None = None
    trades: int | None = None


@final
class QuickTicker(msgspec.Struct, tag_field="channel", tag="ticker", gc=False):
    """A frame of one row, which is what the exchange sends, with its numbers as floats: for `quick_ticker` alone."""

    type: Kind
    data: tuple[_QuickRow]


class _Tokens(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    bid: Digits
    bid_qty: Digits
    ask: Digits
    ask_qty: Digits
    last: Digits
    volume: Digits
    vwap: Digits
    low: Digits
    high: Digits
    change: Digits
    change_pct: Digits
    timestamp: str | None = None
    trades: int | None = None


class _ExactTicker(msgspec.Struct, frozen=True, tag_field="channel", tag="ticker"):
    type: Kind
    data: tuple[_Tokens, ...]


_exact: Final[msgspec.json.Decoder[_ExactTicker]] = msgspec.json.Decoder(_ExactTicker)


class TickerRow(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The touch and the last 24 hours of one symbol.

    Every number is a decimal of the digits that were sent, trailing zeros included, made when it is asked for.
    """

    symbol: str
    _source: bytes | _Tokens
    """The frame until something is read, and then the tokens of its only row."""

    def __repr__(self) -> str:
        return f"TickerRow({self.symbol!r}, bid={self.bid}, ask={self.ask}, last={self.last})"

    def __eq__(self, other: object) -> bool:
        return self._tokens() == other._tokens() if isinstance(other, TickerRow) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.symbol)

    @property
    def bid(self) -> Decimal:
        """The best bid."""
        return _decimal(self._tokens().bid)

    @property
    def bid_qty(self) -> Decimal:
        """The quantity at the best bid."""
        return _decimal(self._tokens().bid_qty)

    @property
    def ask(self) -> Decimal:
        """The best ask."""
        return _decimal(self._tokens().ask)

    @property
    def ask_qty(self) -> Decimal:
        """The quantity at the best ask."""
        return _decimal(self._tokens().ask_qty)

    @property
    def last(self) -> Decimal:
        """The price of the last trade; the page vouches for it only where there was one within 24 hours."""
        return _decimal(self._tokens().last)

    @property
    def volume(self) -> Decimal:
        """Traded in 24 hours, in the base asset."""
        return _decimal(self._tokens().volume)

    @property
    def vwap(self) -> Decimal:
        """The average price of 24 hours, weighted by volume."""
        return _decimal(self._tokens().vwap)

    @property
    def low(self) -> Decimal:
        """The lowest price of 24 hours."""
        return _decimal(self._tokens().low)

    @property
    def high(self) -> Decimal:
        """The highest price of 24 hours."""
        return _decimal(self._tokens().high)

    @property
    def change(self) -> Decimal:
        """By how much the price moved in 24 hours, in the quote asset; negative where it fell."""
        return _decimal(self._tokens().change)

    @property
    def change_pct(self) -> Decimal:
        """The same in per cent."""
        return _decimal(self._tokens().change_pct)

    @property
    def timestamp(self) -> str | None:
        """When this was so, as RFC 3339; older frames have none."""
        return self._tokens().timestamp

    @property
    def trades(self) -> int | None:
        """The count of trades in 24 hours; older frames have none."""
        return self._tokens().trades

    def _tokens(self) -> _Tokens:
        if isinstance(self._source, bytes):
            (tokens,) = _exact.decode(self._source).data
            msgspec.structs.force_setattr(self, "_source", tokens)
            return tokens
        return self._source


class TickerFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="ticker", gc=False):
    """A snapshot or an update of tickers (websocket-v2/ticker)."""

    type: Kind
    data: tuple[TickerRow, ...]

    @property
    def snapshot(self) -> bool:
        """Whether this frame replaces what was known, rather than adding to it."""
        return self.type == "snapshot"


def quick_ticker(quick: QuickTicker, frame: bytes | str) -> TickerFrame:
    """The frame that `quick` was decoded from, with its numbers still in there; or `exact_ticker` of it."""
    row = quick.data[0]
    change, change_pct = row.change, row.change_pct
    if (
        (change >= _LEAST or change <= _LEAST_FALL)
        and (change_pct >= _LEAST or change_pct <= _LEAST_FALL)
        and isinstance(frame, bytes)
    ):
        return TickerFrame(quick.type, (TickerRow(row.symbol, frame),))
    return exact_ticker(frame)


def exact_ticker(frame: bytes | str) -> TickerFrame:
    """The frame, every number looked at. Raises what msgspec does, ArithmeticError and ValueError for what cannot be."""
    read = _exact.decode(frame)
    for row in read.data:
        for name in ("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high"):
            refuse_unsound(name, _decimal(getattr(row, name)), signed=False)
        for name in ("change", "change_pct"):
            refuse_unsound(name, _decimal(getattr(row, name)), signed=True)
    return TickerFrame(read.type, tuple(TickerRow(row.symbol, row) for row in read.data))


def _decimal(token: Digits) -> Decimal:
    return Decimal(str(token, "ascii"))
