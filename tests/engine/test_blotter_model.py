"""The blotter against a model exchange: facts cross, repeat, lag and get lost, and it must never be less careful than the truth.

The model keeps orders as an exchange does. What it says goes three ways: the stream, in order, until it is cut; fills, in any
order and more than once; and answers, that come when they like. The test knows both sides at every step.
"""

from decimal import Decimal
from typing import Final

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.journal import MemoryJournal

from seawall.engine.blotter import SNAPSHOT, Blotter
from seawall.engine.order_table import Order
from seawall.model.journal import FillRecord, IntentRecord
from seawall.model.order_states import ENDED, Heard, OrderState
from seawall.model.orders import Intent, Side, limit_buy, limit_sell
from seawall.model.reports import Fill, OrderReport, OrderStatus

MOST_ORDERS: Final = 4
ALIVE: Final = (OrderStatus.PENDING, OrderStatus.OPEN)


@attrs.define(eq=False)
class Truth:
    """One order as the exchange has it."""

    name: str
    side: Side
    qty: Decimal
    status: OrderStatus = OrderStatus.PENDING
    fills: list[Fill] = attrs.field(factory=list)
    stream: list[OrderReport] = attrs.field(factory=list)
    """Said, and not arrived."""

    @property
    def filled(self) -> Decimal:
        return sum((fill.qty for fill in self.fills), Decimal(0))

    @property
    def rests(self) -> Decimal:
        """What can still fill."""
        return self.qty - self.filled if self.status in ALIVE else Decimal(0)

    def report(self, now_ns: int = 0, *, sparse: bool = False) -> OrderReport:
        known = {} if sparse else {"qty": self.qty, "filled_qty": self.filled}
        return OrderReport(f"O-{self.name}", self.name, self.status, now_ns, "BTC/USD", self.side, **known)  # type: ignore[arg-type]  # two keywords of one type

    def say(self, now_ns: int, *, sparse: bool = False) -> None:
        self.stream.append(self.report(now_ns, sparse=sparse))


@attrs.define(eq=False)
class Reading:
    """An answer to a question, on its way."""

    report: OrderReport | None
    asked_at_ns: int


