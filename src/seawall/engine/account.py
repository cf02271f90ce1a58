"""What the account holds, as the exchange last said, and what of it our open orders reserve."""

from collections.abc import Iterable
from decimal import Decimal

import attrs

from seawall.engine.order_table import Order
from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.model.reports import Balance

__all__ = ["Account"]


@attrs.define(eq=False)
class Account:
    """Totals by the exchange's word; holds by our own arithmetic, since the stream of balances does not tell them.

    (docs.kraken.com/api/docs/websocket-v2/balances)
    """

    _totals: dict[str, Decimal] = attrs.field(factory=dict, init=False)

    def told(self, asset: str, total: Decimal) -> None:
        """The exchange said what there is of one asset."""
        self._totals[asset] = total

    def told_all(self, balances: Iterable[Balance]) -> None:
        """The exchange listed every asset that is not zero."""
        self._totals = {balance.asset: balance.total for balance in balances}

    def balance(self, asset: str, live: Iterable[Order]) -> Balance:
        """One asset, with what the given live orders may still use of it."""
        held = sum((_held(order, asset) for order in live), ZERO)
        return Balance(asset, self._totals.get(asset, ZERO), held)


def _held(order: Order, asset: str) -> Decimal:
    base, _, quote = order.symbol.partition("/")
    if order.side is Side.SELL:
        return order.exposed_qty if asset == base else ZERO
    if asset != quote or order.limit_price is None:
        return ZERO
    return order.exposed_qty * order.limit_price
