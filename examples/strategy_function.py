"""A strategy can be an async function. Run it with `seawall run examples/sim.toml`, or see `embedded.py`."""

import trio

from seawall import Market, NotSent, Refused, limit_buy


async def quote_the_bid(market: Market, *, symbol: str = "BTC/USD", qty: str = "0.001", rest_s: float = 15.0) -> None:
    """Rest a small bid at the touch, `rest_s` seconds at a time."""
    async with market.quotes(symbol) as quotes:
        async for quote in quotes:
            try:
                async with market.working(limit_buy(symbol, qty=qty, price=quote.bid)) as order:
                    with trio.move_on_after(rest_s):
                        await order.done()
            except (Refused, NotSent) as problem:  # a limit of ours, the exchange, its rate limit: nothing rests
                market.say(f"no bid: {problem}")
                await trio.sleep(problem.retry_after_s or 5)
            else:
                # Here the order is over, and the exchange has said so: filled, or cancelled with what had filled before.
                market.say(f"bid over: {order.state}, {order.filled_qty} bought, {market.position(symbol).qty} held")
