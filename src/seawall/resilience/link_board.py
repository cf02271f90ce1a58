"""Where a link's state is shown, for whoever looks and whoever waits."""

import attrs
import trio

from seawall.resilience.errors import ReconnectStopped
from seawall.resilience.link_states import LinkState, LinkStateChanged, Phase, after
from seawall.resilience.probes import Probe, tell

__all__ = ["LinkBoard"]


@attrs.define(eq=False)
class LinkBoard:
    """The state of the link `name`. Each change wakes all who wait, and is told."""

    name: str
    _probe: Probe = attrs.field(repr=False)
    state: LinkState = attrs.field(init=False, default=LinkState(Phase.IDLE))
    _changed: trio.Event = attrs.field(init=False, factory=trio.Event, repr=False)

    def enter(self, state: LinkState) -> None:
        """Show another state. The same once more is no change."""
        before = self.state
        if state == before:
            return
        self.state = after(before, state)
        self._changed.set()
        self._changed = trio.Event()
        tell(self._probe, LinkStateChanged(self.name, before, state))

    async def wait_live(self) -> None:
        """Wait until the link serves. Raises `ReconnectStopped` when it has stopped or stops before that."""
        await trio.lowlevel.checkpoint()
        while not self.state.serves:
            if self.state.phase is Phase.STOPPED:
                raise ReconnectStopped(self.name, self.state.reason or "it has ended")
            await self._changed.wait()

    async def wait_change(self) -> LinkState:
        """Wait until the state changes; the state then. A state that lasts for no time at all may be missed."""
        await self._changed.wait()
        return self.state
