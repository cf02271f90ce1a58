"""How a task waits for something that another task changes in place."""

import attrs
import trio

__all__ = ["Changes"]


@attrs.define(eq=False)
class Changes:
    """Wakes everyone who waits, each time something changed; nothing is queued, so look again after waking."""

    _next: trio.Event = attrs.field(factory=trio.Event, init=False)

    def pulse(self) -> None:
        """Wake all who wait now."""
        if self._next.statistics().tasks_waiting:
            self._next.set()
            self._next = trio.Event()

    async def wait(self) -> None:
        """Return after the next `pulse`. Cancellation loses nothing: what changed can still be looked at."""
        await self._next.wait()
