"""A run of the world in a few lines: a small exchange, a journal in memory, and what strategies were told, all by hand."""

from decimal import Decimal

import attrs

from seawall.drill.oracle import Evidence, ExchangeRecord, JournalRows, Terms, Watch
from seawall.drill.told import Left, Told, ToldOrder
from seawall.engine.certificate import Certificate
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Seen
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, OrderType, Side
from seawall.model.reports import Fee, Fill
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.requests import Request
from seawall.sim.settings import Door
from support.sim import BUY, SELL, START_NS, SYMBOL, Stage, make_stage

__all__ = ["NAME", "LifeByHand", "Scene", "certificate"]

NAME = "sabcdef00010000001"
"""A client order id as engines make them: of journal `abcdef`, run 1, order 1."""
OWNER = "me"


@attrs.frozen
class LifeByHand:
    """A process of the engine, as a run has it."""

    number: int = 1
    began_s: float = 0.0
    served_s: float | None = 1.0
    ended_s: float | None = None
    death: str | None = None
    stop_wanted_s: float | None = None
    certificate: Certificate | None = None
    failures: tuple[str, ...] = ()


def certificate(
    *,
    tasks_left: tuple[str, ...] = (),
    open_orders: tuple[str, ...] | None = (),
    in_doubt: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
    positions: tuple[tuple[str, str, Decimal], ...] = (),
    crashes: tuple[str, ...] = (),
) -> Certificate:
    """What an engine claims that left nothing behind."""
    return Certificate("scene", "the end", 1.0, tasks_left, open_orders, in_doubt, kept, positions, "disarmed", "closed", crashes)


