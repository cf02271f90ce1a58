"""A strategy that keeps every part of an engine busy, and does what `docs/strategies.md` says when an order is not taken."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Final

import trio

from seawall.engine.market import Market
from seawall.model.errors import NotSent, Refused
from seawall.model.market_data import Quote
from seawall.model.numbers import ZERO
from seawall.model.orders import Intent, limit_buy, limit_sell

__all__ = ["trade"]

_RESTS_S: Final = 6.0
_FILLS_S: Final = 0.3
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 3.0


async def trade(market: Market, *, symbol: str, qty: Decimal) -> None:
    """One order rests below the market and is amended; beside it others buy and sell at once; over and over.

    The pace is what the rate counter of the highest tier bears (docs.kraken.com/api/docs/guides/spot-ratelimits).
    """
    async with market.quotes(symbol) as quotes:
        async for quote in quotes:
            try:
                async with market.working(limit_buy(symbol, qty=qty, price=_below(market, quote))) as resting:
                    with trio.move_on_after(_RESTS_S):
                        await _buy_and_sell(market, quotes, symbol, qty)
                    if not resting.ended:
                        await resting.amend(qty=2 * qty)
            except (Refused, NotSent) as problem:
                await trio.sleep(min(problem.retry_after_s or _PAUSE_S, _LONGEST_PAUSE_S))


def _below(market: Market, quote: Quote) -> Decimal:
    tick = market.instrument(quote.symbol).price_increment
    return (quote.bid * Decimal("0.98") // tick) * tick


async def _buy_and_sell(market: Market, quotes: AsyncIterator[Quote], symbol: str, qty: Decimal) -> None:
    async for quote in quotes:
        async with market.working(_across(market, quote, symbol, qty)) as order:
            with trio.move_on_after(_FILLS_S):
                await order.done()
        await trio.sleep(_PAUSE_S)


def _across(market: Market, quote: Quote, symbol: str, qty: Decimal) -> Intent:
    """An order that meets the other side of the book: a sale of what is held, else a purchase."""
    held = market.position(symbol).qty
    return limit_sell(symbol, qty=qty, price=quote.bid) if held > ZERO else limit_buy(symbol, qty=qty, price=quote.ask)
