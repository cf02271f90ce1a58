"""From a URL to a stream of bytes."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import trio

__all__ = ["Dial", "dial"]

_CLOSE_S: Final = 1.0

Dial = Callable[[str, ssl.SSLContext], Awaitable[trio.abc.Stream]]


async def dial(url: str, context: ssl.SSLContext) -> trio.abc.Stream:
    """Name look-up, TCP, and TLS for `wss`. The caller closes the stream. Raises `OSError`, `trio.BrokenResourceError`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "ws":
        return await trio.open_tcp_stream(host, parts.port or 80)
    plain = await trio.open_tcp_stream(host, parts.port or 443)
    stream = trio.SSLStream(plain, context, server_hostname=host, https_compatible=True)
    try:
        await stream.do_handshake()
    except BaseException:
        with trio.move_on_after(_CLOSE_S, shield=True):
            await trio.aclose_forcefully(plain)
        raise
    return stream
