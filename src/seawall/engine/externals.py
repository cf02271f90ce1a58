"""What happens on the account by other hands: orders and fills that are none of ours. Shown, counted, never managed."""

from collections import deque
from collections.abc import Collection

import attrs

from seawall.model.reports import Fill, OrderReport, OrderStatus

__all__ = ["STILL_OPEN", "Externals"]

STILL_OPEN = (OrderStatus.PENDING, OrderStatus.OPEN)

_ORDERS_REMEMBERED = 1_000
_ENDED_REMEMBERED = 1_000
_FILLS_REMEMBERED = 100


@attrs.define(eq=False)
class Externals:
    """External orders that are open, oldest first, and the newest fills of such orders; both bounded."""

    fill_count: int = attrs.field(default=0, init=False)
    """How many fills were told in all."""
    _orders: dict[str, OrderReport] = attrs.field(factory=dict, init=False)
    _fills: deque[Fill] = attrs.field(factory=lambda: deque(maxlen=_FILLS_REMEMBERED), init=False)
    _ended: deque[str] = attrs.field(factory=lambda: deque(maxlen=_ENDED_REMEMBERED), init=False)

    def reported(self, report: OrderReport) -> bool:
        """Merge what the exchange said of one; true when it is new, and open."""
        before = self._orders.pop(report.order_id, None) if report.status not in STILL_OPEN else self._orders.get(report.order_id)
        if report.status not in STILL_OPEN:
            self._ended.append(report.order_id)
            return False
        self._orders[report.order_id] = report if before is None else _merged(before, report)
        if len(self._orders) > _ORDERS_REMEMBERED:
            del self._orders[next(iter(self._orders))]
        return before is None

    def listed(self, order_ids: Collection[str]) -> None:
        """The exchange listed every open order of the account: what is not among them has ended."""
        for order_id in [order_id for order_id in self._orders if order_id not in order_ids]:
            del self._orders[order_id]
            self._ended.append(order_id)

    def filled(self, fill: Fill) -> None:
        """One of them filled."""
        self.fill_count += 1
        self._fills.append(fill)

    def forget(self, order_id: str) -> tuple[Fill, ...]:
        """It is ours now, and so are its fills: those that were told here, oldest first."""
        self._orders.pop(order_id, None)
        its_own = tuple(fill for fill in self._fills if fill.order_id == order_id)
        for fill in its_own:
            self._fills.remove(fill)
        self.fill_count -= len(its_own)
        return its_own

    def find(self, name: str) -> OrderReport | None:
        """An open one, by the exchange's id of it or by its client order id; None when it has ended, or was never seen."""
        found = self._orders.get(name)
        return found or next((report for report in self._orders.values() if report.client_order_id == name), None)

    def has_ended(self, order_id: str) -> bool:
        """Whether one was told to have ended, and that not long ago."""
        return order_id in self._ended

    def orders(self) -> tuple[OrderReport, ...]:
        """Those that are open, as far as the exchange has said."""
        return tuple(self._orders.values())

    def fills(self) -> tuple[Fill, ...]:
        """The newest fills, oldest first."""
        return tuple(self._fills)


def _merged(before: OrderReport, report: OrderReport) -> OrderReport:
    told = {name: value for name, value in attrs.asdict(report, recurse=False).items() if value is not None}
    return attrs.evolve(before, **told)
