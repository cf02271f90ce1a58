"""The sockets, as trio and the client's own streams use them."""

import errno
import os
import socket

import pytest
import trio
import trio.testing
from support.netlab import Lab, Pair

from seawall.kraken.client.wire.tcp import TcpStream
from seawall.sim.world.net.link import WINDOW_BYTES


def test_they_make_streams_as_trio_defines_them(mock_lab: Lab) -> None:
    ports = iter(range(1_000, 2_000))

    async def opened() -> tuple[trio.SocketStream, trio.SocketStream]:
        pair = await mock_lab.pair(port=next(ports))
        return pair.ours, pair.theirs

    async def clogged() -> tuple[trio.SocketStream, trio.SocketStream]:
        pair = await mock_lab.pair(port=next(ports))
        for stream in (pair.ours, pair.theirs):
            await stream.send_all(bytes(WINDOW_BYTES))
        return pair.ours, pair.theirs

    async def main() -> None:
        await trio.testing.check_half_closeable_stream(opened, clogged)

    mock_lab.run(main)


def test_they_make_prompt_streams_of_the_client_as_well(mock_lab: Lab) -> None:
    ports = iter(range(1_000, 2_000))

    async def opened() -> tuple[TcpStream, TcpStream]:
        pair = await mock_lab.pair(port=next(ports))
        return TcpStream.taken_from(pair.ours), TcpStream.taken_from(pair.theirs)

    async def clogged() -> tuple[TcpStream, TcpStream]:
        streams = await opened()
        for stream in streams:
            assert stream.send_nowait(bytes(WINDOW_BYTES))
        return streams

    async def main() -> None:
        await trio.testing.check_two_way_stream(opened, clogged)

    mock_lab.run(main)


