"""Frames on their way to one reader."""

from collections import deque

import attrs
import trio

__all__ = ["Outbox"]


@attrs.define(eq=False)
class Outbox:
    """A queue with a bound; one writer task takes from it.

    Policy: when it is full the reader is too slow to be served, and `overflowed` ends its connection. Nothing is ever
    left out of the middle of a stream.
    """

    limit: int
    overflowed: bool = False
    _frames: deque[str] = attrs.field(factory=deque)
    _filled: trio.Event = attrs.field(factory=trio.Event)
    _emptied: trio.Event = attrs.field(factory=trio.Event)

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: str, *, at: int | None = None) -> None:
        """Queue a frame, last or at a place. Wakes the writer."""
        if len(self._frames) >= self.limit:
            self.overflowed = True
        elif at is None:
            self._frames.append(frame)
        else:
            self._frames.insert(at, frame)
        self._filled.set()

    async def take(self) -> str | None:
        """The next frame; None once overflowed. A cancelled call loses nothing."""
        if not (self._frames or self.overflowed):
            self._filled = trio.Event()
            await self._filled.wait()
        else:
            await trio.lowlevel.checkpoint()
        if self.overflowed:
            return None
        frame = self._frames.popleft()
        if len(self._frames) <= self.limit // 2:
            self._emptied.set()
        return frame

    async def room(self) -> None:
        """Wait until at most half of the places are taken."""
        while len(self._frames) > self.limit // 2 and not self.overflowed:
            self._emptied = trio.Event()
            await self._emptied.wait()
        await trio.lowlevel.checkpoint()
