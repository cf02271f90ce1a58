"""The libraries of the client, as they are, on the virtual network."""

import contextlib
import ssl
from collections.abc import Awaitable, Callable

import httpx
import pytest
import trio
import trustme
from support.netlab import Lab, Pair
from trio_websocket import ConnectionClosed, open_websocket_url, wrap_server_stream

from seawall.kraken.client.wire.dialling import dial
from seawall.kraken.client.wire.tls import TlsStream

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
NAME = "kraken.world"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """RSA, not elliptic curves: those have signatures of varying length, and so sizes that chance decides."""
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(NAME, key_type=trustme.KeyType.RSA).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def answer(stream: trio.abc.Stream) -> None:
    """A web server that says hello."""
    async with stream:
        with contextlib.suppress(trio.BrokenResourceError):  # the line is broken on purpose
            await answer_each(stream)


async def answer_each(stream: trio.abc.Stream) -> None:
    heard = bytearray()
    while chunk := await stream.receive_some():
        heard += chunk
        while b"\r\n\r\n" in heard:
            heard = heard[heard.index(b"\r\n\r\n") + 4 :]
            await stream.send_all(ANSWER)


Handler = Callable[[trio.abc.Stream], Awaitable[None]]


async def serve(lab: Lab, handler: Handler, tls: ssl.SSLContext | None, ready: trio.Event) -> None:
    with lab.boot("kraken").living():
        opened = await trio.open_tcp_listeners(80 if tls is None else 443, host="0.0.0.0")
        ready.set()
        if tls is None:
            await trio.serve_listeners(handler, opened)
        else:
            await trio.serve_listeners(handler, [trio.SSLListener(each, tls, https_compatible=True) for each in opened])


def run(lab: Lab, handler: Handler, use: Callable[[], Awaitable[None]], tls: ssl.SSLContext | None = None) -> None:
    """Serve on one machine, use it on another."""

    async def main() -> None:
        ready = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve, lab, handler, tls, ready)
            await ready.wait()
            with lab.boot("trader").living():
                await use()
            nursery.cancel_scope.cancel()

    lab.run(main)


def test_a_pool_of_connections_uses_one_again(lab: Lab) -> None:
    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"http://{NAME}") as client:
            for _ in range(5):
                assert (await client.get("/")).text == "hello"
            assert lab.network.statistics().connections == 1
            assert lab.now_s == pytest.approx(0.005 + 0.02 + 5 * 0.02)
        assert lab.network.open_sockets("trader") == 0

    run(lab, answer, use)


def test_a_pool_notices_that_a_connection_has_ended_and_opens_another(lab: Lab) -> None:
    async def once(stream: trio.abc.Stream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(ANSWER)

    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"http://{NAME}") as client:
            for _ in range(3):
                assert (await client.get("/")).text == "hello"
                await trio.sleep(1)
            assert lab.network.statistics().connections == 3

    run(lab, once, use)


def test_a_silent_line_is_a_timeout_of_httpx(lab: Lab) -> None:
    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"http://{NAME}", timeout=httpx.Timeout(7, connect=3)) as client:
            lab.network.link("trader", "kraken").lost = True
            began_s = lab.now_s
            with pytest.raises(httpx.ConnectTimeout):
                await client.get("/")
            assert lab.now_s == began_s + 3
            lab.network.heal()
            await client.get("/")
            lab.network.link("trader", "kraken").lost = True
            began_s = lab.now_s
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/")
            assert lab.now_s == began_s + 7

    run(lab, answer, use)


def test_what_breaks_is_told_in_the_words_of_httpx(lab: Lab) -> None:
    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"http://{NAME}") as client:
            lab.network.names_fail = True
            with pytest.raises(httpx.ConnectError):
                await client.get("/")
            lab.network.heal()
            lab.network.refuse("kraken")
            with pytest.raises(httpx.ConnectError):
                await client.get("/")
            lab.network.heal()
            await client.get("/")
            async with trio.open_nursery() as nursery:

                async def broken() -> None:
                    with pytest.raises(httpx.ReadError):
                        await client.get("/")

                nursery.start_soon(broken)
                await trio.sleep(0.005)
                lab.network.reset()

    run(lab, answer, use)


def test_https_over_trio_s_own_tls(lab: Lab, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"https://{NAME}", verify=client_tls) as client:
            for _ in range(3):
                assert (await client.get("/")).text == "hello"
            assert lab.network.statistics().connections == 1

    run(lab, answer, use, server_tls)


@pytest.mark.parametrize("pieces", [None, 1, 7, 1_000])
def test_tls_of_the_client_in_pieces_of_any_size(
    lab: Lab, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, pieces: int | None
) -> None:
    for way in (("trader", "kraken"), ("kraken", "trader")):
        lab.network.link(*way).pieces = pieces

    async def use() -> None:
        stream = await dial(f"wss://{NAME}", client_tls)
        assert isinstance(stream, TlsStream)
        async with stream:
            received = bytearray()
            await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
            while len(received) < len(ANSWER):
                received += await stream.receive_some()
            assert bytes(received) == ANSWER

    run(lab, answer, use, server_tls)


def test_tls_takes_the_same_bytes_at_the_same_times(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    def traffic() -> int:
        lab = Lab()

        async def use() -> None:
            async with httpx.AsyncClient(base_url=f"https://{NAME}", verify=client_tls) as client:
                await client.get("/")

        run(lab, answer, use, server_tls)
        return lab.network.traffic

    assert len({traffic() for _ in range(5)}) == 1


async def echo(stream: trio.abc.Stream) -> None:
    async with trio.open_nursery() as nursery:
        request = await wrap_server_stream(nursery, stream)
        socket = await request.accept()
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send_message(await socket.get_message())


def test_trio_websocket_on_both_sides(lab: Lab) -> None:
    async def use() -> None:
        async with open_websocket_url(f"ws://{NAME}") as socket:
            for text in ("short", "x" * 100_000):
                await socket.send_message(text)
                assert await socket.get_message() == text
            began_s = lab.now_s
            await socket.ping()
            assert lab.now_s == pytest.approx(began_s + 0.02)

    run(lab, echo, use)


def test_trio_websocket_sees_a_peer_that_is_killed(lab: Lab) -> None:
    async def use() -> None:
        async with open_websocket_url(f"ws://{NAME}") as socket:
            lab.network.drop("kraken")
            with pytest.raises(ConnectionClosed):
                await socket.get_message()

    run(lab, echo, use)


def test_a_message_costs_its_reader_one_step(lab: Lab) -> None:
    """However many are under way at once, and whatever the line does: nothing runs between the sender and the reader."""
    count = 200

    async def write(pair: Pair) -> None:
        for _ in range(count):
            await trio.sleep(0.1)
            await pair.theirs.send_all(b"book")
        await pair.theirs.aclose()

    async def main() -> int:
        pair = await lab.pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write, pair)
            before = lab.schedule.steps
            while await pair.ours.receive_some():
                pass
        return lab.schedule.steps - before

    # the sender's sleep, and its checkpoint after sending; the reader
    assert lab.run(main) <= 3 * count + 10


def test_a_certificate_of_another_name_is_refused(lab: Lab, authority: trustme.CA, client_tls: ssl.SSLContext) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("elsewhere.world", key_type=trustme.KeyType.RSA).configure_cert(context)

    async def use() -> None:
        async with httpx.AsyncClient(base_url=f"https://{NAME}", verify=client_tls) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/")

    async def handle(stream: trio.abc.Stream) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await stream.receive_some()

    run(lab, handle, use, context)
