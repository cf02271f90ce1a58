"""Staying under the matching engine's counters: one for each pair, shared by both transports."""

from collections import OrderedDict
from typing import Final, Literal

import attrs

from seawall.kraken.client.account.ways import OrderKey
from seawall.kraken.dialect.counters import ENGINE_LIMITS, EngineCounter, EngineLimit, Tier
from seawall.model.errors import NotSent
from seawall.model.reports import OrderReport, OrderStatus

__all__ = ["RATE_LIMIT", "Pace"]

RATE_LIMIT: Final = "EOrder:Rate limit exceeded"
_REMEMBERED: Final = 10_000
"""Names of orders: an order has up to two, and leaves when it ends."""
_MARGIN: Final = 1.0
"""Kept free: what is on its way is counted there later than here, and so decays later; at the very edge that is a refusal."""
_LIVE: Final = frozenset({OrderStatus.PENDING, OrderStatus.OPEN})
_NS_PER_S: Final = 1_000_000_000


@attrs.define(eq=False)
class _Placed:
    symbol: str
    at_s: float
    """When it was placed, or last amended."""
    names: list[str] = attrs.field(factory=list)
    userref: int | None = None


@attrs.define(eq=False)
class Pace:
    """Counts as the exchange does (docs.kraken.com/api/docs/guides/spot-ratelimits), and refuses what it would refuse.

    Orders, amends and edits are held back; cancels are counted and never held back: the exchange decides about those. It has
    the last word on everything: its refusals, its counter where it tells it, and its threshold replace ours. Orders of
    earlier runs are known once the private stream has told of them.
    """

    _limit: EngineLimit
    _counters: dict[str, EngineCounter] = attrs.field(factory=dict, init=False)
    _placed: OrderedDict[str, _Placed] = attrs.field(factory=OrderedDict, init=False)

    @classmethod
    def of(cls, tier: str) -> "Pace":
        """The counters of a tier."""
        return cls(ENGINE_LIMITS[Tier(tier)])

    def __repr__(self) -> str:
        return f"<Pace below {self._limit.threshold:g}, {len(self._counters)} pairs>"

    @staticmethod
    def charge_of_add(orders: int = 1) -> float:
        """What placing costs, together where there are several."""
        return EngineCounter.charge_of_add(orders)

    def value(self, symbol: str, now_s: float) -> float:
        """The counter of a pair as we believe it to be."""
        return self._counter(symbol).value(now_s)

    def check(self, symbol: str, charge: float, now_s: float) -> None:
        """Raise `NotSent`, with the wait, when the exchange would refuse so much."""
        wait_s = self._counter(symbol).wait_s(charge + _MARGIN, now_s)
        if wait_s > 0:
            raise NotSent(f"the exchange's rate counter of {symbol} is full", retry_after_s=wait_s)

    def take(self, symbol: str, charge: float, now_s: float) -> None:
        """Count what is about to be sent. Raises `NotSent` as `check`, and counts nothing then."""
        counter = self._counter(symbol)
        if counter.wait_s(charge + _MARGIN, now_s) > 0:
            self.check(symbol, charge, now_s)
        counter.add(charge, now_s)

    def place(
        self,
        symbol: str,
        now_s: float,
        charge: float = 1.0,
        *,
        client_order_id: str | None = None,
        userref: int | None = None,
    ) -> None:
        """Count an order that is about to be sent, and remember its age. Raises `NotSent`."""
        self.take(symbol, charge, now_s)
        if client_order_id is not None:
            self._remember(client_order_id, _Placed(symbol, now_s, userref=userref))

    def named(self, client_order_id: str | None, order_id: str | None) -> None:
        """The exchange took an order, and calls it `order_id`."""
        placed = None if client_order_id is None else self._placed.get(client_order_id)
        if placed is not None and order_id is not None and order_id not in placed.names:
            self._remember(order_id, placed)

    def reported(self, report: OrderReport, now_s: float, now_ns: int) -> None:
        """The exchange told of an order: one of an earlier run becomes known, one that has ended is forgotten."""
        placed = self._placed.get(report.order_id) or self._placed.get(report.client_order_id or "")
        if report.status not in _LIVE:
            self._forget(placed)
        elif placed is None and report.symbol is not None:
            placed = _Placed(report.symbol, now_s - max(0, now_ns - report.at_ns) / _NS_PER_S)
            for name in (report.order_id, report.client_order_id):
                if name:
                    self._remember(name, placed)
        elif placed is not None and report.order_id not in placed.names:
            self._remember(report.order_id, placed)

    def change(self, action: Literal["amend", "edit"], name: str | None, now_s: float) -> None:
        """Count an amend or edit, by the age of its order; it makes the order young again. Raises `NotSent`."""
        placed = None if name is None else self._placed.get(name)
        if placed is not None:
            self.take(placed.symbol, EngineCounter.charge_of(action, now_s - placed.at_s), now_s)
            placed.at_s = now_s

    def replaced(self, order_id: str, new_order_id: str, symbol: str, now_s: float) -> None:
        """An edit put a new order in the place of another."""
        self._forget(self._placed.get(order_id))
        self._remember(new_order_id, _Placed(symbol, now_s))

    def cancel(self, key: OrderKey, now_s: float) -> None:
        """Count a cancel, by the age of its order, or of each with that user reference."""
        if key.userref is None:
            placed = self._placed.get(key.client_order_id or key.order_id or "")
            chosen = [] if placed is None else [placed]
        else:
            chosen = list({id(each): each for each in self._placed.values() if each.userref == key.userref}.values())
        for each in chosen:
            self._counter(each.symbol).add(EngineCounter.charge_of("cancel", now_s - each.at_s), now_s)
            self._forget(each)

    def refused(self, symbol: str | None, rule: str, now_s: float) -> None:
        """Take the exchange's word where it refused for the rate."""
        if symbol is not None and rule == RATE_LIMIT:
            self._counter(symbol).refused(now_s)

    def counted(self, symbol: str, count: float, now_s: float) -> None:
        """Take the exchange's own count of a pair where it is above ours: other programs trade there too.

        Below ours it proves nothing, as it was told before the exchange saw what is on its way.
        """
        counter = self._counter(symbol)
        counter.told(max(count, counter.value(now_s)), now_s)

    def allowed(self, threshold: float) -> None:
        """Take the exchange's word on the threshold, which the account's tier decides."""
        if threshold <= 0 or threshold == self._limit.threshold:
            return
        self._limit = attrs.evolve(self._limit, threshold=threshold)
        for counter in self._counters.values():
            counter.limit = self._limit

    def symbol_of(self, name: str | None) -> str | None:
        """The pair of an order that is known."""
        placed = None if name is None else self._placed.get(name)
        return None if placed is None else placed.symbol

    def _remember(self, name: str, placed: _Placed) -> None:
        placed.names.append(name)
        self._placed[name] = placed
        while len(self._placed) > _REMEMBERED:
            self._placed.popitem(last=False)

    def _forget(self, placed: _Placed | None) -> None:
        for name in () if placed is None else placed.names:
            self._placed.pop(name, None)

    def _counter(self, symbol: str) -> EngineCounter:
        counter = self._counters.get(symbol)
        if counter is None:
            counter = self._counters[symbol] = EngineCounter(self._limit)
        return counter
