"""The one place where orders, fills and positions change, told facts in any order."""

from decimal import Decimal

import attrs
import pytest
from support.journal import MemoryJournal

from seawall.engine.blotter import Blotter
from seawall.engine.notices import ExternalFillSeen, ForeignOrderSeen, OrderContradicted, OrderFilled, OrderMoved
from seawall.engine.order_table import Order
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Replayed
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import Intent, Side, limit_buy
from seawall.model.reports import Fee, Fill, OrderReport, OrderStatus

ONE_BTC = limit_buy("BTC/USD", qty="1", price="50000")


@attrs.define(eq=False)
class Desk:
    """A blotter, and what it tells those around it."""

    journal: MemoryJournal = attrs.field(factory=MemoryJournal)
    notices: list[object] = attrs.field(factory=list)
    failures: list[JournalFailed] = attrs.field(factory=list)
    contradicted: list[Order] = attrs.field(factory=list)
    blotter: Blotter = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.blotter = Blotter(self.journal, self.notices.append, lambda: 7, self.failures.append)
        self.blotter.on_contradiction = self.contradicted.append

    def opened(self, name: str = "s1", intent: Intent = ONE_BTC) -> Order:
        order = self.blotter.plan(IntentRecord(name, "me", intent, deadline_ns=10, at_ns=1))
        self.blotter.move(order, Heard.SENDING)
        self.blotter.move(order, Heard.ACCEPTED, order_id=f"O-{name}")
        return order

    def position(self) -> Decimal:
        return self.blotter.portfolio.position("me", "BTC/USD").qty

    def steps(self) -> list[OrderState]:
        return [record.state for record in self.journal.records if isinstance(record, OrderRecord)]


def fill_of(order: Order, qty: str, exec_id: str = "T1") -> Fill:
    return Fill(
        exec_id,
        order.order_id or "O1",
        order.client_order_id,
        order.symbol,
        order.side,
        Decimal(qty),
        Decimal(50000),
        Decimal(qty) * 50000,
        (Fee("USD", Decimal("0.1")),),
        maker=True,
        at_ns=2,
    )


def report_of(order: Order, status: OrderStatus, **told: Decimal | str | None) -> OrderReport:
    return OrderReport(order.order_id or "O9", order.client_order_id, status, 3, **told)  # type: ignore[arg-type]  # keywords of one report


def test_each_step_is_journaled_told_and_wakes_who_waits() -> None:
    desk = Desk()
    order = desk.opened()

    assert desk.steps() == [OrderState.SENT, OrderState.OPEN]
    moves = [(notice.before, notice.after) for notice in desk.notices if isinstance(notice, OrderMoved)]
    assert moves == [(OrderState.PLANNED, OrderState.SENT), (OrderState.SENT, OrderState.OPEN)]
    assert order.order_id == "O-s1"


def test_a_fill_counts_once_in_position_ledger_journal_and_news() -> None:
    desk = Desk()
    order = desk.opened()
    fill = fill_of(order, "0.4")

    assert desk.blotter.fill(fill)
    assert not desk.blotter.fill(fill)

    assert desk.position() == Decimal("0.4")
    assert desk.blotter.ledger.change("BTC") == Decimal("0.4")
    assert [record for record in desk.journal.records if isinstance(record, FillRecord)] == [FillRecord("me", fill)]
    assert len([notice for notice in desk.notices if isinstance(notice, OrderFilled)]) == 1


def test_a_foreign_fill_moves_the_balances_and_nobodys_position() -> None:
    desk = Desk()
    order = desk.opened()
    foreign = attrs.evolve(fill_of(order, "0.4"), order_id="X", client_order_id=None)

    assert not desk.blotter.fill(foreign)
    assert desk.position() == 0
    assert desk.blotter.ledger.change("BTC") == Decimal("0.4")


def test_a_foreign_open_order_is_told_once_and_never_kept() -> None:
    desk = Desk()
    foreign = OrderReport("X", None, OrderStatus.OPEN, 3, symbol="BTC/USD")

    assert desk.blotter.report(foreign) is None
    assert desk.blotter.report(foreign) is None
    assert desk.blotter.report(attrs.evolve(foreign, order_id="Y", status=OrderStatus.CANCELED)) is None
    assert desk.notices == [ForeignOrderSeen("X", "BTC/USD")]
    assert len(desk.blotter.table) == 0


