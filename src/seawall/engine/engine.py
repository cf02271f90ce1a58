"""The engine: the task tree, from the journal outwards, and the handle an embedding program holds.

    open_engine_on
    ├─ lease                       taken first, let go of last; a standby waits for it, with the venue open
    ├─ journal                     opened before what trades, closed after it
    ├─ venue session               sockets and REST
    ├─ desk                        orders in doubt, dead man's switch, reconcile
    ├─ monitors                    heartbeat, balances, risk, exits
    ├─ strategies                  ended first
    └─ signals                     if the engine is asked to watch them

Once it serves, the tree is shielded from the cancellation of the program around it: that is a wish to stop like any
other, and every way to stop takes the one path of `seawall.engine.shutdown`.
"""

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import attrs
import trio

from seawall.engine.assembly import assemble
from seawall.engine.certificate import Certificate
from seawall.engine.dead_mans_switch import Confirm
from seawall.engine.desk import DeskStatistics
from seawall.engine.feed import FeedStatistics
from seawall.engine.foundation import lay_foundation
from seawall.engine.hosting import Hosting, in_words
from seawall.engine.lease import LeaseTerms, LeaseWatch
from seawall.engine.leased_venue import LeasedVenue
from seawall.engine.maintenance import MaintenanceCalendar
from seawall.engine.news import News
from seawall.engine.notices import EngineStarted, EngineStopped, EngineStopping
from seawall.engine.patience import ask_until_answered
from seawall.engine.settings import EngineSettings, MaintenanceWindow
from seawall.engine.shutdown import Shutdown
from seawall.engine.signals import watch_signals
from seawall.engine.snapshot import EngineSnapshot
from seawall.engine.snapshots import snapshot_of
from seawall.engine.standby import Warm, wait_for_turn
from seawall.engine.strategies import StrategyRunner, StrategySpec
from seawall.model.errors import JournalFailed, LeaseLost
from seawall.model.journal import Journal
from seawall.model.venue import Probe, Venue, VenueListener
from seawall.resilience.probes import tell

__all__ = ["Engine", "EngineParts", "EngineStatistics", "open_engine_on"]

OpenVenue = Callable[[VenueListener, Probe], AbstractAsyncContextManager[Venue]]
OpenJournal = Callable[[Probe], AbstractAsyncContextManager[Journal]]


@attrs.frozen
class EngineParts:
    """What an engine is made of. `now_ns` is the wall clock; `pause(n)` the delay before a question's n-th repetition."""

    name: str
    settings: EngineSettings
    open_venue: OpenVenue
    open_journal: OpenJournal
    strategies: Sequence[StrategySpec]
    probe: Probe
    now_ns: Callable[[], int]
    pause: Callable[[int], float]
    watch_signals: bool = False
    stop_when_done: bool = True
    """Stop when every strategy has ended; an engine without strategies waits to be stopped."""
    on_overdue: Callable[[Certificate], None] | None = None
    """Called when the deadline of the shutdown has passed and tasks are still there: the caller may end the process."""
    confirm: Confirm | None = None
    """Asks a person a question before the start; None where there is nobody. The answer counts within `start_s`."""
    lease: LeaseTerms | None = None
    """None where nobody else can trade the account."""


@attrs.frozen
class EngineStatistics:
    """What the engine counts of itself."""

    feed: FeedStatistics
    desk: DeskStatistics


