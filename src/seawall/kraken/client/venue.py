"""Kraken spot as a `Venue`: sockets where they serve, REST where they do not."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar

import attrs

from seawall.kraken.client.account.orders import Orders
from seawall.kraken.client.account.private import PrivateSocket
from seawall.kraken.client.account.reads import Account
from seawall.kraken.client.account.ways import Batch, CancelAnswer, OrderKey, OrderOutcome
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.books import BookStatistics
from seawall.kraken.client.market.public import INSTRUMENTS
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.sockets import MarketSockets
from seawall.kraken.client.rest.client import RestClient, RestStatistics
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.session.facts import SessionStatistics
from seawall.kraken.client.session.rows import Feed, Terms
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.books.book import DEPTHS
from seawall.kraken.dialect.books.level3_book import LEVEL3_DEPTHS, Level3Book
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.errors import AccessDenied
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, VenueStatus
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders, Probe
from seawall.resilience import ConnectionBudget, ConnectionBudgetStatistics
from seawall.resilience.probes import tell

__all__ = ["CANDLE_INTERVALS_S", "KrakenVenue", "PairsLeftOut", "VenueStatistics"]

T = TypeVar("T", int, str)

CANDLE_INTERVALS_S: Final = tuple(minutes * 60 for minutes in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600))
"""What the exchange serves (docs.kraken.com/api/docs/websocket-v2/ohlc)."""


@attrs.frozen
class PairsLeftOut:
    """Pairs of the exchange's list that were not understood, with the reasons; the others are there."""

    reasons: tuple[str, ...]


@attrs.frozen
class VenueStatistics:
    """Counted since the start; `private` is None without credentials, `clock_within_s` until the exchange was heard.

    `public` and `level3` are the sockets that are open now. `unverified` are feeds that broke again and again of late: they
    are asked for at growing intervals, and what they say in between may not last.
    `dials` are those of all who share the budget of this address: `left` says how many more the exchange would take now.
    """

    public: tuple[SessionStatistics, ...]
    level3: tuple[SessionStatistics, ...]
    private: SessionStatistics | None
    books: BookStatistics
    level3_books: BookStatistics
    unverified: tuple[Feed, ...]
    rest: RestStatistics
    dials: ConnectionBudgetStatistics
    clock_within_s: float | None


def _require(name: str, value: T, served: tuple[T, ...]) -> None:
    if value not in served:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(map(str, served))}")


