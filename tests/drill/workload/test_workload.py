"""What trades in a run: each kind by itself in a calm world, and how a seed draws them."""

from random import Random

import attrs
import pytest
import trio

from seawall.drill.actors import Course, open_actors
from seawall.drill.oracle import Evidence, ExchangeRecord, JournalEye, JournalRows, Spell, Watch, judge
from seawall.drill.spec import Violation
from seawall.drill.told import Told
from seawall.drill.witness import witnessed
from seawall.drill.workload import KINDS, ForeignHand, PlannedBug, benchmark_workload, workload
from seawall.engine.settings import DeadMansSwitch, EngineSettings, WhenForeign
from seawall.engine.strategies import StrategySpec
from seawall.kraken.client import ClientSettings
from seawall.resilience import RestartPolicy
from seawall.sim import DEFAULT_PAIRS, SimSettings
from seawall.sim.world.world import World, run_world

SYMBOLS = ("BTC/USD", "ETH/USD")
PAIRS = tuple(pair for pair in DEFAULT_PAIRS if pair.symbol in SYMBOLS)
AGAIN = RestartPolicy(on=(Exception,), delays_s=(1.0,), settled_after_s=5.0, exhausted="quarantine")


@attrs.frozen
class Seen:
    """What was seen of some strategies in a world."""

    told: Told
    evidence: Evidence
    violations: tuple[Violation, ...]
    foreign: int


def watched(specs: tuple[StrategySpec, ...], *, for_s: float, foreign: bool = False) -> Seen:
    """Let strategies trade in a calm world for a while, and judge it."""

    async def main(world: World) -> Seen:
        told = Told(trio.current_time, world.trace.tell)
        course = Course(
            strategies=lambda: witnessed(specs, told),
            settings=EngineSettings(dead_mans_switch=DeadMansSwitch(when_foreign=WhenForeign.ON)),
            exchange=SimSettings(pairs=PAIRS, events_per_s=5.0, crowd_levels=25, history_min=10),
            client=ClientSettings(tier="pro"),
        )
        async with open_actors(world, course) as actors, trio.open_nursery() as nursery:
            evidence = Evidence(ExchangeRecord.of(actors.exchange, trio.current_time), told)
            evidence.lives = actors.trader.lives
            # What a foreign order may do to limits and reports is judged elsewhere.
            evidence.faults = (Spell("another program", 0.0, for_s),) if foreign else ()
            Watch.over(actors.exchange, evidence, JournalEye(actors.trader.file.connection()).intent)
            hand = ForeignHand(actors.exchange.exchange, world.chance.stream("foreign"), every_s=10.0)
            if foreign:
                nursery.start_soon(hand.run, name="another program")
            await actors.trader.serving()
            await trio.sleep(for_s)
            actors.trader.stop("it is over")
            await actors.trader.ended.wait()
            nursery.cancel_scope.cancel()
            with actors.trader.file.reading() as connection:
                evidence.journal = evidence.journal_again = JournalRows.read(connection)
            evidence.ended_s = trio.current_time()
        return Seen(told, evidence, judge(evidence), hand.placed)

    return run_world(11, main).value


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_trades_and_keeps_every_promise(kind: str) -> None:
    hand = KINDS[kind]("BTC/USD", Random(5), pause_s=(1.0, 5.0))

    # A candle has to close, and to have gone up.
    seen = watched((StrategySpec(kind, hand.run, restart=AGAIN),), for_s=100.0 if kind == "candle follower" else 45.0)

    assert seen.violations == ()
    assert any(order.entered_s is not None for order in seen.told.orders)
    assert not [name for _, _, name in seen.told.failures if name not in {"PlannedBug", "ExceptionGroup"}]


def test_a_crasher_fails_with_orders_open_and_is_started_again() -> None:
    hand = KINDS["crasher"]("BTC/USD", Random(5), pause_s=(1.0, 6.0))

    seen = watched((StrategySpec("crasher", hand.run, restart=AGAIN),), for_s=150.0)

    assert seen.told.runs["crasher"] > 1
    assert seen.told.failures
    assert seen.violations == ()


def test_another_program_on_the_account_is_seen_for_what_it_is() -> None:
    seen = watched(benchmark_workload(), for_s=120.0, foreign=True)

    assert seen.foreign > 3
    assert len(seen.evidence.exchange.foreign()) == seen.foreign
    assert not [violation for violation in seen.violations if violation.invariant != "foreign-orders-untouched"]


def test_the_fixed_workload_has_one_order_in_each_of_two_symbols() -> None:
    seen = watched(benchmark_workload(), for_s=60.0)

    assert {order.intent.symbol for order in seen.told.orders} == set(SYMBOLS)
    assert len(seen.told.orders) == 2
    assert seen.told.counts["quotes"] > 60
    assert seen.violations == ()


def test_a_seed_always_draws_the_same_strategies() -> None:
    once, again = ([spec.name for spec in workload(Random(3))] for _ in range(2))

    assert once == again


def test_other_seeds_draw_others_and_every_kind_comes_up() -> None:
    drawn = [tuple(spec.name for spec in workload(Random(seed))) for seed in range(30)]

    assert {name for names in drawn for name in names} == {*KINDS, "frantic"}
    assert len(set(drawn)) > 20
    assert all(len(set(names)) == len(names) for names in drawn)


def test_a_planned_bug_is_no_error_that_a_strategy_may_answer() -> None:
    assert not issubclass(PlannedBug, (OSError, ValueError))
