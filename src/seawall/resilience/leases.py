"""Places that are lent for a time: a probe that hangs must not keep its place for ever. No clock of its own."""

import attrs

__all__ = ["Leases"]


@attrs.define
class Leases:
    """At most `places` at once, each for `lease_s` seconds of a clock whose reading is passed in."""

    places: int
    lease_s: float
    _began_at: dict[int, float] = attrs.field(factory=dict, init=False)
    _given: int = attrs.field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._began_at)

    def wait_s(self, now: float) -> float:
        """Seconds until a place can be had: free, or lent for too long."""
        if len(self._began_at) < self.places:
            return 0.0
        return min(self._left_s(began_at, now) for began_at in self._began_at.values())

    def revoke_hung(self, now: float) -> int:
        """If every place is lent, take back those lent for too long; how many these were."""
        if len(self._began_at) < self.places:
            return 0
        hung = [lease for lease, began_at in self._began_at.items() if self._left_s(began_at, now) <= 0.0]
        for lease in hung:
            del self._began_at[lease]
        return len(hung)

    def lend(self, now: float) -> int:
        """A place; the number of its lease."""
        assert len(self._began_at) < self.places, "a place was lent that is not there"
        self._given += 1
        self._began_at[self._given] = now
        return self._given

    def end(self, lease: int) -> bool:
        """Take a place back; whether it was still lent."""
        return self._began_at.pop(lease, None) is not None

    def clear(self) -> None:
        """Take all places back."""
        self._began_at.clear()

    def _left_s(self, began_at: float, now: float) -> float:
        # A start that lies ahead was stamped in another trio run, whose clock began elsewhere: its task is long gone.
        return 0.0 if now < began_at else max(0.0, self.lease_s - (now - began_at))
