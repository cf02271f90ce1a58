"""The listener of the plain client: hands what the venue tells to whoever asked for it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeVar

import attrs

from seawall.kraken.client.api.streams.errors import MissedMessages
from seawall.kraken.client.api.streams.fills import FillTape
from seawall.kraken.client.api.streams.topic import Topic
from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.market.trades import TradesMissed
from seawall.kraken.client.session.changes import Changes
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.errors import ExchangeError, SeawallError
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.reports import Fill, OrderReport, PrivateSnapshot

__all__ = ["ACCOUNT", "AssetTotal", "Execution", "Hub"]

I = TypeVar("I")  # noqa: E741 - what comes in, as in `mailbox`

ACCOUNT: Final = "account"
Execution = Fill | OrderReport
"""What the exchange says of the account's orders: what was filled, and what state an order is in."""


@attrs.frozen
class AssetTotal:
    """The exchange's word on the total of one asset of the account; what open orders hold is part of it."""

    asset: str
    total: Decimal


@attrs.define(eq=False)
class Hub(MarketListener):
    """Topics by what they are of. Those of pairs are there while somebody wants them; the others always.

    `clock_s` is trio's: for what the venue tells without saying when its bytes came, which is the moment before.
    """

    _clock_s: Callable[[], float]
    books: dict[str, Topic[Book]] = attrs.field(factory=dict, init=False)
    level3: dict[str, Topic[Level3Book]] = attrs.field(factory=dict, init=False)
    tickers: dict[str, Topic[TickerRow]] = attrs.field(factory=dict, init=False)
    trades: dict[str, Topic[Trade]] = attrs.field(factory=dict, init=False)
    candles: dict[tuple[str, int], Topic[Candle]] = attrs.field(factory=dict, init=False)
    instruments: Topic[Instrument] = attrs.field(factory=lambda: Topic("instruments", remembers=False), init=False)
    assets: Topic[InstrumentAsset] = attrs.field(factory=lambda: Topic("assets", remembers=False), init=False)
    status: Topic[VenueStatus] = attrs.field(factory=lambda: Topic("status", remembers=True), init=False)
    executions: Topic[Execution] = attrs.field(factory=lambda: Topic(ACCOUNT, remembers=False), init=False)
    fills: Topic[Fill] = attrs.field(factory=lambda: Topic(ACCOUNT, remembers=False), init=False)
    balances: Topic[AssetTotal] = attrs.field(factory=lambda: Topic(ACCOUNT, remembers=True), init=False)
    _tape: FillTape = attrs.field(factory=FillTape, init=False)
    _missed: dict[str, TradesMissed] = attrs.field(factory=dict, init=False)
    _private_changes: Changes = attrs.field(factory=Changes, init=False)
    _private_up: bool = attrs.field(default=False, init=False)

    async def wait_private(self) -> None:
        """Return once the private socket tells of the account."""
        await self._private_changes.until(lambda: self._private_up)

    # As a listener

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        """Hand it on."""
        topic = self.books.get(symbol)
        if topic is not None:
            topic.tell(book, received_s)

    def book_lost(self, symbol: str, reason: str) -> None:
        """Nobody is to see it."""
        topic = self.books.get(symbol)
        if topic is not None:
            topic.lose(reason, forget=True)

    def level3_changed(self, symbol: str, book: Level3Book, received_s: float) -> None:
        """Hand it on."""
        topic = self.level3.get(symbol)
        if topic is not None:
            topic.tell(book, received_s)

    def level3_lost(self, symbol: str, reason: str) -> None:
        """Nobody is to see it."""
        topic = self.level3.get(symbol)
        if topic is not None:
            topic.lose(reason, forget=True)

    def ticker_changed(self, ticker: TickerRow, received_s: float) -> None:
        """Hand it on."""
        topic = self.tickers.get(ticker.symbol)
        if topic is not None:
            topic.tell(ticker, received_s)

    def ticker_lost(self, symbol: str, reason: str) -> None:
        """Nobody is to see it."""
        topic = self.tickers.get(symbol)
        if topic is not None:
            topic.lose(reason, forget=True)

    def noticed(self, notice: object) -> None:
        """Remember of which trades the venue says that they are missing: it says so before it tells those behind them."""
        if isinstance(notice, TradesMissed):
            self._missed[notice.symbol] = notice

    def traded(self, trades: Sequence[Trade]) -> None:
        """Hand each on, after what is missing before them."""
        symbol = trades[0].symbol
        topic = self.trades.get(symbol)
        missed = self._missed.pop(symbol, None)
        if topic is None:
            return
        if missed is not None:
            topic.fail(MissedMessages(f"trades of {symbol}", missed.count, missed.reason))
        received_s = self._clock_s()
        for trade in trades:
            topic.tell(trade, received_s)

    def candle_changed(self, candle: Candle) -> None:
        """Hand it on."""
        topic = self.candles.get((candle.symbol, candle.interval_s))
        if topic is not None:
            topic.tell(candle, self._clock_s())

    def instrument_changed(self, instrument: Instrument) -> None:
        """Hand it on."""
        self.instruments.tell(instrument, self._clock_s())

    def asset_changed(self, asset: InstrumentAsset) -> None:
        """Hand it on."""
        self.assets.tell(asset, self._clock_s())

    def status_changed(self, status: VenueStatus) -> None:
        """Hand it on."""
        self.status.tell(status, self._clock_s())

    def subscription_refused(self, feed: Feed, error: str) -> None:
        """Tell whoever waits for it that nothing more comes."""
        refusal = ExchangeError((error,))
        symbol = feed.symbol or ""
        match feed.channel:
            case "book":
                _fail(self.books.get(symbol), refusal)
            case "level3":
                _fail(self.level3.get(symbol), refusal)
            case "ticker":
                _fail(self.tickers.get(symbol), refusal)
            case "trade":
                _fail(self.trades.get(symbol), refusal)
            case "ohlc":
                _fail(self.candles.get((symbol, (feed.interval_min or 0) * 60)), refusal)
            case "instrument":
                _fail(self.instruments, refusal)
                _fail(self.assets, refusal)

    def order_reported(self, report: OrderReport) -> None:
        """Hand it on."""
        self.executions.tell(report, self._clock_s())

    def filled(self, fill: Fill) -> None:
        """Hand it on, once."""
        if self._tape.take(fill):
            received_s = self._clock_s()
            self.fills.tell(fill, received_s)
            self.executions.tell(fill, received_s)

    def balance_changed(self, asset: str, total: Decimal) -> None:
        """Hand it on."""
        self.balances.tell(AssetTotal(asset, total), self._clock_s(), asset)

    def private_lost(self, reason: str) -> None:
        """Nothing newer can be heard of the account; what was told of it stays true of its time."""
        self._private_up = False
        self._private_changes.note()
        for topic in (self.executions, self.fills, self.balances):
            topic.lose(reason, forget=False)

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        """Tell what happened meanwhile: fills first, then the orders that are open."""
        received_s = self._clock_s()
        new, missed = self._tape.take_snapshot(snapshot.fills)
        for topic in (self.executions, self.fills, self.balances):
            topic.restore()
        for topic in (self.executions, self.fills):
            if missed is not None:
                topic.fail(missed)
        for fill in new:
            self.fills.tell(fill, received_s)
            self.executions.tell(fill, received_s)
        for report in snapshot.open_orders:
            self.executions.tell(report, received_s)
        self._private_up = True
        self._private_changes.note()


def _fail(topic: Topic[I] | None, error: SeawallError) -> None:
    if topic is not None:
        topic.fail(error)
