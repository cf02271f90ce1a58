"""The public channels: turns what happens at the exchange into frames for those who follow it."""

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import attrs

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import ZERO
from seawall.sim.exchange.events import BookChanged, Event, LevelChange, PairStatusChanged, TradesPrinted
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.pairs import Pair
from seawall.sim.feeds.candles import INTERVALS, Candles, Day, History
from seawall.sim.feeds.frames import Json, book_frame, candle_row, channel_frame, instrument_frame, number, trade_row
from seawall.sim.feeds.ladder import Shown, ShownLevel
from seawall.sim.feeds.topics import Subscriber, Topic, Topics

__all__ = ["DEPTHS", "MAX_DEPTH", "PublicFeed"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
"""Depths that can be subscribed (docs.kraken.com/api/docs/websocket-v2/book)."""

MAX_DEPTH: Final = DEPTHS[-1]

SNAPSHOT_TRADES: Final = 50

KEPT_TOUCHES: Final = 200
"""What REST Spread answers at most (docs.kraken.com/api/docs/rest-api/get-recent-spreads)."""

Touch = tuple[int, Decimal, Decimal]
"""When the best prices became these: nanoseconds since the epoch, bid, ask."""


@attrs.define(eq=False)
class _Symbol:
    pair: Pair
    shown: Shown = attrs.field(factory=lambda: Shown(MAX_DEPTH))
    history: History = attrs.field(factory=History)
    at_ns: int = 0
    touches: deque[Touch] = attrs.field(factory=lambda: deque(maxlen=KEPT_TOUCHES))
    raw_snapshot: str | None = None
    """The recorded snapshot, word for word, while nothing has changed since."""


@attrs.define(eq=False)
class PublicFeed:
    """Books on show, candles, tickers, and who follows them.

    `mangle_book` gets the text of every book update and returns the texts to send in its place: for faults.
    """

    exchange: Exchange
    topics: Topics = attrs.field(factory=Topics)
    mangle_book: Callable[[str, str], Iterable[str]] = lambda _symbol, frame: (frame,)
    _symbols: dict[str, _Symbol] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._symbols = {symbol: _Symbol(pair) for symbol, pair in self.exchange.pairs.items()}
        self.exchange.listen(self._hear)

    # What sources and requests ask for.

    def shown(self, symbol: str) -> Shown:
        """The book of one symbol as shown."""
        return self._symbols[symbol].shown

    def candles(self, symbol: str, interval_min: int) -> Candles:
        """The candles of one symbol and interval."""
        return self._symbols[symbol].history.candles(interval_min)

    def touches(self, symbol: str) -> tuple[Touch, ...]:
        """The newest changes of the best prices, oldest first."""
        return tuple(self._symbols[symbol].touches)

    def day(self, symbol: str) -> Day:
        """The last 24 hours of one symbol."""
        return self._symbols[symbol].history.day

    def show_outside(
        self, symbol: str, levels: Iterable[LevelChange], *, snapshot: bool, at_ns: int, frame: str | None = None
    ) -> None:
        """Show levels of a book that is made elsewhere, with exactly their digits.

        `frame` is the text they came in: subscribers of the greatest depth get it as it is.
        """
        state = self._symbols[symbol]
        if snapshot:
            state.shown.clear()
        rows = [ShownLevel(level.side, level.price, (f"{level.price:f}", f"{level.qty:f}"), not level.qty) for level in levels]
        self._show(state, rows, at_ns, snapshot=snapshot, frame=frame)
        state.raw_snapshot = frame if snapshot else None

    def show_history(self, symbol: str, price: Decimal, qty: Decimal, at_ns: int) -> None:
        """Count a trade of the past into candles and the day, without printing it."""
        self._symbols[symbol].history.add(price, qty, at_ns)

    # Snapshots for a new subscriber.

    def book_snapshot(self, symbol: str, depth: int) -> str:
        """The frame a new subscriber of that depth starts from."""
        state = self._symbols[symbol]
        state.shown.view(depth)
        if depth == MAX_DEPTH and state.raw_snapshot is not None:
            return state.raw_snapshot
        bids, asks = state.shown.bids(depth), state.shown.asks(depth)
        return book_frame(symbol, "snapshot", bids, asks, state.shown.checksum(), state.at_ns or self.exchange.now_ns())

    def ticker(self, symbol: str, kind: str) -> str:
        """A frame of the `ticker` channel."""
        return channel_frame("ticker", kind, [self._ticker_row(self._symbols[symbol])])

    def trades_snapshot(self, symbol: str) -> str:
        """The last trades, oldest first."""
        trades = list(self.exchange.market(symbol).trades)[-SNAPSHOT_TRADES:]
        return channel_frame("trade", "snapshot", [trade_row(trade) for trade in trades])

    def candles_snapshot(self, symbol: str, interval_min: int) -> str:
        """All candles of one symbol and interval."""
        state = self._symbols[symbol]
        rows = [candle_row(state.pair, interval_min, row) for row in state.history.candles(interval_min).rows]
        return channel_frame("ohlc", "snapshot", rows, timestamp=to_rfc3339(self.exchange.now_ns(), 9))

    def instruments(self) -> str:
        """Every asset and pair."""
        floor = self.exchange.floor
        return instrument_frame("snapshot", floor.account.assets.values(), floor.markets.values())

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        self.topics.remove_all(subscriber)

    # Events.

    def _hear(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            state = self._symbols[event.pair.symbol]
            self._show(state, [self._level(state.pair, level) for level in event.levels], event.at_ns)
        elif isinstance(event, TradesPrinted):
            self._traded(event)
        elif isinstance(event, PairStatusChanged):
            frame = instrument_frame("update", (), (self.exchange.market(event.pair.symbol),))
            self.topics.publish(Topic("instrument"), frame)

    @staticmethod
    def _level(pair: Pair, level: LevelChange) -> ShownLevel:
        digits = f"{level.price:.{pair.price_precision}f}", f"{level.qty:.{pair.qty_precision}f}"
        return ShownLevel(level.side, level.price, digits, not level.qty)

    def _show(
        self, state: _Symbol, levels: list[ShownLevel], at_ns: int, *, snapshot: bool = False, frame: str | None = None
    ) -> None:
        symbol = state.pair.symbol
        touch = state.shown.touch()
        told = state.shown.apply(levels)
        state.at_ns = at_ns
        state.raw_snapshot = None
        checksum: int | None = None
        for depth, view in tuple(state.shown.views.items()):
            topic = Topic("book", symbol, depth)
            if not self.topics.wanted(topic):
                # Nobody follows this depth any more: the view is made anew for the next subscriber.
                del state.shown.views[view.depth]
            elif frame is not None and depth == MAX_DEPTH:
                self._publish_book(topic, frame)
            elif snapshot:
                self._publish_book(topic, self.book_snapshot(symbol, depth))
            elif depth in told:
                checksum = state.shown.checksum() if checksum is None else checksum
                self._publish_book(topic, book_frame(symbol, "update", *told[depth], checksum, at_ns))
        if touch != state.shown.touch():
            self._publish_ticker(state, "bbo")
            self._note_touch(state, at_ns)

    @staticmethod
    def _note_touch(state: _Symbol, at_ns: int) -> None:
        bid, ask = state.shown.touch()
        if bid and ask:
            state.touches.append((at_ns, Decimal(bid[0]), Decimal(ask[0])))

    def _publish_book(self, topic: Topic, frame: str) -> None:
        for text in self.mangle_book(topic.symbol, frame):
            self.topics.publish(topic, text)

    def _traded(self, event: TradesPrinted) -> None:
        state = self._symbols[event.pair.symbol]
        symbol = event.pair.symbol
        for trade in event.trades:
            state.history.add(trade.price, trade.qty, trade.at_ns)
        topic = Topic("trade", symbol)
        if self.topics.wanted(topic):
            self.topics.publish(topic, channel_frame("trade", "update", [trade_row(trade) for trade in event.trades]))
        self._publish_ticker(state, "trades")
        for minutes in INTERVALS:
            topic = Topic("ohlc", symbol, minutes)
            if self.topics.wanted(topic):
                row = candle_row(state.pair, minutes, state.history.candles(minutes).rows[-1])
                frame = channel_frame("ohlc", "update", [row], timestamp=to_rfc3339(event.trades[-1].at_ns, 9))
                self.topics.publish(topic, frame)

    def _publish_ticker(self, state: _Symbol, trigger: str) -> None:
        topic = Topic("ticker", state.pair.symbol, trigger)
        if self.topics.wanted(topic):
            self.topics.publish(topic, self.ticker(state.pair.symbol, "update"))

    def _ticker_row(self, state: _Symbol) -> Json:
        pair, day, places = state.pair, state.history.day, state.pair.price_precision
        last = self.exchange.market(pair.symbol).last
        nothing = number(ZERO, places), number(ZERO, pair.qty_precision)
        row: dict[str, Json] = {"symbol": pair.symbol}
        for name, levels in (("bid", state.shown.bids(1)), ("ask", state.shown.asks(1))):
            price, qty = (
                (number(Decimal(levels[0][0]), places), number(Decimal(levels[0][1]), pair.qty_precision)) if levels else nothing
            )
            row |= {name: price, f"{name}_qty": qty}
        change = last - day.open if day.open else ZERO
        return row | {
            "last": number(last, places),
            "volume": number(day.volume, pair.qty_precision),
            "vwap": number(day.vwap, places),
            "low": number(day.low, places),
            "high": number(day.high, places),
            "change": number(change, places),
            "change_pct": number(change / day.open * 100 if day.open else ZERO, 2),
            "trades": day.trades,
            "timestamp": to_rfc3339(self.exchange.now_ns()),
        }
