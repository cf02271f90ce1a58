"""Parts of the engine, each in a task and a cancel scope of its own, so that they end in an order that is chosen."""

import math
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

import attrs
import trio

from seawall.engine.notices import ServiceCrashed
from seawall.model.venue import Probe

__all__ = ["Hosting", "Part", "Startable", "in_words"]

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

    The same goes for what is no bug but would end the program, `SystemExit` and `KeyboardInterrupt`: it still does, once
    the orders are seen to. Only a cancellation of the nursery itself takes all parts at once.
    """

    nursery: trio.Nursery
    probe: Probe
    on_crash: Callable[[str], None]
    parts: list[Part] = attrs.field(factory=list)
    crashes: list[BaseException] = attrs.field(factory=list)
    """Given, where parts that run elsewhere are to be ended with these."""

    async def start(self, name: str, service: Startable[T]) -> tuple[Part, T]:
        """Start a part; return it, and what it gives, once it serves. What it raises before that is raised here."""
        part = Part(name)
        self.parts.append(part)
        given: T = await self.nursery.start(self._host, part, service, name=name)
        return part, given

    def left(self) -> tuple[str, ...]:
        """The names of the parts that have not ended."""
        return tuple(part.name for part in self.parts if not part.ended.is_set())

    async def attempt(self, name: str, step: Callable[[], Awaitable[object]]) -> None:
        """Take a step, and go on after it: a bug in it is told and kept, as that of a part is."""
        try:
            await step()
        except BaseException as crash:  # noqa: ASYNC103 - kept and raised in the end; a true cancellation is passed on
            if _is_cancelled():
                raise
            self._keep(name, crash)

    async def _host(  # noqa: ASYNC128 - the service says started, through `_Ready`
        self, part: Part, service: Startable[T], *, task_status: trio.TaskStatus[T]
    ) -> None:
        ready = _Ready(task_status)
        try:
            with part.scope:
                await service(task_status=ready)
        except BaseException as crash:  # noqa: ASYNC103 - as in `attempt`
            if not ready.said or _is_cancelled():
                raise
            self._keep(part.name, crash)
        finally:
            part.ended.set()

    def _keep(self, name: str, crash: BaseException) -> None:
        kept = _kept(crash)
        self.crashes.append(kept)
        self.probe(ServiceCrashed(name, in_words(kept)))
        self.on_crash(name)


def in_words(error: BaseException) -> str:
    """An error, or each one of a group, with its class. Of a cancellation only that: trio's words name an object in memory."""
    if isinstance(error, trio.Cancelled):
        return "cancelled"
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(in_words(inner) for inner in error.exceptions)
    return f"{type(error).__name__}: {error}"


def _is_cancelled() -> bool:
    """Whether the task is being cancelled from outside now: a `Cancelled` is then what it seems, and not to be held up."""
    return trio.current_effective_deadline() == -math.inf


def _kept(crash: BaseException) -> BaseException:
    """What to raise for it in the end. A `Cancelled` whose scope is closed would look like a wish to stop, of nobody's."""
    strays = crash.split(trio.Cancelled)[0] if isinstance(crash, BaseExceptionGroup) else isinstance(crash, trio.Cancelled)
    if not strays:
        return crash
    stray = RuntimeError("a cancellation came out of the scope that it belonged to")
    stray.__cause__ = crash
    return stray


@attrs.define(eq=False)
class _Ready(Generic[T]):
    """Passes `started` on, and remembers that it was said."""

    _inner: trio.TaskStatus[T]
    said: bool = False

    def started(self, value: Any = None) -> None:  # Any: stands for both of trio's overloads
        self.said = True
        self._inner.started(value)
