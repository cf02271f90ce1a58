"""Intents: what a strategy wants sent, in exact numbers.

The builders (`limit_buy` and its kin) refuse at once what could never be an order: floats, zero, negative sizes,
a post-only market order. Whether the exchange and the limits take it is asked later, by the desk.
"""

from decimal import Decimal
from enum import StrEnum

import attrs

from seawall.model.numbers import positive

__all__ = [
    "Intent",
    "Number",
    "OrderType",
    "Side",
    "TimeInForce",
    "limit_buy",
    "limit_sell",
    "market_buy",
    "market_sell",
    "stop_loss_sell",
    "take_profit_sell",
]

Number = str | int | Decimal


class Side(StrEnum):
    """Buy or sell, in Kraken's words."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell: what a fill does to a position."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        """The side that would take this one's orders."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """The order types the desk sends, in Kraken's words (docs.kraken.com/api/docs/websocket-v2/add_order)."""

    LIMIT = "limit"
    MARKET = "market"
    STOP_LOSS = "stop-loss"
    STOP_LOSS_LIMIT = "stop-loss-limit"
    TAKE_PROFIT = "take-profit"
    TAKE_PROFIT_LIMIT = "take-profit-limit"

    @property
    def has_limit(self) -> bool:
        """Whether the order carries a limit price."""
        return self in (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)

    @property
    def has_trigger(self) -> bool:
        """Whether the order waits for a trigger price."""
        return self not in (OrderType.LIMIT, OrderType.MARKET)


class TimeInForce(StrEnum):
    """How long an order may rest."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


@attrs.frozen
class Intent:
    """One wish to trade; build it with `limit_buy` and its kin.

    `qty` is in the base asset, prices in the quote asset. `keep=True` says that the order outlives the block that
    placed it; the desk owns it then, and the certificate names it.
    """

    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    keep: bool = False

    def __attrs_post_init__(self) -> None:
        if "/" not in self.symbol:
            raise ValueError(f"symbol: {self.symbol!r} is not a pair such as 'BTC/USD'")
        for name, needed, value in (
            ("limit_price", self.order_type.has_limit, self.limit_price),
            ("trigger_price", self.order_type.has_trigger, self.trigger_price),
        ):
            if needed != (value is not None):
                raise ValueError(f"{name}: {'needed for' if needed else 'not a part of'} {self.order_type} orders")
        if self.post_only and self.order_type is not OrderType.LIMIT:
            raise ValueError(f"post_only: goes with limit orders, not with {self.order_type}")
        if self.post_only and self.time_in_force is not TimeInForce.GTC:
            raise ValueError(f"post_only: contradicts time_in_force={self.time_in_force}")

    def __str__(self) -> str:
        at = f" at {self.limit_price}" if self.limit_price is not None else ""
        when = f" once {self.trigger_price}" if self.trigger_price is not None else ""
        return f"{self.side} {self.qty} {self.symbol} {self.order_type}{when}{at}"


def limit_buy(
    symbol: str,
    *,
    qty: Number,
    price: Number,
    time_in_force: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    keep: bool = False,
) -> Intent:
    """Buy `qty` of the base asset at `price` or lower. Raises `BadNumber` (a ValueError) for what is not exact."""
    return _limit(Side.BUY, symbol, qty, price, time_in_force, post_only, keep)


def limit_sell(
    symbol: str,
    *,
    qty: Number,
    price: Number,
    time_in_force: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    keep: bool = False,
) -> Intent:
    """Sell `qty` of the base asset at `price` or higher. Raises `BadNumber` (a ValueError) for what is not exact."""
    return _limit(Side.SELL, symbol, qty, price, time_in_force, post_only, keep)


def market_buy(symbol: str, *, qty: Number) -> Intent:
    """Buy `qty` of the base asset at whatever the book asks."""
    return Intent(symbol, Side.BUY, OrderType.MARKET, positive(qty, "qty"))


def market_sell(symbol: str, *, qty: Number) -> Intent:
    """Sell `qty` of the base asset at whatever the book bids."""
    return Intent(symbol, Side.SELL, OrderType.MARKET, positive(qty, "qty"))


def stop_loss_sell(symbol: str, *, qty: Number, trigger: Number, price: Number | None = None, keep: bool = False) -> Intent:
    """Sell `qty` once the last price falls to `trigger`: at market, or as a limit order when `price` is given."""
    return _triggered(OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, symbol, qty, trigger, price, keep)


def take_profit_sell(symbol: str, *, qty: Number, trigger: Number, price: Number | None = None, keep: bool = False) -> Intent:
    """Sell `qty` once the last price rises to `trigger`: at market, or as a limit order when `price` is given."""
    return _triggered(OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT, symbol, qty, trigger, price, keep)


def _limit(
    side: Side, symbol: str, qty: Number, price: Number, time_in_force: TimeInForce, post_only: bool, keep: bool
) -> Intent:
    return Intent(
        symbol,
        side,
        OrderType.LIMIT,
        positive(qty, "qty"),
        limit_price=positive(price, "price"),
        time_in_force=time_in_force,
        post_only=post_only,
        keep=keep,
    )


def _triggered(
    at_market: OrderType, with_limit: OrderType, symbol: str, qty: Number, trigger: Number, price: Number | None, keep: bool
) -> Intent:
    return Intent(
        symbol,
        Side.SELL,
        at_market if price is None else with_limit,
        positive(qty, "qty"),
        limit_price=None if price is None else positive(price, "price"),
        trigger_price=positive(trigger, "trigger"),
        keep=keep,
    )
