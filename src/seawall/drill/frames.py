"""What two processes say to each other over a pipe: pickles, each after its length."""

import pickle
import struct
from collections.abc import Callable
from typing import Final

__all__ = ["HEADER_SIZE", "frame", "read_frame", "size_of", "value_of"]

_HEADER: Final = struct.Struct("!Q")
HEADER_SIZE: Final = _HEADER.size


def frame(value: object) -> bytes:
    """A value as it goes over the pipe."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _HEADER.pack(len(body)) + body


def size_of(header: bytes) -> int:
    """How many bytes follow the header."""
    size: int = _HEADER.unpack(header)[0]
    return size


def value_of(body: bytes) -> object:
    """The value of a frame's body. Only for what a process of our own has written."""
    value: object = pickle.loads(body)  # noqa: S301 - both ends are ours
    return value


def read_frame(read: Callable[[int], bytes]) -> object:
    """The next value; `read` blocks until it has so many bytes, or the pipe has ended. Raises EOFError at its end."""
    header = read(HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        raise EOFError
    body = read(size_of(header))
    if len(body) < size_of(header):
        raise EOFError
    return value_of(body)
