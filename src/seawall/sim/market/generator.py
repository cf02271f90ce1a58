"""A market out of a seed: a crowd that quotes around a price which walks at random, and takes what stands in its way.

The crowd's orders rest in the same queues as the users'. Whoever rests at the touch is filled within seconds, because
takers come several times a second and the walk crosses every price near it.
"""

import random
from decimal import Decimal
from typing import Final

import attrs
import trio

from seawall.model.numbers import ZERO, round_down
from seawall.model.orders import Side
from seawall.sim.exchange.book import HalfBook, Resting
from seawall.sim.exchange.market import Market
from seawall.sim.market.source import MarketInput

__all__ = ["Generator"]

STEP_OF_PRICE: Final = Decimal("0.00004")
"""One step of the walk, as a share of the price."""

LEVEL_WORTH: Final = (50, 20_000)
"""What one order of the crowd is worth, in whole units of a currency like the dollar."""

SIDES: Final = (Side.BUY, Side.SELL)


@attrs.define(eq=False)
class Generator:
    """Feeds every pair. `events_per_s` steps a second and pair; `levels` prices on each side."""

    rng: random.Random
    events_per_s: float
    levels: int
    history_min: int
    _fair: dict[str, Decimal] = attrs.field(factory=dict)

    def prepare(self, market: MarketInput) -> None:
        """Fill the books, and the candles of the past."""
        for symbol, pair in market.exchange.pairs.items():
            self._fair[symbol] = pair.start_price
            self._write_history(market, symbol)
            self._refill(market.exchange.market(symbol))
            market.exchange.floor.settle(market.exchange.market(symbol))

    async def run(self, market: MarketInput) -> None:
        """Step each pair at random moments. Nothing moves while the exchange does not match."""
        if not self.events_per_s:
            return
        symbols = tuple(market.exchange.pairs)
        while True:
            await trio.sleep(self.rng.expovariate(self.events_per_s * len(symbols)))
            symbol = self.rng.choice(symbols)
            if market.exchange.floor.matches(market.exchange.market(symbol)):
                self.step(market, symbol)

    def step(self, market: MarketInput, symbol: str) -> None:
        """Let one thing happen to one pair."""
        floor, state = market.exchange.floor, market.exchange.market(symbol)
        chance = self.rng.random()
        if chance < 0.20:
            self._walk(market, state)
        elif chance < 0.60:
            side = self.rng.choice(SIDES)
            floor.crowd_take(state, side, None, self._qty(state, small=self.rng.random() < 0.7))
        elif chance < 0.85:
            self._quote(state, self.rng.choice(SIDES))
        else:
            self._withdraw(state, self.rng.choice(SIDES))
        self._refill(state)
        floor.settle(state)

    def _walk(self, market: MarketInput, state: Market) -> None:
        """Move the fair price, and let the crowd take what rests on its wrong side."""
        symbol = state.pair.symbol
        stride = max(state.pair.tick_size, self._fair[symbol] * STEP_OF_PRICE)
        fair = self._on_grid(state, self._fair[symbol] + Decimal(self.rng.choice((-2, -1, -1, 1, 1, 2))) * stride)
        # The walk is held near where it began, so that a run of weeks ends with prices like those of its first day.
        start = state.pair.start_price
        self._fair[symbol] = fair = min(max(fair, start / 2), start * 2)
        for side in SIDES:
            half = state.book.half(side.other)
            wrong = sum((entry.qty for entry in half.walk(fair)), ZERO)
            if wrong:
                market.exchange.floor.crowd_take(state, side, fair, wrong)

    def _quote(self, state: Market, side: Side) -> None:
        """Rest one more order, close to the fair price more often than far."""
        away = 1 + int(self.rng.expovariate(1 / max(1.0, self.levels / 6)))
        price = self._on_grid(state, self._fair[state.pair.symbol] - side.sign * away * self._gap(state))
        opposite = state.book.half(side.other).best()
        if price > ZERO and (opposite is None or side.sign * (opposite - price) > 0):
            state.book.rest(side, price, self._qty(state))

    def _withdraw(self, state: Market, side: Side) -> None:
        """Take one of the crowd's orders back, near the touch more often than far."""
        half = state.book.half(side)
        if not len(half):
            return
        place = min(len(half) - 1, int(self.rng.expovariate(1 / 4)))
        crowd: list[Resting] = [entry for entry in half.queue_at(half.price_at(place)) if entry.order is None]
        if crowd:
            entry = self.rng.choice(crowd)
            state.book.take(entry, entry.qty)

    def _refill(self, state: Market) -> None:
        """Keep enough prices on both sides, and drop the crowd's orders that lie too far out."""
        for side in SIDES:
            half = state.book.half(side)
            if len(half) >= self.levels:
                self._drop_far_out(state, half)
                continue
            gap, fair, away = self._gap(state), self._fair[state.pair.symbol], 1
            while len(half) < self.levels:
                price = self._on_grid(state, fair - side.sign * away * gap)
                if price <= ZERO:
                    break
                opposite = state.book.half(side.other).best()
                if not half.qty_at(price) and (opposite is None or side.sign * (opposite - price) > 0):
                    state.book.rest(side, price, self._qty(state))
                away += 1

    def _drop_far_out(self, state: Market, half: HalfBook) -> None:
        """Keep at most twice as many prices as wanted; users' orders stay wherever they are."""
        if len(half) <= 2 * self.levels:
            return
        for price in list(half.prices())[: self.levels : -1]:
            for entry in half.queue_at(price):
                if entry.order is None:
                    state.book.take(entry, entry.qty)
            if len(half) <= 2 * self.levels:
                return

    def _gap(self, state: Market) -> Decimal:
        return max(state.pair.tick_size, self._on_grid(state, self._fair[state.pair.symbol] * STEP_OF_PRICE))

    @staticmethod
    def _on_grid(state: Market, price: Decimal) -> Decimal:
        return round_down(price, state.pair.tick_size)

    def _qty(self, state: Market, *, small: bool = False) -> Decimal:
        """A size, log-uniform in what it is worth; in pairs priced in a coin the worth is scaled to the minimum cost."""
        low, high = LEVEL_WORTH
        worth = Decimal(round(low * (high / low) ** self.rng.random() / (8 if small else 1), 2))
        scaled = worth * state.pair.costmin * 2
        qty = round_down(scaled / self._fair[state.pair.symbol], state.pair.qty_increment)
        return max(qty, state.pair.ordermin)

    def _write_history(self, market: MarketInput, symbol: str) -> None:
        """Invent the minutes before the start, walking backwards in price and telling them forwards."""
        state = market.exchange.market(symbol)
        price, prices = self._fair[symbol], []
        for _ in range(self.history_min * 2):
            prices.append(price)
            stride = max(state.pair.tick_size, price * STEP_OF_PRICE * 6)
            price = max(state.pair.tick_size, self._on_grid(state, price + Decimal(self.rng.choice((-1, 1))) * stride))
        step_ns = 30 * 10**9
        begin_ns = market.exchange.now_ns() - len(prices) * step_ns
        for place, past in enumerate(reversed(prices)):
            market.feed.show_history(symbol, past, self._qty(state), begin_ns + place * step_ns)
