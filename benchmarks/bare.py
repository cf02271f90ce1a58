"""A WebSocket connection with nothing between it and its user: what no client can do better."""

import os
import socket
import struct
from base64 import b64encode
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import attrs
from wsproto.frame_protocol import FrameProtocol

from seawall.kraken.client.wire.splitter import FrameSplitter

__all__ = ["BareSocket", "open_bare", "run_steps"]

T = TypeVar("T")
READ_BYTES: Final = 65_536
MAX_S: Final = 120


@attrs.define(eq=False)
class BareSocket:
    """A socket after the upgrade. It blocks, unless told otherwise."""

    sock: socket.socket
    _splitter: FrameSplitter = attrs.field(factory=lambda: FrameSplitter(2**20))

    def say(self, text: str) -> None:
        """Write one message."""
        self.sock.sendall(FrameProtocol(client=True, extensions=[]).send_data(text))

    def read(self) -> list[bytes]:
        """The messages of one read; what else there is does not matter here."""
        chunk = self.sock.recv(READ_BYTES)
        if not chunk:
            raise RuntimeError("the other side closed the connection")
        return self._splitter.feed(chunk).messages


@contextmanager
def open_bare(url: str) -> Generator[BareSocket, None, None]:
    """Connect and upgrade, in the clear."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=MAX_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = b64encode(os.urandom(16)).decode()
        sock.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)  # byte by byte: what comes behind the head is a frame
        sock.settimeout(None)  # Python's own patience costs a call of the system before each read; the kernel's costs none
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", MAX_S, 0))
        yield BareSocket(sock)


def run_steps(steps: Coroutine[Any, Any, T]) -> T:
    """Run what awaits nothing but functions that block."""
    try:
        steps.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("nothing here waits for anything but the kernel")
