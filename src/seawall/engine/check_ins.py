"""Who still runs: each service and strategy says so now and then, and whoever is silent too long is named.

A task that hangs or computes for ever raises nothing; that it does not check in is the only sign of it. So what rests
on everybody being well, such as renewing the dead man's switch, asks here first.
"""

from collections.abc import Callable

import attrs
import trio

__all__ = ["CheckIns", "Presence"]


@attrs.frozen
class Presence:
    """One name: how long it has been silent, and how long it may be."""

    name: str
    silent_s: float
    within_s: float


@attrs.define
class _Member:
    within_s: float
    heard_s: float


@attrs.define(eq=False)
class CheckIns:
    """The names that are expected to check in, in the order in which they joined."""

    clock: Callable[[], float] = trio.current_time
    _members: dict[str, _Member] = attrs.field(factory=dict, init=False)

    def join(self, name: str, within_s: float) -> None:
        """Expect `name` to check in at least every `within_s` seconds from now on. Joining again starts anew."""
        if within_s <= 0:
            raise ValueError(f"within_s: {within_s} is not a number of seconds above zero, for {name}")
        self._members[name] = _Member(within_s, self.clock())

    def check_in(self, name: str) -> None:
        """`name` is well now. Raises `KeyError` when it has not joined."""
        self._members[name].heard_s = self.clock()

    def leave(self, name: str) -> None:
        """Expect `name` no more; of no effect when it has not joined."""
        self._members.pop(name, None)

    def late(self, now: float) -> tuple[str, ...]:
        """Who should have checked in before `now` (seconds, same clock) and did not."""
        return tuple(presence.name for presence in self.presences(now) if presence.silent_s > presence.within_s)

    def all_present(self) -> bool:
        """Whether nobody is late now."""
        return not self.late(self.clock())

    def presences(self, now: float) -> tuple[Presence, ...]:
        """Everybody who has joined, as of `now`."""
        return tuple(Presence(name, now - member.heard_s, member.within_s) for name, member in self._members.items())

    def statistics(self) -> tuple[Presence, ...]:
        """Everybody who has joined, as of now."""
        return self.presences(self.clock())
