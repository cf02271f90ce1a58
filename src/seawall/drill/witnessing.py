"""What a run hands to the oracle: everything it can see of itself, taken down as it goes on."""

from collections.abc import Sequence
from itertools import count
from typing import Final

import attrs
import trio

from seawall.drill.actors import Actors
from seawall.drill.hearing import heard_as_evidence
from seawall.drill.noticing import is_about_trouble
from seawall.drill.oracle import (
    INVARIANTS,
    Evidence,
    ExchangeRecord,
    JournalEye,
    JournalRows,
    OrderLimits,
    Spell,
    Terms,
    Watch,
    judge,
)
from seawall.drill.spec import Measures, Phases, RunSpec, RunStatistics, Violation
from seawall.drill.spells import FaultSpells
from seawall.drill.told import Told
from seawall.engine.settings import EngineSettings, SymbolLimits, WhenForeign
from seawall.model.venue import Probe
from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.trace import Fact
from seawall.sim.world.world import Ran, World

__all__ = ["Witnessing"]

_LOOK_S: Final = 1.0
_MEASURE_EVERY: Final = 10
"""Looks between two measurements of what must not grow."""
_RESTART_S: Final = 30.0
"""How long a process that was killed may take to be back, until it is known."""
_CLOCK_FAULTS: Final = ("clock", "drift")


