"""Whether the exchange takes an order: the rules that need the clock, the other orders, the book and the money.

What an order says of itself alone is judged in `checks`.
"""

from collections.abc import Callable
from typing import Final, Literal

import attrs

from seawall.sim.exchange.checks import check_deadline, check_order
from seawall.sim.exchange.floor import NO_FUNDS, Floor
from seawall.sim.exchange.limits import Limits
from seawall.sim.exchange.orders import NewOrder, SimOrder
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["POST_ONLY", "Admission", "PostOnlyCrossing"]

POST_ONLY: Final = "Post only order"
DEFAULT_DEADLINE_NS: Final = 5 * 10**9
MAX_EXPIRY_NS: Final = 31 * 86_400 * 10**9
"""An order may be good for a month (docs.kraken.com/api/docs/websocket-v2/add_order)."""

PostOnlyCrossing = Literal["refuse", "cancel"]
"""What becomes of a post-only order that would take: an error, or acceptance followed at once by a cancel. Both are seen."""


@attrs.frozen(eq=False)
class Admission:
    """Judges orders before they reach the floor; changes nothing. Each check raises `ApiError`."""

    floor: Floor
    limits: Limits
    now_ns: Callable[[], int]
    post_only_crossing: PostOnlyCrossing = "refuse"

    def check_deadline(self, ask: NewOrder, arrived_ns: int) -> None:
        """Judge whether the order came in time; one that names no deadline has one all the same."""
        deadline_ns = arrived_ns + DEFAULT_DEADLINE_NS if ask.deadline_ns is None else ask.deadline_ns
        check_deadline(deadline_ns, arrived_ns=arrived_ns, now_ns=self.now_ns())

    def check(self, ask: NewOrder) -> None:
        """Judge an order by itself, by its times, and by its name among the open ones."""
        check_order(ask, self.floor.markets[ask.pair.symbol].last)
        now_ns = self.now_ns()
        if ask.expire_ns is not None and not 0 < ask.expire_ns - now_ns <= MAX_EXPIRY_NS:
            raise invalid("expire_time")
        if ask.start_ns is not None and not ask.start_ns - now_ns <= MAX_EXPIRY_NS:
            raise invalid("effective_time")
        if ask.start_ns is not None and ask.expire_ns is not None and ask.expire_ns <= ask.start_ns:
            raise invalid("expire_time")
        if ask.cl_ord_id is not None and any(ask.cl_ord_id == order.cl_ord_id for order in self.floor.open.values()):
            raise invalid("cl_ord_id not unique")

    def check_room(self, ask: NewOrder) -> None:
        """Judge whether the account may, and can pay for, one more."""
        here = sum(order.pair is ask.pair for order in self.floor.open.values())
        self.limits.check_open_orders(here)
        if not self._waits(ask) and not self.floor.affords(ask, ask.qty, ask.limit_price):
            raise ApiError("EOrder:Insufficient funds")

    def check_crossing(self, ask: NewOrder) -> bool:
        """Whether the order is post-only and would take; raises where that refuses it."""
        crosses = ask.post_only and not self._waits(ask) and self._would_take(ask)
        if crosses and self.post_only_crossing == "refuse":
            raise ApiError("EOrder:Post only order")
        return crosses

    def doom_of(self, order: SimOrder) -> str | None:
        """Why an order whose time has come cannot be live; None when it can."""
        if order.dormant:
            return None
        if order.ask.post_only and self._would_take(attrs.evolve(order.ask, limit_price=order.limit_price)):
            return POST_ONLY
        return None if self.floor.affords(order, order.qty, order.limit_price) else NO_FUNDS

    def _would_take(self, ask: NewOrder) -> bool:
        opposite = self.floor.markets[ask.pair.symbol].book.half(ask.side.other)
        best = opposite.best()
        return best is not None and opposite.reaches(best, ask.limit_price)

    def _waits(self, ask: NewOrder) -> bool:
        """Whether an order neither meets the book nor holds money when it comes in."""
        return ask.order_type.has_trigger or (ask.start_ns is not None and ask.start_ns > self.now_ns())
