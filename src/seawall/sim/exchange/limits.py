"""How much a client may ask (docs.kraken.com/api/docs/guides/spot-ratelimits and spot-rest-ratelimits)."""

from collections.abc import Callable
from typing import Self

import attrs

from seawall.kraken.dialect.counters import ENGINE_LIMITS, REST_LIMITS, EngineCounter, EngineLimit, RestCounter, Tier
from seawall.sim.exchange.refusal import ApiError

__all__ = ["Limits", "Tier"]


@attrs.define(eq=False)
class Limits:
    """The matching engine's counter of each pair, and the REST counter. With `enforced=False` they count and refuse nothing."""

    now_ns: Callable[[], int]
    engine: EngineLimit
    rest: RestCounter
    enforced: bool = True
    listeners: list[Callable[[str], None]] = attrs.field(factory=list)
    """Told of each request above a limit, refused or not: by the pair, or by the REST method."""
    _counters: dict[str, EngineCounter] = attrs.field(factory=dict)

    @classmethod
    def of_tier(cls, tier: Tier, *, now_ns: Callable[[], int], enforced: bool = True) -> Self:
        """The limits of one verification tier."""
        return cls(now_ns, ENGINE_LIMITS[tier], RestCounter(REST_LIMITS[tier]), enforced)

    def charge_add(self, symbol: str, orders: int = 1) -> None:
        """Orders placed together. Raises `ApiError` above the threshold; what was refused counts all the same."""
        counter = self._counter(symbol)
        self._charge(symbol, counter, counter.charge_of_add(orders))

    def charge_amend(self, symbol: str, since_ns: int) -> None:
        """One amend of an order that was placed, or last amended, at `since_ns`."""
        counter = self._counter(symbol)
        self._charge(symbol, counter, counter.charge_of("amend", self._age_s(since_ns)))

    def charge_edit(self, symbol: str, since_ns: int) -> None:
        """One edit of an order that was placed, or last amended, at `since_ns`."""
        counter = self._counter(symbol)
        self._charge(symbol, counter, counter.charge_of("edit", self._age_s(since_ns)))

    def charge_cancel(self, symbol: str, since_ns: int) -> None:
        """One cancel. Never refused: whether Kraken would is not known, and an order must be able to end."""
        counter = self._counter(symbol)
        counter.add(counter.charge_of("cancel", self._age_s(since_ns)), self._now_s())

    def charge_rest(self, method: str) -> None:
        """One private REST call. Raises `ApiError` above the cap."""
        if not self.rest.take(method, self._now_s()):
            self._tell(method)
            if self.enforced:
                raise ApiError("EAPI:Rate limit exceeded")

    def check_open_orders(self, count: int) -> None:
        """Raise `ApiError` when a pair has as many open orders as it may."""
        if self.enforced and count >= self.engine.open_orders:
            raise ApiError("EOrder:Orders limit exceeded")

    def level(self, symbol: str) -> float:
        """The engine's counter of one pair now."""
        return self._counter(symbol).value(self._now_s())

    def _charge(self, symbol: str, counter: EngineCounter, charge: float) -> None:
        now_s = self._now_s()
        counter.add(charge, now_s)
        if counter.over(now_s):
            self._tell(symbol)
            if self.enforced:
                raise ApiError("EOrder:Rate limit exceeded")

    def _tell(self, what: str) -> None:
        for listener in self.listeners:
            listener(what)

    def _counter(self, symbol: str) -> EngineCounter:
        return self._counters.setdefault(symbol, EngineCounter(self.engine))

    def _now_s(self) -> float:
        return self.now_ns() / 1e9

    def _age_s(self, since_ns: int) -> float:
        return (self.now_ns() - since_ns) / 1e9