class BlotterAgainstExchange(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.journal = MemoryJournal()
        self.contradicted: list[Order] = []
        self.blotter = self._blotter(self.journal)
        self.truths: dict[str, Truth] = {}
        self.orders: dict[str, Order] = {}
        self.seen: dict[str, OrderState] = {}
        self.delivered: dict[str, Fill] = {}
        self.amends: dict[str, tuple[Decimal, bool]] = {}
        """By order: the total that was asked for, and whether the exchange took it."""
        self.readings: dict[str, list[Reading]] = {}
        self.now_ns = 0
        self.execs = 0
        self.names = 0

    def _blotter(self, journal: MemoryJournal) -> Blotter:
        blotter = Blotter(journal, lambda _: None, lambda: 0, lambda _: None)
        blotter.on_contradiction = self.contradicted.append
        return blotter

    # our own hands

    @precondition(lambda self: len(self.orders) < MOST_ORDERS)
    @rule(side=st.sampled_from(Side), units=st.integers(1, 3), arrives=st.sampled_from([True, True, True, True, False]))
    def send(self, side: Side, units: int, arrives: bool) -> None:
        self.names += 1
        name = f"s{self.names}"
        make = limit_buy if side is Side.BUY else limit_sell
        intent: Intent = make("BTC/USD", qty=units, price=100)
        record = IntentRecord(name, "me", intent, deadline_ns=0, at_ns=0)
        self.journal.note([record])
        self.orders[name] = self.blotter.plan(record)
        self.blotter.move(self.orders[name], Heard.SENDING)
        if arrives:
            self.truths[name] = Truth(name, side, Decimal(units))
            self.truths[name].say(self.tick())

    @precondition(lambda self: self._sent())
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self._sent()))
        if name in self.truths:
            self.blotter.move(self.orders[name], Heard.ACCEPTED, order_id=f"O-{name}")

    @precondition(lambda self: self._sent())
    @rule(data=st.data())
    def lose_the_answer(self, data: st.DataObject) -> None:
        self.blotter.move(self.orders[data.draw(st.sampled_from(self._sent()))], Heard.LOST)

    @precondition(lambda self: self._amendable())
    @rule(data=st.data(), units=st.integers(1, 9), taken=st.booleans())
    def amend(self, data: st.DataObject, units: int, taken: bool) -> None:
        name = data.draw(st.sampled_from(self._amendable()))
        if Decimal(units) < self.orders[name].filled_qty:
            return
        order = self.orders[name]
        order.asked_qty = Decimal(units)
        self.journal.note([attrs.evolve(order.record(0), qty=order.largest_qty)])  # as the desk does, before it sends
        truth = self.truths[name]
        taken = taken and truth.status is OrderStatus.OPEN and Decimal(units) > truth.filled
        self.amends[name] = (Decimal(units), taken)
        if taken:
            truth.qty = Decimal(units)
            truth.say(self.tick())

    @precondition(lambda self: self.amends)
    @rule(data=st.data())
    def answer_the_amend(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.amends)))
        qty, taken = self.amends.pop(name)
        if taken:
            self.orders[name].read_from_ns = self.tick()
            self.blotter.amended(self.orders[name], qty, None)
        else:
            self.orders[name].asked_qty = None

    # the exchange

    @precondition(lambda self: self._truths_that(OrderStatus.PENDING))
    @rule(data=st.data())
    def open_it(self, data: st.DataObject) -> None:
        truth = self.truths[data.draw(st.sampled_from(self._truths_that(OrderStatus.PENDING)))]
        truth.status = OrderStatus.OPEN
        truth.say(self.tick(), sparse=True)

    @precondition(lambda self: self._truths_that(OrderStatus.OPEN))
    @rule(data=st.data(), share=st.integers(1, 9), bare=st.booleans())
    def fill(self, data: st.DataObject, share: int, bare: bool) -> None:
        name = data.draw(st.sampled_from(self._truths_that(OrderStatus.OPEN)))
        truth = self.truths[name]
        qty = min(Decimal(share), truth.rests)
        self.execs += 1
        named = data.draw(st.sampled_from([name, None]))
        truth.fills.append(
            Fill(
                f"T{self.execs}", f"O-{name}", named, "BTC/USD", truth.side, qty, Decimal(100), qty * 100, (), maker=True, at_ns=1
            )
        )
        if truth.rests == 0:
            truth.status = OrderStatus.FILLED
            truth.say(self.tick(), sparse=bare)

    @precondition(lambda self: self._truths_that(OrderStatus.OPEN))
    @rule(data=st.data(), rarely=st.integers(0, 3), status=st.sampled_from([OrderStatus.CANCELED, OrderStatus.EXPIRED]))
    def end(self, data: st.DataObject, rarely: int, status: OrderStatus) -> None:
        truth = self.truths[data.draw(st.sampled_from(self._truths_that(OrderStatus.OPEN)))]
        if rarely == 0:
            truth.status = status
            truth.say(self.tick())

    # what arrives

    def tick(self) -> int:
        self.now_ns += 1
        return self.now_ns

    @precondition(lambda self: any(truth.stream for truth in self.truths.values()))
    @rule(data=st.data(), count=st.integers(1, 4))
    def stream(self, data: st.DataObject, count: int) -> None:
        truth = data.draw(st.sampled_from([truth for truth in self.truths.values() if truth.stream]))
        for report in truth.stream[:count]:
            self.blotter.report(report)
        del truth.stream[:count]

    @precondition(lambda self: self.truths)
    @rule()
    def cut_and_restore(self) -> None:
        for truth in self.truths.values():
            truth.stream.clear()
            if truth.status in ALIVE:
                self.blotter.report(truth.report(), SNAPSHOT)

    @precondition(lambda self: self._fills())
    @rule(data=st.data())
    def fill_arrives(self, data: st.DataObject) -> None:
        fill = data.draw(st.sampled_from(self._fills()))
        before = fill.exec_id in self.delivered
        if self.blotter.table.find(fill.client_order_id, fill.order_id) is not None:
            assert self.blotter.fill(fill) is not before
            self.delivered[fill.exec_id] = fill

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.orders)))
        truth = self.truths.get(name)
        self.readings.setdefault(name, []).append(Reading(None if truth is None else truth.report(), self.tick()))

    @precondition(lambda self: any(self.readings.values()))
    @rule(data=st.data())
    def answer_arrives(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, readings in self.readings.items() if readings]))
        reading = self.readings[name].pop(data.draw(st.integers(0, len(self.readings[name]) - 1)))
        if reading.report is not None:
            self.blotter.report(reading.report, reading.asked_at_ns)
        elif self.orders[name].in_doubt:
            self.blotter.move(self.orders[name], Heard.ABSENT)

    @precondition(lambda self: self.orders and not self.amends)
    @rule(rarely=st.integers(0, 5))
    def kill_and_restart(self, rarely: int) -> None:
        if rarely:
            return
        self.journal = self.journal.reopened()
        self.blotter = self._blotter(self.journal)
        self.blotter.restore()
        known = {order.client_order_id: order for order in self.blotter.table}
        for name, order in self.orders.items():
            assert name in known or order.ended, f"{name} is forgotten"
        # What had ended is over, and no longer followed.
        for name in [name for name in self.orders if name not in known]:
            assert self.orders[name].filled_qty == (self.truths[name].filled if name in self.truths else 0), "a fill is forgotten"
        self.orders = known
        self.truths = {name: truth for name, truth in self.truths.items() if name in known}
        self.readings.clear()
        self.seen = {name: order.state for name, order in known.items()}
        for truth in self.truths.values():
            truth.stream.clear()

    # what must hold

    @invariant()
    def filled_is_the_sum_of_distinct_fills(self) -> None:
        for order in self.orders.values():
            ids = [fill.exec_id for fill in order.fills]
            assert len(ids) == len(set(ids))
            assert order.filled_qty == sum((fill.qty for fill in order.fills), Decimal(0))

    @invariant()
    def the_position_is_the_sum_of_fills(self) -> None:
        fills = {record.fill.exec_id: record.fill for record in self.journal.records if isinstance(record, FillRecord)}
        assert self.blotter.portfolio.total_qty("BTC/USD") == sum(
            (fill.side.sign * fill.qty for fill in fills.values()), Decimal(0)
        )
        assert set(self.delivered) <= set(fills)

    @invariant()
    def nothing_comes_back_to_life(self) -> None:
        for name, order in self.orders.items():
            before = self.seen.get(name)
            assert before not in ENDED or order.state is before
            self.seen[name] = order.state

    @invariant()
    def nothing_true_is_taken_for_a_contradiction(self) -> None:
        assert self.contradicted == []

    @invariant()
    def exposure_is_never_below_what_can_still_reach_the_position(self) -> None:
        for name, truth in self.truths.items():
            coming = sum((fill.qty for fill in truth.fills if fill.exec_id not in self.delivered), Decimal(0))
            assert self.orders[name].exposed_qty >= truth.rests + coming, f"{name}: {self.orders[name]} against {truth}"

    def _sent(self) -> list[str]:
        return [name for name, order in self.orders.items() if order.state is OrderState.SENT]

    def _amendable(self) -> list[str]:
        return [name for name, order in self.orders.items() if order.state is OrderState.OPEN and name not in self.amends]

    def _fills(self) -> list[Fill]:
        return [fill for truth in self.truths.values() for fill in truth.fills]

    def _truths_that(self, status: OrderStatus) -> list[str]:
        return [name for name, truth in self.truths.items() if truth.status is status]


TestBlotterAgainstExchange = BlotterAgainstExchange.TestCase
TestBlotterAgainstExchange.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
