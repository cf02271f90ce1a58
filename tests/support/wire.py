"""Prompt streams in memory, and the other side of TLS."""

import contextlib
import ssl
from collections.abc import Callable, Iterable

import trio
import trustme

from seawall.kraken.client.wire.streams import PromptStream
from seawall.kraken.client.wire.tls import TlsStream

HOST = "exchange.test"


def whole(data: bytes) -> Iterable[bytes]:
    """As it is."""
    return [data]


class PromptWire(PromptStream):
    """A wire in memory to a peer that answers at once: `peer` is given what was written, and returns what it answers.

    Takes `room` bytes and then no more until there is room again; gives what came in the pieces that `cut` makes of it.
    """

    def __init__(self, peer: Callable[[bytes], bytes], cut: Callable[[bytes], Iterable[bytes]] = whole) -> None:
        self.peer = peer
        self.cut = cut
        self.room: float = float("inf")
        self.kept = b""
        self.pieces: list[bytes] = []
        self.ended = False
        self.closed = False
        self.broken = False
        self._changed = trio.Event()

    def give(self, data: bytes) -> None:
        """Have something arrive."""
        self.pieces += [piece for piece in self.cut(data) if piece]
        self._wake()

    def end(self) -> None:
        """Have the other side close."""
        self.ended = True
        self._wake()

    def make_room(self, room: float) -> None:
        """Take so many bytes from now on."""
        self.room = room
        self._push()
        self._wake()

    def receive_nowait(self) -> bytes | None:
        self._check()
        if self.pieces:
            return self.pieces.pop(0)
        return b"" if self.ended else None

    async def receive_some(self, max_bytes: int | None = None) -> bytes:  # noqa: ARG002 - the interface has it; a piece is a piece
        await trio.lowlevel.checkpoint()
        while (data := self.receive_nowait()) is None:
            await self._changed.wait()
        return data

    def send_nowait(self, data: bytes | bytearray | memoryview) -> bool:
        self._check()
        self.kept += bytes(data)
        return self._push()

    async def flush(self) -> None:
        await trio.lowlevel.checkpoint()
        while not self._push():
            self._check()
            await self._changed.wait()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self.send_nowait(data)
        await self.flush()

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        self.closed = True
        self._wake()
        await trio.lowlevel.checkpoint()

    def _check(self) -> None:
        if self.closed:
            raise trio.ClosedResourceError
        if self.broken:
            raise trio.BrokenResourceError("broken pipe")

    def _push(self) -> bool:
        taken = self.kept[: int(min(self.room, len(self.kept)))]
        self.kept = self.kept[len(taken) :]
        self.room -= len(taken)
        if taken:
            answer = self.peer(taken)
            if answer:
                self.give(answer)
        return not self.kept

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class TlsServer:
    """The other side, by Python's own `ssl`, in memory: `take` is a peer for a `PromptWire`."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.got: bytes = b""
        self.shaken = False
        self.failure: ssl.SSLError | None = None

    def take(self, data: bytes) -> bytes:
        self.incoming.write(data)
        try:
            if not self.shaken:
                self.tls.do_handshake()
                self.shaken = True
            while part := self.tls.read(2**14):
                self.got += part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.failure = error
        return self.outgoing.read()

    def say(self, *records: bytes) -> bytes:
        """The bytes of so many records."""
        for record in records:
            self.tls.write(record)
        return self.outgoing.read()

    def leave(self) -> bytes:
        """The bytes that take leave of TLS."""
        with contextlib.suppress(ssl.SSLWantReadError):  # the client's leave is not waited for
            self.tls.unwrap()
        return self.outgoing.read()


class Authority:
    """Contexts for both sides."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.certificate = self.authority.issue_cert(HOST, "127.0.0.1")
        self._client = ssl.create_default_context()
        self.authority.configure_trust(self._client)

    def server(self, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.configure_cert(context)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def client(self) -> ssl.SSLContext:
        return self._client

    async def pair(
        self, version: ssl.TLSVersion | None = None, cut: Callable[[bytes], Iterable[bytes]] = whole
    ) -> tuple[TlsStream, PromptWire, TlsServer]:
        """A stream of ours, its wire, and the server behind."""
        server = TlsServer(self.server(version))
        wire = PromptWire(server.take, cut)
        return await TlsStream.open(wire, self.client(), HOST), wire, server
