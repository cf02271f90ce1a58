"""Frames on their way to one reader."""

from collections import deque
from typing import Final

import attrs
import trio

__all__ = ["MOST", "Outbox"]

MOST: Final = 64
"""Frames that are taken at once: enough to make a burst one write, few enough that the bound of the queue means something."""

Frame = str | bytes
"""The text of a frame; or bytes that are sent as they are, of which none at all are the end of the connection."""


@attrs.define(eq=False)
class Outbox:
    """A queue with a bound; one writer task takes from it.

    Policy: when it is full the reader is too slow to be served, and `overflowed` says so: its connection is to be ended.
    Nothing is ever left out of the middle of a stream that goes on.
    """

    limit: int
    overflowed: trio.Event = attrs.field(factory=trio.Event)
    _frames: deque[Frame] = attrs.field(factory=deque)
    _filled: trio.Event = attrs.field(factory=trio.Event)
    _emptied: trio.Event = attrs.field(factory=trio.Event)

    def __len__(self) -> int:
        return len(self._frames)

    def queued(self) -> tuple[Frame, ...]:
        """What is on its way, oldest first."""
        return tuple(self._frames)

    def put(self, frame: Frame, *, at: int | None = None) -> None:
        """Queue a frame, last or at a place. After the overflow everything is dropped."""
        if self.overflowed.is_set():
            return
        if len(self._frames) >= self.limit:
            self.abandon()
        elif at is None:
            self._frames.append(frame)
        else:
            self._frames.insert(at, frame)
        self._filled.set()

    def abandon(self) -> None:
        """Drop everything: nobody will read it."""
        self._frames.clear()
        self.overflowed.set()
        self._emptied.set()

    async def take(self) -> tuple[Frame, ...]:
        """What waits, oldest first, once something does; no more than `MOST` at once. A cancelled call loses nothing."""
        if self._frames:
            await trio.lowlevel.checkpoint()
        while not self._frames:
            self._filled = trio.Event()
            await self._filled.wait()
        taken = tuple(self._frames.popleft() for _ in range(min(len(self._frames), MOST)))
        if len(self._frames) <= self.limit // 2:
            self._emptied.set()
        return taken

    async def room(self) -> None:
        """Wait until at most half of the places are taken, or the connection is given up."""
        await trio.lowlevel.checkpoint()
        while len(self._frames) > self.limit // 2:
            self._emptied = trio.Event()
            await self._emptied.wait()
