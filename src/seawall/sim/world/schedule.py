"""The order in which tasks run, and the time in which they do: the same for the same seed.

Trio has no public way to ask for a fixed order (github.com/python-trio/trio/issues/2675), so this module, and no other, sets
two private names of its scheduler: the flag that sorts each batch of runnable tasks by age, and the source of chance that
shuffles it then. Trio's own plugins for pytest and Hypothesis use them for the same reason.
"""

import math
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from typing import Final

import attrs
import trio
from trio._core import _run as _scheduler  # see above

__all__ = ["Schedule", "StandstillError", "VirtualClock", "seeded"]

_LOOKS: Final = 1000
_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 0x9E37_79B9_7F4A_7C15


class StandstillError(Exception):
    """Every task waits, and for nothing that will come."""


@attrs.define(eq=False)
class VirtualClock(trio.abc.Clock):
    """Time that passes only when nobody has anything to do, and then at once, to the next deadline.

    Trio asks how long to sleep only when no task can run; so that is the moment to move on. One pass of the loop a step, where
    `trio.testing.MockClock` needs two, and a full set of statistics besides.
    """

    now_s: float = 0.0
    jumps: int = 0
    _idle: int = 0
    """How often in a row there was no deadline to move on to."""

    def start_clock(self) -> None:
        """Nothing to start."""

    def current_time(self) -> float:
        """Seconds since the world began."""
        return self.now_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Not at all: the deadline is now."""
        if deadline == math.inf:
            # Trio wakes its own tasks through a socket, which it has to look at before it knows; it does so while it ends.
            self._idle += 1
            if self._idle > _LOOKS:
                raise StandstillError("every task of the world waits, and no deadline is left that would wake one")
            return 0.0
        self._idle = 0
        if deadline > self.now_s:
            self.now_s = deadline
            self.jumps += 1
        return 0.0

    def suspend(self, for_s: float) -> None:
        """Let time pass in which nobody does anything, as when all machines were asleep."""
        self.now_s += for_s


@attrs.define(eq=False)
class Schedule(trio.abc.Instrument):
    """Counts the steps of tasks, and hashes their order: tasks by name and number, in the order in which they were started."""

    steps: int = 0
    _hash: int = 0
    _numbers: dict[trio.lowlevel.Task, int] = attrs.field(factory=dict)
    _started: int = 0

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Give it a number."""
        self._started += 1
        self._numbers[task] = self._started * _FACTOR ^ zlib.crc32(task.name.encode())

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count it."""
        self.steps += 1
        self._hash = (self._hash * 31 + self._numbers[task]) & _MASK

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """Forget it."""
        del self._numbers[task]

    def digest(self) -> str:
        """The hash of all steps up to now."""
        return f"{self._hash:016x}"


@contextmanager
def seeded(rng: Random) -> Generator[None, None, None]:
    """While inside, runs of trio take their order of tasks from `rng`, and nothing else."""
    flag, state = _scheduler._ALLOW_DETERMINISTIC_SCHEDULING, _scheduler._r.getstate()  # noqa: SLF001 - see above
    _scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]  # noqa: SLF001
    _scheduler._r.seed(rng.getrandbits(64))  # noqa: SLF001
    try:
        yield
    finally:
        _scheduler._ALLOW_DETERMINISTIC_SCHEDULING = flag  # type: ignore[misc]  # noqa: SLF001
        _scheduler._r.setstate(state)  # noqa: SLF001
