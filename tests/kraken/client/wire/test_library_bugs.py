"""Bugs of trio-websocket 0.12.2 that our own code contains, on real sockets.

Each comes twice: as the library has it, used alone, so that it is known when the containment may go; and as it is with us.
"""

import gc
import ssl
import struct
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Final, TypeVar

import h11
import psutil
import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, open_websocket_url, wrap_server_stream

from seawall.kraken.client.wire.connection import Connection, ConnectionLost, open_connection
from seawall.kraken.client.wire.dialling import dial

TIMES: Final = 50
LIMIT_BYTES: Final = 1000
Test = TypeVar("Test", bound=Callable[..., Awaitable[None]])
OVERSIZE: Final = b"\x81\x7e" + struct.pack("!H", 2 * LIMIT_BYTES) + bytes(2 * LIMIT_BYTES)


def alone(test: Test) -> Test:
    """The library without us: what it leaves open is collected before the next test, and not complained of."""
    seen = pytest.mark.skipif(version("trio-websocket") != "0.12.2", reason="seen in trio-websocket 0.12.2")
    unheard = pytest.mark.filterwarnings("ignore::ResourceWarning")
    marked: Test = seen(unheard(pytest.mark.usefixtures("collected")(test)))
    return marked


@asynccontextmanager
async def listening(serve: Callable[[trio.SocketStream], Awaitable[None]]) -> AsyncGenerator[str, None]:
    """The URL of a server on loopback."""
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, serve, 0)
        yield f"ws://127.0.0.1:{listeners[0].socket.getsockname()[1]}/v2"
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Connection, None]:
    """A connection of ours, from its first byte."""
    async with ours_on(await dial(url, ssl.create_default_context()), url) as connection:
        yield connection


def ours_on(stream: trio.abc.Stream, url: str) -> AbstractAsyncContextManager[Connection]:
    return open_connection(stream, url, _hear, _nothing, write_s=5.0, goodbye_s=5.0, max_message_bytes=LIMIT_BYTES)


def _hear(messages: Sequence[bytes], received_s: float) -> None:
    """Nobody listens."""


def _nothing() -> None:
    """Nobody is told."""


async def swallow(stream: trio.SocketStream) -> None:
    """Read, and never answer the upgrade."""
    while await stream.receive_some():
        pass


async def accept(stream: trio.SocketStream) -> None:
    """Answer the upgrade, and leave the stream to whoever goes on with it."""
    async with trio.open_nursery() as nursery:
        request = await wrap_server_stream(nursery, stream)
        await request.accept()
        nursery.cancel_scope.cancel()


async def answer_the_goodbye_with_an_oversize_message(stream: trio.SocketStream) -> None:
    await accept(stream)
    await stream.receive_some()
    await stream.send_all(OVERSIZE)
    await swallow(stream)


async def reset(stream: trio.SocketStream) -> None:
    await accept(stream)
    stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, struct.pack("ii", 1, 0))
    await stream.aclose()


@pytest.fixture
def no_collector() -> Generator[None, None, None]:
    """A descriptor that only the collector would close counts as left open."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def collected() -> Generator[None, None, None]:
    yield
    gc.collect()


@alone
async def test_alone_an_upgrade_that_is_never_answered_outlasts_connect_timeout() -> None:
    """The reader that `open_websocket_url` starts is in a nursery outside of its own deadline, and waits on."""
    async with listening(swallow) as url:
        with trio.move_on_after(1.0) as patience:
            async with open_websocket_url(url, connect_timeout=0.05):
                pytest.fail("it must not open")
        assert patience.cancelled_caught, "mended: nothing else would have ended it"


async def test_an_upgrade_that_is_never_answered_costs_the_callers_deadline_and_leaves_nothing(no_collector: None) -> None:
    """trio-websocket 0.12.2 waits for ever, `connect_timeout` or not; here the caller's deadline ends it, task and socket."""
    process = psutil.Process()
    with trio.fail_after(60):
        async with listening(swallow) as url:
            before, tasks = process.num_fds(), trio.lowlevel.current_statistics().tasks_living
            for _ in range(TIMES):
                stream = await dial(url, ssl.create_default_context())
                with trio.move_on_after(0.02) as scope:
                    async with ours_on(stream, url):
                        pytest.fail("it must not open")
                assert scope.cancelled_caught
                with pytest.raises(trio.ClosedResourceError):
                    await stream.send_all(b"x")
            # the server's tasks end with their sockets, at once, and in their own time
            while trio.lowlevel.current_statistics().tasks_living > tasks:
                await trio.testing.wait_all_tasks_blocked(0.01)
            assert process.num_fds() <= before


