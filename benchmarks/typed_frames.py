"""What a careful user of msgspec would write: a struct a channel, told apart by its tag, and a type for the numbers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal, Union

import msgspec

__all__ = ["typed_decoder"]

_TEXTS: Final = {
    "ticker": ("symbol", "timestamp"),
    "trade": ("symbol", "side", "ord_type", "timestamp"),
    "ohlc": ("symbol", "interval_begin"),
    "executions": ("order_id", "cl_ord_id", "symbol", "side", "order_type", "exec_type", "exec_id", "order_status", "timestamp"),
}
_NUMBERS: Final = {
    "ticker": ("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high", "change", "change_pct"),
    "trade": ("price", "qty"),
    "ohlc": ("open", "high", "low", "close", "volume", "vwap"),
    "executions": ("order_qty", "last_qty", "last_price", "cost", "cum_qty", "cum_cost", "avg_price"),
}
_COUNTS: Final = {"ticker": ("trades",), "trade": ("trade_id",), "ohlc": ("trades", "interval"), "executions": ("trade_id",)}


def _frame(channel: str, row: type[msgspec.Struct]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any]] = [("type", Literal["snapshot", "update"]), ("data", list[row])]  # type: ignore[valid-type]  # it is made here
    return msgspec.defstruct(f"{channel}_frame", fields, tag_field="channel", tag=channel)


def _book(number: type) -> type[msgspec.Struct]:
    level = msgspec.defstruct("level", [("price", number), ("qty", number)])
    levels = list[level]  # type: ignore[valid-type]  # it is made here
    fields: list[tuple[str, Any]] = [("symbol", str), ("bids", levels), ("asks", levels), ("checksum", int)]
    return _frame("book", msgspec.defstruct("book_row", [*fields, ("timestamp", str | None, None)]))


def typed_decoder(number: type[float | Decimal]) -> Callable[[bytes], Any]:
    """A decoder of the five channels, with every field of their frames that is read by anyone."""
    frames = [_book(number)]
    for channel in _TEXTS:
        fields = [(name, str) for name in _TEXTS[channel]] + [(name, int) for name in _COUNTS[channel]]
        row = msgspec.defstruct(f"{channel}_row", [*fields, *((name, number) for name in _NUMBERS[channel])])
        frames.append(_frame(channel, row))
    return msgspec.json.Decoder(Union[tuple(frames)]).decode  # noqa: UP007 - the members are not known before
