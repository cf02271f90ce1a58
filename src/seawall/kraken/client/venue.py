"""Kraken spot as a `Venue`: sockets where they serve, REST where they do not."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from seawall.kraken.client.account.orders import Orders
from seawall.kraken.client.account.private import PrivateSocket
from seawall.kraken.client.account.reads import Account
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.public import PublicSocket
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.rest.client import RestClient, RestStatistics
from seawall.kraken.client.session.facts import SessionStatistics
from seawall.kraken.client.session.subscriptions import Feed
from seawall.kraken.dialect import rest
from seawall.model.errors import AccessDenied
from seawall.model.instruments import Instrument
from seawall.model.market_data import Candle, VenueStatus
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders, Probe
from seawall.resilience.probes import tell

__all__ = ["CANDLE_INTERVALS_S", "KrakenVenue", "PairsLeftOut", "VenueStatistics"]

CANDLE_INTERVALS_S: Final = tuple(minutes * 60 for minutes in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600))
"""What the exchange serves (docs.kraken.com/api/docs/websocket-v2/ohlc)."""


@attrs.frozen
class PairsLeftOut:
    """Pairs of the exchange's list that were not understood, with the reasons; the others are there."""

    reasons: tuple[str, ...]


@attrs.frozen
class VenueStatistics:
    """Counted since the start; `private` is None without credentials, `clock_within_s` until the exchange was heard."""

    public: SessionStatistics
    private: SessionStatistics | None
    rest: RestStatistics
    clock_within_s: float | None


@attrs.define(eq=False, repr=False)
class KrakenVenue:
    """One account at Kraken, or its market data alone; made by `open_venue`.

    Orders go over the private socket while it serves, and by REST while it does not; no request goes both ways.
    Without credentials whatever concerns the account raises `AccessDenied`.
    """

    name: str
    _rest: RestClient
    _reference: Reference
    _clock: ExchangeClock
    _public: PublicSocket
    _private: PrivateSocket | None
    _orders: Orders | None
    _account: Account
    _probe: Probe

    def __repr__(self) -> str:
        return f"<KrakenVenue {self.name!r}, {self.status()}, clock {self._clock!r}>"

    async def load(self) -> None:
        """Learn the pairs, the status and the time, by REST. Raises `Unavailable`, `ExchangeError`."""
        at_ns, sent_s, received_s = await self._rest.public(
            rest.server_time(), lambda answer: (rest.read_time(answer.body), answer.sent_s, answer.received_s)
        )
        self._clock.heard(sent_s, received_s, at_ns, granularity_s=1.0)
        pairs = await self._rest.public(rest.asset_pairs(), lambda answer: rest.read_instruments(answer.body))
        if pairs.left_out:
            tell(self._probe, PairsLeftOut(tuple(unknown.value for unknown in pairs.left_out)))
        self._reference.learn(pairs.instruments)
        status = await self._rest.public(rest.system_status(), lambda answer: rest.read_system_status(answer.body))
        self._reference.set_status(status)

    def statistics(self) -> VenueStatistics:
        """A snapshot."""
        private = self._private.session.statistics() if self._private is not None else None
        return VenueStatistics(self._public.session.statistics(), private, self._rest.statistics(), self._clock.uncertainty_s())

    async def wait_live(self) -> None:
        """Return once the sockets serve: the public one, and with credentials the private one. Puts no end to a wait."""
        await self._public.session.wait_live()
        if self._private is not None:
            await self._private.session.wait_live()

    def instrument(self, symbol: str) -> Instrument:
        """The pair; raises `UnknownSymbol`."""
        return self._reference.instrument(symbol)

    def instruments(self) -> tuple[Instrument, ...]:
        """Every pair the exchange lists."""
        return self._reference.instruments()

    def status(self) -> VenueStatus:
        """What the exchange takes now, as it last said."""
        return self._reference.status

    def now_ns(self) -> int:
        """The exchange's clock, estimated: nanoseconds since the epoch."""
        return self._clock.now_ns()

    async def follow_book(self, symbol: str) -> None:
        """Return once the book is subscribed and its snapshot is there. Cancellation leaves it wanted."""
        self.instrument(symbol)
        await self._public.follow(Feed("book", symbol))

    async def follow_trades(self, symbol: str) -> None:
        """Return once trades are subscribed. Cancellation leaves them wanted."""
        self.instrument(symbol)
        await self._public.follow(Feed("trade", symbol))

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        """Return the candles so far, the running one last. Raises ValueError for an interval that Kraken does not serve."""
        self.instrument(symbol)
        if interval_s not in CANDLE_INTERVALS_S:
            raise ValueError(f"interval_s: {interval_s} is not one of {', '.join(map(str, CANDLE_INTERVALS_S))}")
        feed = Feed("ohlc", symbol, interval_s // 60)
        await self._public.follow(feed)
        return self._public.candles(feed)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Send one order and wait for its answer. Raises as `Venue.place` says."""
        return await self._need_orders().place(order, sending)

    async def amend(self, change: AmendOrder) -> None:
        """Change an open order in place. Raises as `place`."""
        await self._need_orders().amend(change)

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Ask for cancels, 50 orders to a message on the socket, or by one REST call each."""
        return await self._need_orders().cancel(client_order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Arm Kraken's dead man's switch, or disarm it with 0. It covers every order of the account."""
        await self._need_orders().cancel_all_after(timeout_s)

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        """Every order that ever had this id, and a time that the exchange's clock had surely reached when it was asked."""
        return await self._account.find_order(client_order_id, order_id)

    async def open_orders(self) -> OpenOrders:
        """Every open order of the account, foreign ones too."""
        return await self._account.open_orders()

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """Every fill of the account after that instant (nanoseconds since the epoch), oldest first."""
        return await self._account.fills_since(at_ns)

    async def balances(self) -> tuple[Balance, ...]:
        """Every asset of the account that is not zero, with what open orders hold of it."""
        return await self._account.balances()

    def _need_orders(self) -> Orders:
        if self._orders is None:
            raise AccessDenied("no API key is configured: only public market data is to be had")
        return self._orders
