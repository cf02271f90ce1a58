"""What the account has traded in the last thirty days: fees fall with it (docs.kraken.com/api/docs/rest-api/get-trade-volume)."""

from collections import deque
from decimal import Decimal
from typing import Final

import attrs

from seawall.model.numbers import ZERO

__all__ = ["TradedVolume"]

WINDOW_NS: Final = 30 * 86_400 * 10**9


@attrs.define(eq=False)
class TradedVolume:
    """The worth of trades in US dollars, each for thirty days."""

    _trades: deque[tuple[int, Decimal]] = attrs.field(factory=deque)
    _sum: Decimal = ZERO

    def add(self, worth_usd: Decimal, at_ns: int) -> None:
        """Count one trade."""
        self._trades.append((at_ns, worth_usd))
        self._sum += worth_usd

    def value(self, now_ns: int) -> Decimal:
        """The sum of the last thirty days."""
        while self._trades and self._trades[0][0] <= now_ns - WINDOW_NS:
            self._sum -= self._trades.popleft()[1]
        return self._sum
