"""Recordings of the `book` channel: reading them, and the pairs they imply."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import attrs
import msgspec

from seawall.kraken.dialect.times import from_rfc3339
from seawall.model.orders import Side
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.pairs import Pair, make_pair

__all__ = ["BadRecording", "Recorded", "Recording", "read_recording"]


class BadRecording(ValueError):
    """A file that is not a recording; names the file, the line and what is wrong."""


@attrs.frozen
class Recorded:
    """One frame: `at_s` since the recording began, its text as received, and what it says."""

    at_s: float
    frame: str
    symbol: str
    snapshot: bool
    levels: tuple[LevelChange, ...]
    at_ns: int | None


@attrs.frozen
class Recording:
    """All frames in order, and the pairs they are of."""

    frames: tuple[Recorded, ...]
    pairs: tuple[Pair, ...]


class _Line(msgspec.Struct):
    t: float
    frame: msgspec.Raw


class _Level(msgspec.Struct):
    price: Decimal
    qty: Decimal


class _Row(msgspec.Struct):
    symbol: str
    bids: list[_Level]
    asks: list[_Level]
    checksum: int
    timestamp: str | None = None


class _Frame(msgspec.Struct):
    channel: str
    type: str
    data: list[_Row]


def read_recording(path: Path) -> Recording:
    """Read a whole recording. Raises `BadRecording`, and OSError where the file cannot be read."""
    line_decoder, frame_decoder = msgspec.json.Decoder(_Line), msgspec.json.Decoder(_Frame)
    frames: list[Recorded] = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                outer = line_decoder.decode(line)
                inner = frame_decoder.decode(outer.frame)
                frames.extend(_recorded(outer, inner))
            except (msgspec.MsgspecError, ValueError) as error:
                raise BadRecording(f"{path}, line {number}: {error}") from None
    if not frames:
        raise BadRecording(f"{path}: no frame in it")
    return Recording(tuple(frames), tuple(_pairs(frames)))


def _recorded(outer: _Line, inner: _Frame) -> Iterator[Recorded]:
    if inner.channel != "book" or inner.type not in {"snapshot", "update"} or len(inner.data) != 1:
        raise ValueError("not one row of a frame of the channel 'book'")
    row = inner.data[0]
    levels = [LevelChange(Side.BUY, level.price, level.qty) for level in row.bids]
    levels += [LevelChange(Side.SELL, level.price, level.qty) for level in row.asks]
    at_ns = None if row.timestamp is None else from_rfc3339(row.timestamp)
    text = bytes(outer.frame).decode()
    yield Recorded(outer.t, text, row.symbol, inner.type == "snapshot", tuple(levels), at_ns)


def _pairs(frames: list[Recorded]) -> Iterator[Pair]:
    """One pair for each symbol: as many places as its digits have, and the coarsest tick that all its prices fit."""
    by_symbol: dict[str, list[LevelChange]] = {}
    for frame in frames:
        by_symbol.setdefault(frame.symbol, []).extend(frame.levels)
    for symbol, levels in by_symbol.items():
        price_places = max(_places(level.price) for level in levels)
        qty_places = max(_places(level.qty) for level in levels)
        tick_places = max(_places(level.price.normalize()) for level in levels)
        yield make_pair(
            symbol,
            price=f"{levels[0].price:f}",
            price_precision=price_places,
            qty_precision=qty_places,
            tick_size=Decimal(1).scaleb(-tick_places),
            ordermin=f"{Decimal(1).scaleb(-min(4, qty_places)):f}",
            costmin="0",
        )


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
