"""Kraken's dead man's switch, renewed only while everybody who matters has checked in.

Kraken cancels every open order of the account when it has not heard from us for the time we gave
(docs.kraken.com/api/docs/websocket-v2/cancel_after). A loop that renewed it for itself would go on doing so while
strategies hang; this one asks first.

A timer that runs out while the exchange is in maintenance fires when it comes back (same page), for no fault of ours:
the switch is disarmed before maintenance that was announced, and the moment that any begins.

It fires once: afterwards there is no timer until the next request, so it is armed again as soon as all are well. And it
knows nothing of whose order is whose: while orders that are not ours are open, the configuration says whether it may run.
"""

from collections.abc import Awaitable, Callable, Sequence

import attrs
import trio

from seawall.engine.changes import Changes
from seawall.engine.check_ins import CheckIns
from seawall.engine.notices import (
    DeadMansSwitchArmed,
    DeadMansSwitchDisarmed,
    DeadMansSwitchFired,
    DeadMansSwitchHeldBack,
    DeadMansSwitchNotRenewed,
    DeadMansSwitchOverran,
    QuestionFailed,
)
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings, WhenForeign
from seawall.model.errors import SeawallError
from seawall.model.market_data import VenueStatus
from seawall.model.reports import OrderReport
from seawall.model.venue import Probe, Venue

__all__ = ["Confirm", "DeadMansSwitchKeeper", "ForeignOrdersOpen"]

Confirm = Callable[[str], Awaitable[bool]]
"""Puts a question to a person, and returns whether the answer was yes."""

_SHOWN = 5

_AGAIN_S = 2.0
"""Between two tries to stop a timer that must not run: there is one minute for them."""


class ForeignOrdersOpen(SeawallError):
    """Orders that are not ours are open, and nobody could say whether the dead man's switch may cancel them."""

    def __init__(self, orders: Sequence[str]) -> None:
        super().__init__(
            f"{_counted(orders)}, and the dead man's switch would cancel them too:"
            ' set dead_mans_switch.when_foreign to "on" (arm it all the same) or "off" (not while they are open)'
        )
        self.orders = tuple(orders)


