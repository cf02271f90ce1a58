from decimal import Decimal

import attrs
import pytest

from seawall.engine import notices
from seawall.engine.hub import VenueStatusChanged
from seawall.engine.modes import Mode, ModeChanged
from seawall.engine.sentences import sentence
from seawall.model.market_data import VenueStatus
from seawall.model.order_states import OrderState
from seawall.model.orders import Side
from seawall.model.reports import Fill
from seawall.resilience import DialFailed, LinkState, LinkStateChanged, Phase, ServiceRestarting

ID = "s1a2b3c00010000005"
FILL = Fill(
    "T1", "O1", ID, "BTC/USD", Side.BUY, Decimal("0.0010"), Decimal("64000.1"), Decimal("64.0001"), (), maker=True, at_ns=0
)


@attrs.frozen
class SocketLost:
    name: str
    waited_s: float
    error: BaseException | None = None
    at_ns: int = 5


@attrs.frozen
class OrderNoted:
    order: str
    qty: Decimal

    def __str__(self) -> str:
        return f"order {self.order} over\n{self.qty}"


def test_generic_sentences_tell_name_and_fields_without_raw_instants() -> None:
    assert (
        sentence(SocketLost("public", 1.5, OSError("no route")))
        == "socket lost: name public, waited_s 1.5, error OSError (no route)"
    )
    assert sentence(SocketLost("public", 2.0)) == "socket lost: name public, waited_s 2"


def test_a_notice_with_a_text_of_its_own_is_told_by_it_in_one_line() -> None:
    assert sentence(OrderNoted("sw1", Decimal("0.10"))) == "order sw1 over 0.10"


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        (
            notices.OrderPlanned(ID, "grid", "buy 0.001 BTC/USD limit at 64000.1"),
            "grid: buy 0.001 BTC/USD limit at 64000.1 (order …00005)",
        ),
        (notices.OrderMoved(ID, "grid", OrderState.PLANNED, OrderState.SENT), ""),
        (notices.OrderMoved(ID, "grid", OrderState.SENT, OrderState.OPEN), ""),
        (notices.OrderMoved(ID, "grid", OrderState.OPEN, OrderState.FILLED), ""),
        (notices.OrderMoved(ID, "grid", OrderState.OPEN, OrderState.CANCELED), "order …00005 canceled"),
        (notices.OrderMoved(ID, "grid", OrderState.SENT, OrderState.REFUSED, "too late"), "order …00005 refused: too late"),
        (notices.OrderMoved(ID, "grid", OrderState.IN_DOUBT, OrderState.OPEN), "order …00005 open"),
        (notices.OrderFilled("grid", FILL), "grid: order …00005 buy filled 0.0010 BTC/USD at 64000.1"),
        (notices.OrderInDoubt(ID, "grid", "no answer"), "order …00005 of grid is in doubt, asking: no answer"),
        (notices.Reconciled(3, 0, 0), "reconciled: 3 open orders, as expected"),
        (notices.Reconciled(3, 1, 2), "reconciled: 3 open orders, 1 fills recovered, 2 missing"),
        (notices.StrategySaid("grid", "two\nlines"), "grid: two lines"),
        (notices.EngineStarted("sim", 2, 0), "run 2 on sim: the account is reconciled"),
        (notices.EngineStarted("sim", 2, 3), "run 2 on sim: the account is reconciled, 3 orders of before in hand"),
        (ModeChanged(Mode.RUNNING, Mode.HALTED, "loss"), "the engine is halted, was running: loss"),
        (VenueStatusChanged(VenueStatus.CANCEL_ONLY), "the exchange is cancel only"),
        (
            LinkStateChanged("public", LinkState(Phase.LIVE), LinkState(Phase.WAITING, reason="silent")),
            "public waiting: silent",
        ),
        (
            DialFailed("public", 2, 0.5, ExceptionGroup("", [OSError("no route")])),
            "public could not be reached (2 in a row), again in 0.5 s: no route",
        ),
        (ServiceRestarting("grid", 1, 5.0, ExceptionGroup("", [OSError()])), "grid starts again in 5 s (1 failed so far)"),
        (LinkStateChanged("public", LinkState(Phase.WAITING), LinkState(Phase.CONNECTING)), ""),
    ],
)
def test_what_people_want_to_know_has_a_phrase_of_its_own(notice: object, told: str) -> None:
    assert sentence(notice) == told


def test_every_notice_of_the_engine_that_is_told_has_a_sentence_without_field_names() -> None:
    without = {
        name
        for name in notices.__all__
        if sentence.dispatch(getattr(notices, name)) is sentence.dispatch(object)
        and getattr(notices, name).__str__ is object.__str__
    }
    assert without == {"AmendInDoubt", "CleanupCutShort", "OrderContradicted"}, "rare, and read with all their fields"
