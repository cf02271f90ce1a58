"""How an engine stops: one path for every reason.

1. The desk takes no new order.
2. The strategies end, and with them their orders: each is cancelled, and seen cancelled, by the block that owns it.
3. Positions are closed, if the configuration says so; every order that is left is let go of before.
4. What is still in doubt or resting is seen off by the desk.
5. The exchange itself is asked what is open, until it says nothing is; what it lists of ours is cancelled once more.
6. Monitors, desk and venue close; the journal after them.

Each step has an end of its own on the way to the deadline, and no step is left out because of one before it: not when
that took too long, and not when a bug ended it. What could not be confirmed is listed in the certificate, and the dead
man's switch stays armed for it.
"""

from collections.abc import Mapping
from functools import partial

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
from seawall.model.order_states import OrderState
from seawall.model.venue import Probe

__all__ = ["Shutdown"]

_STRATEGIES_BY, _POSITIONS_BY, _CARE_BY, _ORDERS_BY = 0.4, 0.6, 0.7, 0.8
"""By when each step gives way to the next, as shares of the whole deadline; the rest is for closing connections."""

_CLOSED_LAST = ("strategies", "monitors", "desk", "venue session", "lease")
"""The parts, in the order in which they end; most have ended before."""


@attrs.define(eq=False)
class Shutdown:
    """Takes the engine down, and knows afterwards what was left."""

    name: str
    settings: EngineSettings
    hosting: Hosting
    probe: Probe
    assembly: Assembly | None = None
    _began_s: float = attrs.field(default=0.0, init=False)
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
        """Take every part down, in order; returns within the deadline. What raises on the way is kept by the hosting."""
        self._began_s = trio.current_time()
        self._orderly.deadline = self._by(_ORDERS_BY)
        assembly = self.assembly
        if assembly is not None:
            self.close_intake(reason)
            with self._orderly:
                with trio.CancelScope(deadline=self._by(_STRATEGIES_BY)):
                    await self._end("strategies", reason)
                await self._see_orders_off(assembly)
            assembly.desk.hurry(reason)  # what has not ended by now is listed: a block that waited on would wait for nothing
        began_s, lasts_s = trio.current_time(), self._by(1) - self._by(_ORDERS_BY)
        for place, part in enumerate(_CLOSED_LAST, start=1):
            with trio.CancelScope(deadline=began_s + lasts_s * place / len(_CLOSED_LAST)):
                await self._end(part, reason)
        self.tasks_left = self._left()

    def certificate(self, reason: str, ran_s: float, journal: str, crashes: tuple[str, ...]) -> Certificate:
        """What was left."""
        assembly = self.assembly
        live = () if assembly is None else assembly.foundation.blotter.table.live()
        positions = () if assembly is None else assembly.foundation.blotter.portfolio.positions()
        known = tuple(_line(order) for order in live if not _is_unknown(order) and not order.kept)
        return Certificate(
            engine=self.name,
            reason=reason,
            ran_s=ran_s,
            tasks_left=self.tasks_left,
            open_orders=self._open_orders,
            last_known_open=known if self._open_orders is None else (),
            in_doubt=tuple(_line(order) for order in live if _is_unknown(order)),
            kept=tuple(_line(order) for order in live if not _is_unknown(order) and order.kept),
            positions=tuple((held.owner, held.symbol, held.qty) for held in positions if not held.is_flat),
            handed_over=() if assembly is None else _still_held(assembly, assembly.closings.handed_over),
            unclosed=() if assembly is None else _still_held(assembly, assembly.closings.unclosed),
            dead_mans_switch=self._dead_mans_switch(),
            journal=journal,
            crashes=crashes,
            quarantined=() if assembly is None else tuple(assembly.runner.quarantined),
        )

    def _by(self, share: float) -> float:
        return self._began_s + self.settings.deadlines.shutdown_s * share

    async def _end(self, name: str, reason: str) -> None:
        for part in self._parts(name):
            await part.end(reason)

    def _parts(self, name: str) -> list[Part]:
        return [part for part in self.hosting.parts if part.name == name]

    async def _see_orders_off(self, assembly: Assembly) -> None:
        blotter = assembly.foundation.blotter
        self._let_go(assembly)
        if self.settings.on_stop is OnStop.FLATTEN:
            with trio.CancelScope(deadline=self._by(_POSITIONS_BY)):
                await self.hosting.attempt("flatten", assembly.flatten)
            self._let_go(assembly)
        with trio.CancelScope(deadline=self._by(_POSITIONS_BY)):
            await assembly.closings.over()  # what a block has promised to close is closed, whatever becomes of other positions
        with trio.CancelScope(deadline=self._by(_CARE_BY)):
            while assembly.custody.in_care():
                await blotter.changed.wait()
        await self.hosting.attempt("open orders", partial(self._verify, assembly))
        if self._open_orders == () and not any(_is_unknown(order) for order in blotter.table.live()):
            await self.hosting.attempt("dead man's switch", assembly.switch.retire)

    def _let_go(self, assembly: Assembly) -> None:
        """Have every order cancelled that is not kept, whoever still holds it: strategies may not have ended."""
        for order in assembly.foundation.blotter.table.live():
            if not order.kept:
                assembly.custody.release(order)

    async def _verify(self, assembly: Assembly) -> None:
        """Ask the exchange what is open until it lists nothing of ours; its answers may lag behind its acts."""
        attempt = 0
        while True:
            listed = await self._listed(assembly)
            if listed is not None:
                self._open_orders = tuple(_line(order) for order in listed)
                if not listed:
                    return
                await self._cancel(assembly, listed)
            await trio.sleep(assembly.pause(attempt))
            attempt += 1

    async def _listed(self, assembly: Assembly) -> list[Order] | None:
        """Our orders that the exchange lists, kept ones left out; None when it could not be asked."""
        try:
            with trio.fail_after(self.settings.deadlines.query_s):
                listed = await assembly.venue.open_orders()
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed("open orders", f"{type(problem).__name__}: {problem}"))
            return None
        find = assembly.foundation.blotter.table.find
        ours = (find(report.client_order_id, report.order_id) for report in listed.orders)
        return [order for order in ours if order is not None and not (order.kept and not order.ended)]

    async def _cancel(self, assembly: Assembly, listed: list[Order]) -> None:
        """Cancel, without the desk, what no task of the desk's is cancelling: it may have ended here, or the desk may have."""
        in_care = assembly.custody.in_care()
        left = [order for order in listed if order not in in_care and not order.claiming]
        names = [order.client_order_id for order in left if not order.claimed]
        order_ids = [order.client_order_id for order in left if order.claimed]
        if not names and not order_ids:
            return
        try:
            with trio.fail_after(self.settings.deadlines.cancel_s):
                await assembly.venue.cancel(names, order_ids)
        except (SeawallError, trio.TooSlowError) as problem:
            self.probe(QuestionFailed("open orders", f"cancel: {type(problem).__name__}: {problem}"))

    def _left(self) -> tuple[str, ...]:
        tree = tree_of(self.name, self.hosting.nursery.parent_task.child_nurseries)
        return tuple(name for name in tasks_of(tree) if name != "signals")

    def _dead_mans_switch(self) -> str:
        if not self.settings.dead_mans_switch.enabled:
            return "off"
        if self.assembly is None or not self.assembly.switch.armed:
            return "disarmed"
        return f"armed: Kraken cancels every order of the account within {self.settings.dead_mans_switch.timeout_s} s"


def _is_unknown(order: Order) -> bool:
    """Whether nobody can say what became of it; one without an answer is no better known than one whose answer was lost."""
    return order.state in (OrderState.SENT, OrderState.IN_DOUBT)


def _still_held(assembly: Assembly, reasons: Mapping[tuple[str, str], str]) -> tuple[tuple[str, str, str], ...]:
    """Owner, symbol and reason of those positions that are not flat."""
    position = assembly.foundation.blotter.portfolio.position
    return tuple((*key, reason) for key, reason in reasons.items() if not position(*key).is_flat)


def _line(order: Order) -> str:
    return f"{order.client_order_id} {order.owner}: {order.intent} ({order.state}, {order.filled_qty} filled)"