@attrs.define(eq=False)
class DeadMansSwitchKeeper:
    """Arms, renews and disarms the switch. Nothing is sent before `allow`.

    `foreign` names the open orders of the account that are not ours.
    """

    venue: Venue
    check_ins: CheckIns
    settings: EngineSettings
    probe: Probe
    foreign: Callable[[], Sequence[str]] = tuple
    maintenance: Callable[[], str | None] = lambda: None
    """Why the switch must not be armed now though the exchange still serves; None when it may."""
    cut_off: Sequence[str] = ()
    """Who cannot check in while the exchange is in maintenance, through no fault of its own."""
    wake: Changes = attrs.field(factory=Changes)
    """Pulsed when there may be something to do before the next renewal."""
    clock: Callable[[], float] = trio.current_time
    armed: bool = attrs.field(default=False, init=False)
    """Whether a timer may be running at the exchange."""
    _allowed: trio.Event = attrs.field(factory=trio.Event, init=False)
    _when_foreign: WhenForeign = attrs.field(init=False)
    _retired: bool = attrs.field(default=False, init=False)
    _fired: bool = attrs.field(default=False, init=False)
    _runs_out_s: float = attrs.field(default=0.0, init=False)
    _overran: bool = attrs.field(default=False, init=False)
    _held_back: tuple[str, ...] = attrs.field(default=(), init=False)
    _asking: trio.Lock = attrs.field(factory=trio.Lock, init=False)
    """One request at a time: of two on their way at once, the exchange may take the later one first."""

    def __attrs_post_init__(self) -> None:
        self._when_foreign = self.settings.dead_mans_switch.when_foreign

    async def allow(self, confirm: Confirm | None) -> None:
        """Let it be armed from now on, once it is known which orders are open.

        Where some are not ours and the configuration says to ask, `confirm` is asked; a no is `off` for this run. Raises
        `ForeignOrdersOpen` where there is nobody to be asked.
        """
        foreign = self.foreign()
        if self.settings.dead_mans_switch.enabled and foreign and self._when_foreign is WhenForeign.ASK:
            if confirm is None:
                raise ForeignOrdersOpen(foreign)
            question = f"{_counted(foreign)}. The dead man's switch would cancel them too; arm it all the same?"
            self._when_foreign = WhenForeign.ON if await confirm(question) else WhenForeign.OFF
        self._allowed.set()

    async def run(self) -> None:
        """Renew for ever. A failed renewal is a notice: the switch is there for exactly that."""
        switch = self.settings.dead_mans_switch
        if not switch.enabled:
            await trio.sleep_forever()
        await self._allowed.wait()
        while not self._retired:
            done = await self._look(switch.timeout_s)
            with trio.move_on_after(switch.renew_s if done else min(switch.renew_s, _AGAIN_S)):
                await self.wake.wait()
        await trio.sleep_forever()

    def fired(self, order: Order) -> None:
        """The switch has cancelled an order of ours, and with it all others: told once, and armed again."""
        if not self._fired:
            self._fired = True
            self.probe(DeadMansSwitchFired(order.client_order_id))
            self.wake.pulse()

    def foreign_seen(self, _report: OrderReport) -> None:
        """An order that is not ours was seen for the first time: with `off` the timer is stopped now, not at the next renewal."""
        if self._when_foreign is WhenForeign.OFF:
            self.wake.pulse()

    async def retire(self) -> bool:
        """As `disarm`, for good: `run` renews no more."""
        self._retired = True
        return await self.disarm()

    async def disarm(self) -> bool:
        """Stop the timer; true when none runs any more, as the exchange said."""
        return await self._disarm("")

    async def _disarm(self, reason: str) -> bool:
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
        self._overran = False
        self.probe(DeadMansSwitchDisarmed(reason))
        return True

    async def _look(self, timeout_s: int) -> bool:
        """Do what is to be done now; false where a timer runs that must not, and the exchange did not stop it."""
        is_down = self.venue.status() is VenueStatus.MAINTENANCE
        maintenance = "the exchange is in maintenance" if is_down else self.maintenance()
        excused = self.cut_off if maintenance is not None else ()
        late = tuple(name for name in self.check_ins.late(self.clock()) if name not in excused)
        held_back = tuple(self.foreign()) if self._when_foreign is WhenForeign.OFF else ()
        if held_back and held_back != self._held_back:
            self.probe(DeadMansSwitchHeldBack(held_back))
        self._held_back = held_back
        if held_back:
            # Also while somebody is late: what would fire then takes the orders of others, which is what `off` is to prevent.
            return await self.disarm()
        if late:
            self.probe(DeadMansSwitchNotRenewed(late))
        elif maintenance is not None:
            return await self._stand_down(maintenance, timeout_s)
        else:
            await self._arm(timeout_s)
        return True

    async def _stand_down(self, reason: str, timeout_s: int) -> bool:
        """Disarm; tried again at once while the timer has not run out, and told where it has."""
        if await self._disarm(reason):
            return True
        has_run_out = self.clock() >= self._runs_out_s
        if has_run_out and not self._overran:
            self._overran = True
            self.probe(DeadMansSwitchOverran(timeout_s))
        return has_run_out

    async def _arm(self, timeout_s: int) -> None:
        try:
            with trio.fail_after(self.settings.deadlines.cancel_s):
                async with self._asking:
                    if self._retired:
                        return
                    self.armed = True  # remembered first: from here on a timer may run
                    self._overran, self._runs_out_s = False, self.clock() + timeout_s + self.settings.deadlines.cancel_s
                    await self.venue.cancel_all_after(timeout_s)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed("dead man's switch", f"{type(problem).__name__}: {problem}"))
        else:
            self._fired = False
            self.probe(DeadMansSwitchArmed(timeout_s))


def _counted(orders: Sequence[str]) -> str:
    shown = ", ".join(orders[:_SHOWN]) + (", …" if len(orders) > _SHOWN else "")
    return f"{len(orders)} open order{'s are' if len(orders) > 1 else ' is'} not ours ({shown})"
