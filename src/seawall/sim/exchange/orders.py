"""Orders as the exchange keeps them, and what clients ask for."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType, Side, TimeInForce
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.pairs import Pair

__all__ = ["LIVE", "Amend", "NewOrder", "OrderChange", "SelfTrade", "SimFill", "SimOrder", "Status"]


class Status(StrEnum):
    """Where an order stands, in the words of the `executions` channel."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


LIVE: Final = frozenset({Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED})


class SelfTrade(StrEnum):
    """What ends when two orders of the account would trade with each other."""

    CANCEL_NEWEST = "cancel_newest"
    CANCEL_OLDEST = "cancel_oldest"
    CANCEL_BOTH = "cancel_both"


@attrs.frozen
class NewOrder:
    """What a client asks to be placed, read but not yet judged. Instants are nanoseconds since the epoch."""

    pair: Pair
    side: Side
    order_type: OrderType
    qty: Decimal
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    cl_ord_id: str | None = None
    userref: int | None = None
    deadline_ns: int | None = None
    start_ns: int | None = None
    """When it is to become live; until then it is nobody's but its owner's."""
    expire_ns: int | None = None
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    fee_in_base: bool = False
    display_qty: Decimal | None = None
    """What an iceberg shows of itself at a time."""
    cash_qty: Decimal | None = None
    """What a market buy spends, in the quote asset, where its quantity follows from that."""
    trigger_offset: Offset | None = None
    """The trigger as a distance from the last price, taken when the order comes in."""
    trail: Offset | None = None
    """How far the trigger of a trailing stop follows behind the best price since."""
    limit_offset: Offset | None = None
    """The limit as a distance from the trigger, taken when that is reached; a trailing stop has no other."""
    close: "NewOrder | None" = None
    """A conditional close: the order that follows each fill, for as much as was filled. Its own quantity counts nothing."""
    ref_id: str | None = None
    """The order whose fill made this one, where it is such a close."""

    @property
    def type_name(self) -> str:
        """The order type in the exchange's word."""
        if self.display_qty is not None:
            return "iceberg"
        if self.trail is not None:
            return str(self.order_type).replace("stop-loss", "trailing-stop")
        return str(self.order_type)

    @property
    def in_force(self) -> str:
        """How long it may rest, in the exchange's word."""
        return str(self.time_in_force) if self.expire_ns is None else "gtd"


@attrs.frozen
class OrderChange:
    """New values for an open order; None leaves a value as it is. `qty` is the new total."""

    qty: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    post_only: bool = False
    deadline_ns: int | None = None
    display_qty: Decimal | None = None
    trigger_offset: Offset | None = None
    """The trigger as a distance from the last price; of a trailing stop, how far it follows from now on."""
    limit_offset: Offset | None = None
    """The limit of a trailing stop as a distance from its trigger."""


@attrs.frozen
class SimFill:
    """One execution of a user's order. `fee` is in `fee_asset`."""

    exec_id: str
    trade_id: int
    order_id: str
    cl_ord_id: str | None
    userref: int | None
    pair: Pair
    side: Side
    order_type: str
    qty: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    at_ns: int


@attrs.frozen
class Amend:
    """The values an order had from `at_ns` on. `kind` is original, user or restated."""

    amend_id: str
    kind: str
    qty: Decimal
    left: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    post_only: bool
    at_ns: int
    reason: str | None = None
    display_qty: Decimal | None = None


@attrs.define(eq=False)
class SimOrder:
    """One order of a user, from its acceptance to its end and after."""

    order_id: str
    ask: NewOrder
    qty: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    opened_ns: int
    amended_ns: int
    status: Status = Status.PENDING_NEW
    started: bool = True
    """Whether its time has come, where it was given one."""
    triggered_ns: int | None = None
    amended: bool = False
    cum_qty: Decimal = ZERO
    cum_cost: Decimal = ZERO
    cum_fee: Decimal = ZERO
    fills: list[str] = attrs.field(factory=list)
    closed_ns: int | None = None
    changed_ns: int = 0
    reason: str | None = None
    display_qty: Decimal | None = None
    amends: list[Amend] = attrs.field(factory=list)
    _earlier: list["SimOrder"] = attrs.field(factory=list, repr=False)

    @property
    def pair(self) -> Pair:
        """The pair it trades."""
        return self.ask.pair

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return self.ask.side

    @property
    def cl_ord_id(self) -> str | None:
        """The id its owner gave it."""
        return self.ask.cl_ord_id

    @property
    def left(self) -> Decimal:
        """What is not filled yet."""
        return self.qty - self.cum_qty

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.status in LIVE

    @property
    def dormant(self) -> bool:
        """Whether it still waits for its trigger."""
        return self.trigger_price is not None and self.triggered_ns is None

    @property
    def idle(self) -> bool:
        """Whether it waits for its time or its trigger: it is in no book, and holds no money."""
        return self.dormant or not self.started

    def trail(self, last: Decimal) -> bool:
        """Let the trigger of a waiting trailing stop follow the last price, never back; says whether it moved."""
        if self.ask.trail is None or not self.dormant:
            return False
        assert self.trigger_price is not None
        trigger = self.ask.trail.from_price(last, self.pair)
        moves = trigger > self.trigger_price if self.side is Side.SELL else trigger < self.trigger_price
        if moves:
            self.trigger_price = trigger
        return moves

    @property
    def average_price(self) -> Decimal:
        """Cost over quantity so far; zero when nothing was filled."""
        return self.cum_cost / self.cum_qty if self.cum_qty else ZERO

    def note_values(self, amend_id: str, kind: str, at_ns: int, reason: str | None = None, *, post_only: bool = False) -> None:
        """Note the values the order has now, for the history of its amends."""
        post_only = post_only or self.ask.post_only
        values = self.qty, self.left, self.limit_price, self.trigger_price
        self.amends.append(Amend(amend_id, kind, *values, post_only, at_ns, reason, self.display_qty))

    def remember(self, now_ns: int, keep_ns: int) -> None:
        """Keep a copy of the order as it is, before a change at `now_ns`; copies older than `keep_ns` are let go."""
        before = attrs.evolve(self, fills=list(self.fills), earlier=[])
        while len(self._earlier) > 1 and self._earlier[1].changed_ns <= now_ns - keep_ns:
            del self._earlier[0]
        self._earlier.append(before)
        self.changed_ns = now_ns

    def as_of(self, at_ns: int) -> "SimOrder | None":
        """The order as it was at that instant: None when it did not exist yet."""
        if at_ns < self.opened_ns:
            return None
        if self.changed_ns <= at_ns:
            return self
        known = [before for before in self._earlier if before.changed_ns <= at_ns]
        return known[-1] if known else None
