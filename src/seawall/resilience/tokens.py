"""A counter that decays, seen as tokens: some are kept for lanes that must not starve, the rest is for all.

A venue that adds a charge to a counter, lets it decay by so much a second and refuses above a cap, hands out tokens:
as many as the cap, refilled at the decay. This is that arithmetic, without waiting and without a clock of its own.
"""

from collections.abc import Mapping

import attrs

__all__ = ["Tokens"]

_TOLERANCE = 1e-9
"""Seconds times rate is never exact in floats; so much short of a token still is one."""


@attrs.define
class Tokens:
    """The tokens at one instant. A lane spends its own reserve first, then the shared ones.

    What flows back fills the reserves first, the most urgent lane's before the next, then the shared part.
    """

    reserves: Mapping[str, float]
    """How many are kept for each lane, the most urgent lane first."""
    shared_max: float
    refill_per_s: float
    own: dict[str, float]
    shared: float
    """Below zero when more was charged than there was."""
    _reserves_full: bool = attrs.field(default=False, init=False, eq=False, repr=False)
    """Known to be full: then what flows in need not be dealt out. False when nobody has looked."""

    @classmethod
    def full(cls, capacity: float, refill_per_s: float, reserves: Mapping[str, float]) -> "Tokens":
        """All of them there."""
        shared = capacity - sum(reserves.values())
        return cls(reserves, shared, refill_per_s, dict(reserves), shared)

    def copy(self) -> "Tokens":
        """The same amounts, for trying things out."""
        return attrs.evolve(self, own=dict(self.own))

    @property
    def available(self) -> float:
        """All tokens together."""
        return self.shared + sum(self.own.values())

    def give(self, amount: float) -> None:
        """Put `amount` back: time did, or a refund. Nothing rises above its maximum."""
        if not self._reserves_full:
            amount = self._give_reserves(amount)
        self.shared = min(self.shared_max, self.shared + amount)

    def _give_reserves(self, amount: float) -> float:
        """Fill the reserves, as far as `amount` reaches; what is left of it."""
        self._reserves_full = True
        for lane, reserve in self.reserves.items():
            room = reserve - self.own[lane]
            if room <= amount:
                self.own[lane] = reserve
                amount -= room
            else:
                self.own[lane] += amount
                amount = 0.0
                self._reserves_full = False
        return amount

    def most(self, lane: str) -> float:
        """The largest weight this lane can ever take at once."""
        return self.reserves[lane] + self.shared_max

    def take(self, lane: str, weight: float, *, may_share: bool = True) -> bool:
        """Spend `weight` if it is there now; whether it was."""
        shared = self.shared if may_share and self.shared > 0.0 else 0.0
        if weight - self.own[lane] - shared > _TOLERANCE:
            return False
        self.spend(lane, weight)
        return True

    def spend(self, lane: str, weight: float) -> None:
        """Take `weight`, whether it is there or not: its own first, the rest from the shared part."""
        own = self.own[lane]
        if own <= 0.0:
            self.shared -= weight
        else:
            spent = min(own, weight)
            self.own[lane] = own - spent
            self.shared -= weight - spent
            self._reserves_full = False

    def missing(self, lane: str, weight: float, *, may_share: bool = True) -> float:
        """How much must flow in before `lane` can take `weight`; 0.0 when it can now, infinite when it never can."""
        own = self.own[lane]
        short = weight - own - (max(0.0, self.shared) if may_share else 0.0)
        if short <= _TOLERANCE:
            return 0.0
        rooms = [reserve - self.own[name] for name, reserve in self.reserves.items()]
        before = sum(rooms[: list(self.reserves).index(lane)])
        own_room = self.reserves[lane] - own
        if short <= own_room + _TOLERANCE:
            return before + short
        if not may_share or weight > self.most(lane) + _TOLERANCE:
            return float("inf")
        return sum(rooms) + short - own_room + max(0.0, -self.shared)

    def wait_s(self, lane: str, weight: float, *, may_share: bool = True) -> float:
        """Seconds until `lane` can take `weight`, if nobody else takes any meanwhile."""
        return self.missing(lane, weight, may_share=may_share) / self.refill_per_s
