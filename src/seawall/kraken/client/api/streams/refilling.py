"""A stream of executions that leaves none out: what the private socket did not tell, it asks REST for."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import attrs

from seawall.kraken.client.api.streams.fills import MissedFills
from seawall.kraken.client.api.streams.stream import Stream
from seawall.model.reports import Fill

__all__ = ["RefillingStream"]

T = TypeVar("T")


@attrs.define(eq=False, repr=False)
class RefillingStream(Stream[T]):
    """After a gap `next` asks for the fills of that time, by whoever reads: raises `Unavailable` besides, and asks again then.

    Fills that were asked for come in their place, oldest first, and each once.
    """

    _fills_since: Callable[[int], Awaitable[Sequence[Fill]]]
    _as_item: Callable[[Fill], T]
    _gap: MissedFills | None = attrs.field(default=None, init=False)
    _found: deque[Fill] = attrs.field(factory=deque, init=False)
    _asked_for: set[str] = attrs.field(factory=set, init=False)
    """Ids of the last gap, which the stream is not to tell as well."""

    async def next(self) -> T:
        """Wait for the next one, as `Stream.next`."""
        while True:
            if self._gap is not None:
                await self._fill(self._gap)
            if self._found:
                return self._as_item(self._found.popleft())
            try:
                item = await super().next()
            except MissedFills as gap:
                self._gap = gap
                continue
            if not isinstance(item, Fill) or item.exec_id not in self._asked_for:
                return item

    async def _fill(self, gap: MissedFills) -> None:
        found = await self._fills_since(gap.since_ns)
        self._gap = None
        self._found.extend(fill for fill in found if fill.at_ns <= gap.until_ns and fill.exec_id not in gap.known)
        self._asked_for = {fill.exec_id for fill in self._found}
