"""Parts of the engine, each in a task and a cancel scope of its own, so that they end in an order that is chosen."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import attrs
import trio

from seawall.engine.notices import ServiceCrashed
from seawall.model.venue import Probe

__all__ = ["Hosting", "Part", "Startable"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Startable(Protocol[T_co]):
    """A service for `nursery.start`: says `started` once it serves, with what it has to give."""

    async def __call__(self, *, task_status: trio.TaskStatus[T_co]) -> None:
        """Serve."""
        ...


@attrs.define(eq=False)
class Part:
    """One part: cancel its scope to end it, wait for `ended` to know that it has."""

    name: str
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    ended: trio.Event = attrs.field(factory=trio.Event)

    async def end(self, reason: str) -> None:
        """Cancel it, and return once it has ended."""
        self.scope.cancel(reason=reason)
        await self.ended.wait()


@attrs.define(eq=False)
class Hosting:
    """Runs parts side by side in one nursery.

    A bug in a part that serves does not tear the others down: it is told, kept, and `on_crash` is called, so that the
    engine can stop in good order while the rest still works. Whoever stops the engine raises what was kept.
    """

    nursery: trio.Nursery
    probe: Probe
    on_crash: Callable[[str], None]
    parts: list[Part] = attrs.field(factory=list, init=False)
    crashes: list[Exception] = attrs.field(factory=list, init=False)

    async def start(self, name: str, service: Startable[T]) -> tuple[Part, T]:
        """Start a part; return it, and what it gives, once it serves. What it raises before that is raised here."""
        part = Part(name)
        self.parts.append(part)
        given: T = await self.nursery.start(self._host, part, service, name=name)
        return part, given

    def left(self) -> tuple[str, ...]:
        """The names of the parts that have not ended."""
        return tuple(part.name for part in self.parts if not part.ended.is_set())

    async def _host(  # noqa: ASYNC128 - the service says started, through `_Ready`
        self, part: Part, service: Startable[T], *, task_status: trio.TaskStatus[T]
    ) -> None:
        ready = _Ready(task_status)
        try:
            with part.scope:
                await service(task_status=ready)
        except Exception as crash:
            if not ready.said:
                raise
            self.crashes.append(crash)
            self.probe(ServiceCrashed(part.name, f"{type(crash).__name__}: {crash}"))
            self.on_crash(part.name)
        finally:
            part.ended.set()


@attrs.define(eq=False)
class _Ready(Generic[T]):
    """Passes `started` on, and remembers that it was said."""

    _inner: trio.TaskStatus[T]
    said: bool = False

    def started(self, value: Any = None) -> None:  # Any: stands for both of trio's overloads
        self.said = True
        self._inner.started(value)