@attrs.define
class Scene:
    """An exchange with a crowd at 99.9 and 100.1, an account, and an engine's traces, made by hand."""

    terms: Terms = attrs.field(factory=Terms)
    stage: Stage = attrs.field(factory=make_stage)
    intents: list[IntentRecord] = attrs.field(factory=list)
    steps: list[OrderRecord] = attrs.field(factory=list)
    fills: list[FillRecord] = attrs.field(factory=list)
    notes: list[NoteRecord] = attrs.field(factory=list)
    record: ExchangeRecord = attrs.field(init=False)
    told: Told = attrs.field(init=False)
    evidence: Evidence = attrs.field(init=False)
    watch: Watch = attrs.field(init=False)
    claims: dict[str, object] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.stage.crowd(BUY, "50", "99.9")
        self.stage.crowd(SELL, "50", "100.1")
        self.record = ExchangeRecord.of_exchange(self.stage.exchange, self.now_s)
        self.told = Told(self.now_s)
        self.evidence = Evidence(self.record, self.told, self.terms)
        self.watch = Watch.over_exchange(self.stage.exchange, self.evidence, self.intent_of)
        self.evidence.lives = (LifeByHand(),)

    def now_s(self) -> float:
        """Seconds since the world began."""
        return (self.stage.clock.ns - START_NS) / 1e9

    def wait(self, seconds: float) -> None:
        """Let time pass; the exchange ticks, and its book moves."""
        self.stage.clock.advance(seconds)
        self.stage.exchange.tick()
        self.watch.look()

    def intent_of(self, name: str) -> IntentRecord | None:
        """What the journal has of an order by now."""
        return next((record for record in self.intents if record.client_order_id == name), None)

    # What an engine does.

    def plan(self, name: str = NAME, qty: str = "1", price: str | None = "99", side: Side = BUY, *, keep: bool = False) -> None:
        """Journal an intent."""
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        limit = None if price is None else Decimal(price)
        wish = Intent(SYMBOL, side, kind, Decimal(qty), limit_price=limit, keep=keep)
        seen = Seen(Decimal("99.9"), Decimal("100.1"), Decimal(0), 10**9)
        self.intents.append(IntentRecord(name, OWNER, wish, deadline_ns=self.stage.clock.ns + 5 * 10**9, at_ns=0, seen=seen))

    def ask(self, method: str, **params: object) -> None:
        """Let a request come to the doors, and nothing else."""
        request = Request(Door.PRIVATE, method, params, self.stage.clock.ns, 1)
        self.record.request(request)
        self.watch.request(request)

    def ask_order(self, name: str = NAME, qty: str = "1", price: str | None = "99", side: Side = BUY, *, good_s: int = 5) -> None:
        """Ask for an order at the doors, and nothing else."""
        kind = "market" if price is None else "limit"
        deadline = to_rfc3339(self.stage.clock.ns + good_s * 10**9, 3)
        params = {"symbol": SYMBOL, "side": str(side), "order_type": kind, "order_qty": qty, "limit_price": price}
        self.ask("add_order", cl_ord_id=name, deadline=deadline, **params)

    def send(self, name: str = NAME, qty: str = "1", price: str | None = "99", side: Side = BUY) -> SimOrder:
        """Ask for an order at the doors, and have it taken."""
        self.ask_order(name, qty, price, side)
        return self.stage.place(self.stage.order(side, qty, price, cl_ord_id=name))

    def step(self, state: OrderState, name: str = NAME, filled: str | None = None) -> None:
        """Journal a step."""
        self.steps.append(OrderRecord(name, state, 0, filled_qty=None if filled is None else Decimal(filled)))

    def open(self, name: str = NAME, *, keep: bool = False, price: str = "99") -> SimOrder:
        """An order that rests, with all that an engine does about it."""
        self.plan(name, price=price, keep=keep)
        order = self.send(name, price=price)
        self.step(OrderState.SENT, name)
        self.step(OrderState.OPEN, name)
        return order

    def cancel(self, order: SimOrder) -> None:
        """End it, with all that an engine does about it."""
        name = order.cl_ord_id or order.order_id
        self.ask("cancel_order", cl_ord_id=[name])
        self.stage.exchange.cancel_order(order)
        self.step(OrderState.CANCELED, name, "0")

    def cancel_rest(self, order: SimOrder) -> None:
        """End what is left of an order that has filled in part."""
        self.ask("cancel_order", cl_ord_id=[order.cl_ord_id])
        self.stage.exchange.cancel_order(order)
        self.step(OrderState.CANCELED, order.cl_ord_id or "", str(order.cum_qty))

    def fill(self, order: SimOrder) -> SimFill:
        """Let the crowd take it whole; the journal has it, and so has its strategy."""
        self.stage.take(SELL if order.side is BUY else BUY, "50" if order.limit_price is None else str(order.left))
        (fill,) = (fill for fill in self.record.fills if fill.order_id == order.order_id)
        self.count(fill)
        self.step(OrderState.FILLED, order.cl_ord_id or "", str(fill.qty))
        return fill

    def count(self, fill: SimFill) -> None:
        """Journal a fill."""
        self.fills.append(FillRecord(OWNER, as_told(fill)))

    def tell(self, name: str = NAME) -> ToldOrder:
        """An order as its strategy saw it, from its beginning to its end."""
        intent = self.intent_of(name)
        assert intent is not None
        told = ToldOrder(OWNER, intent.intent, self.now_s(), is_blind=False, client_order_id=name)
        told.entered_s = told.left_s = told.over_s = self.now_s()
        told.left = Left.RETURNED
        self.told.orders.append(told)
        return told

    # The end.

    def life(self, **changes: object) -> None:
        """How the one process of the engine lived."""
        self.claims |= changes

    def finished(self) -> Evidence:
        """The evidence, once the engine has stopped and the journal was read."""
        self.evidence.ended_s = self.now_s()
        rows = JournalRows(
            tuple(self.intents), tuple(self.steps), tuple(self.fills), tuple(self.notes), 1, digest="one", texts=self._texts()
        )
        self.evidence.journal = rows
        self.evidence.journal_again = self.evidence.journal_again or rows
        if len(self.evidence.lives) == 1:
            held = tuple((owner, symbol, qty) for (owner, symbol), qty in sorted(rows.positions().items()))
            facts: dict[str, object] = {"ended_s": self.now_s(), "certificate": certificate(positions=held)}
            self.evidence.lives = (LifeByHand(**(facts | self.claims)),)  # type: ignore[arg-type]  # by name
        return self.evidence

    def _texts(self) -> tuple[str, ...]:
        return tuple(note.text for note in self.notes)


def as_told(fill: SimFill) -> Fill:
    """A fill of the exchange's as the engine hears of it."""
    return Fill(
        fill.exec_id,
        fill.order_id,
        fill.cl_ord_id,
        fill.pair.symbol,
        fill.side,
        fill.qty,
        fill.price,
        fill.cost,
        (Fee(fill.fee_asset, fill.fee),),
        fill.maker,
        fill.at_ns,
    )
