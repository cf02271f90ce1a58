"""TLS over a prompt stream: every record that has come is opened at one wake-up, and given up as one chunk.

An exchange that sends its frames one by one sends each in a record of its own. Whoever reads TLS a record at a time, with
a task switch each, pays for a message what a whole read would cost; Python's `ssl.SSLObject` (docs.python.org/3/library/ssl)
leaves input and output to us, and so lets it be done in one go.
"""

import contextlib
import ssl
from typing import Final, Self

import attrs
import trio

from seawall.kraken.client.wire.streams import READ_BYTES, Data, OneTask, PromptStream

__all__ = ["TlsStream"]

_RECORD_BYTES: Final = 16 * 1024
"""The most that one record holds (RFC 8446, section 5.1)."""
_CHUNK_BYTES: Final = READ_BYTES + _RECORD_BYTES
"""What one read gives at most: room for what one read below brings, and for what a half record had left."""


@attrs.define(eq=False, repr=False)
class TlsStream(PromptStream):
    """The client's side. Made by `open`.

    A peer that ends the connection without taking leave of TLS is seen as one that closes, as HTTP and WebSocket clients do:
    their own framing tells a whole message from a cut one. No leave is taken here either when it is closed.
    """

    _stream: PromptStream
    _tls: ssl.SSLObject
    _incoming: ssl.MemoryBIO
    _outgoing: ssl.MemoryBIO
    _ready: bool = attrs.field(default=True, init=False)
    """Whether there may be something to decrypt; the end of the handshake may have brought the first records."""
    _unencrypted: bytearray = attrs.field(factory=bytearray, init=False)
    """What can be encrypted only when the peer has said more: the keys are being renegotiated, which TLS 1.2 may do."""
    _fed: trio.Event | None = attrs.field(default=None, init=False)
    """Set when the task that reads below has read; None while no task does."""
    _need: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)
    """Around a writer that reads to be able to write; cancelled when a reader has made it needless."""
    _end: ssl.SSLError | None = attrs.field(default=None, init=False)
    _closed: bool = attrs.field(default=False, init=False)
    _receiving: OneTask = attrs.field(factory=lambda: OneTask("receiving on this stream"), init=False)
    _sending: OneTask = attrs.field(factory=lambda: OneTask("sending on this stream"), init=False)
    _flushing: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    @classmethod
    async def open(cls, stream: PromptStream, context: ssl.SSLContext, host: str) -> Self:
        """Shake hands with `host`, whose certificate is checked as `context` says.

        Raises `trio.BrokenResourceError`, from the `ssl.SSLError` where there was one. The caller closes `stream`, when this
        raises or is cancelled too.
        """
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self = cls(stream, context.wrap_bio(incoming, outgoing, server_hostname=host), incoming, outgoing)
        while not self._shake_hands():
            await self.flush()
            await self._feed()
        await self.flush()
        return self

    def __repr__(self) -> str:
        return f"<TlsStream {'closed' if self._closed else self._tls.version()} on {self._stream!r}>"

    def receive_nowait(self) -> bytes | None:
        """As `PromptStream` has it; every whole record that has come, about 80 KiB at most."""
        self._check_open()
        if self._ready and (data := self._decrypt(_CHUNK_BYTES)) is not None:
            return data
        if self._fed is not None:
            return None  # another task waits for bytes below: they are its to bring
        chunk = self._stream.receive_nowait()
        if chunk is None:
            return None
        self._take(chunk)
        return self._decrypt(_CHUNK_BYTES)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return the content of every whole record that has come, at least one byte; b'' at the end.

        At most `max_bytes`, or about 80 KiB. Raises `trio.BrokenResourceError`, from the `ssl.SSLError` where there was one,
        `trio.ClosedResourceError`, and `trio.BusyResourceError` for a second reader. Cancelled, it has taken nothing.
        """
        limit = _CHUNK_BYTES if max_bytes is None else min(max_bytes, _CHUNK_BYTES)
        if limit < 1:
            raise ValueError(f"max_bytes: {max_bytes!r} is not above zero")
        with self._receiving:
            if self._ready:
                await trio.lowlevel.checkpoint()
            while True:
                self._check_open()
                if self._ready and (data := self._decrypt(limit)) is not None:
                    return data
                self._push()  # what TLS itself had to say; waiting until it is gone could keep both sides from reading
                await self._feed()

    def send_nowait(self, data: Data) -> bool:
        """As `PromptStream` has it."""
        self._check_open()
        self._encrypt(data)
        return self._push() and not self._unencrypted

    async def flush(self) -> None:
        """As `PromptStream` has it. May have to read before it can write."""
        async with self._flushing:
            while not self._push() or self._unencrypted:
                await self._stream.flush()
                if self._unencrypted:
                    with trio.CancelScope() as self._need:
                        await self._feed()
                    self._encrypt(b"")

    async def send_all(self, data: Data) -> None:
        """Write all of `data`. Cancelled before its first byte, nothing goes; afterwards the rest is kept, as of `send_nowait`.

        Raises `trio.BrokenResourceError`, `trio.ClosedResourceError`, and `trio.BusyResourceError` for a second sender.
        """
        with self._sending:
            await trio.lowlevel.checkpoint()
            if not self.send_nowait(data):
                await self.flush()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the stream below would take a byte. Raises as `send_all` does."""
        with self._sending:
            self._check_open()
            await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below, at once; what is kept never goes."""
        self._closed = True
        await self._stream.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream is closed")

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise self._broken(error) from error
        return True

    async def _feed(self) -> None:
        """Bring bytes from below; when another task is at it already, wait for what that one brings."""
        if self._fed is not None:
            await self._fed.wait()
            return
        fed = self._fed = trio.Event()
        try:
            self._take(await self._stream.receive_some())
        finally:
            self._fed = None
            fed.set()

    def _take(self, chunk: bytes | bytearray) -> None:
        self._ready = True
        if chunk:
            self._incoming.write(chunk)
        else:
            self._incoming.write_eof()

    def _decrypt(self, limit: int) -> bytes | None:
        """Open every whole record, up to `limit` bytes; None when there is none, b'' at the end."""
        if self._end is not None:
            return self._ended(self._end)
        read, parts, room, size = self._tls.read, list[bytes](), limit, min(limit, _RECORD_BYTES)
        self._ready = False
        try:
            while room >= size:
                part = read(size)
                if not part:
                    self._end = ssl.SSLZeroReturnError("the peer closed")
                    break
                parts.append(part)
                room -= len(part)
                # OpenSSL reads no further than the record it is at (SSL_CTX_set_read_ahead(3): off unless asked for)
                if len(part) < size and not self._incoming.pending:
                    break
            else:
                self._ready = True
        except ssl.SSLWantReadError:
            pass  # half a record, or one for TLS alone
        except ssl.SSLError as error:
            self._end = error
        if self._unencrypted and self._end is None:
            self._encrypt(b"")  # what was read may have been what that waited for
        if self._outgoing.pending:
            with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # the next read or write says so
                self._push()
        if parts:
            self._ready = self._ready or self._end is not None
            return b"".join(parts)
        return None if self._end is None else self._ended(self._end)

    def _ended(self, error: ssl.SSLError) -> bytes:
        self._ready = True
        if isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError):
            return b""
        raise self._broken(error) from error

    def _encrypt(self, data: Data) -> None:
        if self._unencrypted:
            self._unencrypted += data
            data = self._unencrypted
        if not data:
            return  # to OpenSSL an empty write is a mistake
        try:
            self._tls.write(data)
        except ssl.SSLWantReadError:
            if data is not self._unencrypted:
                self._unencrypted += data
        except ssl.SSLError as error:
            raise self._broken(error) from error
        else:
            if self._unencrypted:
                self._unencrypted.clear()
                self._need.cancel(reason="it could be written")

    def _push(self) -> bool:
        """Write what is encrypted as far as it goes; true when nothing of it is kept below."""
        return self._stream.send_nowait(self._outgoing.read())

    def _broken(self, error: ssl.SSLError) -> trio.BrokenResourceError:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            self._push()  # the alert that tells the peer why; it ends here whether that arrives or not
        return trio.BrokenResourceError(f"TLS failed: {error}")
