"""Bytes of WebSocket frames as no library would make them (RFC 6455, section 5.2)."""

import struct
from typing import Final

__all__ = ["BINARY", "CLOSE", "TEXT", "raw_frame", "raw_head"]

TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8

_FINAL: Final = 0x80


def raw_head(length: int, opcode: int = TEXT, *, final: bool = True) -> bytes:
    """The head of a server's frame that announces `length` bytes, whether they come or not."""
    first = opcode | (_FINAL if final else 0)
    if length < 126:
        return bytes((first, length))
    if length < 2**16:
        return bytes((first, 126)) + struct.pack("!H", length)
    return bytes((first, 127)) + struct.pack("!Q", length)


def raw_frame(payload: bytes, opcode: int = TEXT, *, final: bool = True) -> bytes:
    """A server's frame with any payload."""
    return raw_head(len(payload), opcode, final=final) + payload
