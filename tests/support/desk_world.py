"""A desk, custody, reconciler and blotter at a rough exchange, with strategies that hold orders, killed and started at will."""

import random
from decimal import Decimal

import attrs
import trio

from seawall.engine.assembly import Assembly, assemble
from seawall.engine.blotter import Blotter
from seawall.engine.foundation import Foundation, lay_foundation
from seawall.engine.notices import CleanupCutShort, OrderClaimed, OrderContradicted, OrderPlanned
from seawall.engine.order_table import Order
from seawall.engine.settings import DeadMansSwitch, EngineSettings, RiskLimits, SymbolLimits
from seawall.engine.working import WorkingOrder
from seawall.model.errors import (
    JournalFailed,
    NotSent,
    OutcomeUnknown,
    Refused,
    RefusedByExchange,
    RefusedByRisk,
    SeawallError,
    Unavailable,
)
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, limit_buy
from support.committing_journal import CommittingJournal, Disk
from support.rough_exchange import Fate, Held, RoughExchange
from support.rough_venue import RoughVenue

__all__ = ["Block", "DeskWorld", "Told"]

SETTINGS = EngineSettings(
    risk=RiskLimits(default=SymbolLimits(max_data_age_s=None, max_price_distance=None, max_open_orders=None)),
    dead_mans_switch=DeadMansSwitch(enabled=False),
)


class Crash(Exception):
    """What a strategy dies of, inside its block."""


@attrs.frozen
class Told:
    """What a strategy was told at last: the class of what was raised, or how its order stood as it left the block."""

    raised: str | None = None
    state: OrderState | None = None
    filled_qty: Decimal = Decimal(0)


@attrs.define(eq=False)
class Block:
    """One strategy that places one order, and holds it until it is asked to leave."""

    owner: str
    intent: Intent
    fate: Fate
    scope: trio.CancelScope
    claims: str | None = None
    """The order by another hand that it takes over, in place of placing one: by the exchange's id, or by its maker's."""
    client_order_id: str | None = None
    order: WorkingOrder | None = None
    leave: trio.Event = attrs.field(factory=trio.Event)
    crashes: bool = False
    told: Told | None = None
    killed: bool = False
    cut_short: bool = False
    """Whether the block was left before all of the order's end was known, as the notice says."""
    amend_fate: Fate | None = None
    amends: list[tuple[Decimal | None, Decimal | None, bool | None]] = attrs.field(factory=list)
    """Quantity and price that were asked for, and whether the strategy was told that it was done; None for neither."""

    def end(self) -> None:
        """Return, or raise, as the strategy was told to."""
        if self.crashes:
            raise Crash

    @property
    def is_inside(self) -> bool:
        return self.order is not None and self.told is None and not self.killed


@attrs.define(eq=False)
class Life:
    """One engine process, from its start to its death."""

    foundation: Foundation
    assembly: Assembly
    journal: CommittingJournal
    venue: RoughVenue
    nursery: trio.Nursery
    dead: bool = False
    journal_failed: bool = False
    serves: bool = False
    """Whether it has compared with the exchange, and takes orders."""

    @property
    def blotter(self) -> Blotter:
        return self.foundation.blotter

    def order(self, client_order_id: str) -> Order | None:
        return self.blotter.table.find(client_order_id, None)


