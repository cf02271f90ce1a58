"""How one task waits in the network: until something is due, or until it is told."""

import outcome
import trio

from seawall.sim.world.net.system import Farewell

__all__ = ["Wait"]


class Wait:
    """A place for one task. What it waits for is known to be due at some time, or will be announced.

    The deadline is the alarm: no other task has to run for this one to wake in time.
    """

    __slots__ = ("_scope", "_task")

    def __init__(self) -> None:
        self._task: trio.lowlevel.Task | None = None
        self._scope: trio.CancelScope | None = None

    async def until(self, due_s: float) -> None:
        """Return at `due_s` (trio's clock), or when `wake` is called. Raises `trio.BusyResourceError` for a second task."""
        if self._task is not None:
            raise trio.BusyResourceError("another task waits for this already")
        self._task = trio.lowlevel.current_task()
        try:
            with trio.CancelScope(deadline=due_s) as self._scope:
                await trio.lowlevel.wait_task_rescheduled(self._abort)
        finally:
            self._task = self._scope = None

    def expect(self, due_s: float) -> None:
        """Let the task that waits here, if any does, wake at `due_s`."""
        if self._scope is not None:
            self._scope.deadline = due_s

    def wake(self, farewell: Farewell | None = None) -> None:
        """Let the task that waits here, if any does, go on now, or raise what `farewell` makes."""
        task = self._task
        if task is not None:
            self._task = self._scope = None
            trio.lowlevel.reschedule(task, outcome.Value(None) if farewell is None else outcome.Error(farewell()))

    def _abort(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._task = self._scope = None
        return trio.lowlevel.Abort.SUCCEEDED