@attrs.define(eq=False)
class Engine:
    """A running engine; made by `open_engine_on`."""

    parts: EngineParts
    news: News = attrs.field(factory=News, init=False)
    certificate: Certificate | None = attrs.field(default=None, init=False)
    """What was left when it had stopped; None before, and when it never came to serve."""
    _calendar: MaintenanceCalendar = attrs.field(init=False)
    _began_s: float = attrs.field(factory=trio.current_time, init=False)
    _stop_asked: trio.Event = attrs.field(factory=trio.Event, init=False)
    _stop_reason: str = attrs.field(default="", init=False)
    _stopped: trio.Event = attrs.field(factory=trio.Event, init=False)
    _starting: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)
    _shutdown: Shutdown | None = attrs.field(default=None, init=False)
    _journal_failure: JournalFailed | None = attrs.field(default=None, init=False)
    _crashes: list[BaseException] = attrs.field(factory=list, init=False)
    _watch: LeaseWatch | None = attrs.field(default=None, init=False)
    _waiting: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)
    _serving: trio.Event = attrs.field(factory=trio.Event, init=False)
    _lease_lost: LeaseLost | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._calendar = MaintenanceCalendar(self.parts.settings.dead_mans_switch)
        if self.parts.lease is not None:
            self._watch = LeaseWatch(self.parts.lease, self._lose_lease, self.tell, self.parts.now_ns)

    def stop(self, reason: str) -> None:
        """Ask for a graceful stop; returns at once. The first reason is the one that is told."""
        if self._stop_asked.is_set():
            return
        self._stop_reason = reason
        self._stop_asked.set()
        self._waiting.cancel(reason=reason)
        self._starting.cancel(reason=reason)
        self.tell(EngineStopping(reason))
        if self._shutdown is not None:
            self._shutdown.close_intake(reason)

    def stop_now(self, reason: str) -> None:
        """Ask for the quickest stop there is: no more waiting for orders; what is open will be listed."""
        self.stop(reason)
        if self._shutdown is not None:
            self._shutdown.hurry(reason)

    def expect_maintenance(self, begin: dt.datetime, end: dt.datetime) -> MaintenanceWindow:
        """Expect maintenance of the exchange, as `[dead_mans_switch] planned_maintenance` does; returns at once.

        From `maintenance_lead_s` before it until its end the dead man's switch is off, and only what shrinks a position is taken.
        `call_off_maintenance` takes what this returns. Raises ValueError for times without a zone, or in the wrong order.
        """
        window = MaintenanceWindow(begin, end)
        self._calendar.add(window)
        return window

    def call_off_maintenance(self, window: MaintenanceWindow) -> None:
        """Expect it no more, or take it for over before its time; returns at once."""
        self._calendar.call_off(window)

    async def serving(self) -> None:
        """Return once the account is reconciled and the strategies run: for a standby, once it has had its turn."""
        await self._serving.wait()

    async def stopping(self) -> None:
        """Return once somebody has asked for a stop."""
        await self._stop_asked.wait()

    async def stopped(self) -> None:
        """Return once the engine has stopped and `certificate` is there."""
        await self._stopped.wait()

    def snapshot(self) -> EngineSnapshot:
        """The engine at this instant: cheap enough for a few times a second."""
        up_s = trio.current_time() - self._began_s
        shutdown = self._shutdown
        nursery = None if shutdown is None else shutdown.hosting.nursery
        assembly = None if shutdown is None else shutdown.assembly
        snapshot = snapshot_of(self.parts.name, assembly, nursery, self.news, self._mode(), up_s)
        return attrs.evolve(snapshot, lease=None if self._watch is None else self._watch.line())

    def statistics(self) -> EngineStatistics | None:
        """Counts since the start; None while the engine has not opened its venue."""
        assembly = None if self._shutdown is None else self._shutdown.assembly
        if assembly is None:
            return None
        return EngineStatistics(assembly.foundation.feed.statistics(), assembly.desk.statistics())

    def tell(self, notice: object) -> None:
        """Pass a notice to the news and to whoever listens; a listener that raises changes nothing here."""
        tell(self.news, notice)
        tell(self.parts.probe, notice)

    async def run(self, *, task_status: trio.TaskStatus["Engine"]) -> None:  # noqa: ASYNC128 - `_serve` says started
        """Serve until stopped. `open_engine_on` calls this; raises what crashed, in a group, after everything closed.

        A standby says started when it begins to wait.
        """
        life = trio.CancelScope()
        crashes = self._crashes
        try:
            with life:
                if self._watch is not None and self._watch.terms.standby:
                    task_status.started(self)
                    await self._stand_by(self._watch, life)
                else:
                    await self._hold(life, task_status)
        except ExceptionGroup as failure:
            if not crashes:
                raise
            # A part that crashed takes what asks it down with it: the crash is the cause, and is told with what it caused.
            raise BaseExceptionGroup("parts of the engine crashed while it started", [*crashes, failure]) from None
        finally:
            self._write_certificate(crashes)
            self._stopped.set()
        if crashes:
            raise BaseExceptionGroup("parts of the engine crashed; it was stopped in good order", crashes)
        if self._lease_lost is not None:
            raise self._lease_lost

    async def _stand_by(self, watch: LeaseWatch, life: trio.CancelScope) -> None:
        """Wait, connected, until the account is free; then go on as any other engine, with what is open."""
        async with trio.open_nursery() as nursery:
            hosting = Hosting(nursery, self.tell, self._crashed, crashes=self._crashes)
            if self.parts.watch_signals:
                await nursery.start(watch_signals, self.stop, self.stop_now, name="signals")
            warm: Warm | None = None
            async with watch.let_go():
                with self._waiting:
                    warm = await wait_for_turn(hosting, watch, self._open_venue, self.parts.settings, self.tell)
                if warm is not None:
                    await self._trade(life, warm, trio.TASK_STATUS_IGNORED)
            nursery.cancel_scope.cancel(reason="the engine has stopped")

    async def _hold(self, life: trio.CancelScope, started: trio.TaskStatus["Engine"]) -> None:  # noqa: ASYNC128 - as `run`
        """Take the account now or never, if there is a lease, and trade."""
        if self._watch is None:
            await self._trade(life, None, started)
            return
        async with self._watch.let_go():
            with trio.fail_after(self.parts.settings.deadlines.start_s):
                await self._watch.take()
            await self._trade(life, None, started)

    async def _trade(  # noqa: ASYNC128 - as `run`
        self, life: trio.CancelScope, warm: Warm | None, started: trio.TaskStatus["Engine"]
    ) -> None:
        try:
            async with self.parts.open_journal(self.tell) as journal, trio.open_nursery() as nursery:
                parts = [] if warm is None else warm.hosting.parts
                hosting = Hosting(nursery, self.tell, self._crashed, parts, self._crashes)
                self._shutdown = Shutdown(self.parts.name, self.parts.settings, hosting, self.tell)
                await self._serve(journal, hosting, warm, life, started)
        except JournalFailed as failure:
            self._journal_failure = self._journal_failure or failure  # as it was closed
            raise

    async def _serve(
        self,
        journal: Journal,
        hosting: Hosting,
        warm: Warm | None,
        life: trio.CancelScope,
        task_status: trio.TaskStatus["Engine"],
    ) -> None:
        assert self._shutdown is not None
        if self.parts.watch_signals and warm is None:
            await hosting.nursery.start(watch_signals, self.stop, self.stop_now, name="signals")
        if self._watch is not None:
            await hosting.start("lease", self._watch.run)
        with self._starting, trio.fail_after(self.parts.settings.deadlines.start_s):
            await self._start(journal, hosting, warm, self._shutdown)
        life.shield = True  # only now: before it serves it must stay cancellable
        self._serving.set()
        task_status.started(self)
        await self._stop_asked.wait()
        await self._shutdown.run(self._stop_reason)
        if self._shutdown.tasks_left and self.parts.on_overdue is not None:
            self._write_certificate(hosting.crashes)
            assert self.certificate is not None
            self.parts.on_overdue(self.certificate)
        hosting.nursery.cancel_scope.cancel(reason="the engine has stopped")

    async def _start(self, journal: Journal, hosting: Hosting, warm: Warm | None, shutdown: Shutdown) -> None:
        parts = self.parts
        foundation = lay_foundation(journal, self.tell, parts.now_ns, self._journal_broke)
        restored = foundation.blotter.restore()

        if warm is None:
            venue = await self._open_venue(hosting, foundation.hub)
        else:
            venue = warm.venue
            warm.ear.hand_over(foundation.hub)
        assembly = assemble(
            foundation, venue, parts.settings, parts.strategies, self.tell, parts.now_ns, parts.pause, self._calendar
        )
        shutdown.assembly = assembly
        if self._watch is not None:
            assembly.desk.intake.lease_doubt = self._watch.doubt
        await hosting.start("desk", assembly.run_desk)
        await ask_until_answered("open orders and fills", assembly.reconciler.at_start, parts.pause, self.tell)
        await assembly.switch.allow(parts.confirm)
        await ask_until_answered("balances", assembly.learn_balances, parts.pause, self.tell)
        await hosting.start("monitors", assembly.run_monitors)
        await trio.lowlevel.checkpoint_if_cancelled()  # whoever has asked for a stop meanwhile has closed the intake
        self.tell(EngineStarted(venue.name, journal.replayed.run, restored))
        assembly.desk.open_intake()
        await hosting.start("strategies", partial(self._run_strategies, assembly.runner))

    async def _open_venue(self, hosting: Hosting, listener: VenueListener) -> Venue:
        async def run_venue(*, task_status: trio.TaskStatus[Venue]) -> None:
            async with self.parts.open_venue(listener, self.tell) as venue:
                task_status.started(venue)
                await trio.sleep_forever()

        _, venue = await hosting.start("venue session", run_venue)
        return venue if self._watch is None else LeasedVenue(venue, self._watch.doubt)

    async def _run_strategies(  # noqa: ASYNC128 - the runner says started
        self, runner: StrategyRunner, *, task_status: trio.TaskStatus[None]
    ) -> None:
        await runner.run(task_status=task_status)
        if runner.specs and self.parts.stop_when_done:
            self.stop("every strategy has ended")

    def _mode(self) -> str:
        if self._stopped.is_set():
            return "stopped"
        if self._stop_asked.is_set():
            return "stopping"
        if self._shutdown is None and self._watch is not None and self._watch.terms.standby:
            return "standby"
        if self._shutdown is None or self._shutdown.assembly is None:
            return "starting"
        return self._shutdown.assembly.foundation.modes.mode

    def _lose_lease(self, lost: LeaseLost) -> None:
        self._lease_lost = lost
        self.stop(f"the lease was lost: {lost}")

    def _crashed(self, part: str) -> None:
        self.stop(f"a bug in {part}")

    def _journal_broke(self, failure: JournalFailed) -> None:
        if self._journal_failure is None:
            self._journal_failure = failure
            self.stop(f"the journal failed: {failure}")

    def _write_certificate(self, crashes: Sequence[BaseException]) -> None:
        if self._shutdown is None or self._shutdown.assembly is None:
            return
        self.certificate = self._shutdown.certificate(
            reason=self._stop_reason,
            ran_s=trio.current_time() - self._began_s,
            journal="closed" if self._journal_failure is None else f"failed: {self._journal_failure}",
            crashes=tuple(in_words(crash) for crash in crashes),
        )
        self.tell(EngineStopped(self.certificate.clean))


@asynccontextmanager
async def open_engine_on(parts: EngineParts) -> AsyncGenerator[Engine, None]:
    """Run an engine for as long as the block is open; enter once its account is reconciled and its strategies run.

    A standby enters as soon as it waits; `engine.serving` returns when it has had its turn. What its start raises then
    cancels the block.

    Leaving the block, by whatever way, stops the engine in good order, within its shutdown deadline; cancellation of
    the program around it does the same. `engine.certificate` says afterwards what was left.

    Raises, in a group: what the lease, the venue or the journal raise at the start, and what crashed inside; `LeaseLost`
    when the account went to another engine.
    """
    async with trio.open_nursery() as nursery:
        engine: Engine = await nursery.start(Engine(parts).run, name=f"engine {parts.name}")
        try:
            yield engine
        finally:
            engine.stop("its owner left the block")
