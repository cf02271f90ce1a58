"""Text frames as a client sends them: masked, as RFC 6455 (section 5.3) asks for, so that no cache between can be poisoned."""

import os
import struct
from typing import Final

import attrs

__all__ = ["TextFrames"]

_FINAL_TEXT: Final = 0x81
_MASKED: Final = 0x80
_KEYS: Final = 1024
_KEY_BYTES: Final = 4
_SHORT: Final = struct.Struct("!BB")
_MIDDLE: Final = struct.Struct("!BBH")
_LONG: Final = struct.Struct("!BBQ")


@attrs.define(eq=False)
class TextFrames:
    """Makes frames. Each has a key of its own, which nobody can guess: from the system's generator, many at a time."""

    _keys: bytes = attrs.field(default=b"", init=False, repr=False)
    _at: int = attrs.field(default=0, init=False)

    def frame(self, text: str) -> bytes:
        """Return one whole message. Raises `UnicodeEncodeError` for half a surrogate pair, which UTF-8 has no bytes for."""
        payload = text.encode()
        size = len(payload)
        key = self._key()
        pad = int.from_bytes((key * (size // _KEY_BYTES + 1))[:size])
        masked = (int.from_bytes(payload) ^ pad).to_bytes(size)
        if size < 126:
            return _SHORT.pack(_FINAL_TEXT, _MASKED | size) + key + masked
        if size < 2**16:
            return _MIDDLE.pack(_FINAL_TEXT, _MASKED | 126, size) + key + masked
        return _LONG.pack(_FINAL_TEXT, _MASKED | 127, size) + key + masked

    def _key(self) -> bytes:
        if self._at == len(self._keys):
            self._keys, self._at = os.urandom(_KEYS * _KEY_BYTES), 0
        at = self._at
        self._at = at + _KEY_BYTES
        return self._keys[at : self._at]
