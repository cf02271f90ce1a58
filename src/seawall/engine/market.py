"""What a strategy is handed: what the market says, what it holds, and the verbs that trade.

Orders are structured: `async with market.working(intent) as order` is the only way to place one, and leaving the block
ends it at the exchange; `async with market.claim(name) as order` does the same for one that another hand has placed. A
position can be: `async with market.holding(symbol) as position` closes what was bought inside.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import attrs
import trio

from seawall.engine.account import Account
from seawall.engine.check_ins import CheckIns
from seawall.engine.claims import Claims
from seawall.engine.desk import Desk
from seawall.engine.feed import BookStream, CandleStream, Feed, QuoteStream, TradeStream
from seawall.engine.holding import Holding, HoldingCutShort, Holdings, exit_rules
from seawall.engine.notices import CleanupCutShort, StrategySaid
from seawall.engine.order_table import Order
from seawall.engine.portfolio import Position
from seawall.engine.settings import Deadlines
from seawall.engine.working import WorkingOrder
from seawall.model.errors import Refused, Unavailable
from seawall.model.instruments import Instrument
from seawall.model.market_data import Quote
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, Number, market_sell
from seawall.model.reports import Balance, Fill
from seawall.model.venue import Probe, Venue

__all__ = ["Market"]

CANDLE_INTERVALS_S: Final = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
    "1w": 604_800,
    "15d": 1_296_000,
}
"""Kraken's candle intervals (docs.kraken.com/api/docs/websocket-v2/ohlc)."""

_NEVER_RESTED = (OrderState.REFUSED, OrderState.NOT_SENT, OrderState.NEVER_PLACED)


