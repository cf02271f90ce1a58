"""Prices that are said as a distance from another (docs.kraken.com/api/docs/websocket-v2/add_order, `price_type`)."""

from decimal import ROUND_HALF_EVEN, Decimal

import attrs

from seawall.sim.exchange.pairs import Pair

__all__ = ["Offset"]


@attrs.frozen
class Offset:
    """A signed distance: in percent, or in the quote currency."""

    value: Decimal
    percent: bool = False

    def from_price(self, price: Decimal, pair: Pair) -> Decimal:
        """The price that lies so far from another, on the pair's grid."""
        away = price * self.value / 100 if self.percent else self.value
        return ((price + away) / pair.tick_size).to_integral_value(ROUND_HALF_EVEN) * pair.tick_size

    def negated(self) -> "Offset":
        """As far, to the other side."""
        return Offset(-self.value, self.percent)

    @property
    def kind(self) -> str:
        """Its `price_type`."""
        return "pct" if self.percent else "quote"

    def __str__(self) -> str:
        return f"{self.value:+f}{'%' if self.percent else ''}"
