"""Ways to spoil good JSON: bytes torn, values replaced by nasty ones, frames spliced."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, cast

__all__ = ["spoil"]

_NASTY: Final[tuple[object, ...]] = (
    None,
    True,
    -1,
    0,
    2**64,
    10**60,
    -0.5,
    1e300,
    float("nan"),
    float("inf"),
    "",
    "NaN",
    "-Infinity",
    "1e400",
    "-1",
    "+1",
    "0x10",
    "١",
    "\ud800",
    "2026-13-31T12:00:00Z",
    "2026-01-31T25:00:00.000000Z",
    "BTC/",
    "/",
    "a/b/c",
    [],
    [[]],
    {},
    {"x": []},
)
_TOKENS: Final = (
    b"NaN",
    b"-",
    b"1e999999",
    b"1e-999999",
    b'"',
    b"\\",
    b"\x00",
    b"\xff",
    b"[" * 300,
    b"{",
    b"}",
    b",",
    b"null",
    b"-0",
    b"1.",
)
_HERE: Final = 0.2
"""How often an object or list is changed as a whole, rather than something inside it."""
_FRESH: Final = ("channel", "method", "type", "data", "error", "result", "Error", "x")


def spoil(seed: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """The frame with one to four things wrong."""
    frame = seed
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        frame = rng.choice(_WAYS)(frame, others, rng)
    return frame


def _value(frame: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Replace, add or take away one value somewhere; falls back to torn bytes where the frame is no JSON any more."""
    try:
        whole: object = json.loads(frame)
    except (ValueError, RecursionError):
        return _bytes(frame, (), rng)
    at = whole
    while isinstance(at, dict | list) and at:
        # Lists are walked as if they were dicts of their places.
        holder = cast("dict[object, object]", at)
        key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
        at = holder[key]
        if not isinstance(at, dict | list) or not at or rng.random() < _HERE:
            _change(holder, key, rng)
            break
    return json.dumps(whole).encode()


def _change(holder: dict[object, object], key: object, rng: Random) -> None:
    way = rng.random()
    if way < 0.6:
        holder[key] = rng.choice(_NASTY)
    elif way < 0.85:
        del holder[key]
    elif isinstance(holder, dict):
        holder[rng.choice(_FRESH)] = rng.choice(_NASTY)


def _bytes(frame: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    at = rng.randrange(len(frame) + 1)
    return frame[:at] + bytes([rng.randrange(256)]) + frame[at + 1 :]


def _cut(frame: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    begin, end = sorted((rng.randrange(len(frame) + 1), rng.randrange(len(frame) + 1)))
    return frame[:begin] + frame[end:]


def _token(frame: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    at = rng.randrange(len(frame) + 1)
    return frame[:at] + rng.choice(_TOKENS) + frame[at:]


def _digit(frame: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Another digit, sign, point or exponent in the place of a digit."""
    places = [at for at, byte in enumerate(frame) if 48 <= byte <= 57]
    if not places:
        return _token(frame, (), rng)
    at = rng.choice(places)
    return frame[:at] + rng.choice((b"0", b"9", b"-", b".", b"e", b"00", b"9" * 50)) + frame[at + 1 :]


def _splice(frame: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    other = rng.choice(others) if others else frame
    return frame[: rng.randrange(len(frame) + 1)] + other[rng.randrange(len(other) + 1) :]


_WAYS: Final[tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...]] = (
    _value,
    _value,
    _value,
    _value,
    _digit,
    _digit,
    _bytes,
    _cut,
    _token,
    _splice,
)
