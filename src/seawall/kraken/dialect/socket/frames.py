"""From the bytes of one WebSocket v2 frame to one typed value.

Streams are told apart by `channel`, answers by `method` (docs.kraken.com/api/docs/guides/spot-ws-intro). What is new to us
but well formed comes out as `Unknown`, for the caller to count; what cannot be right raises `BadFrame`, for the caller to
drop the connection or the book.
"""

from typing import Final

import msgspec

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.level3_frames import Level3Frame
from seawall.kraken.dialect.socket.market_frames import (
    BookFrame,
    CandleFrame,
    Heartbeat,
    InstrumentFrame,
    Status,
    TradeFrame,
)
from seawall.kraken.dialect.socket.private_frames import BalancesFrame, ExecutionsFrame, Response
from seawall.kraken.dialect.socket.ticker_frames import QuickTicker, TickerFrame, exact_ticker, quick_ticker
from seawall.kraken.dialect.unknown import Unknown

__all__ = ["CHANNELS", "Frame", "decode"]

_Plain = (
    BookFrame | TradeFrame | Heartbeat | CandleFrame | ExecutionsFrame | BalancesFrame | InstrumentFrame | Status | Level3Frame
)
Frame = _Plain | TickerFrame | Response | Unknown

CHANNELS: Final = frozenset(
    {"balances", "book", "executions", "heartbeat", "instrument", "level3", "ohlc", "status", "ticker", "trade"},
)
"""The channels that have a class of their own here."""

_KINDS: Final = ("snapshot", "update")
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError, ArithmeticError, ValueError)
"""All that msgspec raises for bytes it does not like; decimals with absurd exponents come as ArithmeticError."""


class _Envelope(msgspec.Struct, frozen=True):
    """The few keys that say what a frame is, of whatever type they are."""

    channel: object = None
    method: object = None
    type: object = None
    success: object = None
    error: object = None
    shouted: object = msgspec.field(name="Error", default=None)


_decode_stream: Final = msgspec.json.Decoder[_Plain | QuickTicker](_Plain | QuickTicker).decode
_response: Final = msgspec.json.Decoder(Response)
_envelope: Final = msgspec.json.Decoder(_Envelope)


def decode(frame: bytes | str) -> Frame:
    """The frame as one of the classes of `market_frames`, `level3_frames` and `private_frames`, or `Unknown`.

    Raises `BadFrame`, and nothing else, for text that is not a JSON object and for known messages with impossible fields:
    negative sizes, numbers that are none or not finite, fields missing or of another type.
    """
    try:
        read = _decode_stream(frame)
        return quick_ticker(read, frame) if type(read) is QuickTicker else read
    except _UNREADABLE as error:
        return _decode_other(frame, error)


def _decode_other(frame: bytes | str, why: Exception) -> Frame:
    """Answers, and whatever the union of streams did not take."""
    try:
        envelope = _envelope.decode(frame)
    except _UNREADABLE as error:
        raise BadFrame(f"not a JSON object: {error}", frame) from None
    if isinstance(envelope.channel, str):
        if envelope.channel not in CHANNELS:
            return Unknown("channel", envelope.channel, _text(frame))
        if isinstance(envelope.type, str) and envelope.type not in _KINDS:
            return Unknown("type", envelope.type, _text(frame))
        if envelope.channel == "ticker":
            return _decode_ticker(frame)
        raise BadFrame(f"channel {envelope.channel}: {why}", frame)
    if isinstance(envelope.method, str) or isinstance(envelope.error, str):
        try:
            return _response.decode(frame)
        except _UNREADABLE as error:
            raise BadFrame(f"method {envelope.method}: {error}", frame) from None
    if isinstance(envelope.shouted, str):
        return Response(error=envelope.shouted, success=False)
    if envelope.channel is None and envelope.method is None:
        return Unknown("frame", "", _text(frame))
    raise BadFrame("channel or method is not text", frame)


def _decode_ticker(frame: bytes | str) -> TickerFrame:
    """One that the quick way would not have, which says little: several rows, a zero, or what cannot be."""
    try:
        return exact_ticker(frame)
    except _UNREADABLE as error:
        raise BadFrame(f"channel ticker: {error}", frame) from None


def _text(frame: bytes | str) -> str:
    return frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame
