"""Sockets that never block: of the system, or of whatever trio was given in its place."""

import socket
from collections.abc import Awaitable
from typing import Protocol, runtime_checkable

import trio

from seawall.kraken.client.wire.streams import Data

__all__ = ["PromptSocket", "SystemSocket", "prompt_socket"]


class PromptSocket(Protocol):
    """A connected socket that reads and writes at once, or raises BlockingIOError; other OSErrors as the system has them."""

    def recv(self, bufsize: int, /) -> bytes:
        """Take what is there; b'' at the end."""
        ...

    def send(self, data: Data, /) -> int:
        """Hand over as much as goes."""
        ...

    def wait_readable(self) -> Awaitable[None]:
        """Wait until a read would say something. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        ...

    def wait_writable(self) -> Awaitable[None]:
        """Wait until a write would take something. Raises `trio.ClosedResourceError` when it is closed meanwhile."""
        ...

    def fileno(self) -> int:
        """The descriptor; -1 once it is closed."""
        ...

    def close(self) -> None:
        """Close it, and tell those who wait."""


class SystemSocket(socket.socket):
    """A socket of the system's, with trio's ways to wait for it."""

    __slots__ = ()

    def wait_readable(self) -> Awaitable[None]:
        """As `PromptSocket` has it."""
        return trio.lowlevel.wait_readable(self)  # noqa: ASYNC105 - the caller awaits it: one coroutine less on the way

    def wait_writable(self) -> Awaitable[None]:
        """As `PromptSocket` has it."""
        return trio.lowlevel.wait_writable(self)  # noqa: ASYNC105 - the caller awaits it

    def close(self) -> None:
        """As `PromptSocket` has it."""
        if self.fileno() >= 0:
            trio.lowlevel.notify_closing(self)
        super().close()


@runtime_checkable
class _Lending(Protocol):
    """A trio socket that has no descriptor to detach: one of a factory (`trio.socket.set_custom_socket_factory`)."""

    def detach_prompt(self) -> PromptSocket:
        """Give up the connection."""
        ...


def prompt_socket(taken: trio.socket.SocketType) -> PromptSocket:
    """Take the connection out of a socket of trio's, which is of no use afterwards. Its options stay as they are."""
    if isinstance(taken, _Lending):
        return taken.detach_prompt()
    ours = SystemSocket(fileno=taken.detach())
    ours.settimeout(0)  # trio made it one that never blocks; here Python is told
    return ours
