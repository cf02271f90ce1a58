"""What can be traded, and on which grid."""

from decimal import Decimal
from enum import StrEnum

import attrs

from seawall.model.numbers import ZERO, is_multiple

__all__ = ["Instrument", "PairStatus"]


class PairStatus(StrEnum):
    """What the exchange takes for one pair now (Kraken: WebSocket v2, `instrument` channel)."""

    ONLINE = "online"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"
    REDUCE_ONLY = "reduce_only"
    CANCEL_ONLY = "cancel_only"
    MAINTENANCE = "maintenance"
    WORK_IN_PROGRESS = "work_in_progress"
    DELISTED = "delisted"


@attrs.frozen
class Instrument:
    """One spot pair: its names, its grid and its minimums.

    `symbol` is Kraken's WebSocket v2 name (`BTC/USD`); `rest_name` is what REST takes for it (`XBTUSD`) and
    `rest_id` the key of its answers (`XXBTZUSD`). Prices lie on multiples of `price_increment`, quantities (in `base`)
    on multiples of `qty_increment`; an order is at least `qty_min` of `base` and `cost_min` of `quote`.
    Fees are fractions (0.0026 is 0.26 %) of the lowest tier.
    """

    symbol: str
    base: str
    quote: str
    rest_name: str
    rest_id: str
    price_precision: int
    qty_precision: int
    price_increment: Decimal
    qty_increment: Decimal
    qty_min: Decimal
    cost_min: Decimal = ZERO
    maker_fee: Decimal = ZERO
    taker_fee: Decimal = ZERO
    status: PairStatus = PairStatus.ONLINE

    def fault_of_price(self, price: Decimal) -> str | None:
        """Why the exchange would not take this price; None when it would."""
        if price <= ZERO:
            return f"price {price} is not above zero"
        if not is_multiple(price, self.price_increment):
            return f"price {price} is not a multiple of {self.price_increment}, the tick of {self.symbol}"
        return None

    def fault_of_qty(self, qty: Decimal) -> str | None:
        """Why the exchange would not take this quantity; None when it would."""
        if qty <= ZERO:
            return f"quantity {qty} is not above zero"
        if not is_multiple(qty, self.qty_increment):
            return f"quantity {qty} is not a multiple of {self.qty_increment}, the step of {self.symbol}"
        if qty < self.qty_min:
            return f"quantity {qty} is below {self.qty_min}, the minimum of {self.symbol}"
        return None

    def fault_of_cost(self, cost: Decimal) -> str | None:
        """Why the exchange would not take an order of this cost (price times quantity); None when it would."""
        if cost < self.cost_min:
            return f"cost {cost} {self.quote} is below {self.cost_min}, the minimum of {self.symbol}"
        return None
