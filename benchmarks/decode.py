"""What it costs to decode a frame, channel by channel.

    python -m benchmarks.decode [--quick] [--json]

Bytes into objects, without a socket. Seawall's decoder checks fields, types and numbers and keeps every digit. Of the others
those with exact numbers keep digits too, typed structs check fields and types, and none refuses a size that is negative.

Seawall makes the decimals of a ticker when they are read, so that there is a second line for a user who reads bid and ask.
"""

import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

import msgspec
from benchmarks.channel_frames import CHANNELS
from benchmarks.rounds import Report, cpu_us, installed, run_benchmark, take_turns
from benchmarks.rows import rows_of
from benchmarks.typed_frames import typed_decoder

from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame

__all__ = ["main"]


def read_touch(message: bytes) -> tuple[Decimal, Decimal]:
    """Decode a ticker, and read its bid and ask as exact decimals."""
    frame = decode(message)
    assert isinstance(frame, TickerFrame)
    return frame.data[0].bid, frame.data[0].ask


def decoders(channel: str) -> dict[str, Callable[[bytes], object]]:
    """Every decoder that is installed."""
    found: dict[str, Callable[[bytes], object]] = {
        "json": json.loads,
        "json, exact numbers": partial(json.loads, parse_float=Decimal),
        "msgspec, untyped": msgspec.json.Decoder().decode,
        "msgspec, typed structs": typed_decoder(float),
        "msgspec, typed structs, exact numbers": typed_decoder(Decimal),
    }
    if installed("orjson"):
        import orjson  # noqa: PLC0415 - only where it is installed

        found["orjson"] = orjson.loads
    found["seawall, exact and checked"] = decode
    if channel == "ticker":
        found["seawall, bid and ask read"] = read_touch
    return found


def measure(quick: bool) -> Report:
    """Each channel with each decoder."""
    report = Report()
    for channel, make in CHANNELS.items():
        frames = [text.encode() for text in make(100 if quick else 2_000)]

        def each(decoder: Callable[[bytes], object], frames: list[bytes] = frames) -> float:
            return cpu_us(lambda: deque(map(decoder, frames), maxlen=0), len(frames))

        cases = {name: partial(each, decoder) for name, decoder in decoders(channel).items()}
        report.rows += rows_of(f"decoding {channel}", "processor time a message", "us", take_turns(cases, 2 if quick else 25))
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("decode", "What it costs to decode a frame.", ["msgspec", "orjson"], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
