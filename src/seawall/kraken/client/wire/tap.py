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

from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.wire.masking import TextFrames
from seawall.kraken.client.wire.splitter import FrameSplitter, ProtocolBroken
from seawall.kraken.client.wire.streams import Data, PromptStream

__all__ = ["FrameTap", "Receive"]

Receive = Callable[[Sequence[bytes], float], None]
"""Takes the messages of one read, in order, and the time (trio's clock) at which their bytes were there."""

_HEAD_BYTES: Final = 64 * 1024
_HEAD_END: Final = b"\r\n\r\n"


@attrs.define(eq=False)
class FrameTap(trio.abc.Stream):
    """Gives `receive` every message, and its reader all other bytes.

    Over a `PromptStream` a frame is written at once, without waiting, when nobody else is writing and the kernel takes it.
    With `busy_poll` such a stream is asked for bytes at every turn of trio's loop, which then never sleeps: a message is seen
    some tens of microseconds sooner, at the cost of a whole core. Over other streams it changes nothing.

    Once the peer has closed, the connection broke, or either side closed the stream, `ended` is set and `lost` was
    called, before anything is awaited. Then `fault` says whether the peer broke the protocol, and `bug` what `receive`
    or `lost` raised: neither should.
    """

    _stream: trio.abc.Stream
    _receive: Receive
    _lost: Callable[[], None]
    _write_s: float
    _splitter: FrameSplitter
    _busy_poll: bool = False
    ended: trio.Event = attrs.field(factory=trio.Event, init=False)
    fault: ProtocolBroken | None = attrs.field(default=None, init=False)
    bug: Exception | None = attrs.field(default=None, init=False)
    upgraded: bool = attrs.field(default=False, init=False)
    _refused: bool = attrs.field(default=False, init=False)
    _head: bytes = attrs.field(default=b"", init=False)
    _closing: bool = attrs.field(default=False, init=False)
    _left: bool = attrs.field(default=False, init=False)
    _writing: trio.StrictFIFOLock = attrs.field(factory=trio.StrictFIFOLock, init=False)
    _texts: TextFrames = attrs.field(factory=TextFrames, init=False)
    _prompt: PromptStream | None = attrs.field(init=False)
    """The stream below, where it is one that can do this."""

    def __attrs_post_init__(self) -> None:
        self._prompt = self._stream if isinstance(self._stream, PromptStream) else None

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
                chunk = bytes(await (self._poll() if self._busy_poll else self._stream.receive_some()))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.end()
                raise
            if not chunk:
                self.end()
                return b""
            passed = b""
            if not self.upgraded:
                passed, chunk = self._pass_head(chunk)
            split = self._splitter.feed(chunk)
            if split.messages and not self._left:
                self._hand_over(split.messages)
            if split.broken is not None:
                await self._end_for(split.broken)
                return b""
            self._closing = split.closes
            if passed or split.controls:
                return passed + split.controls

    async def send_all(self, data: Data) -> None:
        """Write all of `data`: once begun, a cancellation does not stop it half way.

        Raises `trio.BrokenResourceError` when the stream breaks, or the peer takes nothing for too long: it has ended then.
        """
        await self._write_in_turn(lambda: data)

    async def send_text(self, text: str, sending: Sending = nothing) -> None:
        """Write one message; `sending` is called just before its first byte, and not at all when there will be none.

        Cancelled before that, nothing has left; afterwards the message is written whole, or the stream is closed.
        """

        def begin() -> bytes:
            if self._left:
                raise trio.ClosedResourceError("the connection has ended")
            frame = self._texts.frame(text)
            sending()
            return frame

        await self._write_in_turn(begin)

    async def wait_send_all_might_not_block(self) -> None:
        """As of the stream below."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below."""
        self.end()
        await self._stream.aclose()

    async def _poll(self) -> bytes:
        if self._prompt is None:
            return bytes(await self._stream.receive_some())
        while True:
            await trio.lowlevel.checkpoint()  # first, so that nothing lies between having bytes and handing them over
            chunk = self._prompt.receive_nowait()
            if chunk is not None:
                return chunk

    async def _write_in_turn(self, begin: Callable[[], Data]) -> None:
        """Write what `begin` makes, which is asked when its turn has come."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._writing.locked():
            async with self._writing:
                data = begin()
                if not self._write_now(data):
                    await self._write_patiently(data)
            return
        data = begin()
        if self._write_now(data):  # nothing waited since the lock was seen free, so nobody can have come between
            await trio.lowlevel.cancel_shielded_checkpoint()
            return
        self._writing.acquire_nowait()
        try:
            await self._write_patiently(data)
        finally:
            self._writing.release()

    def _write_now(self, data: Data) -> bool:
        if self._prompt is None:
            return False
        try:
            return self._prompt.send_nowait(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.end()  # the reader may not see it for long: a frame was begun, and no other can follow
            raise

    async def _write_patiently(self, data: Data) -> None:
        """Write what did not go at once; over another stream than a prompt one, that is all of it."""
        try:
            with trio.move_on_after(self._write_s, shield=True) as patience:
                if self._prompt is not None:
                    await self._prompt.flush()
                else:
                    await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.end()
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
        frames = FrameProtocol(client=True, extensions=[])
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # it ends here either way
            await self.send_all(frames.close(broken.code, str(broken)[:100]))
        self.end()
