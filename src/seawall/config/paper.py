"""Paper: the exchange's live market data, and orders that are filled on this machine.

Two venues behind one face. Books, trades and candles come from the live exchange, with no key; orders go to a simulated
exchange that is shown every verified book the engine sees, and matches against it. What the engine runs is the same code
on both sides as with real money: sockets, REST, signatures, reconnects.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Final

import attrs
import trio

from seawall.kraken.client import ClientSettings, Credentials, KrakenVenue, open_venue
from seawall.kraken.client.settings import Addresses
from seawall.kraken.dialect.counters import Tier
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.orders import Side
from seawall.model.reports import (
    Acknowledgement,
    AmendOrder,
    Balance,
    Fill,
    OrderReport,
    PlaceOrder,
    PrivateSnapshot,
)
from seawall.model.venue import CancelOutcome, OpenOrders, Probe, VenueListener
from seawall.sim import MarketInput, SimSettings, open_sim
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.pairs import Pair, known_asset

__all__ = ["PaperVenue", "open_paper_venue"]

_PERCENT: Final = 100


@attrs.define(eq=False)
class PaperVenue:
    """Market data of one venue, trading of another; implements `seawall.model.venue.Venue`."""

    market: KrakenVenue
    trading: KrakenVenue
    name: str = "paper"

    def instrument(self, symbol: str) -> Instrument:
        """As the live exchange lists it."""
        return self.market.instrument(symbol)

    def status(self) -> VenueStatus:
        """The live exchange's."""
        return self.market.status()

    def now_ns(self) -> int:
        """The clock that judges deadlines: the simulated exchange's."""
        return self.trading.now_ns()

    async def follow_book(self, symbol: str) -> None:
        """At the live exchange."""
        await self.market.follow_book(symbol)

    async def follow_trades(self, symbol: str) -> None:
        """At the live exchange."""
        await self.market.follow_trades(symbol)

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        """At the live exchange."""
        return await self.market.follow_candles(symbol, interval_s)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """At the simulated exchange. The book of the symbol is followed, or there would be nothing to match against."""
        await self.market.follow_book(order.symbol)
        return await self.trading.place(order, sending)

    async def amend(self, change: AmendOrder) -> None:
        """At the simulated exchange, as all that follows."""
        await self.trading.amend(change)

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        """As `Venue.cancel`."""
        return await self.trading.cancel(client_order_ids, order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """As `Venue.cancel_all_after`."""
        await self.trading.cancel_all_after(timeout_s)

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        """As `Venue.find_order`."""
        return await self.trading.find_order(client_order_id, order_id)

    async def open_orders(self) -> OpenOrders:
        """As `Venue.open_orders`."""
        return await self.trading.open_orders()

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """As `Venue.fills_since`."""
        return await self.trading.fills_since(at_ns)

    async def balances(self) -> tuple[Balance, ...]:
        """As `Venue.balances`."""
        return await self.trading.balances()


@attrs.define(eq=False)
class _BookRelay:
    """A market source: shows the simulated exchange each book as the engine gets it, level by level."""

    _market: MarketInput | None = attrs.field(default=None, init=False)
    _shown: dict[str, dict[tuple[Side, Decimal], Decimal]] = attrs.field(factory=dict, init=False)

    def prepare(self, market: MarketInput) -> None:
        """Take the market to feed; its books are empty until the live ones arrive."""
        self._market = market

    async def run(self, market: MarketInput) -> None:  # noqa: ARG002 - the protocol hands it over
        """Nothing to do: books are shown as they arrive."""
        await trio.sleep_forever()

    def show(self, symbol: str, book: Book, depth: int) -> None:
        """Bring the simulated book of a symbol in line with a live one."""
        assert self._market is not None
        now = {(Side.BUY, level.price): level.qty for level in book.bids(depth)}
        now |= {(Side.SELL, level.price): level.qty for level in book.asks(depth)}
        before = self._shown.get(symbol, {})
        gone = [LevelChange(side, price, Decimal(0)) for side, price in before if (side, price) not in now]
        changed = [LevelChange(side, price, qty) for (side, price), qty in now.items() if before.get((side, price)) != qty]
        self._shown[symbol] = now
        if gone or changed:
            self._market.change_book(symbol, [*gone, *changed], snapshot=False, at_ns=book.at_ns)


@attrs.define(eq=False)
class _MarketEar:
    """Hears the live exchange: market data for the engine, and each book for the simulated exchange as well."""

    _engine: VenueListener
    _relay: _BookRelay
    _depth: int

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        self._relay.show(symbol, book, self._depth)
        self._engine.book_changed(symbol, book, received_s)

    def book_lost(self, symbol: str, reason: str) -> None:
        self._engine.book_lost(symbol, reason)

    def traded(self, trades: Sequence[Trade]) -> None:
        self._engine.traded(trades)

    def candle_changed(self, candle: Candle) -> None:
        self._engine.candle_changed(candle)

    def status_changed(self, status: VenueStatus) -> None:
        self._engine.status_changed(status)

    # Without a key there is no private stream to hear of.
    def order_reported(self, report: OrderReport) -> None: ...
    def filled(self, fill: Fill) -> None: ...
    def balance_changed(self, asset: str, total: Decimal) -> None: ...
    def private_lost(self, reason: str) -> None: ...
    def private_restored(self, snapshot: PrivateSnapshot) -> None: ...


@attrs.define(eq=False)
class _TradingEar:
    """Hears the simulated exchange: the account. Its market is the live one's shadow, and no news."""

    _engine: VenueListener

    def order_reported(self, report: OrderReport) -> None:
        self._engine.order_reported(report)

    def filled(self, fill: Fill) -> None:
        self._engine.filled(fill)

    def balance_changed(self, asset: str, total: Decimal) -> None:
        self._engine.balance_changed(asset, total)

    def private_lost(self, reason: str) -> None:
        self._engine.private_lost(reason)

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        self._engine.private_restored(snapshot)

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None: ...
    def book_lost(self, symbol: str, reason: str) -> None: ...
    def traded(self, trades: Sequence[Trade]) -> None: ...
    def candle_changed(self, candle: Candle) -> None: ...
    def status_changed(self, status: VenueStatus) -> None: ...


@asynccontextmanager
async def open_paper_venue(
    settings: ClientSettings,
    balances: Mapping[str, Decimal],
    listener: VenueListener,
    *,
    probe: Probe,
    now_ns: Callable[[], int],
    rng: Random,
) -> AsyncGenerator[PaperVenue, None]:
    """The live exchange of `settings` for market data, and a simulated one for orders, for as long as the block lasts.

    `balances` is what the simulated account starts with. Raises as `open_venue`.
    """
    relay = _BookRelay()
    ear = _MarketEar(listener, relay, settings.book_depth)
    live = attrs.evolve(settings, credentials=None)
    async with open_venue(live, ear, probe=probe, now_ns=now_ns, rng=rng) as market:
        pairs = tuple(_pair_of(instrument) for instrument in market.instruments())
        sim_settings = SimSettings(pairs=pairs, balances=balances, tier=Tier(settings.tier), events_per_s=0, now_ns=now_ns)
        async with open_sim(sim_settings, relay) as sim:
            local = attrs.evolve(
                settings,
                addresses=Addresses(**attrs.asdict(sim.addresses)),
                credentials=Credentials(sim.api_key, sim.api_secret),
                ca_file=None,
            )
            async with open_venue(local, _TradingEar(listener), probe=probe, now_ns=now_ns, rng=rng) as trading:
                yield PaperVenue(market, trading)


def _pair_of(instrument: Instrument) -> Pair:
    base, quote = known_asset(instrument.base), known_asset(instrument.quote)
    return Pair(
        symbol=instrument.symbol,
        base=base,
        quote=quote,
        rest_id=instrument.rest_id,
        price_precision=instrument.price_precision,
        qty_precision=instrument.qty_precision,
        cost_precision=max(5, instrument.price_precision),
        tick_size=instrument.price_increment,
        ordermin=instrument.qty_min,
        costmin=instrument.cost_min,
        start_price=instrument.price_increment,
        fees=((0, instrument.taker_fee * _PERCENT),),
        fees_maker=((0, instrument.maker_fee * _PERCENT),),
    )
