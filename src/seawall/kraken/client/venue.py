"""Kraken spot as a `Venue`: sockets where they serve, REST where they do not."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs
import trio

from seawall.kraken.client.cancels import gravest, refused_cancel
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.pace import Pace
from seawall.kraken.client.private import PrivateSocket
from seawall.kraken.client.public import PublicSocket
from seawall.kraken.client.reference import Reference
from seawall.kraken.client.rest import RestClient, RestStatistics
from seawall.kraken.client.session_facts import SessionStatistics
from seawall.kraken.client.subscriptions import Feed
from seawall.kraken.dialect import rest
from seawall.model.errors import AccessDenied, ExchangeError, NotSent, RefusedByExchange, SeawallError, UnknownSymbol
from seawall.model.instruments import Instrument
from seawall.model.market_data import Candle, VenueStatus
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders, Probe
from seawall.resilience.probes import tell

__all__ = ["CANDLE_INTERVALS_S", "KrakenVenue", "PairsLeftOut", "VenueStatistics"]

CANDLE_INTERVALS_S: Final = tuple(minutes * 60 for minutes in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600))
"""What the exchange serves (docs.kraken.com/api/docs/websocket-v2/ohlc)."""
_PAGE: Final = 50
_MOST_PAGES: Final = 200
_MOST_CANCELS: Final = 50
"""Orders in one cancel: as many as a batch may hold (docs.kraken.com/api/docs/websocket-v2/batch_cancel)."""
_NS_PER_S: Final = 1_000_000_000


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
    """

    name: str
    _rest: RestClient
    _reference: Reference
    _clock: ExchangeClock
    _public: PublicSocket
    _private: PrivateSocket | None
    _pace: Pace
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
        private = self._need_private()
        try:
            instrument = self.instrument(order.symbol)
            request = rest.add_order(order, instrument.rest_name)
        except (UnknownSymbol, ValueError) as error:
            raise NotSent(f"the order cannot be written: {error}") from error
        self._pace.place(order.client_order_id, order.symbol, trio.current_time())
        try:
            if private.session.responsive:
                return await private.place(order, sending)
            return await self._rest.place(
                request, lambda answer: rest.read_added_order(answer.body, order.client_order_id), sending
            )
        except RefusedByExchange as refusal:
            self._pace.refused(order.symbol, refusal, trio.current_time())
            raise

    async def amend(self, change: AmendOrder) -> None:
        """Change an open order in place. Raises as `place`."""
        private = self._need_private()
        self._pace.amend(change.client_order_id, trio.current_time())
        try:
            if private.session.responsive:
                await private.amend(change)
            else:
                await self._rest.place(rest.amend_order(change), lambda answer: rest.read_amended_order(answer.body))
        except RefusedByExchange as refusal:
            self._pace.refused(self._pace.symbol_of(change.client_order_id), refusal, trio.current_time())
            raise

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Ask for cancels, by one message on the socket or by one REST call each."""
        private = self._need_private()
        ids = tuple(dict.fromkeys(client_order_ids))
        if not ids:
            return ()
        for each in ids:
            self._pace.cancel(each, trio.current_time())
        by_id: dict[str, CancelOutcome] = {}
        for begin in range(0, len(ids), _MOST_CANCELS):
            part = ids[begin : begin + _MOST_CANCELS]
            outcomes = await (private.cancel(part) if private.session.responsive else self._cancel_by_rest(part))
            by_id.update((outcome.client_order_id, outcome) for outcome in outcomes)
        return tuple(by_id[each] for each in client_order_ids)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Arm Kraken's dead man's switch, or disarm it with 0. It covers every order of the account."""
        private = self._need_private()
        if private.session.responsive:
            await private.cancel_all_after(timeout_s)
        else:
            await self._rest.cancel(
                rest.cancel_all_orders_after(timeout_s), lambda answer: rest.read_cancel_all_after(answer.body)
            )

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        """Every order that ever had this id, and a time that the exchange's clock had surely reached when it was asked.

        With the exchange's own id that is one cheap question. Without it, open orders are asked for first: one that ends
        in between is then among the closed ones. An id is unique among open orders alone
        (docs.kraken.com/api/docs/guides/spot-clordid), so there may be several. The exchange's answers may lag behind what
        it did: absence is to be believed only some time after the order's own deadline.
        """
        asked_at_ns = self._clock.at_least_ns()
        names = self._reference.names
        if order_id is not None:
            known = await self._rest.query(rest.query_orders([order_id]), lambda answer: rest.read_orders(answer.body, names))
            return known, asked_at_ns
        still_open = await self._rest.query(
            rest.open_orders(client_order_id), lambda answer: rest.read_open_orders(answer.body, names)
        )
        found = {report.order_id: report for report in still_open if _has_id(report, client_order_id)}
        if not found:
            closed = await self._rest.query(
                rest.closed_orders(client_order_id), lambda answer: rest.read_closed_orders(answer.body, names)
            )
            found = {report.order_id: report for report in closed.orders if _has_id(report, client_order_id)}
        return tuple(found.values()), asked_at_ns

    async def open_orders(self) -> OpenOrders:
        """Every open order of the account, foreign ones too."""
        asked_at_ns = self._clock.at_least_ns()
        names = self._reference.names
        orders = await self._rest.query(rest.open_orders(), lambda answer: rest.read_open_orders(answer.body, names))
        return OpenOrders(orders, asked_at_ns)

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        """Every fill of the account after that instant, oldest first; as many pages as it takes."""
        names = self._reference.names
        found: dict[str, Fill] = {}
        for page_number in range(_MOST_PAGES):
            page = await self._rest.query(
                # pages shift while new fills arrive: that repeats some, and loses none
                rest.trades_history(start_ns=max(0, at_ns - _NS_PER_S), offset=page_number * _PAGE),
                lambda answer: rest.read_fills(answer.body, names),
            )
            found.update((fill.exec_id, fill) for fill in page.fills)
            if len(page.fills) < _PAGE:
                return tuple(sorted((fill for fill in found.values() if fill.at_ns > at_ns), key=lambda fill: fill.at_ns))
        raise ExchangeError((f"more than {_MOST_PAGES * _PAGE} fills since {at_ns}",))

    async def balances(self) -> tuple[Balance, ...]:
        """Every asset of the account that is not zero, with what open orders hold of it."""
        rows = await self._rest.query(rest.balance_ex(), lambda answer: rest.read_balances(answer.body))
        return tuple(row for row in rows if row.total or row.held)

    async def _cancel_by_rest(self, ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        outcomes: dict[str, CancelOutcome] = {}
        failures: list[SeawallError] = []

        async def cancel_one(client_order_id: str) -> None:
            request = rest.cancel_order(client_order_id=client_order_id)
            try:
                count = await self._rest.cancel(request, lambda answer: rest.read_cancel_count(answer.body))
                reason = None if count else "the exchange counts no order"
                outcomes[client_order_id] = CancelOutcome(client_order_id, accepted=count > 0, reason=reason)
            except ExchangeError as refusal:
                try:
                    outcomes[client_order_id] = refused_cancel(client_order_id, refusal.errors)
                except SeawallError as failure:
                    failures.append(failure)
            except SeawallError as failure:
                failures.append(failure)  # the others go on: one lost answer must not hold up the rest

        async with trio.open_nursery() as nursery:
            for each in ids:
                nursery.start_soon(cancel_one, each)
        if failures:
            raise gravest(failures)
        return tuple(outcomes[each] for each in ids)

    def _need_private(self) -> PrivateSocket:
        if self._private is None:
            raise AccessDenied("no API key is configured: only public market data is to be had")
        return self._private


def _has_id(report: OrderReport, client_order_id: str) -> bool:
    """The exchange filters by the id; an answer that names another order is not taken on trust."""
    return report.client_order_id in {None, client_order_id}
