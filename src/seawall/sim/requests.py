"""What clients asked, so that a test can prove that nothing was sent twice."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import attrs

from seawall.sim.settings import Door

__all__ = ["Request", "RequestLog"]


@attrs.frozen
class Request:
    """One request as it arrived. `params` are as sent, less token, nonce and signature; `connection` counts from 1."""

    door: Door
    method: str
    params: Mapping[str, object]
    at_ns: int
    connection: int


@attrs.define
class RequestLog:
    """The newest requests, oldest first; `dropped` counts those that gave way to newer ones.

    `listeners` are handed each one as it arrives, before anything is done about it.
    """

    limit: int
    dropped: int = 0
    listeners: list[Callable[[Request], None]] = attrs.field(factory=list)
    _kept: deque[Request] = attrs.field(factory=deque)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._kept))

    def add(self, request: Request) -> None:
        """Note one request."""
        self._kept.append(request)
        if len(self._kept) > self.limit:
            self._kept.popleft()
            self.dropped += 1
        for listener in self.listeners:
            listener(request)

    def of(self, *methods: str) -> tuple[Request, ...]:
        """Those of these methods, in the spelling of either transport (`AddOrder`, `add_order`)."""
        return tuple(request for request in self._kept if request.method in methods)