@attrs.define(eq=False)
class Market:
    """One strategy's view of the exchange and of its own positions."""

    owner: str
    _desk: Desk
    _feed: Feed
    _venue: Venue
    _account: Account
    _check_ins: CheckIns
    _deadlines: Deadlines
    _probe: Probe
    _holdings: Holdings
    _claims: Claims

    def instrument(self, symbol: str) -> Instrument:
        """The pair's grid and minimums. Raises `UnknownSymbol`."""
        return self._venue.instrument(symbol)

    def quote(self, symbol: str) -> Quote | None:
        """The newest verified touch of a symbol that somebody follows; None while there is none."""
        return self._feed.quote(symbol)

    @asynccontextmanager
    async def quotes(self, symbol: str) -> AsyncGenerator[QuoteStream, None]:
        """The touch, each time it has changed: `async with market.quotes("BTC/USD") as quotes: async for quote in quotes`.

        A reader that is slower than the market sees the newest touch, not all of them. Only books whose checksum held
        give quotes; the first one after a gap says so (`after_gap`). Raises `UnknownSymbol`, and `Unavailable` when the
        subscription does not come about within the configured deadline.
        """
        await self._follow(symbol, "book")
        async with self._feed.quotes(symbol) as stream:
            yield stream

    @asynccontextmanager
    async def book(self, symbol: str) -> AsyncGenerator[BookStream, None]:
        """The book, each time it has changed; as `quotes`, with all the levels that are followed."""
        await self._follow(symbol, "book")
        async with self._feed.books(symbol) as stream:
            yield stream

    @asynccontextmanager
    async def trades(self, symbol: str) -> AsyncGenerator[TradeStream, None]:
        """The trades the market prints, every one; a reader that falls behind the bound gets `FellBehind`."""
        await self._follow(symbol, "trades")
        async with self._feed.trades(symbol) as stream:
            yield stream

    @asynccontextmanager
    async def candles(self, symbol: str, interval: str) -> AsyncGenerator[CandleStream, None]:
        """Candles of one interval (`"1m"` … `"15d"`): those known already, then each change and each close."""
        try:
            interval_s = CANDLE_INTERVALS_S[interval]
        except KeyError:
            raise ValueError(f"interval: {interval!r} is not one of {', '.join(CANDLE_INTERVALS_S)}") from None
        async with self._feed.candles(symbol, interval_s) as stream:
            with self._within_deadline(symbol, "candles"):
                known = await self._venue.follow_candles(symbol, interval_s)
            stream.begin_with(known)
            yield stream

    def position(self, symbol: str) -> Position:
        """What this strategy's own fills in a symbol add up to; flat where there were none."""
        return self._desk.blotter.portfolio.position(self.owner, symbol)

    def balance(self, asset: str) -> Balance:
        """What the account holds of an asset, all strategies together, and what open orders reserve of it."""
        return self._account.balance(asset, self._desk.blotter.table.live())

    @asynccontextmanager
    async def working(self, intent: Intent) -> AsyncGenerator[WorkingOrder, None]:
        """Place an order, and keep it for as long as the block is open.

        Enters once the exchange has acknowledged the order, and stays outside while it is in doubt. Leaving, by
        whatever way, cancels what still rests and waits, shielded and under a deadline of its own, until the exchange
        has shown that it ended; what is unknown even then passes to the desk, which goes on until it is decided.
        An order with `keep=True` is left resting, and belongs to the desk from then on.

        The deadline of the surrounding cancel scope travels with the order: after it the exchange will not match it.

        Raises `RefusedByRisk`, `RefusedByExchange`, `Refused` (it was in doubt, and turned out never to have been
        placed), `NotSent`, `JournalFailed`, `UnknownSymbol`.
        """
        order = await self._desk.place(self.owner, intent)
        async with self._seen_off(order):
            await self._desk.decided(order)
            if order.state in _NEVER_RESTED:
                raise Refused(order.state.replace(" ", "_"), order.reason or f"the order was {order.state}")
            yield WorkingOrder(order, self._desk)

    @asynccontextmanager
    async def claim(self, order: str, *, keep: bool = False) -> AsyncGenerator[WorkingOrder, None]:
        """Take over an open order of the account that another hand placed, and keep it for as long as the block is open.

        `order` is the exchange's id of it, or the client order id that its maker gave it. From the moment the block is
        entered it is this strategy's, as if it had been placed by `working`: counted by the limits, followed, amended, and
        cancelled when the block is left, unless `keep=True`; what filled of it before is part of the position. It is in the
        journal, so that the next start knows it too: what is not kept is cancelled then. Nothing is sent.

        Raises `RefusedByRisk`: `owned` (it is this engine's already, whosever), `unknown_order`, `not_open`,
        `not_manageable` (a type that `working` has not, or on margin), or the limit that it would break (`mode`, `in_doubt`,
        `position`, `open_orders`); `Unavailable` and `ExchangeError` where the exchange cannot be asked; `JournalFailed`. The
        order is then left as it is. So it is on cancellation, unless the claim was on its way to the disk: then it is
        cancelled, as by leaving the block.
        """
        claimed = await self._claims.claim(self.owner, order, keeps=keep)
        async with self._seen_off(claimed):
            yield WorkingOrder(claimed, self._desk)

    @asynccontextmanager
    async def _seen_off(self, order: Order) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if not (order.intent.keep and order.state is OrderState.OPEN):
                cancel_s = self._deadlines.cancel_s
                with trio.move_on_after(cancel_s, shield=True) as cleanup, self._desk.hurried(cleanup):
                    await self._desk.see_off(order)
                if cleanup.cancelled_caught:
                    self._probe(CleanupCutShort(order.client_order_id, cancel_s))

    @asynccontextmanager
    async def holding(
        self,
        symbol: str,
        *,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        trailing: Number | None = None,
        max_age_s: float | None = None,
        adopt: bool = False,
    ) -> AsyncGenerator[Holding, None]:
        """Hold a position for as long as the block is open: whatever this strategy buys or sells of the symbol inside.

        Leaving, by whatever way, closes what is left of it at market, unless `position.hand_over(reason)` was called:
        orders of the strategy in the symbol are cancelled, then the rest is sold (or bought back), shielded and under a
        deadline of its own (`cancel_s` and `order_s` together). What is not closed by then the desk goes on closing, and
        a new block of the symbol is not entered before it has. Neither a halted engine nor one that stops holds this up,
        whatever `on_stop` says; what the exchange takes no order for, because it is too small, is handed over and told.

        Inside, the engine closes the position by these rules, as `[strategies.exits]` would; where both are set, the
        first that says so does. `stop_loss`, `take_profit` and `trailing` are fractions, of the average entry price and of
        the best price since ("0.02" is 2 %), `max_age_s` seconds since the first fill. The block goes on after an exit:
        `await position.closed()` waits for one, and says which it was.

        It is entered once the symbol's book is followed and earlier orders are decided; flat, unless `adopt=True` takes
        what the strategy holds already. Blocks of one strategy do not nest in one symbol.

        Raises `RefusedByRisk` (`holding`: another block of the strategy has the symbol; `held`: something is held, and not
        adopted; `orders`: the strategy's own orders rest there), `BadNumber`, `UnknownSymbol`, `Unavailable`.
        """
        rules = exit_rules(stop_loss, take_profit, trailing, max_age_s)
        self._venue.instrument(symbol)
        holding = self._holdings.begin(self.owner, symbol, rules)
        try:
            await self._follow(symbol, "book")
            await self._holdings.enter(holding, adopt=adopt)
            yield holding
        finally:
            closing = self._holdings.leave(holding)
            if closing is not None:
                close_s = self._deadlines.cancel_s + self._deadlines.order_s
                with trio.move_on_after(close_s, shield=True) as cleanup, self._desk.hurried(cleanup):
                    await self._holdings.closings.see_over(closing)
                if cleanup.cancelled_caught:
                    self._probe(HoldingCutShort(self.owner, symbol, holding.qty, close_s))

    async def sell_all(self, symbol: str) -> tuple[Fill, ...]:
        """Sell this strategy's whole position in a symbol at market; the fills, none when there was nothing to sell.

        What is below the exchange's minimum stays. Raises as `working`.
        """
        instrument = self._venue.instrument(symbol)
        held = self.position(symbol).qty
        qty = held - held % instrument.qty_increment
        if held <= 0 or qty < instrument.qty_min:
            return ()
        await self._follow(symbol, "book")
        async with self.working(market_sell(symbol, qty=qty)) as order:
            await order.done()
            return tuple([fill async for fill in order.fills()])

    def check_in(self) -> None:
        """Say that this strategy is well, where its configuration promises so (`check_in_s`).

        While one that promised is silent for longer, the dead man's switch is not renewed: in the end Kraken cancels
        every order of the account, which is right when a strategy that should watch them hangs.
        """
        self._check_ins.check_in(f"strategy {self.owner}")

    def say(self, text: str) -> None:
        """Leave a note in the journal and the log, under this strategy's name."""
        self._probe(StrategySaid(self.owner, text))
        self._desk.blotter.say(self.owner, "said", text)

    async def _follow(self, symbol: str, what: str) -> None:
        follow = self._venue.follow_book if what == "book" else self._venue.follow_trades
        with self._within_deadline(symbol, what):
            await follow(symbol)

    @contextmanager
    def _within_deadline(self, symbol: str, what: str) -> Iterator[None]:
        try:
            with trio.fail_after(self._deadlines.feed_s):
                yield
        except trio.TooSlowError:
            raise Unavailable(f"no {what} of {symbol} after {self._deadlines.feed_s} s") from None
