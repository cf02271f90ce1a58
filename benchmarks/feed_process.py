"""The other side of `receive`, `latency` and `flat`, in a process of its own: prepared frames, all at once or at a pace.

    python -m benchmarks.feed_process CYCLE SYMBOLS LAP CPU [CERTIFICATE KEY]

Plain blocking sockets, so that the client is what limits. Over TLS each frame is a record of its own, which is how an exchange
that sends frames one by one is seen. CPU below zero is any core. Clients command it through a socket of its own: `burst CHANNEL
CYCLES`, and `pace CHANNEL CYCLES PER_S`, which waits for the next frame's time by looking at the clock again and again, and is
answered with the time of each frame's send, nanoseconds of the monotonic clock, which all processes of a machine share.
"""

import json
import os
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Final

import attrs
from benchmarks.channel_frames import instruments, ticker_end, tickers
from benchmarks.frames import DEPTH, SYMBOL, BookFrames, symbols_of, wire
from benchmarks.processes import say
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

__all__ = ["main"]

READ_BYTES: Final = 65_536
BATCH: Final = 1_000
"""Frames to a write, in a burst."""

Numbered = tuple[str, bytes]
"""A symbol, and a frame of it."""


@attrs.define(eq=False)
class Frames:
    """What one channel sends: a snapshot of each symbol; then, in a burst, `begin`, the cycle some times, and `end`."""

    snapshots: dict[str, str]
    begin: Numbered
    cycle: list[Numbered]
    end: Numbered

    def burst(self, cycles: int) -> Iterator[Numbered]:
        """Everything that a burst sends, in order."""
        return chain([self.begin], chain.from_iterable(repeat(self.cycle, cycles)), [self.end])


