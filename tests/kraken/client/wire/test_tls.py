import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.wire import HOST, Authority, PromptWire, TlsServer

from seawall.kraken.client.wire.tcp import TcpStream
from seawall.kraken.client.wire.tls import TlsStream

BOTH = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


async def read_all(stream: TlsStream) -> bytes:
    """What is to be had before the end."""
    parts: list[bytes] = []
    while part := await stream.receive_some():
        parts.append(part)
    return b"".join(parts)


# As trio has it


async def on_loopback(authority: Authority) -> tuple[TlsStream, trio.SSLStream[trio.SocketStream]]:
    """A stream of ours, and trio's own at the other end of a socket."""
    near, far = socket.socketpair()
    ours = TcpStream.taken_from(trio.SocketStream(trio.socket.from_stdlib_socket(near)))
    theirs = trio.SSLStream(
        trio.SocketStream(trio.socket.from_stdlib_socket(far)), authority.server(), server_side=True, https_compatible=True
    )
    streams: list[TlsStream] = []

    async def shake() -> None:
        streams.append(await TlsStream.open(ours, authority.client(), HOST))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(shake)
        nursery.start_soon(theirs.do_handshake)
    return streams[0], theirs


async def test_it_is_a_stream_as_trio_defines_them(authority: Authority) -> None:
    await trio.testing.check_two_way_stream(lambda: on_loopback(authority), None)


async def test_megabytes_go_both_ways_at_once(authority: Authority) -> None:
    ours, theirs = await on_loopback(authority)
    size = 3_000_000
    mine, yours = bytes(range(256)) * (size // 256), bytes(range(255, -1, -1)) * (size // 256)

    async def read(stream: trio.abc.Stream, expected: bytes) -> None:
        got = bytearray()
        while len(got) < len(expected):
            got += await stream.receive_some()
        assert got == expected

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, ours, yours)
        nursery.start_soon(read, theirs, mine)
        nursery.start_soon(ours.send_all, mine)
        nursery.start_soon(theirs.send_all, yours)
    async with ours, theirs:
        assert "TLSv1.3" in repr(ours)
    assert "closed" in repr(ours)


# Records


def cut_at(sizes: list[int]) -> Callable[[bytes], Iterable[bytes]]:
    """Pieces of these sizes, and what is left."""

    def cut(data: bytes) -> Iterable[bytes]:
        at = 0
        for size in sizes:
            yield data[at : at + size]
            at += size
        yield data[at:]

    return cut


RECORDS = st.lists(st.binary(min_size=1, max_size=300) | st.integers(16_000, 40_000).map(lambda size: b"r" * size), max_size=8)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing of it is changed
@given(
    version=st.sampled_from([ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]),
    records=RECORDS,
    cuts=st.lists(st.integers(1, 40) | st.integers(1, 20_000), max_size=40),
    limit=st.none() | st.integers(1000, 100_000),
    polled=st.booleans(),
)
async def test_records_cut_anywhere_give_their_bytes(
    authority: Authority, version: ssl.TLSVersion, records: list[bytes], cuts: list[int], limit: int | None, polled: bool
) -> None:
    stream, wire, server = await authority.pair(version, cut_at(cuts))
    wire.give(server.say(*records) + server.leave())
    got: list[bytes] = []
    while True:
        part = stream.receive_nowait() if polled else await stream.receive_some(limit)
        if part == b"":
            break
        if part is not None:
            assert polled or limit is None or len(part) <= limit
            got.append(part)
    assert b"".join(got) == b"".join(records)
    assert await stream.receive_some() == b"", "the end is the end"
    assert wire.receive_nowait() is None


@BOTH
async def test_every_record_that_has_come_is_one_chunk(authority: Authority, version: ssl.TLSVersion) -> None:
    stream, wire, server = await authority.pair(version)
    records = [b"%d" % number * 50 for number in range(200)]
    wire.give(server.say(*records))
    assert await stream.receive_some() == b"".join(records)
    assert stream.receive_nowait() is None


