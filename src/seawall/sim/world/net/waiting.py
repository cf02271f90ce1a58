"""How one task waits in the network: until something is due, or until it is told."""

import outcome
import trio

from seawall.sim.world.net.system import Farewell
from seawall.sim.world.schedule import Alarm, VirtualClock

__all__ = ["Wait"]


class Wait:
    """A place for one task. What it waits for is known to be due at some time, or will be announced.

    The world's clock itself wakes it then: no other task has to run for this one to wake in time. On any other clock of trio's
    it waits with a deadline.
    """

    __slots__ = ("_alarm", "_clock", "_scope", "_task")

    def __init__(self) -> None:
        self._task: trio.lowlevel.Task | None = None
        self._alarm: Alarm | None = None
        self._clock: VirtualClock | None = None
        self._scope: trio.CancelScope | None = None

    async def until(self, due_s: float) -> None:
        """Return at `due_s` (trio's clock), or when `wake` is called. Raises `trio.BusyResourceError` for a second task."""
        if self._task is not None:
            raise trio.BusyResourceError("another task waits for this already")
        clock = trio.lowlevel.current_clock()
        self._task = trio.lowlevel.current_task()
        try:
            if isinstance(clock, VirtualClock):
                self._clock = clock
                self._alarm = clock.alarm(due_s, self._task)
                await trio.lowlevel.wait_task_rescheduled(self._abort)
            else:
                with trio.CancelScope(deadline=due_s) as self._scope:
                    await trio.lowlevel.wait_task_rescheduled(self._abort)
        finally:
            self._forget()

    def expect(self, due_s: float) -> None:
        """Let the task that waits here, if any does, wake at `due_s`."""
        if self._scope is not None:
            self._scope.deadline = due_s
        elif self._clock is not None and self._alarm is not None and (task := self._alarm.task) is not None:
            self._alarm.stop()
            self._alarm = self._clock.alarm(due_s, task)

    def wake(self, farewell: Farewell | None = None) -> None:
        """Let the task that waits here, if any does, go on now, or raise what `farewell` makes."""
        task, alarm = self._task, self._alarm
        if task is None:
            return
        rung = alarm is not None and alarm.task is None  # it goes on already
        self._forget()
        if not rung:
            trio.lowlevel.reschedule(task, outcome.Value(None) if farewell is None else outcome.Error(farewell()))

    def _forget(self) -> None:
        if self._alarm is not None:
            self._alarm.stop()
        self._task = self._alarm = self._clock = self._scope = None

    def _abort(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._forget()
        return trio.lowlevel.Abort.SUCCEEDED
