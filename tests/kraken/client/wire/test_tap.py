"""Writing and reading over a stream that can do either at once."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from support.wire import HOST, Authority, PromptWire, TlsServer
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket
from wsproto.frame_protocol import FrameProtocol, Opcode

from seawall.kraken.client.wire.connection import Connection, open_connection
from seawall.kraken.client.wire.dialling import dial
from seawall.kraken.client.wire.splitter import FrameSplitter
from seawall.kraken.client.wire.streams import PromptStream
from seawall.kraken.client.wire.tap import FrameTap, Receive
from seawall.kraken.client.wire.tls import TlsStream


class Reader:
    """A server that keeps what it reads, whole messages alone."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.others: list[Opcode] = []
        self._protocol = FrameProtocol(client=False, extensions=[])

    def take(self, data: bytes) -> bytes:
        self._protocol.receive_bytes(data)
        for frame in self._protocol.received_frames():
            if frame.opcode is Opcode.TEXT and isinstance(frame.payload, str):
                self.texts.append(frame.payload)
            else:
                self.others.append(frame.opcode)
        return b""


def ignore(_messages: Sequence[bytes], _received_s: float) -> None:
    pass


def tap_on(stream: trio.abc.Stream, lost: Callable[[], None] = lambda: None) -> FrameTap:
    return FrameTap(stream, ignore, lost, 5.0, FrameSplitter(1000))


@asynccontextmanager
async def wired(authority: Authority, *, secure: bool) -> AsyncGenerator[tuple[PromptStream, PromptWire, Reader], None]:
    """A stream to write to, the wire below, and who reads at its other end; in the clear they are one."""
    reader = Reader()
    if not secure:
        wire = PromptWire(reader.take)
        yield wire, wire, reader
        return
    server = TlsServer(authority.server())
    read = 0

    def peer(data: bytes) -> bytes:
        nonlocal read
        answer = server.take(data)
        reader.take(server.got[read:])
        read = len(server.got)
        return answer

    wire = PromptWire(peer)
    yield await TlsStream.open(wire, authority.client(), HOST), wire, reader


SECURE = pytest.mark.parametrize("secure", [False, True], ids=["in the clear", "TLS"])


@SECURE
async def test_a_message_is_written_before_any_other_task_has_its_turn(authority: Authority, secure: bool) -> None:
    seen: list[list[str]] = []
    async with wired(authority, secure=secure) as (stream, _wire, reader):
        tap = tap_on(stream)

        async def look() -> None:  # noqa: ASYNC124 - a task
            seen.append(list(reader.texts))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            await tap.send_text("order", lambda: seen.append(list(reader.texts)))
    assert seen == [[], ["order"]], "told before the first byte, and gone when another task looks"


@SECURE
async def test_a_sender_that_was_cancelled_before_sends_nothing_and_is_told_nothing(authority: Authority, secure: bool) -> None:
    told: list[int] = []
    async with wired(authority, secure=secure) as (stream, _wire, reader):
        tap = tap_on(stream)
        with trio.CancelScope() as scope:
            scope.cancel()
            await tap.send_text("never", lambda: told.append(1))
        await tap.send_text("this")
    assert scope.cancelled_caught
    assert not told
    assert reader.texts == ["this"]


@SECURE
async def test_a_short_write_is_finished_though_the_sender_is_cancelled(
    authority: Authority, secure: bool, autojump_clock: MockClock
) -> None:
    async with wired(authority, secure=secure) as (stream, wire, reader):
        tap = tap_on(stream)
        wire.room = 4
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tap.send_text, "first")
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(tap.send_all, FrameProtocol(client=True, extensions=[]).ping(b"x"))
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await trio.testing.wait_all_tasks_blocked()
                assert not reader.texts
                wire.make_room(float("inf"))
        await tap.send_text("next")
    assert reader.texts == ["first", "next"]
    assert not reader.others, "the ping's turn had not come"


@SECURE
async def test_writers_take_turns_behind_a_short_write(authority: Authority, secure: bool, autojump_clock: MockClock) -> None:
    told: list[str] = []
    async with wired(authority, secure=secure) as (stream, wire, reader):
        tap = tap_on(stream)
        wire.room = 4
        async with trio.open_nursery() as nursery:
            for text in ("a", "b", "c"):
                nursery.start_soon(tap.send_text, text, lambda text=text: told.append(text))
                await trio.testing.wait_all_tasks_blocked()
            assert told == ["a"], "whoever waits has not begun"
            wire.make_room(float("inf"))
    assert reader.texts == told == ["a", "b", "c"]


