"""A feed as a client sees it: where it is, how it is told to send, and the certificate to trust."""

import json
import os
import socket
import ssl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import msgspec
from benchmarks.channel_frames import LAST_TRADES
from benchmarks.frames import END_QTY
from benchmarks.processes import open_server

__all__ = ["EXTRA", "Feed", "FeedAddress", "is_end", "open_feed"]

EXTRA: Final = 2
"""Frames around the cycles of a burst."""


class FeedAddress(msgspec.Struct, frozen=True):
    """Where one running feed is, of which so many symbols can be followed.

    `cycle` is the number of frames after which a channel begins anew. `certificate` is the file to trust; None is a feed in
    the clear.
    """

    url: str
    control: int
    cycle: int
    symbols: int
    certificate: str | None

    def connect(self) -> "Feed":
        """Be able to command it. With a certificate this process trusts it from then on, as far as its libraries ask OpenSSL."""
        if self.certificate is not None:
            os.environ["SSL_CERT_FILE"] = self.certificate  # for clients that cannot be told otherwise
        context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        return Feed(self, context, socket.create_connection(("127.0.0.1", self.control)))


@attrs.frozen(eq=False)
class Feed:
    """One running feed, and a connection to command it. `context` trusts its certificate."""

    address: FeedAddress
    context: ssl.SSLContext | None
    _control: socket.socket

    @property
    def url(self) -> str:
        """Of the WebSocket."""
        return self.address.url

    def messages(self, cycles: int) -> int:
        """How many a burst of that many cycles has."""
        return cycles * self.address.cycle + EXTRA

    def command(self, text: str) -> None:
        """Tell it to begin something; `answer` waits for its end."""
        self._control.sendall(text.encode())

    def answer(self) -> Any:  # Any: JSON
        """Wait for the end of a command."""
        received = b""
        while not received.endswith(b"\n"):
            chunk = self._control.recv(65_536)
            if not chunk:
                raise RuntimeError("the feed ended")
            received += chunk
        return json.loads(received)

    def close(self) -> None:
        """Close the connection that commands it."""
        self._control.close()


@contextmanager
def open_feed(
    cycle: int, cpu: int | None, *, secure: bool = False, symbols: int = 1, lap: int | None = None
) -> Generator[FeedAddress, None, None]:
    """A feed in a process of its own. Raises ImportError where it is to be secure and there is nobody to make a certificate.

    A cycle has `cycle` frames, `symbols` of which take turns; a book is what it was first after `lap` frames of its own.
    """
    assert cycle % symbols == 0, f"{symbols} symbols cannot share {cycle} frames evenly"
    with tempfile.TemporaryDirectory() as directory:
        files: list[Path] = []
        trusted = Path(directory, "trusted.pem")
        if secure:
            import trustme  # noqa: PLC0415 - only where it is installed

            authority = trustme.CA()
            certificate = authority.issue_cert("127.0.0.1")
            files = [Path(directory, "certificate.pem"), Path(directory, "key.pem")]
            certificate.cert_chain_pems[0].write_to_path(str(files[0]))
            certificate.private_key_pem.write_to_path(str(files[1]))
            authority.cert_pem.write_to_path(str(trusted))
        with open_server("benchmarks.feed_process", cycle, symbols, lap or cycle, -1 if cpu is None else cpu, *files) as server:
            url = f"ws{'s' if secure else ''}://127.0.0.1:{server.hello['port']}/v2"
            yield FeedAddress(url, int(server.hello["control"]), cycle, symbols, str(trusted) if secure else None)


def is_end(frame: Any) -> bool:  # Any: JSON
    """Whether an untyped frame is the one that ends a burst."""
    row = frame["data"][0]
    return bool(row.get("trades") == LAST_TRADES or any(level["qty"] == float(END_QTY) for level in row.get("bids", ())))
