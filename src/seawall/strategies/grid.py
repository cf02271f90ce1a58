"""A grid: orders at fixed steps below the price, each followed by a sale one step higher."""

from decimal import Decimal

import attrs
import trio

from seawall import Market, NotSent, OrderState, Quote, Refused, Side, limit_buy, limit_sell, round_down, round_up

__all__ = ["Grid"]

PAUSE_S = 1.0
"""After an order that was not taken, or that somebody else ended."""


@attrs.frozen
class _Rung:
    """One step of the grid: where it buys, where it sells what it bought, and what an earlier run left it to sell first."""

    buy_at: Decimal
    sell_at: Decimal
    left_over: Decimal


@attrs.define
class Grid:
    """Buys `qty` on each of `rungs` prices below the mid of the first quote, `step` apart, and sells each one step higher.

    `step` is a fraction: 0.01 is 1 %. Every rung is a task of its own with one order at a time, so the most this can hold
    is `rungs` times `qty`. What an earlier run left is sold first, at no less than one step above its average price.

    A grid earns one step, less two fees, each time the price goes down and up again, and holds everything it ever bought
    when the price only falls. Where a step does not even pay for two maker fees of the lowest tier, it says so at the start.
    """

    symbol: str
    qty: Decimal = attrs.field(validator=attrs.validators.gt(Decimal(0)))
    rungs: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    step: Decimal = attrs.field(default=Decimal("0.01"), validator=attrs.validators.gt(Decimal(0)))

    def __attrs_post_init__(self) -> None:
        if self.rungs * self.step >= 1:
            raise ValueError(f"rungs, step: the lowest of {self.rungs} rungs, {self.step} apart, is not above zero")

    async def run(self, market: Market) -> None:
        """Trade until cancelled."""
        fee = market.instrument(self.symbol).maker_fee
        if self.step <= 2 * fee:
            market.say(f"a step of {self.step} does not pay for two maker fees of {fee}")
        async with market.quotes(self.symbol) as quotes:
            ladder = self._ladder(market, await anext(quotes))
            async with trio.open_nursery() as nursery:
                for rung in ladder:
                    nursery.start_soon(self._climb, market, rung, name=f"rung {rung.buy_at}")

    def _ladder(self, market: Market, quote: Quote) -> list[_Rung]:
        """The rungs, highest first."""
        tick = market.instrument(self.symbol).price_increment
        position = market.position(self.symbol)
        ladder: list[_Rung] = []
        unassigned = position.qty
        for place in range(1, self.rungs + 1):
            buy_at = paid = round_down(quote.mid * (1 - place * self.step), tick)
            left_over = max(min(unassigned, self.qty), Decimal(0))
            unassigned -= left_over
            if left_over and position.average_price is not None:
                paid = max(buy_at, position.average_price)
            ladder.append(_Rung(buy_at, round_up(paid * (1 + self.step), tick), left_over))
        return ladder

    async def _climb(self, market: Market, rung: _Rung) -> None:
        held = rung.left_over
        while True:
            if not held:
                held = await self._trade(market, Side.BUY, self.qty, rung.buy_at)
            await self._trade(market, Side.SELL, held, rung.sell_at)
            held = Decimal(0)

    async def _trade(self, market: Market, side: Side, qty: Decimal, price: Decimal) -> Decimal:
        """Rest an order until `qty` has traded, again for the rest where something else ended it; returns what traded."""
        instrument = market.instrument(self.symbol)
        make = limit_buy if side is Side.BUY else limit_sell
        traded = Decimal(0)
        while (left := round_down(qty - traded, instrument.qty_increment)) >= instrument.qty_min:
            if side is Side.SELL and market.position(self.symbol).qty < left:
                break  # an exit, or a hand, has sold it already: what is not ours is not for sale
            try:
                async with market.working(make(self.symbol, qty=left, price=price)) as order:
                    await order.done()
            except (Refused, NotSent) as problem:
                market.say(f"not placed: {problem}")
                await trio.sleep(problem.retry_after_s or PAUSE_S)
                continue
            traded += order.filled_qty
            if order.state is not OrderState.FILLED:
                await trio.sleep(PAUSE_S)  # whoever ended it may be about to sell what is held
        return traded
