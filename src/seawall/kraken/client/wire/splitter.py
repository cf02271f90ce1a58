"""WebSocket frames out of a stream of bytes, sans I/O: the quick half of RFC 6455.

A market-data socket receives almost nothing but short, final, unmasked text frames, hundreds in one read. Taking those
apart here costs a fraction of what a full protocol machine costs for each. Control frames (ping, pong, close) are handed
on byte for byte to the machine that answers them; what breaks the protocol is refused here.

Two things are left to whoever decodes the messages. That text is UTF-8: a JSON decoder looks at every byte that it keeps
anyway, and a message that is none is its fault to report, not a reason to lose the connection as RFC 6455 (section 8.1)
would have it. And whether a message was text or binary: Kraken sends text alone, and JSON is JSON.
"""

import struct
from typing import Final

import attrs

__all__ = ["FrameSplitter", "MessageTooBig", "ProtocolBroken", "Split"]

_CONTINUATION: Final = 0x0
_TEXT: Final = 0x1
_BINARY: Final = 0x2
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA
_KNOWN: Final = frozenset({_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG})
_CONTROL: Final = 0x8
"""The bit that all opcodes of control frames have."""
_FINAL: Final = 0x80
_SHORT: Final = 125
"""The longest payload whose length needs no more than the second byte, and the longest of a control frame."""
_USUAL: Final = 0x817E
"""A final, unmasked text frame with a length of two bytes: 126 to 65,535 bytes of payload."""
_USUAL_HEAD: Final = struct.Struct("!HH")
_LENGTH_16: Final = struct.Struct("!H")
_LENGTH_64: Final = struct.Struct("!Q")


class ProtocolBroken(Exception):
    """The peer does not speak WebSocket; `code` is the close code to answer with."""

    code = 1002


class MessageTooBig(ProtocolBroken):
    """The peer announced a message above the limit."""

    code = 1009


@attrs.define
class Split:
    """One read, taken apart: whole messages in order, and the bytes of control frames in order.

    `closes` says that the peer closes, `broken` that it broke the protocol; what comes behind either is not looked at.
    """

    messages: list[bytes]
    controls: bytes
    closes: bool = False
    broken: ProtocolBroken | None = None


@attrs.define
class FrameSplitter:
    """Fed with chunks cut anywhere; keeps what is not yet whole.

    `max_message_bytes` bounds what is kept: a longer message is `MessageTooBig` as soon as its length is known.
    """

    max_message_bytes: int
    _waiting: bytearray = attrs.field(factory=bytearray, init=False)
    _missing: int = attrs.field(default=0, init=False)
    """Bytes without which the frame that waits cannot be whole."""
    _parts: bytearray = attrs.field(factory=bytearray, init=False)
    _in_message: bool = attrs.field(default=False, init=False)
    _ended: bool = attrs.field(default=False, init=False)

    def feed(self, chunk: bytes) -> Split:
        """Take the frames out of `chunk` and what was left of those before."""
        messages: list[bytes] = []
        controls: list[bytes] = []
        try:
            closes = self._split(self._joined(chunk) if self._waiting else chunk, messages, controls)
        except ProtocolBroken as broken:
            self._ended = True
            return Split(messages, b"".join(controls), broken=broken)
        return Split(messages, b"".join(controls), closes)

    def _joined(self, chunk: bytes) -> bytes:
        """What waits and `chunk`, or nothing while they cannot make a frame: a long message is joined once, not at every read."""
        self._waiting += chunk
        self._missing -= len(chunk)
        if self._missing > 0:
            return b""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data

    def _split(self, data: bytes, messages: list[bytes], controls: list[bytes]) -> bool:
        at, size = 0, len(data)
        while not self._ended:
            if not self._in_message:
                at = self._split_usual(data, at, messages)
            if at == size:
                break
            found = self._head(data, at, size)
            if found is None or found[1] > size:
                self._waiting += memoryview(data)[at:]
                self._missing = 1 if found is None else found[1] - size
                break
            begin, end = found
            self._take(data, at, begin, end, messages, controls)
            at = end
        return self._ended

    def _split_usual(self, data: bytes, at: int, messages: list[bytes]) -> int:
        """Take usual frames as long as there are any; where the first other one begins."""
        size, most = len(data), self.max_message_bytes
        usual, short, unpack, take = _USUAL, _SHORT, _USUAL_HEAD.unpack_from, messages.append
        last_head = size - _USUAL_HEAD.size
        while at <= last_head:
            head, length = unpack(data, at)
            begin = at + 4
            end = begin + length
            if head != usual or end > size or not short < length <= most:
                break
            take(data[begin:end])
            at = end
        return at

    def _head(self, data: bytes, at: int, size: int) -> tuple[int, int] | None:
        """Where the payload begins and ends; None while the head is not whole."""
        if at + 2 > size:
            return None
        self._check(data[at], data[at + 1])
        length, begin, least = data[at + 1], at + 2, 0
        if length == 126:
            if begin + 2 > size:
                return None
            (length,), least = _LENGTH_16.unpack_from(data, begin), _SHORT + 1
            begin += 2
        elif length == 127:
            if begin + 8 > size:
                return None
            (length,), least = _LENGTH_64.unpack_from(data, begin), 2**16
            begin += 8
        if length < least:
            raise ProtocolBroken(f"a length of {length} in more bytes than it needs")
        whole = len(self._parts) + length
        if whole > self.max_message_bytes and not data[at] & _CONTROL:
            raise MessageTooBig(f"a message of {whole} bytes, above the limit of {self.max_message_bytes}")
        return begin, begin + length

    def _check(self, first: int, second: int) -> None:
        """Refuse what can be seen in two bytes to be against RFC 6455, sections 5.2 to 5.5."""
        opcode = first & 0x0F
        if first & 0x70 or opcode not in _KNOWN:
            raise ProtocolBroken(f"a frame that begins with {first:#04x}, which nobody agreed on")
        if second & 0x80:
            raise ProtocolBroken("a masked frame, which a server must not send")
        if opcode & _CONTROL:
            if not first & _FINAL or second > _SHORT:
                raise ProtocolBroken("a control frame in parts, or too long")
        elif (opcode == _CONTINUATION) != self._in_message:
            raise ProtocolBroken("a continuation of no message" if opcode == _CONTINUATION else "a message inside a message")

    def _take(self, data: bytes, at: int, begin: int, end: int, messages: list[bytes], controls: list[bytes]) -> None:
        first = data[at]
        if first & _CONTROL:
            controls.append(data[at:end])
            self._ended = first & 0x0F == _CLOSE
            return
        self._parts += memoryview(data)[begin:end]  # joined at once: fragments may be empty, and of those there is no bound
        self._in_message = not first & _FINAL
        if not self._in_message:
            messages.append(bytes(self._parts))
            self._parts.clear()
