"""HTTP requests, and exactly what became of them. The one module that knows httpx."""

import math
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import attrs
import httpx
import trio

from seawall.kraken.client.sending import Sending, nothing
from seawall.model.errors import SeawallError

__all__ = ["HttpAnswer", "HttpFailed", "HttpLink", "Transport", "open_http"]

Transport = httpx.AsyncBaseTransport

_MOST_CONNECTIONS: Final = 32
_KEEPALIVE_S: Final = 120.0
"""A connection costs a handshake of three round trips; most minutes see a request, so few need a new one."""
_MOST_RETRY_AFTER_S: Final = 300.0


class HttpFailed(SeawallError):
    """No answer. `begun` says whether a byte of the request may have left; `local`, that this machine is the reason."""

    advice = "retry"

    def __init__(self, detail: str, *, begun: bool, local: bool) -> None:
        super().__init__(detail)
        self.begun = begun
        self.local = local


@attrs.frozen
class HttpAnswer:
    """A whole answer; times are trio's clock. `retry_after_s` is the header's, cut to five minutes."""

    status: int
    body: bytes
    sent_s: float
    received_s: float
    retry_after_s: float | None = None


@attrs.frozen(eq=False)
class _Body(httpx.AsyncByteStream):
    """The bytes of a request, in one piece.

    httpx 0.28 hands them out by an async generator; where the write between two of its steps fails or is cancelled, nobody
    closes it, and trio warns of that when it is collected.
    """

    _content: bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(iter((self._content,)))


@attrs.frozen(eq=False)
class _Pieces(AsyncIterator[bytes]):
    _left: Iterator[bytes]

    async def __anext__(self) -> bytes:
        for piece in self._left:
            return piece
        raise StopAsyncIteration


@attrs.define(eq=False)
class _Progress:
    """Hears from the connection pool when a request goes out (the `trace` extension of httpcore)."""

    _sending: Callable[[], None]
    _written: Callable[[], None]
    begun_s: float | None = None

    async def hear(self, event: str, _details: Mapping[str, object]) -> None:
        match event.partition(".")[2]:
            case "send_request_headers.started":
                self.begun_s = trio.current_time()
                self._sending()
            case "send_request_body.complete" | "send_request_body.failed":
                self._written()


@attrs.define(eq=False)
class HttpLink:
    """One host, over kept connections. It repeats nothing by itself."""

    _client: httpx.AsyncClient

    async def request(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        sending: Sending = nothing,
        written: Callable[[], None] = nothing,
    ) -> HttpAnswer:
        """Send the bytes given, and read the whole answer. `target` is path and query.

        `sending` is called just before the first byte of the request, on a connection that stands; `written` once the
        last one is on its way. Raises `HttpFailed`, and `trio.ClosedResourceError` once the link is closed. A cancellation
        closes the connection that was in use.
        """
        if self._client.is_closed:
            raise trio.ClosedResourceError(f"{method} {target.partition('?')[0]}: the client's block was left")
        progress = _Progress(sending, written)
        request = self._client.build_request(
            method, target, content=body or None, headers=dict(headers or {}), extensions={"trace": progress.hear}
        )
        request.stream = _Body(body)
        try:
            response = await self._client.send(request)
        except (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects) as error:
            local = isinstance(error, httpx.PoolTimeout | httpx.LocalProtocolError | httpx.UnsupportedProtocol)
            detail = f"{method} {target.partition('?')[0]}: {type(error).__name__} {error}".rstrip()
            raise HttpFailed(detail, begun=progress.begun_s is not None, local=local) from error
        received_s = trio.current_time()
        return HttpAnswer(
            status=response.status_code,
            body=response.content,
            sent_s=received_s if progress.begun_s is None else progress.begun_s,
            received_s=received_s,
            retry_after_s=_seconds(response.headers.get("Retry-After")),
        )


def _seconds(text: str | None) -> float | None:
    """`Retry-After` in seconds; a date, garbage or nonsense is None."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(seconds, _MOST_RETRY_AFTER_S) if math.isfinite(seconds) and seconds >= 0 else None


@asynccontextmanager
async def open_http(
    base_url: str,
    context: ssl.SSLContext,
    *,
    connect_s: float,
    request_s: float,
    user_agent: str,
    transport: Transport | None = None,
) -> AsyncGenerator[HttpLink, None]:
    """One long-lived client for one host. `transport` is for tests.

    Nothing of the environment (proxies, .netrc) has a say, no redirect is followed, nothing is retried: whether a
    request may be repeated is known one level up.
    """
    limits = httpx.Limits(
        max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS, keepalive_expiry=_KEEPALIVE_S
    )
    async with httpx.AsyncClient(
        base_url=base_url,
        transport=transport or httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, retries=0),
        timeout=httpx.Timeout(request_s, connect=connect_s),
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": user_agent, "Accept": "application/json"},
    ) as client:
        yield HttpLink(client)