def test_foreign_orders_without_end_are_remembered_to_a_bound() -> None:
    desk = Desk()
    for number in range(3_000):
        desk.blotter.report(OrderReport(f"X{number}", None, OrderStatus.OPEN, 3))

    assert len(desk.blotter.externals.orders()) == 1_000


def test_an_end_is_journaled_only_once_its_fills_have_arrived() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.report(report_of(order, OrderStatus.CANCELED, filled_qty=Decimal("0.4")))
    assert order.state is OrderState.CANCELED
    assert desk.steps()[-1] is OrderState.OPEN

    desk.blotter.fill(fill_of(order, "0.4"))
    assert desk.steps()[-1] is OrderState.CANCELED


def test_the_word_filled_without_a_quantity_still_asks_for_the_fills() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.report(report_of(order, OrderStatus.FILLED))

    assert order.misses_fills
    assert order.exposed_qty == 1
    assert OrderState.FILLED not in desk.steps(), "journaled as over, a restart would never ask for the fills"


def test_filled_in_the_middle_of_an_amend_means_either_total_until_one_is_told() -> None:
    desk = Desk()
    order = desk.opened()
    order.asked_qty = Decimal(3)
    desk.blotter.report(report_of(order, OrderStatus.FILLED))
    assert (order.exposed_qty, order.told_is_guess) == (Decimal(3), True)

    desk.blotter.report(report_of(order, OrderStatus.FILLED, qty=Decimal(1), filled_qty=Decimal(1)))
    assert (order.exposed_qty, order.told_is_guess) == (Decimal(1), False)


def test_an_order_that_ended_long_ago_and_is_told_to_have_filled_counts_as_exposure() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.report(report_of(order, OrderStatus.CANCELED))
    assert desk.blotter.exposure("BTC/USD").open_buy_qty == 0
    desk.blotter.report(report_of(order, OrderStatus.CANCELED, filled_qty=Decimal("0.3")))

    assert desk.blotter.exposure("BTC/USD").open_buy_qty == Decimal("0.3")


def test_fills_of_a_lost_amend_do_not_end_an_order_that_still_rests() -> None:
    desk = Desk()
    order = desk.opened()
    order.asked_qty = Decimal(3)  # sent; its answer was lost, but the exchange made the change
    desk.blotter.fill(fill_of(order, "1"))

    assert order.state is OrderState.OPEN
    assert desk.blotter.exposure("BTC/USD").open_buy_qty == 2


def test_an_order_held_for_filled_that_rests_for_more_is_a_contradiction() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.fill(fill_of(order, "1"))
    desk.blotter.report(report_of(order, OrderStatus.OPEN, qty=Decimal(1), filled_qty=Decimal("0.5")))
    assert desk.contradicted == [], "an answer that lags behind the fill"

    desk.blotter.report(report_of(order, OrderStatus.OPEN, qty=Decimal(3), filled_qty=Decimal(1)))
    assert desk.contradicted == [order]


def test_a_second_order_under_one_id_is_a_contradiction_and_teaches_nothing() -> None:
    desk = Desk()
    order = desk.opened()
    twin = OrderReport("O-twin", order.client_order_id, OrderStatus.OPEN, 3, qty=Decimal(9), filled_qty=Decimal(0))
    desk.blotter.report(twin)

    assert desk.contradicted == [order]
    assert (order.qty, order.order_id, order.state) == (Decimal(1), "O-s1", OrderState.OPEN)
    desk.blotter.report(attrs.evolve(twin, status=OrderStatus.CANCELED))
    assert order.state is OrderState.OPEN, "the twin was cancelled, not this one"


def test_a_contradiction_that_tells_of_fills_has_them_fetched() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.report(report_of(order, OrderStatus.CANCELED))
    desk.blotter.report(report_of(order, OrderStatus.FILLED, filled_qty=Decimal(1)))

    assert [notice.heard for notice in desk.notices if isinstance(notice, OrderContradicted)] == [OrderStatus.FILLED]
    assert desk.contradicted == [order]
    assert order.misses_fills


