"""Kraken's dead man's switch, renewed only while everybody who matters has checked in.

Kraken cancels every open order of the account when it has not heard from us for the time we gave
(docs.kraken.com/api/docs/websocket-v2/cancel_after). A loop that renewed it for itself would go on doing so while
strategies hang; this one asks first.
"""

from collections.abc import Callable

import attrs
import trio

from seawall.engine.check_ins import CheckIns
from seawall.engine.notices import (
    DeadMansSwitchArmed,
    DeadMansSwitchDisarmed,
    DeadMansSwitchNotRenewed,
    QuestionFailed,
)
from seawall.engine.settings import EngineSettings
from seawall.model.errors import SeawallError
from seawall.model.market_data import VenueStatus
from seawall.model.venue import Probe, Venue

__all__ = ["DeadMansSwitchKeeper"]


@attrs.define(eq=False)
class DeadMansSwitchKeeper:
    """Arms, renews and disarms the switch."""

    venue: Venue
    check_ins: CheckIns
    settings: EngineSettings
    probe: Probe
    clock: Callable[[], float] = trio.current_time
    armed: bool = attrs.field(default=False, init=False)
    """Whether a timer may be running at the exchange."""
    _retired: bool = attrs.field(default=False, init=False)
    _asking: trio.Lock = attrs.field(factory=trio.Lock, init=False)
    """One request at a time: of two on their way at once, the exchange may take the later one first."""

    async def run(self) -> None:
        """Renew for ever. A failed renewal is a notice: the switch is there for exactly that."""
        switch = self.settings.dead_mans_switch
        if not switch.enabled:
            await trio.sleep_forever()
        while not self._retired:
            late = self.check_ins.late(self.clock())
            if late:
                self.probe(DeadMansSwitchNotRenewed(late))
            elif self.venue.status() is VenueStatus.MAINTENANCE:
                # A timer that runs out during maintenance fires when the engine comes back.
                await self.disarm()
            else:
                await self._arm(switch.timeout_s)
            await trio.sleep(switch.renew_s)
        await trio.sleep_forever()

    async def retire(self) -> bool:
        """As `disarm`, for good: `run` renews no more."""
        self._retired = True
        return await self.disarm()

    async def disarm(self) -> bool:
        """Stop the timer; true when none runs any more, as the exchange said."""
        try:
            with trio.fail_after(self.settings.deadlines.cancel_s):
                async with self._asking:
                    if not self.armed:
                        return True
                    await self.venue.cancel_all_after(0)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed("dead man's switch", f"{type(problem).__name__}: {problem}"))
            return False
        self.armed = False
        self.probe(DeadMansSwitchDisarmed())
        return True

    async def _arm(self, timeout_s: int) -> None:
        try:
            with trio.fail_after(self.settings.deadlines.cancel_s):
                async with self._asking:
                    if self._retired:
                        return
                    self.armed = True  # remembered first: from here on a timer may run
                    await self.venue.cancel_all_after(timeout_s)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed("dead man's switch", f"{type(problem).__name__}: {problem}"))
        else:
            self.probe(DeadMansSwitchArmed(timeout_s))
