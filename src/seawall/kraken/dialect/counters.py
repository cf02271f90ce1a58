"""The exchange's two counters, as it keeps them: the client stays under them, the simulator enforces them.

REST: docs.kraken.com/api/docs/guides/spot-rest-ratelimits. Matching engine: docs.kraken.com/api/docs/guides/spot-ratelimits.
Both rise by a charge per request and fall steadily; `now_s` is any clock that only rises.
"""

from enum import StrEnum
from typing import Final, Literal

import attrs

__all__ = ["ENGINE_LIMITS", "REST_LIMITS", "DecayingCounter", "EngineCounter", "EngineLimit", "RestCounter", "RestLimit", "Tier"]


class Tier(StrEnum):
    """How far an account is verified; limits go by it."""

    STARTER = "starter"
    INTERMEDIATE = "intermediate"
    PRO = "pro"


@attrs.frozen
class RestLimit:
    """`cap` calls at once, of which `decay_per_s` come back a second."""

    cap: float
    decay_per_s: float


@attrs.frozen
class EngineLimit:
    """For an account and a pair: `threshold` points, of which `decay_per_s` come back a second, and the open orders allowed."""

    threshold: float
    decay_per_s: float
    open_orders: int


REST_LIMITS: Final = {
    Tier.STARTER: RestLimit(15, 0.33),
    Tier.INTERMEDIATE: RestLimit(20, 0.5),
    Tier.PRO: RestLimit(20, 1.0),
}
ENGINE_LIMITS: Final = {
    Tier.STARTER: EngineLimit(60, 1.0, 60),
    Tier.INTERMEDIATE: EngineLimit(125, 2.34, 80),
    Tier.PRO: EngineLimit(180, 3.75, 225),
}

_HISTORY: Final = frozenset({"ClosedOrders", "Ledgers", "QueryLedgers", "QueryTrades", "TradesHistory"})
_TRADING: Final = frozenset(
    {
        "AddOrder",
        "AddOrderBatch",
        "AmendOrder",
        "CancelAll",
        "CancelAllOrdersAfter",
        "CancelOrder",
        "CancelOrderBatch",
        "EditOrder",
    }
)

Aged = Literal["amend", "edit", "cancel"]
_AGES_S: Final = (5, 10, 15, 45, 90, 300)
_FIXED: Final[dict[Aged, int]] = {"amend": 1, "edit": 1, "cancel": 0}
_BY_AGE: Final[dict[Aged, tuple[int, ...]]] = {
    "amend": (3, 2, 1, 0, 0, 0, 0),
    "edit": (6, 5, 4, 2, 1, 0, 0),
    "cancel": (8, 6, 5, 4, 2, 1, 0),
}


class DecayingCounter:
    """A count that falls by `decay_per_s` and never below zero."""

    __slots__ = ("_at_s", "_count", "decay_per_s")

    def __init__(self, decay_per_s: float) -> None:
        self.decay_per_s = decay_per_s
        self._count = 0.0
        self._at_s = 0.0

    def value(self, now_s: float) -> float:
        """The count at that instant."""
        return max(0.0, self._count - max(0.0, now_s - self._at_s) * self.decay_per_s)

    def add(self, charge: float, now_s: float) -> None:
        """Count a charge."""
        self._count = self.value(now_s) + charge
        self._at_s = now_s

    def set(self, count: float, now_s: float) -> None:
        """Take the exchange's word, or a refusal, for the count."""
        self._count = count
        self._at_s = now_s

    def wait_s(self, charge: float, cap: float, now_s: float) -> float:
        """Seconds until the charge fits under the cap; 0.0 when it does now, and for a charge above the cap once it is empty."""
        return max(0.0, self.value(now_s) + min(charge, cap) - cap) / self.decay_per_s


class RestCounter:
    """The counter of one API key. `history_charge` is for calls of the past: the page has said 2, and 4 for a time."""

    __slots__ = ("_counter", "history_charge", "limit")

    def __init__(self, limit: RestLimit, *, history_charge: float = 2.0) -> None:
        self.limit = limit
        self.history_charge = history_charge
        self._counter = DecayingCounter(limit.decay_per_s)

    def charge_of(self, name: str) -> float:
        """What a private endpoint costs; trading calls count in the matching engine instead."""
        if name in _TRADING:
            return 0.0
        return self.history_charge if name in _HISTORY else 1.0

    def value(self, now_s: float) -> float:
        """The count at that instant."""
        return self._counter.value(now_s)

    def take(self, name: str, now_s: float) -> bool:
        """Count the call, and say whether the exchange would take it; a refused call is not counted."""
        charge = self.charge_of(name)
        if charge and self._counter.value(now_s) + charge > self.limit.cap:
            return False
        self._counter.add(charge, now_s)
        return True

    def wait_s(self, name: str, now_s: float) -> float:
        """Seconds until the exchange would take the call; 0.0 when now."""
        return self._counter.wait_s(self.charge_of(name), self.limit.cap, now_s)

    def refused(self, now_s: float) -> None:
        """The exchange said that the counter is above its cap: believe it."""
        self._counter.set(max(self._counter.value(now_s), self.limit.cap), now_s)


class EngineCounter:
    """The counter of one account and one pair; REST and WebSocket share it."""

    __slots__ = ("_counter", "limit")

    def __init__(self, limit: EngineLimit) -> None:
        self.limit = limit
        self._counter = DecayingCounter(limit.decay_per_s)

    @staticmethod
    def charge_of_add(orders: int = 1) -> float:
        """What placing costs: 1, and for a batch of n (two or more) n/2."""
        return 1.0 if orders == 1 else orders / 2

    @staticmethod
    def charge_of(action: Aged, age_s: float) -> float:
        """What an amend, edit or cancel costs, by the age of the order since it was placed or last amended."""
        place = sum(age_s >= bound for bound in _AGES_S)
        return float(_FIXED[action] + _BY_AGE[action][place])

    def value(self, now_s: float) -> float:
        """The count at that instant."""
        return self._counter.value(now_s)

    def over(self, now_s: float) -> bool:
        """Whether the exchange refuses new orders, amends and edits of this pair now."""
        return self._counter.value(now_s) > self.limit.threshold

    def add(self, charge: float, now_s: float) -> None:
        """Count a charge; the exchange counts requests that fail validation too."""
        self._counter.add(charge, now_s)

    def wait_s(self, charge: float, now_s: float) -> float:
        """Seconds until the charge fits under the threshold; 0.0 when now."""
        return self._counter.wait_s(charge, self.limit.threshold, now_s)

    def refused(self, now_s: float) -> None:
        """The exchange said that the counter is above the threshold: believe it."""
        self._counter.set(max(self._counter.value(now_s), self.limit.threshold), now_s)

    def told(self, count: float, now_s: float) -> None:
        """The exchange said what the counter is."""
        self._counter.set(count, now_s)