def test_a_fill_of_an_order_that_never_was_counts_and_is_a_contradiction() -> None:
    desk = Desk()
    order = desk.blotter.plan(IntentRecord("s1", "me", ONE_BTC, deadline_ns=10, at_ns=1))
    desk.blotter.move(order, Heard.HELD_BACK)
    desk.blotter.fill(fill_of(order, "1"))

    assert order.state is OrderState.NOT_SENT
    assert desk.position() == 1
    assert desk.contradicted == [order]


def test_a_broken_journal_is_told_and_stops_no_fact() -> None:
    desk = Desk()
    order = desk.opened()
    desk.journal.broken = True
    desk.blotter.fill(fill_of(order, "1"))

    assert desk.failures
    assert (order.state, desk.position()) == (OrderState.FILLED, Decimal(1))


def test_an_amend_is_journaled_and_told() -> None:
    desk = Desk()
    order = desk.opened()
    order.asked_qty = Decimal(3)
    desk.blotter.amended(order, Decimal(2), Decimal(49000))

    assert (order.qty, order.limit_price, order.exposed_qty) == (Decimal(2), Decimal(49000), Decimal(2))
    step = desk.journal.records[-1]
    assert isinstance(step, OrderRecord)
    assert (step.qty, step.limit_price) == (Decimal(2), Decimal(49000))


def test_notes_are_kept_under_their_owners_name() -> None:
    desk = Desk()
    desk.blotter.say("me", "said", "hello")

    assert desk.journal.records == [NoteRecord("me", "said", "hello", 7)]


def test_a_restart_restores_positions_of_all_fills_and_doubts_what_had_not_ended() -> None:
    old = Fill("T0", "O0", "s0", "BTC/USD", Side.BUY, Decimal(2), Decimal(1), Decimal(2), (), maker=True, at_ns=1)
    new = Fill("T1", "O1", "s1", "BTC/USD", Side.BUY, Decimal("0.5"), Decimal(1), Decimal("0.5"), (), maker=True, at_ns=2)
    intent = IntentRecord("s1", "me", ONE_BTC, deadline_ns=10, at_ns=1)
    desk = Desk(MemoryJournal(Replayed("c0ffee", 2, (intent,), (), (FillRecord("me", old), FillRecord("me", new)))))

    assert desk.blotter.restore() == 1
    (order,) = desk.blotter.table.live()
    assert (order.state, order.filled_qty) == (OrderState.IN_DOUBT, Decimal("0.5"))
    assert order.order_id == "O1", "a fill says how the exchange calls its order"
    assert desk.position() == Decimal("2.5")
    assert not desk.blotter.fill(new), "counted in the run before"


@pytest.mark.parametrize("first", ["report", "fill"])
def test_fills_and_the_end_may_come_in_either_order(first: str) -> None:
    desk = Desk()
    order = desk.opened()
    filled = report_of(order, OrderStatus.FILLED, filled_qty=Decimal(1))
    if first == "report":
        desk.blotter.report(filled)
        desk.blotter.fill(fill_of(order, "1"))
    else:
        desk.blotter.fill(fill_of(order, "1"))
        desk.blotter.report(filled)

    assert (order.state, order.misses_fills, desk.position()) == (OrderState.FILLED, False, Decimal(1))
    assert desk.contradicted == []


def test_who_waits_for_an_ended_order_leaves_nothing_behind() -> None:
    desk = Desk()
    order = desk.opened()
    desk.blotter.changes_of(order)
    desk.blotter.fill(fill_of(order, "1"))

    assert desk.blotter._changes == {}


def external(exec_id: str, at_ns: int = 20) -> Fill:
    """As REST tells it: with the exchange's id of the order alone."""
    return Fill(exec_id, "X1", None, "BTC/USD", Side.BUY, Decimal(1), Decimal(50000), Decimal(50000), (), maker=True, at_ns=at_ns)


def test_a_fill_of_an_order_that_is_not_ours_is_told_once_noted_and_in_no_position() -> None:
    desk = Desk()
    desk.blotter.external_from_ns = 10
    assert not desk.blotter.fill(external("T1"))
    assert not desk.blotter.fill(external("T1"))

    assert [notice for notice in desk.notices if isinstance(notice, ExternalFillSeen)] == [ExternalFillSeen(external("T1"))]
    assert [record.kind for record in desk.journal.records if isinstance(record, NoteRecord)] == ["external fill"]
    assert desk.blotter.portfolio.positions() == ()
    assert desk.blotter.ledger.change("BTC") == 1, "but the balances moved"


