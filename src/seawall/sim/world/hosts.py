"""Hosts: machines with a clock and a disk, and the processes that live and die on them."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs
import trio

from seawall.sim.world.clocks import WallClock
from seawall.sim.world.disk import Disk

__all__ = ["Host", "HostDied", "Machine", "current_host"]


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
class Machine:
    """What outlives a process: its clock, its disk, and the count of what was done there."""

    name: str
    wall: WallClock
    disk: Disk
    io_points: int = 0
    """Operations that left a process, or came in, over all lives."""
    die_at: int | None = None
    """The point at which the process of that moment is killed."""
    lives: int = 0

    def boot(self) -> "Host":
        """A new process; the one before, if there is any left of it, stays dead."""
        self.lives += 1
        return Host(self, self.lives)


@attrs.define(eq=False)
class Host:
    """One process on a machine of its own. `io` is called around every operation that leaves the process."""

    machine: Machine
    life: int
    alive: bool = attrs.field(default=True, init=False)
    on_death: list[Callable[[str], None]] = attrs.field(factory=list, init=False)
    """Called once, with the way it died (`killed…`, `power cut`); must not raise."""
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)

    def __repr__(self) -> str:
        return f"<Host {self.name}, life {self.life} ({'alive' if self.alive else 'dead'})>"

    @property
    def name(self) -> str:
        """The machine's."""
        return self.machine.name

    @property
    def wall(self) -> WallClock:
        """The machine's."""
        return self.machine.wall

    @property
    def disk(self) -> Disk:
        """The machine's."""
        return self.machine.disk

    def io(self, what: str) -> None:
        """Something leaves or enters the process here. Raises `HostDied` when there is no process any more."""
        if not self.alive:
            raise HostDied(self.name)
        machine = self.machine
        machine.io_points += 1
        if machine.io_points == machine.die_at:
            self.die(f"killed at {what}")
            raise HostDied(self.name)

    def die(self, how: str = "killed") -> None:
        """End the process, from inside or outside: nothing it does after this reaches anybody."""
        if not self.alive:
            return
        self.alive = False
        self.scope.cancel(reason=how)
        for tell in self.on_death:
            tell(how)

    @contextmanager
    def living(self) -> Generator[None, None, None]:
        """The process: tasks started inside belong to this host. Left without an error when the host dies."""
        token = _current.set(self)
        try:
            with self.scope:
                yield
        except HostDied:
            pass
        except BaseExceptionGroup as group:
            _, rest = group.split(HostDied)
            # What a dead process raises besides, as it falls apart, reaches nobody either.
            if rest is not None and self.alive:
                raise
        finally:
            _current.reset(token)
