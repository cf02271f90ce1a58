"""Waiting until something holds that a plain table knows."""

from collections.abc import Callable

import attrs
import trio

__all__ = ["Changes"]


@attrs.define(eq=False)
class Changes:
    """Wakes everybody who waits for a change of what it stands beside. Keeps nothing, so there is nothing to fill up."""

    _next: trio.Event = attrs.field(factory=trio.Event, init=False)

    def note(self) -> None:
        """Something changed."""
        self._next.set()
        self._next = trio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once `holds()` is true, which is looked at after every change. Puts no end to a wait."""
        while not holds():
            await self._next.wait()
