"""What an order that leaves something to the market means at the moment it comes in."""

from decimal import Decimal

import attrs

from seawall.model.numbers import ZERO, round_down
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.orders import NewOrder
from seawall.sim.exchange.refusal import invalid

__all__ = ["settled"]


def settled(market: Market, ask: NewOrder) -> NewOrder:
    """The order with a price for every distance, and a quantity for an amount of cash. Raises `ApiError`."""
    offset = ask.trail or ask.trigger_offset
    if offset is not None:
        ask = attrs.evolve(ask, trigger_price=offset.from_price(market.last, ask.pair))
    if ask.cash_qty is not None:
        if ask.order_type is not OrderType.MARKET or ask.side is not Side.BUY:
            raise invalid("cash_order_qty")
        ask = attrs.evolve(ask, qty=_bought_for(market, ask, ask.cash_qty))
    return ask


def _bought_for(market: Market, ask: NewOrder, cash: Decimal) -> Decimal:
    """How much of the base asset the book gives for the cash, fees not counted."""
    step, got = ask.pair.qty_increment, ZERO
    for entry in market.book.half(Side.SELL).walk(None):
        there = entry.qty + entry.hidden
        affordable = round_down(cash / entry.price, step)
        if affordable <= there:
            return got + affordable
        got += there
        cash -= there * entry.price
    return got
