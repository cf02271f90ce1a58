"""What one comparison with the exchange found to differ: told with both sides' figures, and counted where nothing explains it.

Most differences explain themselves: an order that ended, or filled, while nobody could hear of it. What does not is an order
or a fill of ours that the exchange does not know of, or an order that it lists although it had ended here. Its lists may be a
minute behind what it did (`Deadlines.absent_s`), so neither is a difference before that.
"""

from collections.abc import Awaitable, Callable, Collection

import attrs

from seawall.engine.blotter import Blotter
from seawall.engine.notices import FillDiffers, OrderDiffers
from seawall.engine.order_table import Order
from seawall.model.numbers import plain
from seawall.model.reports import Fill, OrderReport, OrderStatus
from seawall.model.venue import Probe

__all__ = ["Differences"]

_UNKNOWN = "knows no such order"
_NOT_LISTED = "does not list it"


@attrs.define(eq=False)
class Differences:
    """Compares each word before it is merged. `unexplained` counts what a person should look at."""

    blotter: Blotter
    probe: Probe
    late_ns: int
    """Orders whose deadline passed before this instant of the exchange's clock must show in its lists."""
    lingering: Collection[str] = ()
    """Client order ids that had ended here for so long that no list should have them any more."""
    unexplained: int = 0
    ended_but_listed: list[str] = attrs.field(factory=list, init=False)
    """Client order ids that are listed as open, and had ended here."""

    def listed(self, report: OrderReport) -> None:
        """The exchange lists this order as open."""
        order = self.blotter.table.find(report.client_order_id, report.order_id)
        if order is None or report.status is not OrderStatus.OPEN:
            return
        told = "open" if report.filled_qty is None else f"open, {plain(report.filled_qty)} filled"
        if order.ended:
            self.ended_but_listed.append(order.client_order_id)
            if order.client_order_id in self.lingering:
                self._tell(order, _ours(order), told, explained=False)
                self.blotter.on_contradiction(order)  # no list is so far behind: whoever is right, it must not rest
        elif report.filled_qty is not None and report.filled_qty > order.filled_qty:
            self._tell(order, _ours(order), told, explained=True)

    async def missing(self, order: Order, ask: Callable[[Order], Awaitable[int | None]]) -> int | None:
        """The exchange does not list an order that is open here: it is asked for, and what it is now is told.

        As how many it is known there; None when the question failed, and then nothing is told.
        """
        ours = _ours(order)
        known = await ask(order)
        if known == 0 and not order.in_doubt and order.deadline_ns < self.late_ns:
            self._tell(order, ours, _UNKNOWN, explained=False)
        elif known and (order.ended or _ours(order) != ours):
            self._tell(order, ours, _ours(order), explained=True)
        return known

    def fill_listed(self, fill: Fill) -> None:
        """The exchange lists this fill."""
        order = self.blotter.table.find(fill.client_order_id, fill.order_id)
        if order is not None and all(known.exec_id != fill.exec_id for known in order.fills):
            self.probe(FillDiffers(fill.exec_id, order.client_order_id, "not counted", _figures(fill)))

    def fills_not_listed(self, listed: Collection[str], from_ns: int, to_ns: int) -> None:
        """The exchange listed all its fills between these instants of its clock: ours from then must be among them."""
        for order in self.blotter.table:
            for fill in order.fills:
                if from_ns < fill.at_ns < to_ns and fill.exec_id not in listed:
                    self.unexplained += 1
                    self.probe(FillDiffers(fill.exec_id, order.client_order_id, _figures(fill), _NOT_LISTED))

    def _tell(self, order: Order, ours: str, told: str, *, explained: bool) -> None:
        self.unexplained += not explained
        self.probe(OrderDiffers(order.client_order_id, order.order_id, ours, told))


def _ours(order: Order) -> str:
    return f"{order.state.value}, {plain(order.filled_qty)} filled"


def _figures(fill: Fill) -> str:
    return f"{fill.side.value} {plain(fill.qty)} {fill.symbol} at {plain(fill.price)}"
