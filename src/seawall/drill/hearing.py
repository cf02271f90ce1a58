"""What the engine says of itself, as evidence: claims beside the facts, for promises that are about what it knew."""

from seawall.drill.oracle import Watch
from seawall.engine.modes import Mode, ModeChanged
from seawall.engine.notices import BookLost, BookRestored, EngineStopping, ForeignOrderSeen, OrderFilled, OrderMoved
from seawall.journal import JournalBroke, RecordsLeftBehind
from seawall.model.order_states import ENDED
from seawall.model.venue import Probe
from seawall.resilience import BreakerClosed, BreakerHalfOpened, BreakerOpened, ProbeLeaseEnded

__all__ = ["heard_as_evidence"]

_SOCKETS = "sockets of "
_JOURNAL = "the journal failed"


def heard_as_evidence(watch: Watch) -> Probe:
    """A probe that hands the notices of an engine to a watch and its evidence."""
    evidence = watch.evidence
    heard_s = evidence.heard_s = {}

    def hear(notice: object) -> None:
        match notice:
            case BookLost():
                watch.book_lost(notice.symbol)
            case BookRestored():
                watch.book_restored(notice.symbol)
            case OrderFilled():
                heard_s.setdefault(notice.fill.exec_id, evidence.exchange.now_s())
            case OrderMoved() if notice.after in ENDED:
                heard_s.setdefault(notice.client_order_id, evidence.exchange.now_s())
            case ForeignOrderSeen():
                evidence.foreign_reported[notice.order_id] = None
            case JournalBroke() | RecordsLeftBehind():
                evidence.journal_failed_s.append(evidence.exchange.now_s())
            case EngineStopping() if notice.reason.startswith(_JOURNAL):
                evidence.journal_failed_s.append(evidence.exchange.now_s())  # it hung: nothing in it broke
            case ModeChanged() if notice.after is Mode.HALTED:
                evidence.halted_s.append(evidence.exchange.now_s())
            case _:
                _hear_breaker(watch, notice)

    return hear


def _hear_breaker(watch: Watch, notice: object) -> None:
    """Breakers of sockets are those of one address; others stand before requests, which the exchange counts."""
    match notice:
        case BreakerOpened() | BreakerHalfOpened() | BreakerClosed() if notice.name.startswith(_SOCKETS):
            state = {BreakerOpened: "open", BreakerHalfOpened: "half open", BreakerClosed: None}[type(notice)]
            watch.breaker_moved(notice.name.removeprefix(_SOCKETS), state)
        case ProbeLeaseEnded() if notice.name.startswith(_SOCKETS):
            watch.probes_hung(notice.name.removeprefix(_SOCKETS), notice.hung)
        case _:
            pass
