"""When bytes are in the kernel: the one instant at which clients of any kind can be compared."""

import contextlib
import socket
import time
from collections.abc import Generator
from typing import Any

__all__ = ["Stamps", "stamped_sockets"]


class Stamps:
    """When writes came back from the kernel, in seconds of `time.perf_counter`, in order."""

    def __init__(self) -> None:
        self.written_s: list[float] = []

    def note(self) -> None:
        """A write came back."""
        self.written_s.append(time.perf_counter())


@contextlib.contextmanager
def stamped_sockets() -> Generator[Stamps, None, None]:
    """Note each write to any socket in the block. Python's own class of sockets is given other methods meanwhile, which trio,
    asyncio and all that stands on them inherit or use; who writes past it, from C, has to note that itself.
    """
    stamps = Stamps()

    def send(self: socket.socket, data: bytes, flags: int = 0) -> int:
        sent = super(socket.socket, self).send(data, flags)
        stamps.note()
        return sent

    def sendmsg(self: socket.socket, *arguments: Any) -> int:
        sent = super(socket.socket, self).sendmsg(*arguments)
        stamps.note()
        return sent

    stamped = {"send": send, "sendmsg": sendmsg}
    for name, method in stamped.items():
        setattr(socket.socket, name, method)
    try:
        yield stamps
    finally:
        for name in stamped:
            delattr(socket.socket, name)  # what it inherits from C serves again
