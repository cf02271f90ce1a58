"""How an engine stops: one path for every reason.

1. The desk takes no new order.
2. The strategies end, and with them their orders: each is cancelled, and seen cancelled, by the block that owns it.
3. Positions are closed, if the configuration says so.
4. What is still in doubt or resting is seen off by the desk.
5. The exchange itself is asked what is open, until it says nothing is.
6. Monitors, desk and venue close; the journal after them.

Steps 2 to 5 share one deadline; what they could not confirm is listed in the certificate, and the dead man's switch
stays armed for it.
"""

import attrs
import trio

from seawall.engine.assembly import Assembly
from seawall.engine.certificate import Certificate
from seawall.engine.hosting import Hosting, Part
from seawall.engine.notices import QuestionFailed
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings, OnStop
from seawall.engine.tree import tasks_of, tree_of
from seawall.model.errors import SeawallError
from seawall.model.venue import Probe

__all__ = ["Shutdown"]

_CLOSING_SHARE = 0.2
"""Of the whole deadline: kept for closing connections and the journal once the orders are seen to."""


@attrs.define(eq=False)
class Shutdown:
    """Takes the engine down, and knows afterwards what was left."""

    name: str
    settings: EngineSettings
    hosting: Hosting
    probe: Probe
    assembly: Assembly | None = None
    _orderly: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)
    _open_orders: tuple[str, ...] | None = attrs.field(default=None, init=False)
    tasks_left: tuple[str, ...] = attrs.field(default=(), init=False)
    """The names of tasks that had not ended when the deadline had passed."""

    def close_intake(self, reason: str) -> None:
        """Take no new order from now on."""
        if self.assembly is not None:
            self.assembly.desk.close_intake(f"the engine is stopping: {reason}")

    def hurry(self, reason: str) -> None:
        """Stop waiting for anything: go straight to closing."""
        self._orderly.cancel(reason=reason)
        if self.assembly is not None:
            self.assembly.desk.hurry(reason)

    async def run(self, reason: str) -> None:
        """Take every part down, in order; returns within the deadline. Never raises for what the outside world does."""
        shutdown_s = self.settings.deadlines.shutdown_s
        self._orderly.deadline = trio.current_time() + shutdown_s * (1 - _CLOSING_SHARE)
        assembly = self.assembly
        if assembly is not None:
            self.close_intake(reason)
            with self._orderly:
                await self._end("strategies", reason)
                await self._see_orders_off(assembly)
        with trio.move_on_after(shutdown_s * _CLOSING_SHARE):
            for part in ("strategies", "monitors", "desk", "venue session"):
                await self._end(part, reason)
        self.tasks_left = self._left()

    def certificate(self, reason: str, ran_s: float, journal: str, crashes: tuple[str, ...]) -> Certificate:
        """What was left."""
        assembly = self.assembly
        live = () if assembly is None else assembly.foundation.blotter.table.live()
        positions = () if assembly is None else assembly.foundation.blotter.portfolio.positions()
        return Certificate(
            engine=self.name,
            reason=reason,
            ran_s=ran_s,
            tasks_left=self.tasks_left,
            open_orders=self._open_orders,
            in_doubt=tuple(_line(order) for order in live if order.in_doubt),
            kept=tuple(_line(order) for order in live if not order.in_doubt and order.intent.keep),
            positions=tuple((held.owner, held.symbol, held.qty) for held in positions if not held.is_flat),
            dead_mans_switch=self._dead_mans_switch(),
            journal=journal,
            crashes=crashes,
            quarantined=() if assembly is None else tuple(assembly.runner.quarantined),
        )

    async def _end(self, name: str, reason: str) -> None:
        for part in self._parts(name):
            await part.end(reason)

    def _parts(self, name: str) -> list[Part]:
        return [part for part in self.hosting.parts if part.name == name]

    async def _see_orders_off(self, assembly: Assembly) -> None:
        if self.settings.on_stop is OnStop.FLATTEN:
            await assembly.flatten()
        blotter = assembly.foundation.blotter
        for order in blotter.table.live():
            if not order.intent.keep:
                assembly.custody.release(order)
        while assembly.custody.in_care():
            await blotter.changed.wait()
        await self._verify(assembly)
        if self._open_orders == () and not any(order.in_doubt for order in blotter.table.live()):
            await assembly.switch.disarm()

    async def _verify(self, assembly: Assembly) -> None:
        """Ask the exchange what is open until it lists nothing of ours; its answers may lag behind its acts."""
        attempt = 0
        while True:
            try:
                with trio.fail_after(self.settings.deadlines.query_s):
                    listed = await assembly.venue.open_orders()
            except (SeawallError, trio.TooSlowError) as problem:
                self.probe(QuestionFailed("open orders", f"{type(problem).__name__}: {problem}"))
            else:
                find = assembly.foundation.blotter.table.find
                ours = [find(report.client_order_id, report.order_id) for report in listed.orders]
                self._open_orders = tuple(_line(order) for order in ours if order is not None and not order.intent.keep)
                if not self._open_orders:
                    return
            await trio.sleep(assembly.pause(attempt))
            attempt += 1

    def _left(self) -> tuple[str, ...]:
        tree = tree_of(self.name, [self.hosting.nursery])
        return tuple(name for name in tasks_of(tree) if name != "signals")

    def _dead_mans_switch(self) -> str:
        if not self.settings.dead_mans_switch.enabled:
            return "off"
        if self.assembly is None or not self.assembly.switch.armed:
            return "disarmed"
        return f"armed: Kraken cancels every order of the account within {self.settings.dead_mans_switch.timeout_s} s"


def _line(order: Order) -> str:
    return f"{order.client_order_id} {order.owner}: {order.intent} ({order.state}, {order.filled_qty} filled)"
