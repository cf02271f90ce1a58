"""What an engine says of itself becomes evidence."""

from support.scene import NAME, Scene, as_told
from support.sim import SYMBOL

from seawall.drill.hearing import heard_as_evidence
from seawall.engine.modes import Mode, ModeChanged
from seawall.engine.notices import BookLost, BookRestored, EngineStopped, ForeignOrderSeen, OrderFilled, OrderMoved
from seawall.journal import JournalBroke
from seawall.model.order_states import OrderState
from seawall.resilience import BreakerClosed, BreakerHalfOpened, BreakerOpened, ProbeLeaseEnded
from seawall.resilience.breaker_states import BreakerCause, BreakerState

OPEN, CLOSED = BreakerState.OPEN, BreakerState.CLOSED
SOCKETS = "sockets of kraken.world:8443"


def opened(name: str) -> BreakerOpened:
    return BreakerOpened(name, CLOSED, BreakerCause.TOO_MANY_FAILURES, 60.0, 5, None)


def test_books_journals_halts_and_foreign_orders_are_noted() -> None:
    scene = Scene()
    hear = heard_as_evidence(scene.watch)

    hear(BookLost(SYMBOL, "checksum"))
    scene.wait(2)
    hear(BookRestored(SYMBOL))
    hear(JournalBroke("journal.sqlite", "disk full", 0))
    hear(ModeChanged(Mode.RUNNING, Mode.REDUCING, "drawdown"))
    hear(ModeChanged(Mode.REDUCING, Mode.HALTED, "loss"))
    hear(ForeignOrderSeen("OABC", SYMBOL))
    hear(EngineStopped(clean=True))

    evidence = scene.evidence
    assert [(gap.symbol, gap.lost_s, gap.restored_s) for gap in evidence.gaps] == [(SYMBOL, 0.0, 2.0)]
    assert (evidence.journal_failed_s, evidence.halted_s) == ([2.0], [2.0])
    assert list(evidence.foreign_reported) == ["OABC"]


def test_breakers_of_sockets_have_spells_and_those_of_requests_none() -> None:
    scene = Scene()
    hear = heard_as_evidence(scene.watch)

    hear(opened("kraken rest"))
    hear(opened(SOCKETS))
    scene.wait(60)
    hear(BreakerHalfOpened(SOCKETS))
    hear(ProbeLeaseEnded(SOCKETS, 1))
    scene.wait(1)
    hear(BreakerClosed(SOCKETS, OPEN, BreakerCause.PROBES_SUCCEEDED))

    spells = [(spell.port, spell.state, spell.begin_s, spell.end_s, spell.probes) for spell in scene.evidence.breakers]
    assert spells == [(8443, "open", 0.0, 60.0, 1), (8443, "half open", 60.0, 61.0, 2)]


def test_a_process_that_died_has_no_books_and_no_breakers() -> None:
    scene = Scene()
    hear = heard_as_evidence(scene.watch)
    hear(BookLost(SYMBOL, "the socket dropped"))
    hear(opened(SOCKETS))
    scene.wait(5)

    scene.watch.trader_died()

    assert scene.evidence.gaps[0].restored_s == 5.0
    assert scene.evidence.breakers[0].end_s == 5.0


def test_the_first_word_of_each_fill_and_of_each_end_counts() -> None:
    scene = Scene()
    hear = heard_as_evidence(scene.watch)
    scene.plan(price="100.1")
    fill = as_told(scene.fill(scene.send(price="100.1")))
    for _ in range(2):
        scene.wait(1)
        hear(OrderFilled("me", fill))
        hear(OrderMoved(NAME, "me", OrderState.SENT, OrderState.OPEN))
        hear(OrderMoved(NAME, "me", OrderState.OPEN, OrderState.FILLED))

    assert scene.evidence.heard_s == {fill.exec_id: 1.0, NAME: 1.0}
