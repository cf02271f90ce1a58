"""First come, first served: one waiting line, and nobody in it is served before those ahead."""

from collections import deque
from collections.abc import Callable, Sequence

import attrs
import trio

from seawall.resilience.errors import WaitTooLong

__all__ = ["Line"]


@attrs.define(eq=False)
class _Waiter:
    weight: float
    changed: trio.Event = attrs.field(factory=trio.Event)


@attrs.define(eq=False)
class Line:
    """The tasks that wait for one thing, in the order they came. Whoever stands first asks for itself.

    No task serves the line: its head sleeps until asking again makes sense. A cancelled waiter leaves, has taken
    nothing, and those behind it move up at once.
    """

    _name: str
    _waiters: deque[_Waiter] = attrs.field(factory=deque, init=False)

    def __len__(self) -> int:
        return len(self._waiters)

    def weights(self) -> list[float]:
        """What the waiters want, first to last."""
        return [waiter.weight for waiter in self._waiters]

    def wake_first(self) -> None:
        """Let the first ask again: what it waits for may have come nearer."""
        if self._waiters:
            self._waiters[0].changed.set()

    def wake_all(self) -> None:
        """Let all look again: what they wait for has moved away, for some perhaps beyond their deadline."""
        for waiter in self._waiters:
            waiter.changed.set()

    async def wait(self, weight: float, ask: Callable[[], float], expected_s: Callable[[Sequence[float]], float]) -> None:
        """Wait until `ask()` is 0.0, which means that it has taken what was wanted; else it gives the seconds until
        asking again makes sense. Only the first in line asks. `expected_s(ahead)` estimates the wait of one who has
        waiters of these weights ahead.

        Raises `WaitTooLong` as soon as the caller's own deadline comes before its turn. Nothing is taken then, nor when
        cancelled.
        """
        mine = _Waiter(weight)
        self._waiters.append(mine)
        try:
            while True:
                first = self._waiters[0] is mine
                wait_s = ask() if first else float("inf")
                if wait_s <= 0.0:
                    return
                deadline = trio.current_effective_deadline()
                if deadline != float("inf") and (likely_s := expected_s(self._ahead_of(mine))) >= deadline - trio.current_time():
                    await trio.lowlevel.checkpoint()  # a caller already cancelled hears that, not this
                    raise WaitTooLong(self._name, likely_s)
                with trio.move_on_after(wait_s):
                    await mine.changed.wait()
                mine.changed = trio.Event()
        finally:
            self._waiters.remove(mine)
            self.wake_first()

    def _ahead_of(self, mine: _Waiter) -> list[float]:
        ahead: list[float] = []
        for waiter in self._waiters:
            if waiter is mine:
                break
            ahead.append(waiter.weight)
        return ahead
