"""What becomes of one packet on a bad line: a plain function of the line's settings and of chance."""

from random import Random
from typing import Final

import attrs

__all__ = ["Weather"]

_HEADERS_BYTES: Final = 40
"""Of IPv4 and TCP: what is damaged lies behind them, where only TCP's checksum sees it."""


@attrs.define
class Weather:
    """Settings of a line, changed while it is up. Shares are of 1.

    A delayed packet may overtake another. A damaged one arrives, and the receiver's kernel throws it away.
    """

    rng: Random
    latency_s: float = 0.0
    jitter_s: float = 0.0
    lost: float = 0.0
    doubled: float = 0.0
    damaged: float = 0.0
    bytes_per_s: float | None = None
    dark: bool = False
    """Nothing gets through."""
    _free_at_s: float = attrs.field(default=0.0, init=False)

    def clear(self) -> None:
        """A good line again."""
        self.latency_s = self.jitter_s = self.lost = self.doubled = self.damaged = 0.0
        self.bytes_per_s, self.dark = None, False

    def arrivals(self, packet: bytes, now_s: float) -> list[tuple[float, bytes]]:
        """When it arrives, and as what: not at all, once or twice."""
        if self.dark or self.rng.random() < self.lost:
            return []
        copies = 2 if self.rng.random() < self.doubled else 1
        return [(self._due_s(len(packet), now_s), self._maybe_damaged(packet)) for _ in range(copies)]

    def _due_s(self, size: int, now_s: float) -> float:
        sent_s = now_s
        if self.bytes_per_s is not None:
            sent_s = self._free_at_s = max(now_s, self._free_at_s) + size / self.bytes_per_s
        return sent_s + max(0.0, self.latency_s + self.rng.uniform(-self.jitter_s, self.jitter_s))

    def _maybe_damaged(self, packet: bytes) -> bytes:
        if len(packet) <= _HEADERS_BYTES or self.rng.random() >= self.damaged:
            return packet
        at = self.rng.randrange(_HEADERS_BYTES, len(packet))
        return packet[:at] + bytes([packet[at] ^ (1 << self.rng.randrange(8))]) + packet[at + 1 :]