@alone
async def test_alone_an_oversize_message_during_the_goodbye_lets_a_cancellation_out() -> None:
    """Its reader dies of what wsproto raises then, and the block around it raises `trio.Cancelled`, which nobody asked for."""
    async with listening(answer_the_goodbye_with_an_oversize_message) as url:
        with pytest.raises(trio.Cancelled):
            async with open_websocket_url(url, max_message_size=LIMIT_BYTES):
                pass


async def test_an_oversize_message_during_the_goodbye_lets_nothing_out() -> None:
    """From trio-websocket 0.12.2 a bare `trio.Cancelled` escapes then, which no `except Exception` stops: one peer could take
    down a whole engine. Here its reader has a nursery of its own, and the block ends as any other.
    """
    left = 0
    with trio.fail_after(60):
        async with listening(answer_the_goodbye_with_an_oversize_message) as url:
            for _ in range(TIMES):
                async with connected(url):
                    pass
                left += 1
    assert left == TIMES


async def test_an_oversize_message_before_the_goodbye_is_a_lost_connection_too() -> None:
    """The same message, while the connection serves: no `Cancelled` either, and the reason is told."""

    async def send(stream: trio.SocketStream) -> None:
        await accept(stream)
        await stream.send_all(OVERSIZE)
        await swallow(stream)

    with trio.fail_after(60):
        async with listening(send) as url:
            for _ in range(TIMES):
                with pytest.RaisesGroup(pytest.RaisesExc(ConnectionLost, match="above the limit"), flatten_subgroups=True):
                    async with connected(url):
                        await trio.sleep_forever()


@alone
@pytest.mark.skipif(sys.version_info < (3, 13), reason="earlier versions of CPython happen to free them without the collector")
async def test_alone_a_reset_leaves_the_socket_open_until_the_collector_comes(no_collector: None) -> None:
    """What it raises and what raised it hold each other, and the socket with them."""
    process = psutil.Process()
    async with listening(reset) as url:
        before = process.num_fds()
        for _ in range(TIMES):
            with pytest.raises(ConnectionClosed):
                async with open_websocket_url(url) as websocket:
                    await websocket.get_message()
        assert process.num_fds() >= before + TIMES // 2


async def test_no_socket_is_left_after_resets(no_collector: None) -> None:
    """trio-websocket 0.12.2 never closes the stream of a connection that was reset; here who opened it closes it."""
    process = psutil.Process()
    with trio.fail_after(60):
        async with listening(reset) as url:
            before = process.num_fds()
            for _ in range(TIMES):
                with pytest.RaisesGroup(ConnectionLost, flatten_subgroups=True):
                    async with connected(url):
                        await trio.sleep_forever()
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert process.num_fds() <= before + 1


NO_ANSWERS: Final = {
    "garbage": bytes(range(256)) + b"\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no upgrade": b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
    "another key": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: nope\r\n\r\n",
    "a head without end": b"HTTP/1.1 101 Switching Protocols\r\nA: " + b"a" * 100_000,
}


def answering(data: bytes) -> Callable[[trio.SocketStream], Awaitable[None]]:
    """A server that says this to an upgrade, whatever it asks."""

    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(data)
        await swallow(stream)

    return serve


@alone
async def test_alone_an_upgrade_that_is_answered_wrongly_raises_what_no_caller_expects() -> None:
    """Its reader refuses the answer as a server would, which h11 does not let a client do: h11's own error comes out."""
    async with listening(answering(NO_ANSWERS["another key"])) as url:
        with pytest.raises(h11.LocalProtocolError):
            async with open_websocket_url(url):
                pytest.fail("it must not open")


@pytest.mark.parametrize("data", NO_ANSWERS.values(), ids=NO_ANSWERS)
async def test_an_upgrade_that_is_answered_wrongly_is_a_lost_connection_that_says_what_came(data: bytes) -> None:
    with trio.fail_after(60):
        async with listening(answering(data)) as url:
            with pytest.RaisesGroup(
                pytest.RaisesExc(ConnectionLost, match="answered with something else: RemoteProtocolError: "),
                flatten_subgroups=True,
            ):
                async with connected(url):
                    pytest.fail("it must not open")
