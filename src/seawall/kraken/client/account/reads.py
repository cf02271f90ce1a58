"""What the exchange knows of the account, by REST."""

from typing import Final

import attrs

from seawall.kraken.client.account.fill_walk import PAGE, FillWalk
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.lanes import LISTING
from seawall.kraken.client.session.facts import FrameUnknown
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import ExchangeError
from seawall.model.reports import Balance, Fill, OrderReport
from seawall.model.venue import OpenOrders, Probe
from seawall.resilience.probes import tell

__all__ = ["Account"]

_MOST_PAGES: Final = 200
_MOST_WALKS: Final = 8
"""Unfinished readings of fills that are kept; of more, the one that was not asked for the longest begins anew."""
_NS_PER_S: Final = 1_000_000_000


@attrs.define(eq=False)
class Account:
    """Questions about orders, fills and balances. Each raises `Unavailable`, `AccessDenied` or `ExchangeError`.

    Answers may lag behind what the exchange did: absence is to be believed only some time after an order's own deadline.
    """

    _rest: RestClient
    _reference: Reference
    _clock: ExchangeClock
    _probe: Probe
    _walks: dict[int, FillWalk] = attrs.field(factory=dict, init=False)
    """Readings of fills that have not come to their end, by what they began after."""

    async def find_order(self, client_order_id: str, order_id: str | None) -> tuple[tuple[OrderReport, ...], int]:
        """Every order that ever had this id, and a time that the exchange's clock had surely reached when it was asked.

        With the exchange's own id that is one cheap question. Without it, open orders are asked for first: one that ends
        in between is then among the closed ones. An id is unique among open orders alone
        (docs.kraken.com/api/docs/guides/spot-clordid), so there may be several.
        """
        asked_at_ns = self._clock.at_least_ns()
        names = self._reference.names
        if order_id is not None:
            known = await self._rest.query(
                rest.query_orders([order_id]), lambda answer: rest.read_orders(answer.body, names, self._unknown)
            )
            return known, asked_at_ns
        among_closed = rest.closed_orders(client_order_id)
        # Half an answer is none: orders that take a call of the counter each as it comes would never see the dear half.
        still_open = await self._rest.query(
            rest.open_orders(client_order_id),
            lambda answer: rest.read_open_orders(answer.body, names, self._unknown),
            followed_by=among_closed,
        )
        found = {report.order_id: report for report in still_open if _has_id(report, client_order_id)}
        if not found:
            closed = await self._rest.query(
                among_closed, lambda answer: rest.read_closed_orders(answer.body, names, self._unknown), paid=True
            )
            found = {report.order_id: report for report in closed.orders if _has_id(report, client_order_id)}
        return tuple(found.values()), asked_at_ns

    async def open_orders(self) -> OpenOrders:
        """Every open order of the account, foreign ones too."""
        asked_at_ns = self._clock.at_least_ns()
        names = self._reference.names
        orders = await self._rest.query(
            rest.open_orders(), lambda answer: rest.read_open_orders(answer.body, names, self._unknown), LISTING
        )
        return OpenOrders(orders, asked_at_ns)

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """Every fill of the account after that instant, oldest first; as many pages as it takes.

        What was read when it fails or is cancelled is kept, and the next call with the same instant goes on from there.
        """
        names = self._reference.names
        walk = self._walks.pop(at_ns, None) or FillWalk()
        walk.resume()
        self._walks[at_ns] = walk
        while len(self._walks) > _MOST_WALKS:
            del self._walks[next(iter(self._walks))]
        while (number := walk.page()) is not None:
            if number >= _MOST_PAGES:
                self._walks.pop(at_ns, None)
                raise ExchangeError((f"more than {_MOST_PAGES * PAGE} fills since {at_ns}",))
            page = await self._rest.query(
                rest.trades_history(start_ns=max(0, at_ns - _NS_PER_S), offset=number * PAGE),
                lambda answer: rest.read_fills(answer.body, names),
            )
            walk.take(page.fills)
        self._walks.pop(at_ns, None)
        return tuple(fill for fill in walk.fills() if fill.at_ns > at_ns)

    async def balances(self) -> tuple[Balance, ...]:
        """Every asset of the account that is not zero, with what open orders hold of it."""
        rows = await self._rest.query(rest.balance_ex(), lambda answer: rest.read_balances(answer.body))
        return tuple(row for row in rows if row.total or row.held)

    def _unknown(self, word: Unknown) -> None:
        tell(self._probe, FrameUnknown("rest", word.what, word.value))


def _has_id(report: OrderReport, client_order_id: str) -> bool:
    """The exchange filters by the id; an answer that names another order is not taken on trust."""
    return report.client_order_id in {None, client_order_id}
