"""The tasks of a venue, and how long they live."""

from collections.abc import Awaitable, Callable

import attrs
import trio

from seawall.kraken.client.venue import KrakenVenue

__all__ = ["Service"]


@attrs.define(eq=False)
class Service:
    """The venue's tasks by name, shielded from whatever cancels their user, until the user has left."""

    venue: KrakenVenue
    tasks: dict[str, Callable[[], Awaitable[None]]]
    _life: trio.CancelScope = attrs.field(factory=lambda: trio.CancelScope(shield=True), init=False)

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Run all of them until `stop`. Raises what comes out of any, in an exception group."""
        with self._life:
            async with trio.open_nursery() as nursery:
                task_status.started()
                for name, task in self.tasks.items():
                    nursery.start_soon(task, name=name)

    def stop(self) -> None:
        """The venue's user has left."""
        self.venue.closed = True
        self._life.shield = False
        self._life.cancel(reason="the venue's block was left")
