"""Who waits for which answer on a socket. Plain tables: the waiting is the callers'."""

import itertools
from collections.abc import Callable, Iterator

import attrs
import trio

from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.dialect.socket.private_frames import Response

__all__ = ["Answers", "Awaited", "never"]


def never(_response: Response) -> bool:
    """No answer ends a request before all of its answers are there."""
    return False


@attrs.define(eq=False)
class Awaited:
    """One request: its answers so far. `done` is set once `count` are there or one is `final`, or it is `lost` (why)."""

    req_id: int
    method: str
    count: int
    final: Callable[[Response], bool] = never
    _sending: Sending = nothing
    responses: list[Response] = attrs.field(factory=list, init=False)
    sent_s: float | None = attrs.field(default=None, init=False)
    received_s: float | None = attrs.field(default=None, init=False)
    lost: str | None = attrs.field(default=None, init=False)
    done: trio.Event = attrs.field(factory=trio.Event, init=False)

    def begin(self) -> None:
        """The first byte is about to leave."""
        self.sent_s = trio.current_time()
        self._sending()


@attrs.define(eq=False)
class Answers:
    """Answers by `req_id`. Ids are never used twice, so that a late answer finds nobody."""

    _ids: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))
    _open: dict[int, Awaited] = attrs.field(factory=dict, init=False)
    unexpected: int = attrs.field(default=0, init=False)

    def next_id(self) -> int:
        """A fresh `req_id`."""
        return next(self._ids)

    def expect(self, method: str, count: int = 1, final: Callable[[Response], bool] = never) -> Awaited:
        """Wait for `count` answers to a request that is about to be sent, or for one that is `final`."""
        awaited = Awaited(self.next_id(), method, count, final)
        self.add(awaited)
        return awaited

    def add(self, awaited: Awaited) -> None:
        """As `expect`, for a request that has its id already."""
        self._open[awaited.req_id] = awaited

    def forget(self, awaited: Awaited) -> None:
        """Nobody waits any more: an answer that still comes is counted as unexpected."""
        self._open.pop(awaited.req_id, None)

    def take(self, response: Response, received_s: float) -> Awaited | None:
        """Hand an answer to whoever waits for it; None when nobody does."""
        awaited = self._open.get(response.req_id) if response.req_id is not None else None
        if awaited is None:
            self.unexpected += 1
            return None
        awaited.responses.append(response)
        awaited.received_s = received_s
        if len(awaited.responses) == awaited.count or awaited.final(response):
            self.forget(awaited)
            awaited.done.set()
        return awaited

    def lose_one(self, req_id: int, reason: str) -> None:
        """The answer to one request came, and could not be understood."""
        awaited = self._open.pop(req_id, None)
        if awaited is not None:
            awaited.lost = reason
            awaited.done.set()

    def lose(self, reason: str) -> None:
        """The connection is gone: no answer of its requests will come."""
        for awaited in self._open.values():
            awaited.lost = reason
            awaited.done.set()
        self._open.clear()

    def __len__(self) -> int:
        return len(self._open)
