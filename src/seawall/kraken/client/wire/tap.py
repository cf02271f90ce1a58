"""A stream between trio-websocket and the wire that takes the messages out on the way.

trio-websocket does the handshake, answers pings and closes; messages never reach it. They go, a whole read at a time,
to a plain function. All writes, its own and ours, go through one lock and are never left half done.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import attrs
import trio
from wsproto.frame_protocol import FrameProtocol

from seawall.kraken.client.wire.splitter import FrameSplitter, ProtocolBroken

__all__ = ["FrameTap", "Receive"]

Receive = Callable[[Sequence[bytes], float], None]
"""Takes the messages of one read, in order, and the time (trio's clock) at which their bytes were there."""

_READ_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 64 * 1024
_HEAD_END: Final = b"\r\n\r\n"


def _nothing() -> None:
    pass


@attrs.define(eq=False)
class FrameTap(trio.abc.Stream):
    """Gives `receive` every message, and its reader all other bytes.

    Once the peer has closed, the connection broke, or either side closed the stream, `ended` is set and `lost` was
    called, before anything is awaited. Then `fault` says whether the peer broke the protocol, and `bug` what `receive`
    or `lost` raised: neither should.
    """

    _stream: trio.abc.Stream
    _receive: Receive
    _lost: Callable[[], None]
    _write_s: float
    _splitter: FrameSplitter
    ended: trio.Event = attrs.field(factory=trio.Event, init=False)
    fault: ProtocolBroken | None = attrs.field(default=None, init=False)
    bug: Exception | None = attrs.field(default=None, init=False)
    upgraded: bool = attrs.field(default=False, init=False)
    _refused: bool = attrs.field(default=False, init=False)
    _head: bytes = attrs.field(default=b"", init=False)
    _closing: bool = attrs.field(default=False, init=False)
    _left: bool = attrs.field(default=False, init=False)
    _writing: trio.StrictFIFOLock = attrs.field(factory=trio.StrictFIFOLock, init=False)
    _frames: FrameProtocol = attrs.field(factory=lambda: FrameProtocol(client=True, extensions=[]), init=False)

    def leave(self) -> None:
        """Take and give no more messages, and call `lost`, once; what the library has to say at the end still passes."""
        if self._left:
            return
        self._left = True
        try:
            self._lost()
        except Exception as bug:  # noqa: BLE001 - reported: the connection's owner raises it
            self.bug = bug

    def end(self) -> None:
        """Note that not a byte more will come or go, and say so, once."""
        self.ended.set()
        self.leave()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:  # noqa: ARG002 - the interface has it; reads are as large as they are good
        """Return bytes that are no messages: of the handshake, or of control frames; b'' at the end."""
        if self._closing:
            # The library has answered the close frame by now, or could not read it: nothing is left to wait for.
            await trio.lowlevel.checkpoint()
            self.end()
            return b""
        while True:
            try:
                chunk = bytes(await self._stream.receive_some(_READ_BYTES))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.end()
                raise
            if not chunk:
                self.end()
                return b""
            passed = b""
            if not self.upgraded:
                passed, chunk = self._pass_head(chunk)
            try:
                split = self._splitter.feed(chunk)
            except ProtocolBroken as broken:
                await self._end_for(broken)
                return b""
            if split.messages and not self._left:
                self._hand_over(split.messages)
            self._closing = split.closes
            if passed or split.controls:
                return passed + split.controls

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of `data`: once begun, a cancellation does not stop it half way.

        Raises `trio.BrokenResourceError` when the stream breaks, or the peer takes nothing for too long: it has ended then.
        """
        async with self._writing:
            await self._write(data)

    async def send_text(self, text: str, sending: Callable[[], None] = _nothing) -> None:
        """Write one message; `sending` is called just before its first byte, and not at all when there will be none.

        Cancelled before that, nothing has left; afterwards the message is written whole, or the stream is closed.
        """
        async with self._writing:
            if self._left:
                raise trio.ClosedResourceError("the connection has ended")
            frame = self._frames.send_data(text)
            sending()
            await self._write(frame)

    async def wait_send_all_might_not_block(self) -> None:
        """As of the stream below."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below."""
        self.end()
        await self._stream.aclose()

    async def _write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            with trio.move_on_after(self._write_s, shield=True) as patience:
                await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.end()  # the reader may not see it for long: a frame was begun, and no other can follow
            raise
        if patience.cancelled_caught:
            self.end()
            await trio.aclose_forcefully(self._stream)
            raise trio.BrokenResourceError(f"the peer took no bytes for {self._write_s:g} s")

    def _pass_head(self, chunk: bytes) -> tuple[bytes, bytes]:
        """Split a chunk into what belongs to the answer to the upgrade, and the frames behind it."""
        if self._refused:
            return chunk, b""
        before = len(self._head)
        self._head += chunk
        end = self._head.find(_HEAD_END)
        if end < 0:
            self._refused = len(self._head) > _HEAD_BYTES  # not an answer: the library is to say so
            return chunk, b""
        if not self._head.startswith(b"HTTP/1.1 101"):
            self._refused = True
            return chunk, b""
        self.upgraded = True
        cut = end + len(_HEAD_END) - before
        self._head = b""
        return chunk[:cut], chunk[cut:]

    def _hand_over(self, messages: list[bytes]) -> None:
        try:
            self._receive(messages, trio.current_time())
        except Exception as bug:
            # kept apart from what the library raises on its own, which is the peer's doing and costs one connection
            self.bug = bug
            self.end()
            raise

    async def _end_for(self, broken: ProtocolBroken) -> None:
        self.fault = broken
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # it ends here either way
            await self.send_all(self._frames.close(broken.code, str(broken)[:100]))
        self.end()