def frames_of(cycle: int, symbols: Sequence[str], lap: int) -> dict[str, Frames]:
    """The channels. The symbols of `book` take turns; `ticker` has but the first."""
    books = [
        BookFrames(seed=place, count=cycle // len(symbols), symbol=symbol, lap=lap) for place, symbol in enumerate(symbols, 1)
    ]
    turns = zip(*([(each.symbol, wire(text)) for text in each.updates] for each in books), strict=True)
    updates = tickers(cycle)
    return {
        "book": Frames(
            {each.symbol: each.snapshot for each in books},
            (SYMBOL, wire(books[0].restore)),
            [numbered for turn in turns for numbered in turn],
            (SYMBOL, wire(books[0].end)),
        ),
        "ticker": Frames(
            {SYMBOL: updates[0].replace('"update"', '"snapshot"')},
            (SYMBOL, wire(updates[0])),
            [(SYMBOL, wire(text)) for text in updates],
            (SYMBOL, wire(ticker_end())),
        ),
    }


@attrs.define(eq=False)
class Client:
    """One connection that receives frames."""

    sock: socket.socket
    context: ssl.SSLContext | None
    follows: set[tuple[str, str]] = attrs.field(factory=set)
    """Channels, and symbols."""
    _protocol: WSConnection = attrs.field(factory=lambda: WSConnection(ConnectionType.SERVER))
    _incoming: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    _outgoing: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    _tls: ssl.SSLObject | None = None
    _greeted: bool = False

    def __attrs_post_init__(self) -> None:
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None:
            self._tls = self.context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def receive(self, feed: "Feed") -> bool:
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
                self.send([wire(text) for text in feed.answers(self, json.loads(event.data))])
        return True

    def send(self, frames: Sequence[bytes]) -> None:
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


@attrs.define(eq=False)
class Commands:
    """One connection that says what is to be sent."""

    sock: socket.socket

    def receive(self, feed: "Feed") -> bool:
        """Carry out one command, and answer it; false at the end. Each is waited for, so that no two come at once."""
        line = self.sock.recv(READ_BYTES).decode()
        if line:
            self.sock.sendall(json.dumps(feed.obey(line)).encode() + b"\n")
        return bool(line)


@attrs.define(eq=False)
class Feed:
    """Who is connected, and what is sent to them."""

    frames: dict[str, Frames]
    symbols: Sequence[str]
    clients: list[Client] = attrs.field(factory=list)

    def answers(self, client: Client, asked: dict[str, object]) -> Iterator[str]:
        """What a request is answered with."""
        method, req_id, params = asked["method"], asked.get("req_id"), asked.get("params")
        if method == "ping":
            yield json.dumps({"method": "pong", "req_id": req_id})
            return
        assert isinstance(params, dict)
        channel = params["channel"]
        for symbol in params.get("symbol", [None]):
            result = {"channel": channel, "snapshot": True}
            result |= {"symbol": symbol} if symbol else {}
            result |= {"depth": DEPTH} if channel == "book" else {}
            yield json.dumps({"method": method, "req_id": req_id, "success": True, "result": result})
            if method != "subscribe":
                continue
            if symbol is None:
                yield instruments(self.symbols)
            else:
                yield self.frames[channel].snapshots[symbol]
                client.follows.add((channel, symbol))

    def obey(self, command: str) -> object:
        """Carry out a command."""
        verb, channel, *numbers = command.split()
        frames = self.frames[channel]
        # of several who follow a symbol the newest: an older one may have stopped reading
        readers = {
            symbol: client for client in self.clients for _, symbol in client.follows if (channel, symbol) in client.follows
        }
        if verb == "burst":
            return self._burst(readers, frames, int(numbers[0]))
        return self._pace(readers, frames, int(numbers[0]), int(numbers[1]))

    def _burst(self, readers: dict[str, Client], frames: Frames, cycles: int) -> str:
        batches = list(_batches(readers, frames.cycle))  # prepared, so that the client is what limits
        readers[frames.begin[0]].send([frames.begin[1]])
        for _ in range(cycles):
            for client, batch in batches:
                client.send(batch)
        readers[frames.end[0]].send([frames.end[1]])
        return "done"

    @staticmethod
    def _pace(readers: dict[str, Client], frames: Frames, cycles: int, per_s: int) -> list[int]:
        clock, sent_ns = time.monotonic_ns, list[int]()
        began_ns = clock()
        for place, (symbol, frame) in enumerate(frames.burst(cycles)):
            due_ns = began_ns + place * 1_000_000_000 // per_s
            while clock() < due_ns:
                pass
            sent_ns.append(clock())
            readers[symbol].send((frame,))
        return sent_ns


def _batches(readers: dict[str, Client], cycle: Sequence[Numbered]) -> Iterator[tuple[Client, list[bytes]]]:
    """What goes to whom at one write: where several read, they take turns."""
    waiting: dict[Client, list[bytes]] = {client: [] for client in set(readers.values())}
    for symbol, frame in cycle:
        batch = waiting[readers[symbol]]
        batch.append(frame)
        if len(batch) == BATCH:
            yield readers[symbol], batch
            waiting[readers[symbol]] = []
    yield from ((client, batch) for client, batch in waiting.items() if batch)


def main(cycle: int, symbols: int, lap: int, cpu: int, certificate: str | None = None, key: str | None = None) -> None:
    """Serve until the input ends."""
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    names = symbols_of(symbols)
    feed = Feed(frames_of(cycle, names, lap), names)
    readers, commanders = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    with selectors.DefaultSelector() as selector, readers, commanders:
        for source in (readers, commanders, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        say({"port": str(readers.getsockname()[1]), "control": str(commanders.getsockname()[1])})
        while True:
            for ready, _ in selector.select():
                if ready.fileobj is sys.stdin:
                    return
                if ready.fileobj is readers:
                    feed.clients.append(Client(readers.accept()[0], context))
                    selector.register(feed.clients[-1].sock, selectors.EVENT_READ, feed.clients[-1])
                elif ready.fileobj is commanders:
                    commander = Commands(commanders.accept()[0])
                    selector.register(commander.sock, selectors.EVENT_READ, commander)
                else:
                    serve(ready.data, feed, selector)


def serve(connection: Client | Commands, feed: Feed, selector: selectors.BaseSelector) -> None:
    """Read from a connection; forget it when it is gone."""
    try:
        alive = connection.receive(feed)
    except OSError:
        alive = False  # it went without taking leave
    if not alive:
        if isinstance(connection, Client):
            feed.clients.remove(connection)
        selector.unregister(connection.sock)
        connection.sock.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