@SECURE
async def test_a_peer_that_takes_no_more_bytes_ends_the_stream(
    authority: Authority, secure: bool, autojump_clock: MockClock
) -> None:
    lost: list[float] = []
    async with wired(authority, secure=secure) as (stream, wire, _reader):
        tap = tap_on(stream, lambda: lost.append(trio.current_time()))
        wire.room = 4
        began_s = trio.current_time()
        with pytest.raises(trio.BrokenResourceError, match="took no bytes for 5 s"):
            await tap.send_text("stuck")
        assert lost == [began_s + 5]
        assert wire.closed
        with pytest.raises(trio.ClosedResourceError):
            await tap.send_text("later")


async def test_a_write_to_a_broken_stream_ends_the_tap_at_once() -> None:
    lost: list[int] = []
    wire = PromptWire(lambda _data: b"")
    tap = tap_on(wire, lambda: lost.append(1))
    wire.broken = True
    with pytest.raises(trio.BrokenResourceError):
        await tap.send_text("x")
    assert lost == [1]
    assert tap.ended.is_set()


async def test_what_the_caller_of_a_write_raises_leaves_the_turn_to_others() -> None:
    reader = Reader()
    tap = tap_on(PromptWire(reader.take))

    def refuse() -> None:
        raise KeyError("a bug of the caller's")

    with pytest.raises(KeyError):
        await tap.send_text("never", refuse)
    with pytest.raises(UnicodeEncodeError):
        await tap.send_text("\ud800")
    await tap.send_text("this")
    assert reader.texts == ["this"]


# Busy polling, on real sockets


class Waits(trio.abc.Instrument):
    """How long trio's loop was ready to sleep, each time."""

    def __init__(self) -> None:
        self.most_s = 0.0

    def before_io_wait(self, timeout: float) -> None:
        self.most_s = max(self.most_s, timeout)


async def echo(request: WebSocketRequest) -> None:
    """Send back what comes."""
    websocket = await request.accept()
    try:
        while True:
            await websocket.send_message(await websocket.get_message())
    except ConnectionClosed:
        pass


@asynccontextmanager
async def chatting(authority: Authority, *, secure: bool, busy_poll: bool, receive: Receive) -> AsyncGenerator[Connection, None]:
    """A connection to a server that sends back what comes."""
    async with trio.open_nursery() as nursery:
        context = authority.server() if secure else None
        server = await nursery.start(serve_websocket, echo, "127.0.0.1", 0, context)
        url = f"ws{'s' if secure else ''}://127.0.0.1:{server.port}/v2"
        stream = await dial(url, authority.client())
        async with open_connection(
            stream,
            url,
            receive,
            lambda: None,
            write_s=5.0,
            goodbye_s=1.0,
            max_message_bytes=100_000,
            busy_poll=busy_poll,
        ) as connection:
            yield connection
        nursery.cancel_scope.cancel()


@SECURE
@pytest.mark.parametrize("busy_poll", [False, True])
async def test_a_busy_reader_never_sleeps_and_leaves_everybody_their_turn(
    authority: Authority, secure: bool, busy_poll: bool
) -> None:
    got: list[bytes] = []
    came = trio.Event()

    def receive(messages: Sequence[bytes], _received_s: float) -> None:
        got.extend(messages)
        if len(got) == 20:
            came.set()

    waits = Waits()
    with trio.fail_after(20):
        async with chatting(authority, secure=secure, busy_poll=busy_poll, receive=receive) as connection:
            trio.lowlevel.add_instrument(waits)
            for number in range(20):
                await connection.send(f"{number} {'x' * number * 1000}")
            await came.wait()
            await trio.sleep(0.05)
            trio.lowlevel.remove_instrument(waits)
    assert got == [f"{number} {'x' * number * 1000}".encode() for number in range(20)]
    assert (waits.most_s == 0) is busy_poll


@SECURE
async def test_a_busy_reader_is_cancelled_like_any_other(authority: Authority, secure: bool) -> None:
    with trio.fail_after(20):
        async with chatting(authority, secure=secure, busy_poll=True, receive=ignore):
            with trio.move_on_after(0.01) as scope:
                await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_stream_that_cannot_be_asked_is_waited_for_whatever_the_setting(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    tap = FrameTap(ours, ignore, lambda: None, 5.0, FrameSplitter(1000), busy_poll=True)
    with trio.move_on_after(3600) as scope:
        await tap.receive_some()
    assert scope.cancelled_caught, "the clock of this test goes on only when everybody sleeps"
    await theirs.aclose()
