"""One client in a process of its own, as its user would have it: nobody else's garbage, threads and imports weigh on it.

    python -m benchmarks.client_process NAME

Reads jobs from its standard input, a line of JSON each, and answers each with one.
"""

import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager

import attrs
import msgspec
from benchmarks.feed import FeedAddress
from benchmarks.processes import Server, open_server, say
from benchmarks.work import Burst, Growth, Measured, Pace

__all__ = ["ClientFailed", "Job", "RemoteClient", "open_client"]


class Job(msgspec.Struct, frozen=True):
    """A work to be done on a feed. `rest` is where clients learn about pairs."""

    rest: str
    feed: FeedAddress
    work: Burst | Pace | Growth


class ClientFailed(Exception):
    """A client did not do its work; the text says why."""


@attrs.frozen(eq=False)
class RemoteClient:
    """One client, as the benchmark sees it."""

    _server: Server

    def do(self, job: Job) -> Measured:
        """Have it work. Raises `ClientFailed`."""
        self._server.command(msgspec.json.encode(job).decode())
        answer = self._server.answer()
        if isinstance(answer, str):
            raise ClientFailed(answer)
        return msgspec.convert(answer, Measured)


@contextmanager
def open_client(name: str) -> Generator[RemoteClient, None, None]:
    """Start the process of one client, by its name in `receive_clients`. It runs on the cores that this process has."""
    with open_server("benchmarks.client_process", name) as server:
        yield RemoteClient(server)


def main(name: str) -> None:
    """Work until the input ends."""
    from benchmarks.receive_clients import CLIENTS  # noqa: PLC0415 - it imports what it measures; who commands it need not

    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    say({})
    for line in sys.stdin:
        job = msgspec.json.decode(line, type=Job)
        feed = job.feed.connect()
        try:
            say(CLIENTS[name].read(job.rest, feed, job.work))
        except Exception as failure:  # noqa: BLE001 - reported: who commands it decides whether it may fail
            traceback.print_exc()
            say(f"{type(failure).__name__}: {failure}")
        finally:
            feed.close()


if __name__ == "__main__":
    main(sys.argv[1])
