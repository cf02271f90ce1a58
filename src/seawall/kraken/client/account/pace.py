"""Staying under the matching engine's counters: one for each pair, shared by both transports."""

from collections import OrderedDict
from typing import Final

import attrs

from seawall.kraken.dialect.counters import ENGINE_LIMITS, EngineCounter, EngineLimit, Tier
from seawall.model.errors import NotSent, RefusedByExchange

__all__ = ["Pace"]

_REMEMBERED: Final = 10_000
_RATE_LIMIT: Final = "EOrder:Rate limit exceeded"


@attrs.define
class _Placed:
    symbol: str
    at_s: float


@attrs.define(eq=False)
class Pace:
    """Counts as the exchange does (docs.kraken.com/api/docs/guides/spot-ratelimits), and refuses what it would refuse.

    Orders and amends are held back; cancels are counted and never held back: the exchange decides about those. Orders of
    earlier runs are not known here, so their cancels are not counted; then the exchange's own refusal corrects the count.
    """

    _limit: EngineLimit
    _counters: dict[str, EngineCounter] = attrs.field(factory=dict, init=False)
    _placed: OrderedDict[str, _Placed] = attrs.field(factory=OrderedDict, init=False)

    @classmethod
    def of(cls, tier: str) -> "Pace":
        """The counters of a tier."""
        return cls(ENGINE_LIMITS[Tier(tier)])

    def place(self, client_order_id: str, symbol: str, now_s: float) -> None:
        """Count an order that is about to be sent. Raises `NotSent` when the exchange would refuse it."""
        self._take(symbol, EngineCounter.charge_of_add(), now_s)
        self._placed[client_order_id] = _Placed(symbol, now_s)
        while len(self._placed) > _REMEMBERED:
            self._placed.popitem(last=False)

    def amend(self, client_order_id: str, now_s: float) -> None:
        """Count an amend, by the age of its order; it makes the order young again. Raises `NotSent`."""
        placed = self._placed.get(client_order_id)
        if placed is not None:
            self._take(placed.symbol, EngineCounter.charge_of("amend", now_s - placed.at_s), now_s)
            placed.at_s = now_s

    def cancel(self, client_order_id: str, now_s: float) -> None:
        """Count a cancel, by the age of its order."""
        placed = self._placed.pop(client_order_id, None)
        if placed is not None:
            self._counter(placed.symbol).add(EngineCounter.charge_of("cancel", now_s - placed.at_s), now_s)

    def refused(self, symbol: str | None, refusal: RefusedByExchange, now_s: float) -> None:
        """Take the exchange's word where it refused for the rate."""
        if symbol is not None and refusal.rule == _RATE_LIMIT:
            self._counter(symbol).refused(now_s)

    def symbol_of(self, client_order_id: str) -> str | None:
        """The pair of an order placed in this run."""
        placed = self._placed.get(client_order_id)
        return None if placed is None else placed.symbol

    def _take(self, symbol: str, charge: float, now_s: float) -> None:
        counter = self._counter(symbol)
        wait_s = counter.wait_s(charge, now_s)
        if wait_s > 0:
            raise NotSent(f"the exchange's rate counter of {symbol} is full", retry_after_s=wait_s)
        counter.add(charge, now_s)

    def _counter(self, symbol: str) -> EngineCounter:
        if symbol not in self._counters:
            self._counters[symbol] = EngineCounter(self._limit)
        return self._counters[symbol]
