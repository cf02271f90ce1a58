"""TCP, read and written by the task that wants to, at the moment it wants to."""

import errno
from typing import Self

import attrs
import trio

from seawall.kraken.client.wire.sockets import PromptSocket, prompt_socket
from seawall.kraken.client.wire.streams import READ_BYTES, Data, OneTask, PromptStream

__all__ = ["TcpStream"]


@attrs.define(eq=False, repr=False)
class TcpStream(PromptStream):
    """One connected socket.

    Reading waits for the kernel first and takes the bytes afterwards, so that nothing lies between having them and giving
    them to the caller: no task switch that would delay them, no cancellation that would lose them.
    """

    _socket: PromptSocket
    _kept: bytearray = attrs.field(factory=bytearray, init=False)
    _more: bool = attrs.field(default=False, init=False)
    _sending: OneTask = attrs.field(factory=lambda: OneTask("sending on this stream"), init=False)
    _flushing: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    @classmethod
    def taken_from(cls, stream: trio.SocketStream) -> Self:
        """Take the socket out of trio's own stream, which is of no use afterwards. Its options stay as they are."""
        return cls(prompt_socket(stream.socket))

    def __repr__(self) -> str:
        return f"<TcpStream {'closed' if self._closed else self._socket.fileno()}>"

    @property
    def _closed(self) -> bool:
        return self._socket.fileno() < 0

    def receive_nowait(self) -> bytes | None:
        """As `PromptStream` has it; at most 64 KiB."""
        return self._receive(READ_BYTES)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Return at least one byte, and no more than `max_bytes` (64 KiB when None); b'' at the end.

        Raises `trio.BrokenResourceError`, `trio.ClosedResourceError`, and `trio.BusyResourceError` for a second reader.
        Cancelled, it has taken nothing.
        """
        limit = READ_BYTES if max_bytes is None else max_bytes
        if limit < 1:
            raise ValueError(f"max_bytes: {max_bytes!r} is not above zero")
        if self._more:  # the last read ended at its limit: what is left needs no word of the kernel's
            await trio.lowlevel.checkpoint()
            if (data := self._receive(limit)) is not None:
                return data
        while True:
            self._check_open()
            await self._socket.wait_readable()
            if (data := self._receive(limit)) is not None:
                return data

    def send_nowait(self, data: Data) -> bool:
        """As `PromptStream` has it."""
        if self._kept:
            self._kept += data
            return self._push()
        if not data:
            self._check_open()
            return True
        sent = self._send(data)
        if sent == len(data):
            return True
        self._kept += memoryview(data)[sent:]
        return False

    async def flush(self) -> None:
        """As `PromptStream` has it; several tasks may wait at once."""
        async with self._flushing:
            while self._kept and not self._push():
                await self._socket.wait_writable()

    async def send_all(self, data: Data) -> None:
        """Write all of `data`. Cancelled before its first byte, nothing goes; afterwards the rest is kept, as of `send_nowait`.

        Raises `trio.BrokenResourceError`, `trio.ClosedResourceError`, and `trio.BusyResourceError` for a second sender.
        """
        with self._sending:
            await trio.lowlevel.checkpoint()
            if not self.send_nowait(data):
                await self.flush()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until the kernel would take a byte. Raises as `send_all` does."""
        with self._sending:
            self._check_open()
            async with self._flushing:
                await self._socket.wait_writable()

    async def aclose(self) -> None:
        """Close the socket at once; what is kept never goes. Tasks that wait here get `trio.ClosedResourceError`."""
        if not self._closed:
            self._socket.close()
        await trio.lowlevel.checkpoint()

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream is closed")

    def _receive(self, limit: int) -> bytes | None:
        try:
            data = self._socket.recv(limit)
        except BlockingIOError:
            self._more = False
            return None
        except OSError as error:
            raise _stream_error(error) from error
        self._more = len(data) == limit
        return data

    def _push(self) -> bool:
        with memoryview(self._kept) as kept:
            sent = self._send(kept)
        del self._kept[:sent]
        return not self._kept

    def _send(self, data: Data) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise _stream_error(error) from error


def _stream_error(error: OSError) -> trio.BrokenResourceError | trio.ClosedResourceError:
    if error.errno == errno.EBADF:
        return trio.ClosedResourceError("this stream is closed")
    return trio.BrokenResourceError(f"the connection broke: {error}")
