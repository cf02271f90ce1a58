"""The feed as a client of the benchmark sees it: where it is, and bursts that are measured to the last callback."""

import os
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
from benchmarks.channel_frames import LAST_TRADES
from benchmarks.frames import DEPTH, END_QTY, SYMBOL
from benchmarks.processes import Server, open_server

from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame, TickerFrame

__all__ = ["Burst", "Feed", "Reader", "Tally", "is_end", "open_feed", "our_take", "subscription"]

EXTRA: Final = 2
"""Frames around the cycles of a burst."""


class Event(Protocol):
    """trio's and asyncio's have this in common."""

    def set(self) -> None:
        """Let those go on who wait."""

    def wait(self) -> Awaitable[object]:
        """Wait for it."""
        ...


@attrs.define(eq=False)
class Tally:
    """The user's callback: counts what reached it, and says when all of a burst did."""

    seen: int = 0
    _wanted: int = 0
    _done: Event | None = None

    def expect(self, count: int, done: Event) -> None:
        """Set `done` after so many more."""
        self._wanted, self._done = self.seen + count, done

    def __call__(self) -> None:
        """One more came."""
        self.seen += 1
        if self.seen == self._wanted:
            assert self._done is not None
            self._done.set()


@attrs.frozen
class Burst:
    """So many cycles of frames of one channel."""

    channel: str
    cycles: int


@attrs.frozen(eq=False)
class Feed:
    """One running feed. `context` trusts its certificate; None is a feed in the clear."""

    server: Server
    url: str
    cycle: int
    context: ssl.SSLContext | None

    async def cpu_us(self, burst: Burst, wait: Callable[[int], Awaitable[object]]) -> float:
        """Have a short burst sent, then `burst`; `wait` returns when so many messages reached the callback.

        Processor time of this process, in microseconds a message, until then.
        """
        took_us = 0.0
        for cycles in (1, burst.cycles):
            messages = cycles * self.cycle + EXTRA
            began_s = time.process_time()
            self.server.command(f"burst {burst.channel} {cycles}")
            await wait(messages)
            took_us = (time.process_time() - began_s) / messages * 1e6
            self.server.answer()
        return took_us

    async def counted(self, burst: Burst, tally: Tally, event: Callable[[], Event]) -> float:
        """As `cpu_us`, for a client that calls `tally` once for each message."""

        async def wait(messages: int) -> None:
            done = event()
            tally.expect(messages, done)
            await done.wait()

        return await self.cpu_us(burst, wait)


Reader = Callable[[Feed, Burst], float]
"""Connects, subscribes, and returns microseconds a message."""


@contextmanager
def open_feed(cycle: int, cpu: int | None, *, secure: bool) -> Generator[Feed, None, None]:
    """A feed in a process of its own. Raises ImportError where it is to be secure and there is nobody to make a certificate."""
    with tempfile.TemporaryDirectory() as directory:
        files: list[Path] = []
        context = None
        if secure:
            import trustme  # noqa: PLC0415 - only where it is installed

            authority = trustme.CA()
            certificate = authority.issue_cert("127.0.0.1")
            files = [Path(directory, "certificate.pem"), Path(directory, "key.pem")]
            certificate.cert_chain_pems[0].write_to_path(str(files[0]))
            certificate.private_key_pem.write_to_path(str(files[1]))
            trusted = Path(directory, "trusted.pem")
            authority.cert_pem.write_to_path(str(trusted))
            os.environ["SSL_CERT_FILE"] = str(trusted)  # for clients that cannot be told otherwise
            context = ssl.create_default_context(cafile=trusted)
        with open_server("benchmarks.feed_process", cycle, -1 if cpu is None else cpu, *files) as server:
            url = f"ws{'s' if secure else ''}://127.0.0.1:{server.hello['port']}/v2"
            yield Feed(server, url, cycle, context)


def subscription(channel: str) -> str:
    """The request of a channel."""
    return requests.subscribe(channel, 1, symbols=[SYMBOL], depth=DEPTH if channel == "book" else None, snapshot=True)


def our_take(channel: str, began: Callable[[], None], tally: Tally) -> Callable[[bytes | str], None]:
    """Seawall's decoder, and its book: what another transport is given to call. `began` is called at the snapshot."""
    book = KrakenBook(SYMBOL, DEPTH)

    def take(message: bytes | str) -> None:
        frame = decode(message)
        if isinstance(frame, BookFrame):
            book.apply(frame.data[0], frame.snapshot)
        elif not isinstance(frame, TickerFrame):
            return
        if frame.snapshot:
            began()
        else:
            tally()

    assert channel in {"book", "ticker"}
    return take


def is_end(frame: Any) -> bool:  # Any: JSON
    """Whether an untyped frame is the one that ends a burst."""
    row = frame["data"][0]
    return bool(row.get("trades") == LAST_TRADES or any(level["qty"] == float(END_QTY) for level in row.get("bids", ())))