def test_a_prompt_stream_reads_and_writes_at_once(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        near, far = TcpStream.taken_from(pair.ours), TcpStream.taken_from(pair.theirs)
        assert near.receive_nowait() is None
        assert far.send_nowait(b"hello")
        assert near.receive_nowait() is None
        assert await near.receive_some() == b"hello"
        assert not near.send_nowait(bytes(WINDOW_BYTES + 1))
        assert repr(near) != "<TcpStream closed>"
        await near.aclose()
        assert repr(near) == "<TcpStream closed>"
        with pytest.raises(trio.ClosedResourceError):
            near.receive_nowait()
        with pytest.raises(OSError, match="Bad file descriptor"):
            pair.ours.socket.getsockname()

    lab.run(main)


def test_they_say_where_they_are(lab: Lab) -> None:
    async def main() -> Pair:
        return await lab.pair()

    pair = lab.run(main)
    ours, theirs = pair.ours.socket, pair.theirs.socket

    assert theirs.getsockname() == ours.getpeername() == (lab.network.ip("kraken"), 443)
    assert ours.getsockname() == theirs.getpeername() == (lab.network.ip("trader"), 32_768)
    assert (ours.family, ours.type, ours.proto) == (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    assert ours.fileno() != theirs.fileno()
    with ours:
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 0
        assert pair.door.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 4) == bytes(4)
    assert ours.fileno() == -1


def test_is_readable_tells_a_pool_whether_a_connection_has_ended(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.theirs.aclose()
        assert not pair.ours.socket.is_readable()
        await trio.sleep(0.02)
        assert pair.ours.socket.is_readable()

    lab.run(main)


def test_a_read_into_a_buffer_fills_it(lab: Lab) -> None:
    async def main() -> bytes:
        pair = await lab.pair()
        await pair.theirs.send_all(b"hello")
        buffer = bytearray(b"........")
        assert await pair.ours.socket.recv_into(buffer) == 5
        return bytes(buffer)

    assert lab.run(main) == b"hello..."


@pytest.mark.parametrize(
    ("family", "kind", "number"),
    [
        (socket.AF_INET6, socket.SOCK_STREAM, errno.EAFNOSUPPORT),
        (socket.AF_UNIX, socket.SOCK_STREAM, errno.EAFNOSUPPORT),
        (socket.AF_INET, socket.SOCK_DGRAM, errno.EPROTONOSUPPORT),
    ],
)
def test_there_is_nothing_but_tcp(lab: Lab, family: int, kind: int, number: int) -> None:
    async def main() -> None:
        await trio.lowlevel.checkpoint()
        with lab.boot("trader").living(), pytest.raises(OSError, match="not supported") as caught:
            trio.socket.socket(family, kind)
        assert caught.value.errno == number

    lab.run(main)


def test_outside_of_a_host_there_are_no_sockets(lab: Lab) -> None:
    async def main() -> None:
        await trio.lowlevel.checkpoint()
        with pytest.raises(RuntimeError, match="belongs to no host"):
            trio.socket.socket()

    lab.run(main)


def test_a_port_is_taken_once(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("kraken").living():
            first = await trio.open_tcp_listeners(80, host="0.0.0.0")
            with pytest.raises(OSError, match="in use"):
                await trio.open_tcp_listeners(80, host="127.0.0.1")
            with pytest.raises(OSError, match="assign"):
                await trio.open_tcp_listeners(80, host="10.0.0.77")
            await first[0].aclose()
            await trio.open_tcp_listeners(80, host="127.0.0.1")

    lab.run(main)


def test_all_of_a_machine_s_addresses_may_be_asked_for_without_naming_one(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("kraken").living():
            listeners = await trio.open_tcp_listeners(80)
            async with await trio.open_tcp_stream("localhost", 80) as stream:
                assert stream.socket.getpeername() == ("127.0.0.1", 80)
            assert len(listeners) == 1

    lab.run(main)


def test_two_tasks_cannot_read_at_once(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pair.ours.receive_some)
            await trio.sleep(1)
            with pytest.raises(trio.BusyResourceError):
                await pair.ours.receive_some()
            await pair.theirs.aclose()

    lab.run(main)


def test_a_cancelled_read_has_taken_nothing(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.theirs.send_all(b"hello")
        with trio.move_on_after(0.005) as scope:
            await pair.ours.receive_some()
        assert scope.cancelled_caught
        assert await pair.ours.receive_some() == b"hello"

    lab.run(main)


def test_what_makes_no_sense_is_an_error_as_of_the_system(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        ours, fresh = pair.ours.socket, lab.network._kernel.socket(pair.here)
        for number, wrong in (
            (errno.EISCONN, ours.connect((lab.network.ip("kraken"), 443))),
            (errno.EINVAL, ours.accept()),
            (errno.ENOTCONN, fresh.send(b"to whom?")),
            (errno.EOPNOTSUPP, ours.recv(1, socket.MSG_PEEK)),
        ):
            with pytest.raises(OSError, match=os.strerror(number)):
                await wrong
        with pytest.raises(OSError, match="Invalid"):
            ours.listen()
        with pytest.raises(ValueError, match="no place"):
            await fresh.bind("no place")
        ours.shutdown(socket.SHUT_WR)
        assert ours.did_shutdown_SHUT_WR
        with pytest.raises(BrokenPipeError):
            await ours.send(b"more")
        assert not ours.get_inheritable()

    lab.run(main)


def test_a_socket_closed_while_it_connects_leaves_no_connection(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        late = lab.network._kernel.socket(pair.here)

        async def connect() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await late.connect((lab.network.ip("kraken"), 443))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(connect)
            await trio.sleep(0.005)
            late.close()
        assert lab.network.open_sockets("trader") == 1

    lab.run(main)


def test_they_can_be_told_apart_when_printed(lab: Lab) -> None:
    async def main() -> list[str]:
        pair = await lab.pair()
        fresh = lab.network._kernel.socket(pair.here)
        near = TcpStream.taken_from(pair.ours)
        told = [repr(each).partition(" of ")[2] for each in (fresh, pair.theirs.socket, pair.door, pair.ours.socket)]
        told.append(repr(near._socket))
        await near.aclose()
        return [*told, repr(near._socket)]

    assert lab.run(main) == [
        "trader, unused>",
        "kraken, connected>",
        "kraken, listening>",
        "trader, closed>",
        "<End of connection 1 at trader>",
        "<End of connection 1 at trader, closed>",
    ]


def test_what_was_sent_is_counted_and_its_sizes_and_times_are_hashed(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.ours.send_all(b"hello")
        await pair.theirs.send_all(b"hi")
        await pair.theirs.receive_some()
        lab.network.sum_up()

    lab.run(main)
    seen = lab.network.statistics()

    assert (seen.connections, seen.open_connections, seen.segments, seen.bytes_sent, seen.largest_unread) == (1, 1, 2, 7, 5)
    assert lab.told("traffic") == [f"1 connections, 2 times 7 bytes in all, hash {lab.network.traffic:016x}"]
    other = Lab()
    other.network.link("trader", "kraken").latency_s = 0.2
    other.run(lambda: one_word(other, b"hello"))
    same, longer = Lab(), Lab()
    same.run(lambda: one_word(same, b"HELLO"))
    longer.run(lambda: one_word(longer, b"hello!"))
    first = Lab()
    first.run(lambda: one_word(first, b"hello"))
    assert first.network.traffic == same.network.traffic
    assert len({first.network.traffic, other.network.traffic, longer.network.traffic}) == 3


async def one_word(lab: Lab, word: bytes) -> None:
    pair = await lab.pair()
    await pair.ours.send_all(word)
