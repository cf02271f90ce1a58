"""How much a client may ask of the matching engine (docs.kraken.com/api/docs/guides/spot-ratelimits)."""

from decimal import Decimal
from typing import Final, Literal, Self

import attrs

from seawall.sim.exchange.refusal import ApiError

__all__ = ["EngineLimits", "Tier"]

Tier = Literal["starter", "intermediate", "pro"]

_TIERS: Final[dict[Tier, tuple[float, float, int]]] = {
    "starter": (60.0, 1.0, 60),
    "intermediate": (125.0, 2.34, 80),
    "pro": (180.0, 3.75, 225),
}
_AMEND: Final = ((5, 3.0), (10, 2.0), (15, 1.0))
_CANCEL: Final = ((5, 8.0), (10, 6.0), (15, 5.0), (45, 4.0), (90, 2.0), (300, 1.0))


def _by_age(steps: tuple[tuple[int, float], ...], age_ns: int) -> float:
    return next((charge for below_s, charge in steps if age_ns < below_s * 10**9), 0.0)


@attrs.define
class EngineLimits:
    """One counter a pair, which rises with each request and decays with time. `enforced=False` counts, and refuses nothing."""

    threshold: float
    decay_per_s: float
    open_orders_per_pair: int
    enforced: bool = True
    _counters: dict[str, tuple[float, int]] = attrs.field(factory=dict)

    @classmethod
    def of_tier(cls, tier: Tier, *, enforced: bool = True) -> Self:
        """The limits of one verification tier."""
        threshold, decay, orders = _TIERS[tier]
        return cls(threshold, decay, orders, enforced)

    def level(self, symbol: str, now_ns: int) -> float:
        """The counter of one pair now."""
        value, at_ns = self._counters.get(symbol, (0.0, now_ns))
        return max(0.0, value - self.decay_per_s * (now_ns - at_ns) / 1e9)

    def charge_add(self, symbol: str, now_ns: int) -> None:
        """One order placed. Raises `ApiError` above the threshold; what was refused counts all the same."""
        self._charge(symbol, now_ns, 1.0)

    def charge_amend(self, symbol: str, now_ns: int, since_ns: int) -> None:
        """One amend of an order that was placed or last amended at `since_ns`."""
        self._charge(symbol, now_ns, 1.0 + _by_age(_AMEND, now_ns - since_ns))

    def charge_cancel(self, symbol: str, now_ns: int, since_ns: int) -> None:
        """One cancel. Never refused: an order must be able to end."""
        self._counters[symbol] = (self.level(symbol, now_ns) + _by_age(_CANCEL, now_ns - since_ns), now_ns)

    def check_open_orders(self, count: int) -> None:
        """Raise `ApiError` when a pair has as many open orders as it may."""
        if self.enforced and Decimal(count) >= self.open_orders_per_pair:
            raise ApiError("EOrder:Orders limit exceeded")

    def _charge(self, symbol: str, now_ns: int, charge: float) -> None:
        level = self.level(symbol, now_ns)
        self._counters[symbol] = (level + charge, now_ns)
        if self.enforced and level + charge > self.threshold:
            raise ApiError("EOrder:Rate limit exceeded")
