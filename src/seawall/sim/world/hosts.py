"""Hosts: who does what in a world, and dies of it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs
import trio

from seawall.sim.world.clocks import WallClock
from seawall.sim.world.disk import Disk

__all__ = ["Host", "HostDied", "current_host"]


class HostDied(BaseException):
    """The process this task belonged to is no more: it does nothing from now on, and its clean-up does nothing either.

    No `Exception`, as SIGKILL is none: code that catches those must not outlive its own death.
    """


_current: ContextVar["Host | None"] = ContextVar("_current", default=None)


def current_host() -> "Host":
    """The host whose task this is. Raises RuntimeError outside of a world."""
    host = _current.get()
    if host is None:
        raise RuntimeError("this task belongs to no host of a world")
    return host


@attrs.define(eq=False)
class Host:
    """One process on a machine of its own. `io` is called around every operation that leaves the process."""

    name: str
    wall: WallClock
    disk: Disk
    alive: bool = True
    io_points: int = 0
    """How many there have been, over all lives."""
    die_at: int | None = None
    """The point at which to die."""
    lives: int = 1
    on_death: list[Callable[[str], None]] = attrs.field(factory=list)
    """Called once, with the way it died (`killed`, `power cut`); must not raise."""
    _life: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def __repr__(self) -> str:
        return f"<Host {self.name} ({'alive' if self.alive else 'dead'}, {self.io_points} points)>"

    def io(self, what: str) -> None:
        """Something leaves or enters the process here. Raises `HostDied` when there is no process any more."""
        if not self.alive:
            raise HostDied(self.name)
        self.io_points += 1
        if self.io_points == self.die_at:
            self.die(f"killed at {what}")
            raise HostDied(self.name)

    def die(self, how: str = "killed") -> None:
        """End the process, from inside or outside: nothing it does after this reaches anybody."""
        if not self.alive:
            return
        self.alive = False
        self._life.cancel(reason=how)
        for tell in self.on_death:
            tell(how)

    @contextmanager
    def living(self) -> Generator[None, None, None]:
        """One life: tasks started inside belong to this host. Ends without an error when the host dies."""
        self.alive = True
        self._life = trio.CancelScope()
        token = _current.set(self)
        try:
            with self._life:
                yield
        except* HostDied:
            pass
        finally:
            _current.reset(token)
            self.lives += 1
