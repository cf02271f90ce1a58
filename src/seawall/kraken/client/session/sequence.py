"""Counting the messages of one private subscription."""

from enum import Enum

import attrs

__all__ = ["Arrival", "Sequence"]


class Arrival(Enum):
    """What a sequence number says about the messages before it."""

    IN_ORDER = "in order"
    REPEATED = "repeated"
    GAP = "gap"


@attrs.define
class Sequence:
    """Numbers start at 1 with the snapshot and rise by one (docs.kraken.com/api/docs/websocket-v2/executions)."""

    last: int | None = None

    def take(self, number: int, *, snapshot: bool) -> Arrival:
        """Judge a message. A snapshot begins anew, whatever its number; after a gap the count goes on from there."""
        before, self.last = self.last, number
        if snapshot or before is None or number == before + 1:
            return Arrival.IN_ORDER
        if number <= before:
            self.last = before
            return Arrival.REPEATED
        return Arrival.GAP

    def forget(self) -> None:
        """A new subscription counts from the beginning."""
        self.last = None
