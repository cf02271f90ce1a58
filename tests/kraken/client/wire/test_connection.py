import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
import trio
import trio.testing
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto.frame_protocol import FrameProtocol

from seawall.kraken.client.wire.connection import Connection, ConnectionLost, UpgradeRefused, open_connection
from seawall.model.errors import NotSent

URL = "ws://exchange.test/v2"
Serve = Callable[[WebSocketConnection], Awaitable[None]]


class Box:
    """Takes what a connection gives."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.lost = 0
        self.came = trio.Event()

    def receive(self, messages: Sequence[bytes], _received_s: float) -> None:
        self.messages.extend(messages)
        self.came.set()

    def lose(self) -> None:
        self.lost += 1


def connection_on(stream: trio.abc.Stream, box: Box, url: str = URL) -> AbstractAsyncContextManager[Connection]:
    return open_connection(stream, url, box.receive, box.lose, write_s=5.0, goodbye_s=1.0, max_message_bytes=1000)


async def serve_one(stream: trio.abc.Stream, serve: Serve) -> None:
    """Accept one WebSocket on a stream, and serve it."""
    async with trio.open_nursery() as nursery:
        request = await wrap_server_stream(nursery, stream)
        websocket = await request.accept()
        await serve(websocket)
        nursery.cancel_scope.cancel()


async def read_until_closed(websocket: WebSocketConnection) -> None:
    try:
        while True:
            await websocket.get_message()
    except ConnectionClosed:
        pass


async def test_messages_arrive_and_leaving_says_goodbye(autojump_clock: MockClock) -> None:
    box = Box()
    codes: list[int] = []
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(websocket: WebSocketConnection) -> None:
        await websocket.send_message("one")
        await websocket.send_message("two")
        await read_until_closed(websocket)
        assert websocket.closed is not None
        codes.append(websocket.closed.code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        async with connection_on(ours, box):
            await box.came.wait()
            await trio.testing.wait_all_tasks_blocked()
        assert box.messages == [b"one", b"two"]
        assert box.lost == 1
    assert codes == [1000]


async def test_frames_in_the_same_read_as_the_upgrades_answer_are_not_lost(autojump_clock: MockClock) -> None:
    box = Box()
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(websocket: WebSocketConnection) -> None:
        await websocket.send_message("first")
        await read_until_closed(websocket)

    class Sticky(trio.abc.Stream):
        """Gives one read only after everything has arrived."""

        async def receive_some(self, max_bytes: int | None = None) -> bytes:
            await trio.testing.wait_all_tasks_blocked()
            return bytes(await ours.receive_some(max_bytes))

        async def send_all(self, data: bytes | bytearray | memoryview) -> None:
            await ours.send_all(data)

        async def wait_send_all_might_not_block(self) -> None:
            await ours.wait_send_all_might_not_block()

        async def aclose(self) -> None:
            await ours.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        async with connection_on(Sticky(), box):
            await box.came.wait()
        assert box.messages == [b"first"]


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_refused_upgrade_tells_its_status(status: int, autojump_clock: MockClock) -> None:
    box = Box()
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:

        async def refuse() -> None:
            request = await wrap_server_stream(nursery, theirs)
            await request.reject(status, extra_headers=[(b"Retry-After", b"7")], body=b"no")

        nursery.start_soon(refuse)

        def told(refused: UpgradeRefused) -> bool:
            return (refused.status, refused.retry_after_s) == (status, 7.0) and "upgrade of ws://" in str(refused)

        with pytest.RaisesGroup(pytest.RaisesExc(UpgradeRefused, check=told), flatten_subgroups=True):
            async with connection_on(ours, box):
                pytest.fail("it must not open")
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"\x00garbage\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"])
async def test_a_server_that_closes_instead_of_answering_is_lost_and_not_waited_for(
    said: bytes, autojump_clock: MockClock
) -> None:
    box = Box()
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:

        async def hang_up() -> None:
            await theirs.receive_some()
            if said:
                await theirs.send_all(said)
            await theirs.aclose()

        nursery.start_soon(hang_up)
        with trio.fail_after(1), pytest.RaisesGroup(ConnectionLost, flatten_subgroups=True):
            async with connection_on(ours, box):
                pytest.fail("it must not open")


async def test_a_deadline_around_it_cuts_a_server_that_never_answers_the_upgrade(autojump_clock: MockClock) -> None:
    ours, _theirs = trio.testing.memory_stream_pair()
    began_s = trio.current_time()
    with trio.move_on_after(10) as scope:
        async with connection_on(ours, Box()):
            pytest.fail("it must not open")
    assert scope.cancelled_caught
    assert trio.current_time() - began_s == 10
    with pytest.raises(trio.ClosedResourceError):
        await ours.send_all(b"x")


async def test_a_close_in_the_middle_of_a_message_is_a_lost_connection(autojump_clock: MockClock) -> None:
    box = Box()
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(_websocket: WebSocketConnection) -> None:
        await theirs.send_all(b"\x81\x7e\x01\x00half")
        await theirs.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionLost, match="without a close frame"), flatten_subgroups=True):
            async with connection_on(ours, box):
                await trio.sleep_forever()
    assert box.lost == 1
    assert not box.messages


async def test_a_close_frame_tells_its_code(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(websocket: WebSocketConnection) -> None:
        await websocket.aclose(1013, "try again later")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionLost, match="1013 try again later"), flatten_subgroups=True):
            async with connection_on(ours, Box()):
                await trio.sleep_forever()


@pytest.mark.parametrize(
    ("wire", "told", "code"),
    [
        (b"\x81\x7f" + struct.pack("!Q", 10**12), "above the limit", 1009),
        (b"\x80\x01x", "continuation", 1002),
        (FrameProtocol(client=True, extensions=[]).send_data("masked"), "masked", 1002),
        (b"\xf1\x01x", "nobody agreed", 1002),
    ],
)
async def test_a_peer_that_breaks_the_protocol_is_told_so_and_costs_one_connection(
    wire: bytes, told: str, code: int, autojump_clock: MockClock
) -> None:
    codes: list[int] = []
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(websocket: WebSocketConnection) -> None:
        await theirs.send_all(wire)
        await read_until_closed(websocket)
        assert websocket.closed is not None
        codes.append(websocket.closed.code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionLost, match=told), flatten_subgroups=True):
            async with connection_on(ours, Box()):
                await trio.sleep_forever()
    assert codes == [code]


async def test_what_the_receiver_raises_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()

    async def serve(websocket: WebSocketConnection) -> None:
        await websocket.send_message("x")
        await read_until_closed(websocket)

    def receive(messages: Sequence[bytes], received_s: float) -> None:
        raise KeyError("a bug")

    box = Box()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        with pytest.RaisesGroup(KeyError, flatten_subgroups=True):
            async with open_connection(ours, URL, receive, box.lose, write_s=5.0, goodbye_s=1.0, max_message_bytes=1000):
                await trio.sleep_forever()


class Slow(trio.abc.Stream):
    """Writes a byte at a time, when told to."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self.inner = inner
        self.slow_s = 0.0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        for byte in bytes(data):
            await self.inner.send_all(bytes([byte]))
            await trio.sleep(self.slow_s)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return bytes(await self.inner.receive_some(max_bytes))

    async def wait_send_all_might_not_block(self) -> None:
        await self.inner.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_a_cancelled_sender_never_leaves_half_a_frame(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    got: list[str | bytes] = []

    async def serve(websocket: WebSocketConnection) -> None:
        got.append(await websocket.get_message())
        got.append(await websocket.get_message())
        await read_until_closed(websocket)

    stream = Slow(ours)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        async with connection_on(stream, Box()) as connection:
            stream.slow_s = 0.1
            began: list[float] = []
            with trio.move_on_after(0.25):
                await connection.send("whole", lambda: began.append(trio.current_time()))
            assert len(began) == 1
            await connection.send("next")
            await trio.testing.wait_all_tasks_blocked()
            stream.slow_s = 0.0
    assert got == ["whole", "next"]


async def test_a_sender_cancelled_while_it_waits_for_its_turn_sends_nothing(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    got: list[str | bytes] = []

    async def serve(websocket: WebSocketConnection) -> None:
        got.append(await websocket.get_message())
        got.append(await websocket.get_message())
        await read_until_closed(websocket)

    stream = Slow(ours)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        async with connection_on(stream, Box()) as connection:
            stream.slow_s = 0.1
            async with trio.open_nursery() as senders:
                senders.start_soon(connection.send, "first")
                await trio.testing.wait_all_tasks_blocked()
                told: list[int] = []
                with trio.move_on_after(0.2):
                    await connection.send("never", lambda: told.append(1))
                assert not told
            await connection.send("last")
            await trio.testing.wait_all_tasks_blocked()
            stream.slow_s = 0.0
    assert got == ["first", "last"]


async def test_a_peer_that_takes_no_bytes_ends_the_connection(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    box = Box()
    stream = Slow(ours)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, read_until_closed)
        with pytest.RaisesGroup(ConnectionLost, flatten_subgroups=True):
            async with connection_on(stream, box) as connection:
                stream.slow_s = 100.0
                began_s = trio.current_time()
                with pytest.raises(ConnectionLost, match="took no bytes for 5 s"):
                    await connection.send("stuck")
                assert trio.current_time() - began_s == pytest.approx(5)
                assert box.lost == 1
                with pytest.raises(NotSent):
                    await connection.send("later")
                await trio.sleep_forever()


class Torn(Slow):
    """Cannot be written to any more, and does not say so to its reader."""

    torn = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.torn:
            raise trio.BrokenResourceError("broken pipe")
        await super().send_all(data)


async def test_a_stream_that_breaks_under_a_write_ends_the_connection_though_its_reader_sees_nothing(
    autojump_clock: MockClock,
) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    box = Box()
    stream = Torn(ours)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, read_until_closed)
        with trio.fail_after(0.5), pytest.RaisesGroup(ConnectionLost, flatten_subgroups=True):
            async with connection_on(stream, box) as connection:
                stream.torn = True
                with pytest.raises(ConnectionLost, match="broken pipe"):
                    await connection.send("half of it may have left")
                assert box.lost == 1
                await trio.sleep_forever()


@pytest.mark.parametrize("body", [b"\x03", b"\x03\xe8\xff", b"\x00\x01", b"\x03\xee"])
async def test_a_close_frame_that_says_nonsense_ends_one_connection_and_lets_nothing_stray_out(
    body: bytes, autojump_clock: MockClock
) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    box = Box()

    async def serve(websocket: WebSocketConnection) -> None:
        await theirs.send_all(b"\x88" + bytes([len(body)]) + body)
        await read_until_closed(websocket)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, serve)
        with trio.fail_after(60), pytest.RaisesGroup(ConnectionLost, flatten_subgroups=True):
            async with connection_on(ours, box):
                await trio.sleep_forever()
    assert box.lost == 1


async def test_a_connection_can_be_used_until_it_is_left(autojump_clock: MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_one, theirs, read_until_closed)
        async with connection_on(ours, Box()) as connection:
            assert isinstance(connection, Connection)
        with pytest.raises(NotSent):
            await connection.send("too late")