@attrs.define(eq=False)
class DeskWorld:
    """The exchange, the disk, one engine at a time, and everything that strategies were told."""

    nursery: trio.Nursery
    rng: random.Random
    disk: Disk = attrs.field(factory=Disk)
    exchange: RoughExchange = attrs.field(init=False)
    life: Life = attrs.field(init=False)
    blocks: list[Block] = attrs.field(factory=list, init=False)
    stream_up: bool = attrs.field(default=True, init=False)
    contradictions: list[OrderContradicted] = attrs.field(factory=list, init=False)
    claims_failed: set[str] = attrs.field(factory=set, init=False)
    """What strategies of this life claimed, and were told that the journal failed: the next start will see what is on disk."""

    def __attrs_post_init__(self) -> None:
        self.exchange = RoughExchange(self.nursery, self.rng, lambda: self.disk.records)

    # the engine's life

    async def start(self) -> None:
        """Start an engine on what is on the disk; returns when its state is restored, before it has compared."""
        self.life = await self.nursery.start(self._live)

    async def _live(  # noqa: ASYNC114 - `start` is its only caller
        self, *, task_status: trio.TaskStatus[Life]
    ) -> None:
        journal = CommittingJournal(self.disk)
        self.claims_failed.clear()
        life: Life

        def probe(notice: object) -> None:
            if not life.dead:
                self._noticed(notice)

        wall_error_ns = self.rng.choice([0, 3_600, -3_600]) * 10**9
        foundation = lay_foundation(journal, probe, lambda: self.exchange.now_ns() + wall_error_ns, self._journal_broke)
        venue = RoughVenue(self.exchange, foundation.hub, self._fate_of, self.rng.choice([0.0, 0.5, -0.5]))
        assembly = assemble(foundation, venue, SETTINGS, (), probe, foundation.blotter.now_ns, self._pause)
        async with trio.open_nursery() as nursery:
            life = Life(foundation, assembly, journal, venue, nursery)
            nursery.start_soon(journal.run, name="journal")
            nursery.start_soon(venue.run, name="private stream")
            foundation.blotter.restore()
            if self.stream_up:
                venue.connect()
            for symbol in ("BTC/USD", "ETH/USD"):
                venue.quote(symbol)
            await nursery.start(assembly.run_desk, name="desk")
            task_status.started(life)
            while not life.serves:
                try:
                    await assembly.reconciler.at_start()
                    life.serves = True
                except (SeawallError, trio.TooSlowError):
                    await trio.sleep(1)  # whoever starts engines starts it again
            assembly.desk.open_intake()

    def kill(self) -> None:
        """End the engine as a process is ended: nothing of it acts, writes or hears from here on."""
        life = self.life
        life.dead = True
        life.venue.kill()
        life.journal.kill()
        for block in self.blocks:
            block.killed = block.killed or block.told is None
        life.nursery.cancel_scope.cancel(reason="killed")

    @property
    def needs_start(self) -> bool:
        """Whether the engine's journal has failed: it sends no more, and goes on cancelling, until it is started again."""
        return self.life.journal.broken or self.life.journal_failed

    # strategies

    def place(self, intent: Intent, fate: Fate, deadline_s: float) -> None:
        """A strategy of its own name places an order, and holds it."""
        scope = trio.CancelScope(deadline=trio.current_time() + deadline_s)
        self._begin(Block(f"strategy{len(self.blocks)}", intent, fate, scope))

    def claim(self, held: Held, *, by_its_name: bool, keep: bool, deadline_s: float) -> None:
        """A strategy of its own name takes over an order by another hand, and holds it."""
        wire = held.wire
        intent = limit_buy(wire.symbol, qty=wire.qty, price=wire.limit_price or 0, keep=keep)
        scope = trio.CancelScope(deadline=trio.current_time() + deadline_s)
        name = wire.client_order_id if by_its_name and wire.client_order_id else held.order_id
        self._begin(Block(f"strategy{len(self.blocks)}", intent, Fate(), scope, claims=name))

    def _begin(self, block: Block) -> None:
        self.blocks.append(block)
        if not self.life.dead:
            self.life.nursery.start_soon(self._hold, self.life, block, name=block.owner)

    async def _hold(self, life: Life, block: Block) -> None:
        told = Told()
        try:
            with block.scope:
                market = life.assembly.runner.market_of(block.owner)
                async with (
                    market.working(block.intent) if block.claims is None else market.claim(block.claims, keep=block.intent.keep)
                ) as order:
                    block.order = order
                    block.scope.deadline = float("inf")
                    if not self.exchange.named(order.client_order_id):
                        self.exchange.breaches.append(f"{block.owner} was handed an order that the exchange never took")
                    await block.leave.wait()
                    block.end()
        except (Refused, NotSent, JournalFailed, Unavailable) as refusal:
            told = Told(raised=type(refusal).__name__)
            if isinstance(refusal, JournalFailed) and block.claims is not None and not life.dead:
                self.claims_failed.add(block.claims)
        except Crash:
            pass
        if not life.dead:
            order_left = block.order
            if told.raised is None and order_left is not None and order_left.ended:
                told = Told(state=order_left.state, filled_qty=order_left.filled_qty)
            block.told = told

    def amend(self, block: Block, qty: Decimal | None, price: Decimal | None, fate: Fate) -> None:
        """The strategy changes its order."""
        block.amend_fate = fate
        self.life.nursery.start_soon(self._amend, self.life, block, qty, price, name=f"amend of {block.owner}")

    async def _amend(self, life: Life, block: Block, qty: Decimal | None, price: Decimal | None) -> None:
        assert block.order is not None
        made: bool | None = None
        try:
            await block.order.amend(qty=qty, price=price)
            made = True
        except (RefusedByExchange, RefusedByRisk, NotSent, JournalFailed):
            made = False
        except OutcomeUnknown:
            pass
        if not life.dead:
            block.amends.append((qty, price, made))

    def inside(self) -> list[Block]:
        """The strategies that hold an order now."""
        return [block for block in self.blocks if block.is_inside]

    def undecided(self) -> list[Block]:
        """The strategies that have not been told the end."""
        return [block for block in self.blocks if block.told is None and not block.killed]

    # the weather

    def cut_stream(self, noticed_after_s: float) -> None:
        """The private stream dies; the engine notices later."""
        self.stream_up = False
        self.life.venue.cut()
        self.nursery.start_soon(self._notice, self.life, noticed_after_s)

    def restore_stream(self) -> None:
        """The private stream is back, with its snapshot."""
        self.life.venue.notice_cut()
        self.stream_up = True
        self.life.venue.connect()

    async def _notice(self, life: Life, after_s: float) -> None:
        await trio.sleep(after_s)
        life.venue.notice_cut()

    def _fate_of(self, client_order_id: str) -> Fate:
        block = next(block for block in self.blocks if block.client_order_id == client_order_id)
        return block.fate if block.amend_fate is None else block.amend_fate

    def _noticed(self, notice: object) -> None:
        if isinstance(notice, OrderPlanned):
            block = next(block for block in self.blocks if block.owner == notice.owner)
            if block.client_order_id is not None:
                self.exchange.breaches.append(f"{block.owner} has two orders for one intent")
            block.client_order_id = notice.client_order_id
        elif isinstance(notice, OrderClaimed):
            next(block for block in self.blocks if block.owner == notice.owner).client_order_id = notice.order_id
        elif isinstance(notice, CleanupCutShort):
            next(block for block in self.blocks if block.client_order_id == notice.client_order_id).cut_short = True
        elif isinstance(notice, OrderContradicted):
            self.contradictions.append(notice)

    def _journal_broke(self, failure: JournalFailed) -> None:  # noqa: ARG002 - the engine's own signature
        """As the engine does: nothing new is taken, and what rests is let go of."""
        self.life.journal_failed = True
        self.life.assembly.desk.close_intake("the journal failed")
        for order in self.life.blotter.table.live():
            self.life.assembly.custody.release(order)

    @staticmethod
    def _pause(attempt: int) -> float:
        return float(min(0.1 * 2**attempt, 2.0))
