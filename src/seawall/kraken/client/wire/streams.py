"""What the wire needs of a stream beyond trio's: to read and to write at once, without waiting and without a task switch."""

from abc import abstractmethod
from types import TracebackType
from typing import Final

import attrs
import trio

__all__ = ["READ_BYTES", "Data", "OneTask", "PromptStream"]

READ_BYTES: Final = 64 * 1024
"""What one read asks for: enough that a burst is paid for by the chunk, and little enough that other tasks get their turn."""

Data = bytes | bytearray | memoryview


class PromptStream(trio.abc.Stream):
    """A stream that gives at once what is there, and takes at once what goes.

    Bytes that did not go are kept, in order, and go before any others; so a cancellation never leaves half a write.
    There is no bound to what is kept: who gets False from `send_nowait` awaits `flush` before writing more.
    """

    @abstractmethod
    def receive_nowait(self) -> bytes | None:
        """Return what is there: None when nothing is, b'' at the end. Raises as `receive_some` does."""

    @abstractmethod
    def send_nowait(self, data: Data) -> bool:
        """Write `data` as far as it goes at once, behind what is kept, and keep the rest. True when nothing is kept.

        Raises `trio.BrokenResourceError` and `trio.ClosedResourceError`.
        """

    @abstractmethod
    async def flush(self) -> None:
        """Wait until all that is kept has gone. Cancelled, it loses nothing: what is left is kept as before."""


@attrs.define(eq=False)
class OneTask:
    """A block for one task at a time: `with guard:` raises `trio.BusyResourceError` for a second one."""

    _doing: str
    _inside: bool = attrs.field(default=False, init=False)

    def __enter__(self) -> None:
        if self._inside:
            raise trio.BusyResourceError(f"another task is {self._doing}")
        self._inside = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._inside = False
