"""All that happened on the account at the simulated exchange, over a whole run: the exchange itself keeps only the newest."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Final

import attrs

from seawall.model.numbers import ZERO
from seawall.sim.assembly import Simulator
from seawall.sim.exchange.accounts import LedgerEntry
from seawall.sim.exchange.events import (
    Event,
    LedgerPosted,
    OrderEnded,
    OrderFilled,
    OrderReceived,
    OrderTraded,
)
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.exchange.pairs import Pair
from seawall.sim.requests import Request
from seawall.sim.settings import Door

__all__ = ["AMENDS", "CANCELS", "PLACES", "SWITCHED_OFF", "Asked", "ExchangeRecord", "Placed"]

PLACES: Final = frozenset({"add_order", "AddOrder", "batch_add", "AddOrderBatch"})
AMENDS: Final = frozenset({"amend_order", "AmendOrder", "edit_order", "EditOrder"})
CANCELS: Final = frozenset({"cancel_order", "CancelOrder", "batch_cancel", "CancelOrderBatch", "cancel_all", "CancelAll"})
SWITCH: Final = frozenset({"cancel_all_orders_after", "CancelAllOrdersAfter"})
SWITCHED_OFF: Final = "CancelAllOrdersAfter Timeout"
"""The reason of orders that the dead man's switch took."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KEPT: Final = PLACES | AMENDS | CANCELS | SWITCH


@attrs.define(eq=False)
class Placed:
    """One order that the exchange took, whoever sent it. `order` is the exchange's own, and shows how it ended."""

    order: SimOrder
    at_s: float
    is_foreign: bool = False
    """Whether another program placed it."""
    ended_s: float | None = None

    @property
    def name(self) -> str:
        """What the engine may know it by: its client order id; where it has none, the exchange's."""
        return self.order.cl_ord_id or self.order.order_id


@attrs.frozen
class Asked:
    """One request to place, amend or cancel, or for the dead man's switch, as it arrived."""

    at_s: float
    method: str
    params: Mapping[str, object]
    door: Door = Door.PRIVATE

    @property
    def names(self) -> tuple[str, ...]:
        """The client order ids it names."""
        return tuple(_texts(self.params.get("cl_ord_id"))) + tuple(
            str(row["cl_ord_id"]) for row in _rows(self.params.get("orders")) if "cl_ord_id" in row
        )

    @property
    def symbol(self) -> str | None:
        """The pair, in whatever spelling."""
        value = self.params.get("symbol") or self.params.get("pair")
        return None if value is None else str(value)

    @property
    def side(self) -> str:
        """`buy` or `sell`."""
        return str(self.params.get("side") or self.params.get("type"))

    @property
    def is_market(self) -> bool:
        """Whether it asks for an order at market."""
        return str(self.params.get("order_type") or self.params.get("ordertype")) == "market"

    @property
    def qty(self) -> Decimal | None:
        """The quantity it names."""
        return self._number("order_qty", "volume")

    @property
    def limit_price(self) -> Decimal | None:
        """The price it names; of an order with a trigger, by REST, the trigger."""
        return self._number("limit_price", "price")

    @property
    def deadline_ns(self) -> int | None:
        """When the exchange is not to match it any more, nanoseconds since the epoch."""
        value = self.params.get("deadline")
        return None if value is None else (datetime.fromisoformat(str(value)) - _EPOCH) // _MICROSECOND * 1_000

    def _number(self, *names: str) -> Decimal | None:
        for name in names:
            value = self.params.get(name)
            if value is not None:
                try:
                    return Decimal(str(value))
                except DecimalException:
                    return None
        return None

    @property
    def takes_all(self) -> bool:
        """Whether it cancels whatever is open, whoever placed it."""
        return self.method in {"cancel_all", "CancelAll"}

    @property
    def order_ids(self) -> tuple[str, ...]:
        """The exchange's ids it names."""
        loose = [one for one in _texts(self.params.get("orders")) if one]
        return (*_texts(self.params.get("order_id")), *_texts(self.params.get("txid")), *loose)


