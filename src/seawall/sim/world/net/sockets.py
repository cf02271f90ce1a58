"""Sockets as trio's users have them: made by the network, in place of the system's."""

import errno
import socket
from operator import index
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, overload

import trio

from seawall.sim.world.hosts import Host, HostDied
from seawall.sim.world.net.ends import End
from seawall.sim.world.net.listening import Listening
from seawall.sim.world.net.places import ANYWHERE
from seawall.sim.world.net.system import Address, broken

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Ports", "VirtualSocket"]

_BACKLOG: Final = 128


class Ports(Protocol):
    """The part of a network that sockets ask: who is where, and what became of it."""

    def bound(self, host: Host, address: Address) -> Address:
        """The address that a socket gets which asks for this one. Raises OSError when it is taken, or another machine's."""
        ...

    def listen(self, host: Host, address: Address, room: int) -> Listening:
        """Open a port."""
        ...

    def unlisten(self, listening: Listening) -> None:
        """Close it again."""
        ...

    async def connect(self, host: Host, local: Address | None, remote: Address) -> End:
        """Open a connection."""
        ...

    def accepted(self, end: End) -> "VirtualSocket":
        """Give a connection to the process that listened for it."""
        ...


class VirtualSocket(trio.socket.SocketType):
    """One TCP socket over IPv4, of the host whose task made it."""

    def __init__(self, ports: Ports, host: Host, descriptor: int, end: End | None = None) -> None:
        super().__init__()
        self._ports = ports
        self._host = host
        self._descriptor = descriptor
        self._end = end
        self._local: Address | None = None
        self._listening: Listening | None = None
        self._options: dict[tuple[int, int], int] = {}
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else "listening" if self._listening else "connected" if self._end else "unused"
        return f"<VirtualSocket {self._descriptor} of {self._host.name}, {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4."""
        return socket.AF_INET

    @property
    def type(self) -> socket.SocketKind:
        """A stream."""
        return socket.SOCK_STREAM

    @property
    def proto(self) -> int:
        """TCP."""
        return socket.IPPROTO_TCP

    @property
    def did_shutdown_SHUT_WR(self) -> bool:  # noqa: N802 - trio's name
        """Whether it has said that it will send no more."""
        return self._end is not None and self._end.shut

    def fileno(self) -> int:
        """A number that no descriptor of the system has; -1 once it is closed."""
        return -1 if self._closed else self._descriptor

    def detach_prompt(self) -> End:
        """Give up the connection: what comes back reads and writes at once, and this socket is closed."""
        end, self._end, self._closed = self._connected(), None, True
        return end

    def getsockname(self) -> Address:
        """Its own address."""
        self._check()
        if self._end is not None:
            return self._end.local
        return self._local or (ANYWHERE, 0)

    def getpeername(self) -> Address:
        """The address of the other side."""
        return self._connected().remote

    @overload
    def getsockopt(self, level: int, optname: int) -> int: ...
    @overload
    def getsockopt(self, level: int, optname: int, buflen: int) -> bytes: ...
    def getsockopt(self, level: int, optname: int, buflen: int | None = None) -> int | bytes:
        """What was set, or 0; whether it listens (SO_ACCEPTCONN)."""
        self._check()
        if (level, optname) == (socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            value = int(self._listening is not None)
        else:
            value = self._options.get((level, optname), 0)
        return value if buflen is None else value.to_bytes(buflen, "little")

    @overload
    def setsockopt(self, level: int, optname: int, value: "int | Buffer") -> None: ...
    @overload
    def setsockopt(self, level: int, optname: int, value: None, optlen: int) -> None: ...
    def setsockopt(
        self,
        level: int,
        optname: int,
        value: "int | Buffer | None",
        optlen: int | None = None,  # noqa: ARG002 - of options without a value, which are nothing to remember
    ) -> None:
        """Remembered, and without effect."""
        self._check()
        if value is not None:
            self._options[level, optname] = value if isinstance(value, int) else int.from_bytes(bytes(value), "little")

    def get_inheritable(self) -> bool:
        """No: no process begins here."""
        return False

    async def bind(self, address: object) -> None:
        """Take an address. Raises OSError when it is taken, or another machine's."""
        self._check()
        self._local = self._ports.bound(self._host, _address(address))
        await trio.lowlevel.checkpoint()

    def listen(self, backlog: int = _BACKLOG) -> None:
        """Open the port that was bound, or any."""
        self._check()
        if self._end is not None:
            raise broken(errno.EINVAL)
        if self._listening is None:
            local = self._local = self._local or self._ports.bound(self._host, (ANYWHERE, 0))
            self._listening = self._ports.listen(self._host, local, backlog)

    async def accept(self) -> tuple[trio.socket.SocketType, Address]:
        """Wait for a connection, and take it."""
        listening = self._listening
        self._check()
        if listening is None:
            raise broken(errno.EINVAL)
        end = await listening.take()
        taken = self._ports.accepted(end)
        self._host.io("accept")
        return taken, end.remote

    async def connect(self, address: object) -> None:
        """Open a connection. Raises OSError as the system does: refused, timed out. Cancelled, it leaves none."""
        self._check()
        if self._end is not None:
            raise broken(errno.EISCONN)
        end = await self._ports.connect(self._host, self._local, _address(address))
        if self._closed:
            end.close()
            raise trio.ClosedResourceError("this socket is closed")
        self._end = end

    async def recv(self, buflen: int, flags: int = 0, /) -> bytes:
        """Wait for bytes, and take them; b'' at the end. Cancelled, it has taken nothing."""
        _plain(flags)
        end, limit = self._connected(), index(buflen)
        await end.wait_readable()
        return end.recv(limit)

    async def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0) -> int:
        """As `recv`, into a buffer; returns how many."""
        with memoryview(buffer) as view:
            data = await self.recv(nbytes or view.nbytes, flags)
            view.cast("B")[: len(data)] = data
        return len(data)

    async def send(self, data: "Buffer", flags: int = 0, /) -> int:
        """Wait for room, and hand over what goes; returns how many bytes. Cancelled, it has sent nothing."""
        _plain(flags)
        end = self._connected()
        await trio.lowlevel.checkpoint_if_cancelled()
        while not end.writable:
            await end.wait_writable()
        sent = end.send(data if isinstance(data, bytes | bytearray | memoryview) else memoryview(data))
        await trio.lowlevel.cancel_shielded_checkpoint()
        return sent

    def is_readable(self) -> bool:
        """Whether a read would say something at once."""
        return self._end is not None and (self._end.closed or self._end.readable)

    async def wait_writable(self) -> None:
        """Wait until a write would take a byte."""
        await self._connected().wait_writable()

    def shutdown(self, flag: int) -> None:
        """Send no more, and say so. That nothing more is read is not known to TCP."""
        end = self._connected()
        if flag != socket.SHUT_RD:
            end.shutdown()

    def close(self) -> None:
        """Close it, and tell those who wait with `trio.ClosedResourceError`."""
        if self._closed:
            return
        self._closed = True
        if self._listening is not None:
            self._ports.unlisten(self._listening)
        if self._end is not None:
            self._end.close()

    def _check(self) -> None:
        if not self._host.alive:
            raise HostDied(self._host.name)
        if self._closed:
            raise broken(errno.EBADF)

    def _connected(self) -> End:
        self._check()
        if self._end is None:
            raise broken(errno.ENOTCONN)
        return self._end


def _address(given: object) -> Address:
    if isinstance(given, tuple) and len(given) == 2:
        host, port = given
        if isinstance(host, str) and isinstance(port, int):
            return host, port
    raise ValueError(f"address: {given!r} is not an IPv4 address and a port")


def _plain(flags: int) -> None:
    if flags:
        raise broken(errno.EOPNOTSUPP)
