import socket
import struct

import pytest
import trio
import trio.testing

from seawall.kraken.client.wire.tcp import TcpStream


async def on_loopback() -> tuple[TcpStream, TcpStream]:
    """Both ends of a TCP connection."""
    with trio.socket.socket() as listener:
        await listener.bind(("127.0.0.1", 0))
        listener.listen()
        near = await trio.open_tcp_stream(*listener.getsockname())
        far, _ = await listener.accept()
        return TcpStream.taken_from(near), TcpStream.taken_from(trio.SocketStream(far))


async def clogged() -> tuple[TcpStream, TcpStream]:
    """The same, and nothing more can be written in either direction."""
    pair = await on_loopback()
    for stream in pair:
        while stream.send_nowait(b"x" * 2**16):
            pass
        # what was kept is taken away again, so that the stream looks as if nobody had written to it
        stream._kept.clear()
    return pair


async def test_it_is_a_stream_as_trio_defines_them() -> None:
    await trio.testing.check_two_way_stream(on_loopback, clogged)


async def test_options_of_the_socket_survive_its_change_of_hands() -> None:
    near, far = await on_loopback()
    async with near, far:
        assert isinstance(near._socket, socket.socket)
        assert near._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not near._socket.getblocking()
        assert repr(near) == f"<TcpStream {near._socket.fileno()}>"
    assert repr(near) == "<TcpStream closed>"


async def test_what_is_there_is_had_at_once() -> None:
    near, far = await on_loopback()
    async with near:
        assert near.receive_nowait() is None
        assert far.send_nowait(b"hello")
        await trio.lowlevel.wait_readable(near._socket)
        assert near.receive_nowait() == b"hello"
        assert near.receive_nowait() is None
        await far.aclose()
        await trio.lowlevel.wait_readable(near._socket)
        assert near.receive_nowait() == b""
    with pytest.raises(trio.ClosedResourceError):
        near.receive_nowait()


async def test_a_read_that_ends_at_its_limit_goes_on_where_it_was() -> None:
    near, far = await on_loopback()
    async with near, far:
        far.send_nowait(b"abcdef")
        assert [await near.receive_some(2) for _ in range(3)] == [b"ab", b"cd", b"ef"]
        with trio.move_on_after(0) as scope:
            await near.receive_some(2)
        assert scope.cancelled_caught


async def test_what_the_kernel_does_not_take_is_kept_and_goes_first() -> None:
    near, far = await on_loopback()
    async with near, far:
        written = 0
        while near.send_nowait(bytes([written % 251]) * 10_000):
            written += 1
        assert not near.send_nowait(b"end")
        expected = b"".join(bytes([number % 251]) * 10_000 for number in range(written + 1)) + b"end"
        with trio.move_on_after(0) as scope:
            await near.flush()
        assert scope.cancelled_caught, "nobody reads yet"
        got = bytearray()

        async def read() -> None:
            while len(got) < len(expected):
                got.extend(await far.receive_some())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            nursery.start_soon(near.flush)
            nursery.start_soon(near.flush)
        assert got == expected
        assert near.send_nowait(b"")


async def test_a_cancelled_write_is_finished_by_the_next() -> None:
    near, far = await on_loopback()
    async with near, far:
        big = bytes(range(256)) * 40_000
        with trio.move_on_after(0.05) as scope:
            await near.send_all(big)
        assert scope.cancelled_caught
        got = bytearray()

        async def read() -> None:
            while len(got) < len(big) + 4:
                got.extend(await far.receive_some())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await near.send_all(b"next")
        assert got == big + b"next"


async def test_a_write_that_is_cancelled_before_it_begins_writes_nothing() -> None:
    near, far = await on_loopback()
    async with near, far:
        with trio.CancelScope() as scope:
            scope.cancel()
            await near.send_all(b"never")
        await near.send_all(b"this")
        assert await far.receive_some() == b"this"


async def test_a_reset_breaks_it_for_reader_and_writer() -> None:
    near, far = await on_loopback()
    async with near:
        assert isinstance(far._socket, socket.socket)
        far._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await far.aclose()
        with pytest.raises(trio.BrokenResourceError) as broken:
            await near.receive_some()
        assert isinstance(broken.value.__cause__, ConnectionResetError)
        with pytest.raises(trio.BrokenResourceError):
            await near.send_all(b"x")


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_is_above_zero(limit: int) -> None:
    near, far = await on_loopback()
    async with near, far:
        with pytest.raises(ValueError, match="max_bytes"):
            await near.receive_some(limit)
