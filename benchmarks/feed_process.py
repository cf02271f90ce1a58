"""The other side of `benchmarks.receive`, in a process of its own: prepared frames, as fast as the client takes them.

    python -m benchmarks.feed_process CYCLE CPU [CERTIFICATE KEY]

Plain blocking sockets, so that the client is what limits. Over TLS each frame is a record of its own, which is how an exchange
that sends frames one by one is seen. CPU below zero is any core.
"""

import json
import os
import selectors
import socket
import ssl
import sys
from typing import Final

import attrs
from benchmarks.channel_frames import ticker_end, tickers
from benchmarks.exchange_process import say, wire
from benchmarks.frames import DEPTH, SYMBOL, BookFrames
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

__all__ = ["main"]

READ_BYTES: Final = 65_536
COMMANDS: Final = "commands"
ARRIVALS: Final = "arrivals"


@attrs.define(eq=False)
class Client:
    """One connection."""

    sock: socket.socket
    context: ssl.SSLContext | None
    channel: str | None = None
    _protocol: WSConnection = attrs.field(factory=lambda: WSConnection(ConnectionType.SERVER))
    _incoming: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    _outgoing: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    _tls: ssl.SSLObject | None = None
    _greeted: bool = False

    def __attrs_post_init__(self) -> None:
        if self.context is not None:
            self._tls = self.context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def receive(self, frames: dict[str, "Frames"]) -> bool:
        """Read once, and answer; false at the end."""
        data = self.sock.recv(READ_BYTES)
        if not data:
            return False
        if self._tls is not None:
            data = self._decrypt(self._tls, data)
            if not data:
                return True  # of the handshake, or half a record
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            if isinstance(event, Request):
                self.send([self._protocol.send(AcceptConnection())])
            elif isinstance(event, Ping | CloseConnection):
                self.send([self._protocol.send(event.response())])
                if isinstance(event, CloseConnection):
                    return False  # closing the connection is the server's part
            elif isinstance(event, TextMessage):
                self._answer(json.loads(event.data), frames)
        return True

    def send(self, frames: list[bytes]) -> None:
        """Write all of them, over TLS a record each, in as few calls as the kernel takes."""
        if self._tls is None:
            self.sock.sendall(b"".join(frames))
            return
        for frame in frames:
            self._tls.write(frame)
        self.sock.sendall(self._outgoing.read())

    def _decrypt(self, tls: ssl.SSLObject, data: bytes) -> bytes:
        self._incoming.write(data)
        clear = b""
        try:
            if not self._greeted:
                tls.do_handshake()
                self._greeted = True
            while chunk := tls.read(READ_BYTES):
                clear += chunk
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass  # more is to come, or the client is about to close
        if self._outgoing.pending:
            self.sock.sendall(self._outgoing.read())
        return clear

    def _answer(self, asked: dict[str, object], frames: dict[str, "Frames"]) -> None:
        method, req_id = asked["method"], asked.get("req_id")
        if method == "ping":
            self.send([wire(json.dumps({"method": "pong", "req_id": req_id}))])
            return
        params = asked["params"]
        assert isinstance(params, dict)
        channel = params["channel"]
        result = {"channel": channel, "symbol": SYMBOL, "snapshot": True} | ({"depth": DEPTH} if channel == "book" else {})
        answer = {"method": method, "req_id": req_id, "success": True, "result": result}
        self.send([wire(json.dumps(answer)), wire(frames[channel].snapshot)])
        self.channel = channel


@attrs.frozen
class Frames:
    """What one channel sends: a snapshot; then, in a burst, `begin`, the cycle some times, and `end`."""

    snapshot: str
    begin: str
    cycle: list[bytes]
    end: str


def frames_of(cycle: int) -> dict[str, Frames]:
    """The two channels."""
    book, last = BookFrames(count=cycle), ticker_end()
    updates = tickers(cycle)
    snapshot = updates[0].replace('"update"', '"snapshot"')
    return {
        "book": Frames(book.snapshot, book.restore, [wire(text) for text in book.updates], book.end),
        "ticker": Frames(snapshot, updates[0], [wire(text) for text in updates], last),
    }


def burst(clients: list[Client], channel: str, cycles: int, frames: Frames) -> None:
    """Everything at once, to the newest who subscribed to the channel: an older one may have stopped reading."""
    client = [each for each in clients if each.channel == channel][-1]
    client.send([wire(frames.begin)])
    for _ in range(cycles):
        client.send(frames.cycle)
    client.send([wire(frames.end)])


def main(cycle: int, cpu: int, certificate: str | None = None, key: str | None = None) -> None:
    """Serve until the input ends."""
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    frames, clients = frames_of(cycle), list[Client]()
    listener = socket.create_server(("127.0.0.1", 0))
    with selectors.DefaultSelector() as selector, listener:
        selector.register(listener, selectors.EVENT_READ, ARRIVALS)
        selector.register(sys.stdin, selectors.EVENT_READ, COMMANDS)
        say({"port": str(listener.getsockname()[1])})
        while True:
            for ready, _ in selector.select():
                if ready.data == COMMANDS:
                    line = os.read(sys.stdin.fileno(), READ_BYTES).decode()  # one command at a time: each is waited for
                    if not line:
                        return
                    _, channel, cycles = line.split()
                    burst(clients, channel, int(cycles), frames[channel])
                    say("done")
                elif ready.data == ARRIVALS:
                    client = Client(listener.accept()[0], context)
                    clients.append(client)
                    selector.register(client.sock, selectors.EVENT_READ, client)
                else:
                    serve(ready.data, clients, selector, frames)


def serve(client: Client, clients: list[Client], selector: selectors.BaseSelector, frames: dict[str, Frames]) -> None:
    """Read from a client; forget it when it is gone."""
    try:
        alive = client.receive(frames)
    except OSError:
        alive = False  # it went without taking leave
    if not alive:
        clients.remove(client)
        selector.unregister(client.sock)
        client.sock.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
