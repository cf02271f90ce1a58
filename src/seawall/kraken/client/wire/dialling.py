"""From a URL to a stream of bytes."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import trio

from seawall.kraken.client.wire.streams import PromptStream
from seawall.kraken.client.wire.tcp import TcpStream
from seawall.kraken.client.wire.tls import TlsStream

__all__ = ["Dial", "dial"]

_CLOSE_S: Final = 1.0

Dial = Callable[[str, ssl.SSLContext], Awaitable[trio.abc.Stream]]


async def dial(url: str, context: ssl.SSLContext) -> PromptStream:
    """Name look-up, TCP, and TLS for `wss`. The caller closes the stream. Raises `OSError`, `trio.BrokenResourceError`.

    All addresses of the host are tried, as `trio.open_tcp_stream` does it, which also turns Nagle's algorithm off.
    Cancelled, it leaves nothing open.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    plain = TcpStream.taken_from(await trio.open_tcp_stream(host, parts.port or (80 if parts.scheme == "ws" else 443)))
    if parts.scheme == "ws":
        return plain
    try:
        return await TlsStream.open(plain, context, host)
    except BaseException:
        with trio.move_on_after(_CLOSE_S, shield=True):
            await trio.aclose_forcefully(plain)
        raise
