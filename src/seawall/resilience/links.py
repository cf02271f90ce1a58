"""What an attempt to connect tells its reconnect loop, and what the loop tells its probe."""

from collections.abc import Callable

import attrs
import trio

from seawall.resilience.link_states import LinkState

__all__ = ["DialFailed", "Link", "LinkLost", "ReconnectStatistics"]


@attrs.frozen
class DialFailed:
    """The link `name` did not come to serve: `failures` attempts in a row by now. The next comes in `delay_s`."""

    name: str
    failures: int
    delay_s: float
    error: Exception


@attrs.frozen
class LinkLost:
    """The link `name` had served for `lived_s` and dropped. Unless it was `stable`, that is a failed attempt."""

    name: str
    lived_s: float
    stable: bool
    delay_s: float
    error: Exception


@attrs.frozen
class ReconnectStatistics:
    """A reconnect loop at one instant. Counts run since it was made."""

    name: str
    state: LinkState
    failures_in_a_row: int
    dials: int
    served: int
    """Dials that came to serve."""
    stable: int
    """Dials that proved stable."""
    last_heard_at: float | None
    """On trio's clock."""


@attrs.define(eq=False)
class Link:
    """What an attempt tells its loop. One for each attempt."""

    _scope: trio.CancelScope = attrs.field(repr=False)
    _on_serving: Callable[[], None] = attrs.field(repr=False)
    began_at: float = attrs.field(factory=trio.current_time, init=False)
    live_at: float | None = attrs.field(default=None, init=False)
    stable: bool = attrs.field(default=False, init=False)
    last_heard_at: float | None = attrs.field(default=None, init=False)
    """On trio's clock."""
    _first_heard: trio.Event = attrs.field(factory=trio.Event, init=False, repr=False)
    _served: trio.Event = attrs.field(factory=trio.Event, init=False, repr=False)

    def serving(self) -> None:
        """The link can be used from now on: connected, and whatever it subscribes to is acknowledged. May be repeated."""
        if self.live_at is None:
            self.live_at = trio.current_time()
            self._scope.deadline = float("inf")
            self._served.set()
            self._on_serving()

    def heard(self, at: float | None = None) -> None:
        """Something came from the other side: at that time of trio's clock, or now, which costs one reading of it."""
        if self.last_heard_at is None:
            self._first_heard.set()
        self.last_heard_at = trio.current_time() if at is None else at

    async def wait_stable(self, after_s: float) -> None:
        """Wait until it has served for `after_s` and was heard."""
        await self._served.wait()
        await trio.sleep(after_s)
        await self._first_heard.wait()
