"""The parts of an engine that act, put together around a venue, and the branches of the task tree they run in."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import attrs
import trio

from seawall.engine.amends import Amends
from seawall.engine.claims import Claims
from seawall.engine.closing import Closings
from seawall.engine.custody import Custody
from seawall.engine.dead_mans_switch import DeadMansSwitchKeeper
from seawall.engine.desk import Desk
from seawall.engine.exits import Exit
from seawall.engine.foundation import Foundation
from seawall.engine.halting import to_cancel
from seawall.engine.holding import Holdings
from seawall.engine.ids import client_order_ids
from seawall.engine.intake import Intake
from seawall.engine.maintenance import MaintenanceCalendar, MaintenanceKeeper
from seawall.engine.market import Market
from seawall.engine.modes import Mode
from seawall.engine.monitors import BalanceDiffers, BalancesMonitor, ExitsMonitor, HeartbeatMonitor, RiskMonitor
from seawall.engine.notices import PairStatusChanged, QuestionFailed
from seawall.engine.portfolio import Position
from seawall.engine.reconcile import Reconciler
from seawall.engine.services import start_service
from seawall.engine.settings import EngineSettings, OnDifference
from seawall.engine.strategies import StrategyRunner, StrategySpec
from seawall.model.errors import SeawallError
from seawall.model.instruments import PairStatus
from seawall.model.numbers import ZERO
from seawall.model.venue import Probe, Venue

__all__ = ["Assembly", "assemble"]

_PRIVATE, _FEED, _RISK, _EXITS = "private stream", "feed", "risk", "exits"
"""Who must check in for the dead man's switch to be renewed, besides every strategy."""

_MODE_OF_DIFFERENCE = {
    OnDifference.NOTICE: Mode.RUNNING,
    OnDifference.REDUCE: Mode.REDUCING,
    OnDifference.HALT: Mode.HALTED,
}


