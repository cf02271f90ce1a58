"""A strategy whose position is a block: it buys a breakout, and the block's rules decide when that is over.

    [[strategies]]
    name = "breakout"
    use = "strategy_holding.py:buy_the_breakout"
    symbols = ["BTC/USD"]

    [strategies.parameters]
    symbol = "BTC/USD"
    qty = "0.0001"

However this function is left (it is stopped, it fails, the engine fails), what it holds is sold before the engine has
stopped. Only a process that is killed leaves a position, and the next run takes it up: `adopt=True`.
"""

from collections import deque
from decimal import Decimal

import trio

from seawall import Market, NotSent, Refused, market_buy

HOLD_AT_MOST_S = 6 * 3600.0


async def buy_the_breakout(market: Market, *, symbol: str, qty: Decimal, lookback: int = 20) -> None:
    """Buy `qty` when the price passes the highs of the last `lookback` minutes; hold until a rule closes it; again."""
    async with market.holding(
        symbol, stop_loss="0.01", trailing="0.015", take_profit="0.05", max_age_s=HOLD_AT_MOST_S, adopt=True
    ) as position:
        while True:
            if position.is_closed:  # if not, an earlier run was killed while it held: the rules go on with that
                await breakout(market, symbol, lookback)
                try:
                    async with market.working(market_buy(symbol, qty=qty)) as order:
                        await order.done()
                except (Refused, NotSent) as problem:
                    market.say(f"not bought: {problem}")
                    await trio.sleep(problem.retry_after_s or 5)
            why = await position.closed()
            if why is not None:
                market.say(f"closed by {why.reason}: {position.position.realized} {position.position.quote} earned so far")


async def breakout(market: Market, symbol: str, lookback: int) -> None:
    """Return when the running minute's price is above the highs of the `lookback` minutes before it."""
    highs: deque[Decimal] = deque(maxlen=lookback)
    async with market.candles(symbol, "1m") as candles:
        async for candle in candles:
            if candle.closed:
                highs.append(candle.high)
            elif len(highs) == lookback and candle.close > max(highs):
                return