def _candle_feed(symbol: str, interval_s: int) -> Feed:
    _require("interval_s", interval_s, CANDLE_INTERVALS_S)
    return Feed("ohlc", symbol, interval_s // 60)


def _by_order_id(change: AmendOrder) -> AmendRequest:
    return AmendRequest(
        order_id=change.order_id,
        order_qty=change.qty,
        limit_price=change.limit_price,
        post_only=change.post_only or None,
        deadline_ns=change.deadline_ns,
    )


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
    _settings: ClientSettings
    _public: MarketSockets
    _level3: MarketSockets
    _private: PrivateSocket | None
    _orders: Orders | None
    _account: Account
    _budget: ConnectionBudget
    _probe: Probe
    closed: bool = attrs.field(default=False, init=False)
    """Whether its block was left."""

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
        market = self._public.market
        return VenueStatistics(
            public=self._public.statistics(),
            level3=self._level3.statistics(),
            private=self._private.session.statistics() if self._private is not None else None,
            books=market.books.statistics(),
            level3_books=market.level3.statistics(),
            unverified=(*self._public.unverified(), *self._level3.unverified()),
            rest=self._rest.statistics(),
            dials=self._budget.statistics(),
            clock_within_s=self._clock.uncertainty_s(),
        )

    async def wait_live(self) -> None:
        """Return once the sockets serve: the public ones, and with credentials the private one. Puts no end to a wait."""
        await self._public.wait_live()
        if self._private is not None:
            await self._private.session.wait_live()

    @property
    def rest(self) -> RestClient:
        """For REST calls that have no method here: in the same lanes, and under the same counters."""
        return self._rest

    @property
    def reference(self) -> Reference:
        """What is known of the pairs, by every name of theirs."""
        return self._reference

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

    def assets(self) -> tuple[InstrumentAsset, ...]:
        """Every asset, once the instruments are followed."""
        return self._reference.assets()

    def book(self, symbol: str) -> Book | None:
        """The book of a symbol that is followed, while it may be trusted; it changes under its reader."""
        return self._public.market.books.book(symbol)

    def level3(self, symbol: str) -> Level3Book | None:
        """The single orders of a symbol that is followed, while they may be trusted; they change under their reader."""
        return self._public.market.level3.book(symbol)

    def ticker(self, symbol: str) -> TickerRow | None:
        """The newest ticker of a symbol that is followed, while it may be trusted."""
        return self._public.market.tickers.get(symbol)

    # Following returns once the exchange has granted the feed, which is then kept until it is unfollowed, or the venue left.
    # Cancellation leaves it wanted. All raise `UnknownSymbol`, and `ExchangeError` where the exchange refuses; `Unfollowed`
    # where another task ends the feed meanwhile. There is one subscription of a channel and symbol, however often it is
    # followed: following again changes nothing, and unfollowing once ends it for all. After that nothing is told of it, from
    # the call's first instant; the call returns once the exchange has let go.

    async def follow_book(self, symbol: str, depth: int | None = None) -> None:
        """Return once the book is subscribed and its snapshot is there.

        `depth` None is the one it is followed with, or that of the settings. Raises ValueError for a depth that Kraken does
        not serve, or that is not the one it is followed with.
        """
        self.instrument(symbol)
        feed = Feed("book", symbol)
        if depth is None:
            await self._public.follow(feed, default=Terms(depth=self._settings.book_depth))
        else:
            _require("depth", depth, DEPTHS)
            await self._public.follow(feed, Terms(depth=depth))

    async def unfollow_book(self, symbol: str) -> None:
        """Forget the book."""
        await self._public.unfollow(Feed("book", symbol))

    async def follow_trades(self, symbol: str) -> None:
        """Return once trades are subscribed: those printed from now on are told."""
        self.instrument(symbol)
        await self._public.follow(Feed("trade", symbol))

    async def unfollow_trades(self, symbol: str) -> None:
        """Hear of no more trades."""
        await self._public.unfollow(Feed("trade", symbol))

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:
        """Return the candles so far, the running one last. Raises ValueError for an interval that Kraken does not serve."""
        self.instrument(symbol)
        feed = _candle_feed(symbol, interval_s)
        await self._public.follow(feed)
        return self._public.market.candles.all(feed)

    async def unfollow_candles(self, symbol: str, interval_s: int) -> None:
        """Forget the candles of this interval. Raises ValueError as `follow_candles`."""
        await self._public.unfollow(_candle_feed(symbol, interval_s))

    async def follow_ticker(self, symbol: str, event_trigger: Literal["trades", "bbo"] = "trades") -> None:
        """Return once the first ticker is there. `trades` tells it after each trade, `bbo` whenever the touch changes.

        Raises ValueError for another trigger than the one it is followed with.
        """
        self.instrument(symbol)
        _require("event_trigger", event_trigger, ("trades", "bbo"))
        await self._public.follow(Feed("ticker", symbol), Terms(event_trigger=event_trigger))

    async def unfollow_ticker(self, symbol: str) -> None:
        """Hear of no more tickers."""
        await self._public.unfollow(Feed("ticker", symbol))

    async def follow_level3(self, symbol: str, depth: int = 10) -> None:
        """Return once every order at the best `depth` prices of each side is known. The host for it is dialled when first needed.

        Raises `AccessDenied` without credentials, ValueError for a depth that Kraken does not serve, or that is not the one
        it is followed with.
        """
        if self._private is None:
            raise AccessDenied("no API key is configured: single orders are shown to those who have one")
        self.instrument(symbol)
        _require("depth", depth, LEVEL3_DEPTHS)
        await self._level3.follow(Feed("level3", symbol), Terms(depth=depth))

    async def unfollow_level3(self, symbol: str) -> None:
        """Forget the single orders. The socket is closed a while after the last of its symbols."""
        await self._level3.unfollow(Feed("level3", symbol))

    async def follow_instruments(self) -> None:
        """Return once status and grid of every pair are those of the `instrument` channel.

        They are followed from the start, unless the settings say otherwise.
        """
        await self._public.follow(INSTRUMENTS)

    async def unfollow_instruments(self) -> None:
        """Hear of no more changes: what a pair takes is then as old as this call."""
        await self._public.unfollow(INSTRUMENTS)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Send one order and wait for its answer. Raises as `Venue.place` says."""
        return await self._need_orders().place(order, sending)

    async def submit(self, order: OrderRequest, sending: Sending = nothing) -> OrderAdded:
        """As `place`, for an order with any field that Kraken has. One with `validate` is checked, and gets no `order_id`.

        Where the private socket does not serve, or has no word for a field (`leverage`), it goes by REST. What only the socket
        can say (`margin` without a number, `sender_sub_id`) raises `NotSent` while that does not serve.
        """
        return await self._need_orders().submit(order, sending)

    async def submit_batch(
        self,
        orders: Sequence[OrderRequest],
        *,
        deadline_ns: int | None = None,
        validate: bool | None = None,
        sending: Sending = nothing,
    ) -> tuple[OrderOutcome, ...]:
        """Send 2 to 15 orders of one pair at once: what became of each, in their order.

        The exchange checks them together, and refuses all where one is malformed; then each may still fail on its own, as for
        want of funds. Raises as `place` where it is not one order's failure: after `OutcomeUnknown` any of them may be there.
        """
        return await self._need_orders().submit_batch(Batch(tuple(orders), deadline_ns, validate), sending)

    async def amend(self, change: AmendOrder) -> None:
        """Change an open order in place. Raises as `place`."""
        await self._need_orders().amend(change if change.order_id is None else _by_order_id(change))

    async def amend_order(self, change: AmendRequest, sending: Sending = nothing) -> OrderAmended:
        """As `amend`, for whatever of an order can be changed in place, named by either id."""
        return await self._need_orders().amend(change, sending)

    async def edit_order(self, change: EditRequest, sending: Sending = nothing) -> OrderEdited:
        """Cancel an order and place a changed one under a new id. Amend instead wherever that can be had.

        An edit loses the place in the queue, costs more of the rate limit, cannot have a client order id, and may cancel
        without placing: after any failure but `NotSent` look whether the old order is still there. Raises as `place`.
        """
        return await self._need_orders().edit(change, sending)

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        """Ask for cancels, 50 orders to a message on the socket, or by one REST call each."""
        return await self._need_orders().cancel(client_order_ids, order_ids)

    async def cancel_orders(
        self, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = (), userrefs: Sequence[int] = ()
    ) -> tuple[CancelAnswer, ...]:
        """As `cancel`, by any kind of name: the answers come in the order of the arguments. A user reference may mean several
        orders, and has one answer.
        """
        keys = [
            *(OrderKey(order_id=each) for each in order_ids),
            *(OrderKey(client_order_id=each) for each in client_order_ids),
            *(OrderKey(userref=each) for each in userrefs),
        ]
        return await self._need_orders().cancel_orders(keys)

    async def cancel_all(self) -> int:
        """Cancel every open order of the account, whoever placed it: other programs' and people's too. Returns how many.

        Raises as `cancel`.
        """
        return await self._need_orders().cancel_all()

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