@attrs.define(eq=False)
class ExchangeRecord:
    """Listens to one exchange from the beginning.

    Our orders are those that were asked for at its doors, by their client order ids; whatever else comes to be on the account
    is another program's doing.
    """

    now_s: Callable[[], float]
    pairs: Mapping[str, Pair] = attrs.field(factory=dict)
    opening: Mapping[str, Decimal] = attrs.field(factory=dict)
    """What the account had at the beginning."""
    closing: Mapping[str, Decimal] = attrs.field(factory=dict)
    """What it has now: the exchange's own, which changes."""
    orders: list[Placed] = attrs.field(factory=list)
    fills: list[SimFill] = attrs.field(factory=list)
    filled_s: dict[str, float] = attrs.field(factory=dict)
    """When each of them came to be, by execution id."""
    ledger: list[LedgerEntry] = attrs.field(factory=list)
    asked: list[Asked] = attrs.field(factory=list)
    connections: list[tuple[float, Door]] = attrs.field(factory=list)
    overruns: list[tuple[float, str]] = attrs.field(factory=list)
    """Requests above a rate limit: when, and of which pair or REST method."""
    _by_id: dict[str, Placed] = attrs.field(factory=dict)
    _asked_for: dict[str, None] = attrs.field(factory=dict)
    """Client order ids of every order that was asked for at the doors."""

    @classmethod
    def of(cls, sim: Simulator, now_s: Callable[[], float]) -> "ExchangeRecord":
        """A record of a simulator that nobody has used yet."""
        record = cls.of_exchange(sim.exchange, now_s)
        sim.requests.listeners.append(record.request)
        sim.doors.listeners.append(lambda door, _number: record.connections.append((now_s(), door)))
        return record

    @classmethod
    def of_exchange(cls, exchange: Exchange, now_s: Callable[[], float]) -> "ExchangeRecord":
        """A record of the exchange alone, told by `request` what comes to its doors."""
        record = cls(now_s, exchange.pairs, dict(exchange.balances), exchange.balances)
        exchange.listen(record.hear)
        exchange.limits.listeners.append(record._above_limit)
        return record

    # What is there.

    def find(self, order_id: str) -> Placed | None:
        """The order of that id of the exchange's."""
        return self._by_id.get(order_id)

    def ours(self) -> tuple[Placed, ...]:
        """Every order that did not come from a foreign hand, oldest first."""
        return tuple(placed for placed in self.orders if not placed.is_foreign)

    def foreign(self) -> tuple[Placed, ...]:
        """Every order that did."""
        return tuple(placed for placed in self.orders if placed.is_foreign)

    def our_fills(self) -> tuple[SimFill, ...]:
        """The executions of orders that are ours."""
        return tuple(fill for fill in self.fills if not self._is_foreign(fill.order_id))

    def of_methods(self, methods: frozenset[str]) -> tuple[Asked, ...]:
        """The requests of these methods."""
        return tuple(asked for asked in self.asked if asked.method in methods)

    # What it listens to.

    def hear(self, event: Event) -> None:
        """One event of the exchange."""
        if isinstance(event, OrderReceived):
            placed = Placed(event.order, self.now_s(), is_foreign=event.order.cl_ord_id not in self._asked_for)
            self.orders.append(placed)
            self._by_id[event.order.order_id] = placed
        elif isinstance(event, OrderTraded):
            self.fills.append(event.fill)
            self.filled_s[event.fill.exec_id] = self.now_s()
        elif isinstance(event, OrderEnded | OrderFilled):
            known = self._by_id.get(event.order.order_id)
            if known is not None:
                known.ended_s = self.now_s()
        elif isinstance(event, LedgerPosted):
            self.ledger.append(event.entry)

    def request(self, request: Request) -> None:
        """One request, as it arrived."""
        if request.method in _KEPT:
            asked = Asked(self.now_s(), request.method, request.params, request.door)
            self.asked.append(asked)
            if asked.method in PLACES:
                self._asked_for.update(dict.fromkeys(asked.names))

    def moved(self) -> dict[str, Decimal]:
        """What every movement of the account comes to, by asset."""
        sums: dict[str, Decimal] = {}
        for entry in self.ledger:
            sums[entry.asset.name] = sums.get(entry.asset.name, ZERO) + entry.amount - entry.fee
        return sums

    def _above_limit(self, what: str) -> None:
        self.overruns.append((self.now_s(), what))

    def _is_foreign(self, order_id: str) -> bool:
        placed = self._by_id.get(order_id)
        return placed is not None and placed.is_foreign


def _texts(value: object) -> list[str]:
    """The texts in a value that is one, or a list of some; REST joins several by commas."""
    if isinstance(value, str):
        return [one for one in value.split(",") if one]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _rows(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list | tuple) else []
