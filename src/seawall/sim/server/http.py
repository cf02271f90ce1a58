"""HTTP/1.1 over one stream, with h11: requests in, answers out, and the turn to a WebSocket."""

from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import h11
import trio

__all__ = ["HttpAnswer", "HttpRequest", "Upgrade", "serve_http", "swallow"]

CHUNK: Final = 65_536
MAX_BODY: Final = 1_000_000


@attrs.frozen
class HttpRequest:
    """One request, its body read. Header names are lower case."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value; empty when it is not there."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), "")


@attrs.frozen
class HttpAnswer:
    """One answer. `cut`: the connection ends in its place; `hang`: it never comes; `half`: the connection ends in the middle
    of its body; `byte_s`: the seconds each byte of its body takes.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    cut: bool = False
    hang: bool = False
    half: bool = False
    byte_s: float = 0.0


@attrs.frozen
class Upgrade:
    """A request to speak WebSocket from here on, with the bytes that came after it."""

    request: HttpRequest
    trailing: bytes


Answer = Callable[[HttpRequest], Awaitable[HttpAnswer]]


async def serve_http(
    stream: trio.abc.Stream, answer: Answer, *, silent: Callable[[], bool], hangs_up: Callable[[], bool] = lambda: False
) -> Upgrade | None:
    """Serve requests until the client leaves; returns early when one asks for a WebSocket.

    Nothing is sent while `silent()`, and after an answer that was lost to silence nothing more comes either. While
    `hangs_up()` the connection ends after each answer.
    """
    connection = h11.Connection(h11.SERVER)
    while True:
        try:
            request = await _next_request(connection, stream)
            if request is None:
                return None
            if request.header("upgrade").lower() == "websocket":
                return Upgrade(request, connection.trailing_data[0])
            given = await answer(request)
            if given.cut:
                return None
            if given.hang or silent():
                await swallow(stream)
                return None
            await _send(connection, stream, given, head=request.method == "HEAD")
            if given.half or hangs_up() or connection.our_state is h11.MUST_CLOSE:
                return None
            connection.start_next_cycle()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return None
        except h11.RemoteProtocolError as error:
            if connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                text = f"{error}\n".encode()
                await _send(connection, stream, HttpAnswer(text, error.error_status_hint, "text/plain"))
            return None


async def _next_request(connection: h11.Connection, stream: trio.abc.Stream) -> HttpRequest | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                going_on = connection.send(h11.InformationalResponse(status_code=100, headers=[]))
                await stream.send_all(going_on or b"")
            connection.receive_data(bytes(await stream.receive_some(CHUNK)))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                raise h11.RemoteProtocolError("the body is too long", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
            assert head is not None
            return HttpRequest(head.method.decode(), head.target.decode(), tuple(head.headers), bytes(body))
        else:
            return None


async def _send(connection: h11.Connection, stream: trio.abc.Stream, answer: HttpAnswer, *, head: bool = False) -> None:
    headers = [("content-type", answer.content_type), ("content-length", str(len(answer.body))), ("server", "cloudflare")]
    data = connection.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    body = b"" if head else connection.send(h11.Data(data=answer.body)) or b""
    end = connection.send(h11.EndOfMessage()) or b""
    if answer.half:
        await stream.send_all(data + body[: len(body) // 2])
    elif answer.byte_s:
        await stream.send_all(data)
        for place in range(len(body)):
            await trio.sleep(answer.byte_s)
            await stream.send_all(body[place : place + 1])
    else:
        await stream.send_all(data + body + end)


async def swallow(stream: trio.abc.Stream) -> None:
    """Read until the client gives up."""
    while await stream.receive_some(CHUNK):
        pass
