"""The wall clock of one host, which may be wrong, and may jump."""

from collections.abc import Callable
from typing import Final

import attrs

__all__ = ["BEGIN_NS", "WallClock"]

BEGIN_NS: Final = 1_767_225_600_000_000_000
"""When every world begins: 2026-01-01, midnight UTC."""


@attrs.define(eq=False)
class WallClock:
    """Nanoseconds since the epoch, from the world's time (`now_s`, seconds since its beginning) and the error of this clock."""

    now_s: Callable[[], float]
    error_ns: int = 0
    """How far it is ahead of the true time."""
    _begin_s: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._begin_s = self.now_s()

    def now_ns(self) -> int:
        """What this host believes the time to be."""
        return BEGIN_NS + round((self.now_s() - self._begin_s) * 1e9) + self.error_ns

    def jump(self, by_s: float) -> None:
        """Set it forward, or back."""
        self.error_ns += round(by_s * 1e9)
