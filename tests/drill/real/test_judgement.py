"""Each way in which an engine's claims and the exchange's knowledge can differ, and the sentence for it."""

from decimal import Decimal

import attrs
import pytest

from seawall.drill.real.judgement import differences
from seawall.drill.real.telling import Told, ToldFill, ToldOrder
from seawall.journal import JournalContents, JournaledOrder
from seawall.model.journal import FillRecord, IntentRecord, OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fill

BTC = "BTC/USD"


def journaled(name: str, *states: OrderState, keep: bool = False) -> JournaledOrder:
    intent = limit_buy(BTC, qty="1", price="100", keep=keep)
    steps = tuple(OrderRecord(name, state, 0) for state in states)
    return JournaledOrder(IntentRecord(name, "me", intent, deadline_ns=0, at_ns=0), steps)


def filled(exec_id: str, name: str, qty: str = "1") -> FillRecord:
    one = Decimal(qty)
    fill = Fill(exec_id, "O1", name, BTC, Side.BUY, one, Decimal(100), 100 * one, (), maker=False, at_ns=0)
    return FillRecord("me", fill)


JOURNAL = JournalContents(
    "j",
    0,
    (),
    (
        journaled("a", OrderState.SENT, OrderState.OPEN, OrderState.FILLED),
        journaled("b", OrderState.SENT, OrderState.CANCELED),
        journaled("c", OrderState.SENT, OrderState.IN_DOUBT, OrderState.NEVER_PLACED),
    ),
    (filled("T1", "a"),),
    (),
)
TOLD = Told(
    (ToldOrder("O1", "a", BTC, "filled"), ToldOrder("O2", "b", BTC, "canceled")),
    (ToldFill("T1", "a", BTC, Decimal(1)),),
    ("a", "b", "c"),
)
HELD = {("me", BTC): Decimal(1)}


def test_what_agrees_has_no_difference() -> None:
    assert list(differences(TOLD, JOURNAL, HELD)) == []


def with_order(name: str, status: str) -> Told:
    """One order more, or another end of one."""
    others = (order for order in TOLD.orders if order.client_order_id != name)
    return attrs.evolve(TOLD, orders=(*others, ToldOrder("O3", name, BTC, status)))


def with_fills(*fills: ToldFill) -> Told:
    return attrs.evolve(TOLD, fills=fills)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (attrs.evolve(TOLD, asked=("a", "b", "b", "c")), "b: sent 2 times"),
        (attrs.evolve(TOLD, orders=TOLD.orders * 2), "b: the exchange has 2 orders of this id"),
        (attrs.evolve(TOLD, orders=TOLD.orders[:1]), "b: never at the exchange, and in the journal canceled"),
        (with_order("z", "canceled"), "z: at the exchange, and not in the journal"),
        (with_order("b", "new"), "b: left new at the exchange"),
        (with_order("b", "filled"), "b: filled at the exchange, and in the journal canceled"),
        (with_order("c", "canceled"), "c: canceled at the exchange, and in the journal never placed"),
        (with_fills(*TOLD.fills, ToldFill("T2", "a", BTC, Decimal(1))), "fill T2: at the exchange, and not in the journal"),
        (with_fills(), "fill T1: in the journal, and not at the exchange"),
        (with_fills(ToldFill("T1", "a", BTC, Decimal(2))), "fill T1: 2 at the exchange, 1 in the journal"),
    ],
)
def test_each_difference_is_a_sentence(told: Told, sentence: str) -> None:
    assert sentence in list(differences(told, JOURNAL, HELD))


def test_positions_are_what_the_exchanges_fills_come_to() -> None:
    assert list(differences(TOLD, JOURNAL, {})) == ["positions none, and the exchange's fills come to me 1 BTC/USD"]


def test_an_order_left_on_purpose_is_named_in_the_certificate() -> None:
    journal = attrs.evolve(JOURNAL, orders=(*JOURNAL.orders, journaled("k", OrderState.OPEN, keep=True)))
    told = attrs.evolve(TOLD, orders=(*TOLD.orders, ToldOrder("O3", "k", BTC, "new")))

    assert list(differences(told, journal, HELD, kept=["k"])) == []
    assert list(differences(told, journal, HELD)) == ["k: kept, and not named in the certificate"]


def test_a_fill_in_the_journal_twice_is_one_too_many() -> None:
    journal = attrs.evolve(JOURNAL, fills=JOURNAL.fills * 2)
    assert "the journal has a fill twice" in list(differences(TOLD, journal, HELD))
