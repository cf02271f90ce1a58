"""Buy at the bid, sell at the ask, and move with the touch: the smallest market maker there is."""

import contextlib
from decimal import Decimal

import trio

from seawall import Intent, Market, NotSent, Quote, Refused, Side, WorkingOrder, limit_buy, limit_sell, round_down

__all__ = ["quote_the_touch"]

PAUSE_S = 1.0
"""After an order that was not taken, where nobody said how long to wait."""


async def quote_the_touch(market: Market, *, symbol: str, qty: Decimal, requote_s: float = 5.0) -> None:
    """Rest `qty` at the bid until it is bought, then rest what is held at the ask until it is sold, over and over.

    An order follows the touch by `amend`, at most every `requote_s` seconds: it keeps its id and its fills, and there is no
    moment without an order, nor one with two. While the book is lost nothing rests. What an earlier run bought is sold first.
    Younger orders are dearer to amend: five seconds is what the counter of Kraken's lowest tier bears for ever, one second
    is for higher tiers (docs.kraken.com/api/docs/guides/spot-ratelimits).

    It earns the spread, less two maker fees, while the price stays where it is, and loses when the price runs away from
    what it holds; it has no opinion of the market. Where its order is the only one at the touch it stays there. Give it
    exits, and a limit on the position, before it trades with money.
    """
    async with market.quotes(symbol) as quotes:
        async for quote in quotes:
            try:
                intent = _next(market, quote, qty)
                async with market.working(intent) as order:
                    await _stay_at_the_touch(market, intent, order, requote_s)
            except (Refused, NotSent) as problem:
                market.say(f"not placed: {problem}")
                await trio.sleep(problem.retry_after_s or PAUSE_S)


def _next(market: Market, quote: Quote, qty: Decimal) -> Intent:
    """Sell what is held; with nothing held that could be sold, buy."""
    instrument = market.instrument(quote.symbol)
    held = round_down(market.position(quote.symbol).qty, instrument.qty_increment)
    if held >= instrument.qty_min:
        return limit_sell(quote.symbol, qty=held, price=quote.ask, post_only=True)
    return limit_buy(quote.symbol, qty=qty, price=quote.bid, post_only=True)


async def _stay_at_the_touch(market: Market, intent: Intent, order: WorkingOrder, requote_s: float) -> None:
    """Return once the order has ended, or the book is lost."""
    while True:
        with trio.move_on_after(requote_s):
            await order.done()
        if order.ended:
            return
        quote = market.quote(intent.symbol)
        if quote is None:
            return
        touch = quote.bid if intent.side is Side.BUY else quote.ask
        if touch != order.limit_price:
            # Refused, it stays where it was: it may just have filled, or the touch was gone again. The next look tells.
            with contextlib.suppress(Refused, NotSent):
                await order.amend(price=touch)