@attrs.define(eq=False)
class Assembly:
    """Everything that acts."""

    foundation: Foundation
    venue: Venue
    settings: EngineSettings
    probe: Probe
    pause: Callable[[int], float]
    now_ns: Callable[[], int]
    custody: Custody
    amends: Amends
    desk: Desk
    closings: Closings
    holdings: Holdings
    reconciler: Reconciler
    switch: DeadMansSwitchKeeper
    maintenance: MaintenanceKeeper
    runner: StrategyRunner
    _pair_statuses: dict[str, PairStatus] = attrs.field(factory=dict, init=False)
    """As they were at the last look."""

    async def run_desk(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Orders in care, the dead man's switch, and the comparing. Never returns."""
        async with trio.open_nursery() as nursery:
            self.custody.open(nursery)
            self.amends.resume()
            try:
                start_service(nursery, "maintenance", self.maintenance.run, self.probe)
                start_service(nursery, "dead man's switch", self.switch.run, self.probe)
                start_service(nursery, "reconcile", self.reconciler.run, self.probe)
                start_service(nursery, "fills", self.reconciler.recover_fills, self.probe)
                task_status.started()
                await trio.sleep_forever()
            finally:
                self.custody.close()  # inside: a nursery that has ended takes no task, and letting go of an order would crash

    async def run_monitors(self, *, task_status: trio.TaskStatus[None]) -> None:
        """The four that watch, and whoever vouches for the others. Never returns."""
        for name in (_PRIVATE, _FEED, _RISK, _EXITS):
            self.foundation.check_ins.join(name, self.settings.check_in_s)
        async with trio.open_nursery() as nursery:
            for name, service in self.watchers().items():
                start_service(nursery, name, service, self.probe)
            task_status.started()

    def watchers(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What `run_monitors` runs, by name; each is new."""
        return {
            "check-ins": self._vouch,
            "held books": self._follow_held,
            "heartbeat": self._heartbeat().run,
            "balances": self._balances().run,
            "risk": self._risk().run,
            "exits": self._exits().run,
        }

    async def learn_balances(self) -> None:
        """Ask what the account holds; the ledger counts from here. Raises what the venue raises."""
        asked_at_ns = self.venue.now_ns()
        with trio.fail_after(self.settings.deadlines.query_s):
            balances = await self.venue.balances()
        self.foundation.account.told_all(balances)
        self.foundation.blotter.ledger.opening(balances, asked_at_ns)

    async def flatten(self) -> None:
        """Close every position, side by side; one that cannot be closed is told, and stays in the certificate."""
        async with trio.open_nursery() as nursery:
            for position in self.foundation.blotter.portfolio.positions():
                if not position.is_flat:
                    nursery.start_soon(self._flatten_one, position, name=f"flatten {position.symbol} of {position.owner}")

    async def _flatten_one(self, position: Position) -> None:
        try:
            await self.desk.close_position(position.owner, position.symbol)
        except SeawallError as problem:
            self.probe(QuestionFailed(f"flatten {position.symbol}", f"{type(problem).__name__}: {problem}"))

    async def _vouch(self) -> None:
        """Check in for those who are known to be well by what they keep up to date."""
        foundation = self.foundation
        while True:
            if foundation.hub.private_live:
                foundation.check_ins.check_in(_PRIVATE)
            if self._feed_is_well():
                foundation.check_ins.check_in(_FEED)
            for name in self.runner.vouched_for:
                foundation.check_ins.check_in(f"strategy {name}")
            self._tell_pair_statuses()
            await trio.sleep(self.settings.monitor_every_s)

    def _tell_pair_statuses(self) -> None:
        """Tell of followed pairs that the exchange treats otherwise than at the last look."""
        for symbol in self.foundation.feed.symbols():
            now = self.venue.instrument(symbol).status
            before = self._pair_statuses.get(symbol, now)
            self._pair_statuses[symbol] = now
            if now is not before:
                self.probe(PairStatusChanged(symbol, before, now))

    def _feed_is_well(self) -> bool:
        """Whether market data arrives: one bad or halted pair is its own trouble, and no reason to let all orders go."""
        feed, online = self.foundation.feed, PairStatus.ONLINE
        followed = [symbol for symbol in feed.symbols() if self.venue.instrument(symbol).status is online]
        return not followed or any(feed.is_verified(symbol) for symbol in followed)

    async def _follow_held(self) -> None:
        """Positions of earlier runs need a price, whether or not a strategy asks for one."""
        for position in self.foundation.blotter.portfolio.positions():
            if not position.is_flat:
                await self.venue.follow_book(position.symbol)

    def _heartbeat(self) -> HeartbeatMonitor:
        return HeartbeatMonitor(self.foundation.check_ins, every_s=self.settings.monitor_every_s, probe=self.probe)

    def _balances(self) -> BalancesMonitor:
        return BalancesMonitor(
            self.venue,
            self.foundation.blotter.ledger,
            is_quiet=self._is_quiet,
            deadlines=self.settings.deadlines,
            every_s=self.settings.balances_every_s,
            probe=self.probe,
            on_verdict=self._judge_balances,
            wake=self.reconciler.compared,
        )

    def _is_quiet(self) -> bool:
        """Whether every fill that the balances may hold has been told: nothing in flight, and nothing missed that we know of."""
        hub, table = self.foundation.hub, self.foundation.blotter.table
        is_behind = not hub.private_live or hub.snapshot is not None or self.reconciler.is_comparing
        return not is_behind and not any(
            order.in_doubt or (order.order_id is None and not order.ended) or (order.misses_fills and not order.fills_overdue)
            for order in table
        )

    def judge_orders(self, unexplained: int) -> None:
        """A comparison of orders and fills found so many differences that nothing explains."""
        most = self.settings.reconcile.max_differences
        self._judge("reconcile", unexplained > most, f"{unexplained} orders or fills differ from the exchange's, {most} may")

    def _judge_balances(self, differing: tuple[BalanceDiffers, ...]) -> None:
        tolerance = self.settings.reconcile.balance_tolerance
        beyond = [found for found in differing if abs(found.told - found.expected) > tolerance.get(found.asset, ZERO)]
        self._judge("balances", bool(beyond), "; ".join(map(str, beyond)) or "balances agree")

    def _judge(self, cause: str, differs: bool, reason: str) -> None:
        asked = _MODE_OF_DIFFERENCE[self.settings.reconcile.on_difference]
        self.take_mode(
            cause, asked if differs else Mode.RUNNING, reason if differs else "the exchange and the engine agree again"
        )

    def _risk(self) -> RiskMonitor:
        return RiskMonitor(
            self.foundation.blotter.portfolio,
            self.foundation.feed,
            self.settings.risk,
            on_mode=partial(self.take_mode, "risk"),
            every_s=self.settings.monitor_every_s,
            probe=self.probe,
            check_in=lambda: self.foundation.check_ins.check_in(_RISK),
        )

    def _exits(self) -> ExitsMonitor:
        return ExitsMonitor(
            self.foundation.blotter.portfolio,
            self.foundation.feed,
            {spec.name: spec.exits for spec in self.runner.specs if spec.exits is not None},
            self.settings.risk,
            close=self._close,
            now_ns=self.now_ns,
            every_s=self.settings.monitor_every_s,
            probe=self.probe,
            check_in=lambda: self.foundation.check_ins.check_in(_EXITS),
            rules_of_block=self.holdings.rules_of,
            is_rest=lambda position: self.holdings.is_rest(position.owner, position.symbol),
        )

    async def _close(self, position: Position, why: Exit) -> None:
        self.foundation.blotter.say(position.owner, "exit", f"{why.reason}: {why.detail}")
        self.holdings.exiting(position.owner, position.symbol, why)
        await self.desk.close_position(position.owner, position.symbol)

    def take_mode(self, cause: str, mode: Mode, reason: str) -> None:
        """Ask for a mode on behalf of `cause`. Halting cancels every order that does not protect a position."""
        change = self.foundation.modes.ask(cause, mode, reason)
        if change is None:
            return
        self.probe(change)
        if change.after is Mode.HALTED:
            blotter = self.foundation.blotter
            for order in to_cancel(blotter.table.live(), lambda *key: blotter.portfolio.position(*key).qty):
                self.custody.release(order)


def assemble(
    foundation: Foundation,
    venue: Venue,
    settings: EngineSettings,
    strategies: Sequence[StrategySpec],
    probe: Probe,
    now_ns: Callable[[], int],
    pause: Callable[[int], float],
    calendar: MaintenanceCalendar | None = None,
) -> Assembly:
    """Put together what acts on `venue`. Nothing runs yet."""
    blotter, feed, hub = foundation.blotter, foundation.feed, foundation.hub
    replayed = foundation.journal.replayed
    custody = Custody(venue, blotter, settings.deadlines, probe, lambda: hub.private_live, pause)
    ids = client_order_ids(replayed.journal_id, replayed.run)
    intake = Intake(venue, blotter, feed, settings, ids, now_ns, lambda: foundation.modes.mode)
    amends = Amends(venue, blotter, custody, intake, settings.deadlines, probe, now_ns)
    desk = Desk(venue, blotter, custody, intake, amends, settings.deadlines, probe)

    def on_maintenance(reason: str | None) -> None:
        assembly.take_mode("maintenance", Mode.RUNNING if reason is None else Mode.REDUCING, reason or "no maintenance is near")
        switch.wake.pulse()

    calendar = calendar or MaintenanceCalendar(settings.dead_mans_switch)
    maintenance = MaintenanceKeeper(calendar, venue.now_ns, on_maintenance, probe)
    switch = DeadMansSwitchKeeper(
        venue,
        foundation.check_ins,
        settings,
        probe,
        foreign=lambda: [report.order_id for report in blotter.externals.orders()],
        maintenance=lambda: maintenance.reason,
        cut_off=(_PRIVATE, _FEED),
        wake=hub.status_changes,
    )
    blotter.on_switch_fired = switch.fired
    closings = Closings(desk, probe, pause)
    holdings = Holdings(desk, closings)
    claims = Claims(venue, blotter, custody, intake, settings.deadlines, probe, now_ns)

    def market_of(owner: str) -> Market:
        check_ins, deadlines = foundation.check_ins, settings.deadlines
        return Market(owner, desk, feed, venue, foundation.account, check_ins, deadlines, probe, holdings, claims)

    assembly = Assembly(
        foundation=foundation,
        venue=venue,
        settings=settings,
        probe=probe,
        pause=pause,
        now_ns=now_ns,
        custody=custody,
        amends=amends,
        desk=desk,
        closings=closings,
        holdings=holdings,
        reconciler=Reconciler(venue, blotter, custody, hub, settings, probe, pause),
        switch=switch,
        maintenance=maintenance,
        runner=StrategyRunner(tuple(strategies), market_of, desk, holdings, foundation.check_ins, settings, probe),
    )
    assembly.reconciler.on_verdict = assembly.judge_orders
    blotter.on_foreign = switch.foreign_seen
    return assembly
