"""The order in which tasks run, and the time in which they do: the same for the same seed.

Trio has no public way to ask for a fixed order (github.com/python-trio/trio/issues/2675), so this module, and no other, sets
two private names of its scheduler: the flag that sorts each batch of runnable tasks by age, and the source of chance that
shuffles it then. Trio's own plugins for pytest and Hypothesis use them for the same reason.
"""

import heapq
import math
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from typing import Final

import attrs
import trio
from trio._core import _run as _scheduler  # see above

__all__ = ["Alarm", "Schedule", "StandstillError", "VirtualClock", "seeded", "sleeps_by"]

_LOOKS: Final = 1000
_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 0x9E37_79B9_7F4A_7C15


class StandstillError(Exception):
    """Every task waits, and for nothing that will come."""


class Alarm:
    """Wakes one task at one time, unless it is stopped before."""

    __slots__ = ("task",)

    def __init__(self, task: trio.lowlevel.Task) -> None:
        self.task: trio.lowlevel.Task | None = task
        """Whom it will wake; None once it has, or was stopped."""

    def stop(self) -> None:
        """Wake nobody."""
        self.task = None


@attrs.define(eq=False)
class VirtualClock(trio.abc.Clock):
    """Time that passes only when nobody has anything to do, and then at once, to the next deadline or alarm.

    Trio asks how long to sleep only when no task can run; so that is the moment to move on. One pass of the loop a step, where
    `trio.testing.MockClock` needs two, and a full set of statistics besides.

    An alarm wakes a task in the very pass in which a deadline would, and for a quarter of its price: a deadline that passes
    raises an exception through the task, and a scope catches it.
    """

    now_s: float = 0.0
    jumps: int = 0
    _idle: int = 0
    """How often in a row there was no deadline to move on to."""
    _alarms: list[tuple[float, int, Alarm]] = attrs.field(factory=list)
    _set: int = 0

    def start_clock(self) -> None:
        """Nothing to start."""

    def current_time(self) -> float:
        """Seconds since the world began."""
        return self.now_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Not at all: the deadline is now."""
        alarms = self._alarms
        while alarms and alarms[0][2].task is None:
            heapq.heappop(alarms)
        if alarms and alarms[0][0] < deadline:
            deadline = alarms[0][0]
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
        if alarms and alarms[0][0] <= self.now_s:
            self._ring()
        return 0.0

    def alarm(self, due_s: float, task: trio.lowlevel.Task) -> Alarm:
        """Reschedule a task at this time of the clock; it must be waiting to be rescheduled then, or have stopped the alarm."""
        alarm = Alarm(task)
        if due_s != math.inf:
            self._set += 1
            heapq.heappush(self._alarms, (due_s, self._set, alarm))
        return alarm

    async def sleep(self, seconds: float) -> None:
        """As `trio.sleep`."""
        if not seconds > 0:
            if seconds != 0:
                raise ValueError(f"sleep: {seconds!r} is not a number of seconds")
            await trio.lowlevel.checkpoint()
            return
        alarm = self.alarm(self.now_s + seconds, trio.lowlevel.current_task())

        def abort(_: object) -> trio.lowlevel.Abort:
            alarm.task = None
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def suspend(self, for_s: float) -> None:
        """Let time pass in which nobody does anything, as when all machines were asleep."""
        self.now_s += for_s
        self._ring()

    def _ring(self) -> None:
        """Wake those whose time has come."""
        alarms, now_s = self._alarms, self.now_s
        while alarms and alarms[0][0] <= now_s:
            alarm = heapq.heappop(alarms)[2]
            task, alarm.task = alarm.task, None
            if task is not None:
                trio.lowlevel.reschedule(task)


@attrs.define(eq=False)
class Schedule(trio.abc.Instrument):
    """Decides, counts and hashes the order of steps: tasks by name and number, in the order in which they were started.

    It takes the place of trio's source of chance, and so sees each batch of tasks at once: an instrument that is called for
    each step costs as much as many a step. As an instrument it only hears of tasks that begin and end.
    """

    rng: Random = attrs.field(factory=lambda: Random(0))
    steps: int = 0
    _hash: int = 0
    _numbers: dict[trio.lowlevel.Task, int] = attrs.field(factory=dict)
    _started: int = 0

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Give it a number."""
        self._started += 1
        self._numbers[task] = self._started * _FACTOR ^ zlib.crc32(task.name.encode())

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """Forget it."""
        del self._numbers[task]

    def shuffle(self, batch: list[trio.lowlevel.Task]) -> None:
        """Put the tasks that can run, oldest first, in the order in which they will: from the last to the first."""
        if len(batch) > 1:
            self.rng.shuffle(batch)
        for task in reversed(batch):
            self._hash = (self._hash * 31 + self._numbers.get(task, 0)) & _MASK
        self.steps += len(batch)

    def digest(self) -> str:
        """The hash of all steps up to now."""
        return f"{self._hash:016x}"


@contextmanager
def seeded(schedule: Schedule) -> Generator[None, None, None]:
    """Inside, runs of trio take their order of tasks from `schedule`, and nothing else; it must be their instrument, too."""
    flag, chance = _scheduler._ALLOW_DETERMINISTIC_SCHEDULING, _scheduler._r  # noqa: SLF001 - see above
    _scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]  # noqa: SLF001
    _scheduler._r = schedule  # type: ignore[assignment]  # noqa: SLF001
    try:
        yield
    finally:
        _scheduler._ALLOW_DETERMINISTIC_SCHEDULING = flag  # type: ignore[misc]  # noqa: SLF001
        _scheduler._r = chance  # noqa: SLF001


@contextmanager
def sleeps_by(clock: VirtualClock) -> Generator[None, None, None]:
    """While inside, `trio.sleep` is the clock's own, which is the same and takes a quarter of the time."""
    original = trio.sleep
    trio.sleep = clock.sleep
    try:
        yield
    finally:
        trio.sleep = original