def test_fills_from_before_the_start_are_history() -> None:
    desk = Desk()
    desk.blotter.fill(external("T1"))
    desk.blotter.external_from_ns = 10
    desk.blotter.fill(external("T2", at_ns=9))

    assert desk.blotter.externals.fill_count == 0


def test_a_fill_that_rest_tells_before_the_answer_is_ours_once_the_answer_names_the_order() -> None:
    desk = Desk()
    desk.blotter.external_from_ns = 10
    order = desk.blotter.plan(IntentRecord("s1", "me", ONE_BTC, deadline_ns=10, at_ns=1))
    desk.blotter.move(order, Heard.SENDING)
    desk.blotter.fill(external("T1"))
    assert desk.blotter.externals.fill_count == 0, "nobody can say yet"
    desk.blotter.move(order, Heard.ACCEPTED, order_id="X1")

    assert desk.position() == 1
    assert order.state is OrderState.FILLED
    assert desk.blotter.externals.fill_count == 0


def test_a_fill_that_could_have_been_ours_is_told_once_the_order_turned_out_to_be_another() -> None:
    desk = Desk()
    desk.blotter.external_from_ns = 10
    order = desk.blotter.plan(IntentRecord("s1", "me", ONE_BTC, deadline_ns=10, at_ns=1))
    desk.blotter.move(order, Heard.SENDING)
    desk.blotter.fill(external("T1"))
    desk.blotter.move(order, Heard.ACCEPTED, order_id="O1")

    assert desk.position() == 0
    assert desk.blotter.externals.fill_count == 1


def test_ids_of_fills_go_with_the_orders_they_belong_to() -> None:
    desk = Desk()
    desk.blotter.table.keep_ended = 10
    for number in range(500):
        order = desk.opened(f"s{number}")
        desk.blotter.fill(fill_of(order, "1", f"T{number}"))

    assert desk.position() == 500
    assert desk.blotter.portfolio.remembered <= 3 * 10
    first = Fill("T0", "O-s0", "s0", "BTC/USD", Side.BUY, Decimal(1), Decimal(50000), Decimal(50000), (), maker=True, at_ns=2)
    assert not desk.blotter.fill(first), "its order is long gone"
    assert desk.position() == 500


def test_a_restart_remembers_the_ids_of_fills_that_can_be_told_again_alone() -> None:
    minute = 60 * 10**9
    intent = IntentRecord("s1", "me", ONE_BTC, deadline_ns=10 * minute, at_ns=1)
    filled = (FillRecord("me", external("old", 8 * minute)), FillRecord("me", external("its own", 10 * minute)))
    desk = Desk(MemoryJournal(Replayed("c0ffee", 2, (intent,), (), filled)))
    desk.blotter.restore()

    assert desk.position() == 2
    assert desk.blotter.portfolio.remembered == 1
    desk.blotter.report(OrderReport("X1", "s1", OrderStatus.OPEN, 3, filled_qty=Decimal(1), qty=Decimal(2)))
    desk.blotter.fill(external("its own", 10 * minute))
    assert desk.position() == 2, "it was counted before, though not for this order"


def test_what_is_not_known_of_an_order_is_said_with_its_time() -> None:
    desk = Desk()
    order = desk.opened()
    assert (order.uncertain, order.uncertain_since_ns) == (None, None)
    order.cancel_unanswered = True
    desk.blotter.doubted(order)
    assert (order.uncertain, order.uncertain_since_ns) == ("the answer to a cancel was lost", 7)
    order.amend_unanswered = True
    assert order.uncertain == "the answer to an amend and a cancel was lost"
    assert desk.blotter.exposure("BTC/USD").in_doubt == 1, "further entries are refused"

    desk.blotter.report(report_of(order, OrderStatus.CANCELED))
    assert [order.uncertain, order.uncertain_since_ns] == [None, None]


def test_an_order_whose_answer_is_lost_says_why_it_is_in_doubt() -> None:
    desk = Desk()
    order = desk.blotter.plan(IntentRecord("s1", "me", ONE_BTC, deadline_ns=10, at_ns=1))
    desk.blotter.move(order, Heard.SENDING)
    desk.blotter.move(order, Heard.LOST, reason="the socket closed")

    assert (order.uncertain, order.uncertain_since_ns) == ("in doubt: the socket closed", 7)