@attrs.define(eq=False)
class Witnessing:
    """Listens to everything of one run, and fills in the evidence."""

    world: World
    spec: RunSpec
    plan: Sequence[Planned]
    told: Told
    settings: EngineSettings
    evidence: Evidence = attrs.field(init=False)
    actors: Actors = attrs.field(init=False)
    watch: Watch = attrs.field(init=False)
    spells: FaultSpells = attrs.field(factory=FaultSpells, init=False)
    locked_out: list[tuple[float, float]] = attrs.field(factory=list, init=False)
    """From when to when the exchange would not let the key in: what comes of faults, and lasts on when they are over."""
    faults_began_s: float | None = attrs.field(default=None, init=False)
    first_word_s: float | None = attrs.field(default=None, init=False)
    """When the engine first said, after the first fault, that something is wrong."""
    longest_stall_s: float = attrs.field(default=0.0, init=False)
    """How late a look that was due came at most: nobody in the world got to do anything meanwhile."""
    _heard: Probe = attrs.field(init=False)

    def meet(self, actors: Actors) -> None:
        """Before the trader starts: from here on everything is seen."""
        self.actors = actors
        record = ExchangeRecord.of(actors.exchange, trio.current_time)
        self.evidence = Evidence(record, self.told, terms_of(self.settings))
        self.evidence.secrets = (actors.exchange.api_secret, actors.exchange.api_key)
        self.evidence.lives = actors.trader.lives
        self.evidence.asleep = actors.trader.asleep
        eye = JournalEye(actors.trader.file.connection())
        self.watch = Watch.over(actors.exchange, self.evidence, eye.intent)
        self._heard = heard_as_evidence(self.watch)
        self.world.trace.listeners.append(self._fact)
        actors.trader.started.append(self.watch.trader_started)

    def hear(self, notice: object) -> None:
        """A notice of a living engine."""
        self._heard(notice)

    def _fact(self, fact: Fact) -> None:
        if fact.lane == "sockets" and fact.kind == "connect" and fact.text.startswith(self.actors.trader.machine.name):
            self.watch.dialled(fact.text.rpartition(" to ")[2])
        elif fact.kind == "died":
            self.watch.trader_died()
            self.evidence.kills_s = (*self.evidence.kills_s, fact.at_s)
            self._disturbed("process dead", fact.at_s, _RESTART_S)
        elif self.first_word_s is None and self.faults_began_s is not None and is_about_trouble(fact):
            self.first_word_s = fact.at_s
        elif (fault := self.spells.heard(fact)) is not None:
            self._fault(fault, fact)

    def _fault(self, name: str, fact: Fact) -> None:
        """What the watch must know at once; how long the faults really lasted is put right at the end."""
        if any(word in name for word in _CLOCK_FAULTS):
            self.evidence.clock_jumps_s = (*self.evidence.clock_jumps_s, fact.at_s)
        if fact.kind == "fault begun":
            self.faults_began_s = fact.at_s if self.faults_began_s is None else self.faults_began_s
            self._disturbed(name, fact.at_s, max((planned.lasts_s for planned in self.plan if planned.name == name), default=0.0))

    def _disturbed(self, name: str, at_s: float, for_s: float) -> None:
        self.evidence.faults = (*self.evidence.faults, Spell(name, at_s, at_s + for_s))

    async def look(self) -> None:
        """Look on, once a second, until it is cancelled."""
        sizes: dict[str, list[int]] = {"tasks": [], "sockets of the trader": []}
        self.evidence.sizes = sizes
        for looks in count(1):
            due_s = trio.current_time() + _LOOK_S
            await trio.sleep_until(due_s)
            self.longest_stall_s = max(self.longest_stall_s, trio.current_time() - due_s)
            self.watch.look()
            if self.actors.exchange.locked_out_s > 0:
                self.locked_out.append((due_s - _LOOK_S, trio.current_time() + _LOOK_S))
            if looks % _MEASURE_EVERY == 0:
                sizes["tasks"].append(trio.lowlevel.current_statistics().tasks_living)
                sizes["sockets of the trader"].append(self.world.network.open_sockets(self.actors.trader.machine.name))

    def collect(self, phases: Phases) -> None:
        """After the last phase, while everybody is still there."""
        evidence, trader = self.evidence, self.actors.trader
        evidence.trading_s, evidence.healed_s = phases.trading_s, phases.healed_s
        evidence.stopped_s, evidence.ended_s = phases.stop_s, phases.ended_s
        evidence.faults = tuple(self._spells(phases))
        with trader.file.reading() as connection:
            evidence.journal = JournalRows.read(connection)
        with trader.file.reading() as connection:
            evidence.journal_again = JournalRows.read(connection)
        evidence.sockets_left = {trader.machine.name: trader.sockets_left}
        if not trader.ended.is_set():
            evidence.left_running = ("the engine itself",)
        evidence.texts = tuple(fact.text for fact in self.world.trace.facts)

    def judge(
        self, ran: Ran[Actors], phases: Phases, recovered_s: float | None, amiss: str
    ) -> tuple[tuple[Violation, ...], RunStatistics, Measures]:
        """What the oracle says, and the counts."""
        evidence = self.evidence
        evidence.real_io = ran.touched
        violations = list(judge(evidence))
        if recovered_s is None:
            [promise] = [invariant for invariant in INVARIANTS if invariant.name == "back-within-90-s"]
            if promise.name not in {violation.invariant for violation in violations}:
                detail = f"not well ninety seconds after the last fault: {amiss}"
                violations.append(Violation(promise.name, promise.sentence, detail, phases.healed_s))
        assert evidence.journal is not None, "collected"
        return (
            tuple(violations),
            self._statistics(ran),
            attrs.evolve(self._measures(violations), recovered_s=recovered_s, flat_s=self._flat_s(phases)),
        )

    def _statistics(self, ran: Ran[Actors]) -> RunStatistics:
        evidence, trader = self.evidence, self.actors.trader
        assert evidence.journal is not None, "collected"
        return RunStatistics(
            simulated_s=ran.simulated_s,
            cpu_s=ran.cpu_s,
            scheduler_steps=ran.steps,
            faults=ran.trace.counts.get("fault begun", 0),
            kills=len(evidence.kills_s),
            starts=len(trader.lives),
            io_points=trader.machine.io_points,
            intents=len(evidence.journal.intents),
            orders=len(evidence.exchange.ours()),
            fills=len(evidence.exchange.our_fills()),
            connections=self.world.network.statistics().connections,
        )

    def _measures(self, violations: Sequence[Violation]) -> Measures:
        counts: dict[str, int] = {}
        for violation in violations:
            counts[violation.invariant] = counts.get(violation.invariant, 0) + 1
        noticed_s = None
        if self.first_word_s is not None and self.faults_began_s is not None:
            noticed_s = self.first_word_s - self.faults_began_s
        return Measures(
            lost=counts.get("every-intent-ends", 0) + counts.get("ends-agree", 0),
            doubled=counts.get("one-order-per-intent", 0) + counts.get("id-sent-once", 0),
            left_open=counts.get("nothing-left-open", 0),
            fills_missed=counts.get("fills-counted-once", 0),
            noticed_s=noticed_s,
            longest_stall_s=self.longest_stall_s,
            blind_orders=sum(order.is_blind for order in self.told.orders),
        )

    def _flat_s(self, phases: Phases) -> float | None:
        ends = [placed.ended_s for placed in self.evidence.exchange.ours() if placed.ended_s is not None]
        late = [end_s - phases.stop_s for end_s in ends if end_s >= phases.stop_s]
        return max(late, default=0.0)

    def _spells(self, phases: Phases) -> list[Spell]:
        spells = self.spells.all(phases.healed_s)
        spells += [Spell("asleep", *each) for each in self.evidence.asleep]
        spells += [Spell("locked out", *each) for each in self.locked_out]
        trader = self.actors.trader
        for life, after in zip(trader.lives, [*trader.lives[1:], None], strict=True):
            if life.death is not None and life.died_s is not None:
                back_s = phases.healed_s if after is None or after.served_s is None else after.served_s
                spells.append(Spell("process dead", life.died_s, max(life.died_s, back_s)))
        return spells


def terms_of(settings: EngineSettings) -> Terms:
    """What these settings promise."""
    deadlines, switch = settings.deadlines, settings.dead_mans_switch
    return Terms(
        limits={symbol: _limits(limits) for symbol, limits in settings.risk.symbols.items()},
        other_limits=_limits(settings.risk.default),
        max_data_age_s=settings.risk.default.max_data_age_s or float("inf"),
        order_s=deadlines.order_s,
        cancel_s=deadlines.cancel_s,
        absent_s=deadlines.absent_s,
        start_s=deadlines.start_s,
        shutdown_s=deadlines.shutdown_s,
        switch_timeout_s=switch.timeout_s if switch.enabled else None,
        switch_renew_s=switch.renew_s,
        switch_spares_foreign=switch.when_foreign is WhenForeign.OFF,
    )


def _limits(limits: SymbolLimits) -> OrderLimits:
    return OrderLimits(limits.max_order_qty, limits.max_order_notional, limits.max_position_qty, limits.max_open_orders)