async def test_a_chunk_has_a_bound_and_the_rest_is_had_without_another_read(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    wire.give(server.say(b"x" * 300_000))
    sizes = [len(await stream.receive_some())]
    while part := stream.receive_nowait():
        sizes.append(len(part))
    assert sum(sizes) == 300_000
    assert max(sizes) <= 80 * 1024
    assert not wire.pieces


async def test_what_comes_with_the_end_of_the_handshake_is_not_waited_for(authority: Authority) -> None:
    server = TlsServer(authority.server(ssl.TLSVersion.TLSv1_2))

    def peer(data: bytes) -> bytes:
        answer = server.take(data)
        return answer + server.say(b"welcome") if server.shaken else answer

    stream = await TlsStream.open(PromptWire(peer), authority.client(), HOST)
    assert await stream.receive_some() == b"welcome"


# The end


@BOTH
async def test_a_peer_that_is_gone_in_the_middle_of_a_record_is_an_end_behind_what_was_whole(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    stream, wire, server = await authority.pair(version)
    wire.give(server.say(b"whole") + server.say(b"cut")[:-1])
    wire.end()
    assert await read_all(stream) == b"whole"
    assert await stream.receive_some() == b""


@BOTH
async def test_a_broken_record_is_told_behind_what_was_whole_and_the_peer_learns_why(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    stream, wire, server = await authority.pair(version)
    record = bytearray(server.say(b"broken"))
    record[-1] ^= 1
    wire.give(server.say() + bytes(record))
    with pytest.raises(trio.BrokenResourceError) as broken:
        await stream.receive_some()
    assert isinstance(broken.value.__cause__, ssl.SSLError)
    assert server.failure is not None
    with pytest.raises(trio.BrokenResourceError):
        await stream.receive_some()
    with pytest.raises(trio.BrokenResourceError):
        await stream.send_all(b"x")


async def test_whole_records_before_garbage_are_given(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    wire.give(server.say(b"one", b"two") + b"GET / HTTP/1.1\r\n\r\n")
    assert await stream.receive_some() == b"onetwo"
    with pytest.raises(trio.BrokenResourceError):
        await stream.receive_some()


async def test_after_the_peers_leave_it_can_still_be_written_to(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    wire.give(server.leave())
    assert await stream.receive_some() == b""
    await stream.send_all(b"still")
    assert server.shaken


async def test_closing_wakes_whoever_waits_and_may_be_repeated(authority: Authority) -> None:
    stream, wire, _server = await authority.pair()

    async def wait() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await stream.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        await stream.aclose()
        await stream.aclose()
    assert wire.closed
    for attempt in (stream.receive_nowait, lambda: stream.send_nowait(b"x")):
        with pytest.raises(trio.ClosedResourceError):
            attempt()


# The handshake


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x03\x00\x05junk!"])
async def test_a_peer_that_does_not_speak_tls_breaks_the_handshake(authority: Authority, said: bytes) -> None:
    wire = PromptWire(lambda _data: said)
    if not said:
        wire.end()
    with pytest.raises(trio.BrokenResourceError) as broken:
        await TlsStream.open(wire, authority.client(), HOST)
    assert isinstance(broken.value.__cause__, ssl.SSLError)


async def test_a_certificate_for_another_host_is_refused_and_the_peer_is_told(authority: Authority) -> None:
    server = TlsServer(authority.server())
    with pytest.raises(trio.BrokenResourceError) as broken:
        await TlsStream.open(PromptWire(server.take), authority.client(), "another.test")
    assert isinstance(broken.value.__cause__, ssl.SSLCertVerificationError)
    assert server.failure is not None
    assert server.got == b""  # nothing yet


async def test_the_host_is_named_to_the_server(authority: Authority) -> None:
    named: list[str | None] = []
    context = authority.server()
    context.sni_callback = lambda _tls, name, _context: named.append(name)
    await TlsStream.open(PromptWire(TlsServer(context).take), authority.client(), HOST)
    assert named == [HOST]


# Cancellation, and streams that take little


async def test_a_cancelled_read_loses_nothing(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    records = [b"%d," % number for number in range(50)]
    got: list[bytes] = []
    half = server.say(*records)
    for at in range(0, len(half), 7):
        with trio.CancelScope() as scope:
            scope.cancel()
            got.append(await stream.receive_some())
        async with trio.open_nursery() as nursery:

            async def read(scope: trio.CancelScope) -> None:
                with scope:
                    got.append(await stream.receive_some())

            scope = trio.CancelScope()
            nursery.start_soon(read, scope)
            await trio.testing.wait_all_tasks_blocked()
            wire.give(half[at : at + 7])
            scope.cancel()
    wire.give(server.leave())
    got.append(await read_all(stream))
    assert b"".join(got) == b"".join(records)


async def test_a_cancelled_write_is_finished_by_the_next(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    with trio.CancelScope() as scope:
        scope.cancel()
        await stream.send_all(b"never begun")
    wire.room = 10
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, b"second")
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert server.got == b""  # nothing yet
    wire.room = float("inf")
    await stream.send_all(b"third")
    assert server.got == b"secondthird"


async def test_a_short_write_is_told_and_flushed(authority: Authority) -> None:
    stream, wire, server = await authority.pair()
    assert stream.send_nowait(b"at once")
    assert server.got == b"at once"
    wire.room = 3
    assert not stream.send_nowait(b"short")
    assert not stream.send_nowait(b"behind")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.flush)
        await trio.testing.wait_all_tasks_blocked()
        wire.make_room(float("inf"))
    assert server.got == b"at onceshortbehind"


# New keys, which neither Python's ssl nor trio can ask for: a server that can is asked


class OpensslServer:
    """The program `openssl s_server`: what is typed goes to the client, except for one letter alone, which is an order."""

    def __init__(self, process: trio.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self.said = b""

    async def until(self, text: bytes) -> None:
        """Read what it says up to this."""
        while text not in self.said:
            part = await self._stdout.receive_some()
            assert part, self.said
            self.said += part

    async def type(self, line: bytes) -> None:
        await self._stdin.send_all(line + b"\n")

    async def port(self) -> int:
        await self.until(b"ACCEPT")
        _, _, rest = self.said.partition(b"ACCEPT")
        while b"\n" not in rest:
            rest += await self._stdout.receive_some()
        return int(rest.split(b"\n")[0].rpartition(b":")[2])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program `openssl`, whose server can ask for new keys")
@pytest.mark.parametrize(
    ("version", "order"),
    [("-tls1_3", b"k"), ("-tls1_3", b"K"), ("-tls1_2", b"r")],
    ids=["new key of the server's", "new keys of both", "renegotiation"],
)
async def test_keys_may_change_while_both_sides_talk(authority: Authority, tmp_path: Path, version: str, order: bytes) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    authority.certificate.cert_chain_pems[0].write_to_path(str(certificate))
    authority.certificate.private_key_pem.write_to_path(str(key))
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(certificate), "-key", str(key), version]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    got = bytearray()
    came = trio.Event()

    async def read(stream: TlsStream) -> None:
        nonlocal came
        while part := await stream.receive_some():
            got.extend(part)
            came.set()
            came = trio.Event()

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            server = OpensslServer(await nursery.start(partial(trio.run_process, command, check=False, **pipes)))
            plain = TcpStream.taken_from(await trio.open_tcp_stream("127.0.0.1", await server.port()))
            stream = await TlsStream.open(plain, authority.client(), HOST)
            nursery.start_soon(read, stream)
            for number in range(3):
                await server.type(order)
                await stream.send_all(b"client %d\n" % number)
                await server.until(b"client %d\n" % number)
                await server.type(b"server %d" % number)
                while b"server %d\n" % number not in got:
                    await came.wait()
            nursery.cancel_scope.cancel()
            await trio.aclose_forcefully(stream)
    assert server.said.count(b"SSL_do_handshake -> 1") >= 2, "the keys did change"
    assert got == b"server 0\nserver 1\nserver 2\n"


async def test_what_cannot_be_encrypted_yet_goes_when_the_peer_has_said_more(authority: Authority) -> None:
    """A renegotiation at the moment of a write, as OpenSSL reports it."""
    stream, wire, server = await authority.pair()
    real = stream._tls

    class Renegotiating:
        waits = True

        def write(self, data: bytes) -> int:
            if self.waits:
                raise ssl.SSLWantReadError
            return real.write(data)

        def read(self, size: int) -> bytes:
            self.waits = False  # the answer has come
            return real.read(size)

    stream._tls = Renegotiating()  # type: ignore[assignment]  # what it is asked here, it has
    assert not stream.send_nowait(b"one")
    assert not stream.send_nowait(b"two")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.flush)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.flush)
        await trio.testing.wait_all_tasks_blocked()
        assert server.got == b""  # nothing yet
        nursery.start_soon(stream.receive_some)
        await trio.testing.wait_all_tasks_blocked()
        wire.give(server.say(b"anything"))
    assert server.got == b"onetwo"
