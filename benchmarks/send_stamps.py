"""When bytes are in the kernel: the one instant at which clients of any kind can be compared."""

import contextlib
import socket
import time
from collections.abc import Generator

__all__ = ["Stamps", "stamped_sockets"]


class Stamps:
    """When the newest write came back from the kernel, in seconds of `time.perf_counter`."""

    written_s = 0.0


@contextlib.contextmanager
def stamped_sockets() -> Generator[Stamps, None, None]:
    """Note each write to any socket that is made in the block. Python's own class of sockets is replaced meanwhile, which is what
    trio, asyncio and all that stands on them take theirs from; who writes past it, from C, has to note that itself.
    """
    stamps = Stamps()
    plain = socket.socket

    class Stamped(plain):  # type: ignore[misc,valid-type]  # a class made of another's value
        def send(self, data: bytes, flags: int = 0) -> int:
            sent: int = super().send(data, flags)
            stamps.written_s = time.perf_counter()
            return sent

        def sendmsg(self, *arguments: object) -> int:
            sent: int = super().sendmsg(*arguments)
            stamps.written_s = time.perf_counter()
            return sent

    socket.socket = Stamped  # type: ignore[misc]  # as said above
    try:
        yield stamps
    finally:
        socket.socket = plain  # type: ignore[misc]
