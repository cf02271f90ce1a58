"""The parts of a venue, put together."""

import ssl
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final
from urllib.parse import urlsplit

import attrs
import trio

from seawall.kraken.client.account.orders import Orders
from seawall.kraken.client.account.pace import Pace
from seawall.kraken.client.account.private import PrivateSocket
from seawall.kraken.client.account.reads import Account
from seawall.kraken.client.account.rest_orders import RestOrders
from seawall.kraken.client.account.socket_orders import SocketOrders
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.books import OnLoss, books_by_level, books_of_orders
from seawall.kraken.client.market.candle_feeds import CandleFeeds
from seawall.kraken.client.market.level3_socket import LEVEL3_SYMBOLS, Level3Socket, level3_pace
from seawall.kraken.client.market.listener import MarketListener, market_listener
from seawall.kraken.client.market.market import Market
from seawall.kraken.client.market.public import INSTRUMENTS, PublicSocket
from seawall.kraken.client.market.quiet import QuietFeeds
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.refills import TradeRefills
from seawall.kraken.client.market.sockets import MarketSocket, MarketSockets
from seawall.kraken.client.market.tickers import Tickers
from seawall.kraken.client.market.trades import TradeTapes
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.http import HttpLink
from seawall.kraken.client.rest.verdicts import TokenUnavailable, fatal_dial, judge_dial, patience_s
from seawall.kraken.client.service import Service
from seawall.kraken.client.session.asking import AskPace
from seawall.kraken.client.session.facts import Owner
from seawall.kraken.client.session.session import Session
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.venue import KrakenVenue
from seawall.kraken.client.wire.dialling import Dial
from seawall.kraken.dialect import rest as rest_dialect
from seawall.kraken.dialect.nonce import Nonce
from seawall.model.errors import Unavailable
from seawall.model.venue import Probe, VenueListener
from seawall.resilience import (
    SOCKET_BREAKER,
    Backoff,
    Breaker,
    BreakerClosed,
    ConnectionBudget,
    Link,
    LinkStateChanged,
    Phase,
    Reconnect,
    ReconnectSchedule,
)

__all__ = ["Parts"]

_CANDLES_EVERY_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
"""Between two dials of one socket, however long the exchange was away: ninety seconds after it is back an engine is to trade
again, and Kraken bears 150 dials in ten minutes (docs.kraken.com/api/docs/guides/spot-ws-intro), which the budget sees to."""
_BREAKER: Final = attrs.evolve(SOCKET_BREAKER, open_max_s=_LONGEST_PAUSE_S)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


async def close_candles(candles: CandleFeeds, clock: ExchangeClock) -> None:
    """Close candles by the exchange's clock, for ever."""
    while True:
        await trio.sleep(_CANDLES_EVERY_S)
        candles.close(clock.at_least_ns())


@attrs.define(eq=False)
class Parts:
    """All that the parts share. One set for each venue that is opened."""

    settings: ClientSettings
    listener: VenueListener
    probe: Probe
    now_ns: Callable[[], int]
    rng: Random
    dial: Dial
    context: ssl.SSLContext
    budget: ConnectionBudget
    clock: ExchangeClock = attrs.field(init=False)
    reference: Reference = attrs.field(init=False)
    market_listener: MarketListener = attrs.field(init=False)
    _breakers: dict[str, Breaker] = attrs.field(factory=dict, init=False)
    _links: list[Reconnect] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = ExchangeClock(trio.current_time, self.now_ns)
        self.market_listener = listener = market_listener(self.listener)
        self.reference = Reference(self.listener.status_changed, listener.instrument_changed, listener.asset_changed, self.probe)

    def assemble(self, link: HttpLink, nonce: Nonce) -> Service:
        """The venue and its tasks, over this link. Nothing runs yet."""
        settings, pace = self.settings, Pace.of(self.settings.tier)
        rest = RestClient(link, settings, self.rng, self._hear, nonce, self.clock.now_ns)
        refills = TradeRefills(rest, self.reference, settings.refill_s)
        public, level3 = self._market_sockets(rest, refills)
        private = self._private(rest, pace) if settings.credentials is not None else None
        quiet = QuietFeeds(rest, self.reference, self.clock, public.market, (public, level3), settings.quiet_after_s, self.probe)
        venue = KrakenVenue(
            urlsplit(settings.addresses.rest).hostname or "kraken",
            rest,
            self.reference,
            self.clock,
            settings,
            public,
            level3,
            private,
            None if private is None else self._orders(rest, private, pace),
            Account(rest, self.reference, self.clock, self.probe),
            self.budget,
            self.probe,
        )
        tasks: dict[str, Callable[[], Awaitable[None]]] = {
            "public sockets": public.run,
            "level 3 sockets": level3.run,
            "candle clock": lambda: close_candles(public.market.candles, self.clock),
            "quiet feeds": quiet.run,
            "trade refills": refills.run,
        }
        if private is not None:
            tasks["private socket"] = self._reconnect(private.session, private.attempt).run
        return Service(venue, tasks)

    def _market_sockets(self, rest: RestClient, refills: TradeRefills) -> tuple[MarketSockets, MarketSockets]:
        """The public sockets and those of level 3, and the market that all of them keep."""
        settings, listener = self.settings, self.market_listener

        def open_public(number: int) -> MarketSocket:
            owner = PublicSocket(market, self.reference, listener)
            owner.session = session = self._session(_numbered("public socket", number), settings.addresses.public, owner)
            return MarketSocket(session, self._reconnect(session, session.attempt, late=number > 1), lasting=number == 1)

        def open_level3(number: int) -> MarketSocket:
            owner = Level3Socket(market, self.reference, listener, lambda: self._token(rest))
            name, pace = _numbered("level 3 socket", number), level3_pace(settings.tier)
            owner.session = session = self._session(name, settings.addresses.level3, owner, pace, serves_early=True)
            return MarketSocket(session, self._reconnect(session, session.attempt, late=True))

        public = MarketSockets(settings.symbols_per_socket, open_public)
        level3 = MarketSockets(LEVEL3_SYMBOLS, open_level3)
        market = Market(
            books_by_level(self.listener, settings.book_depth, OnLoss(public.suspect, public.filled, self.probe)),
            CandleFeeds(self.listener, public.filled),
            TradeTapes(self.listener, refills.ask, self.probe),
            Tickers(listener, public.filled),
            books_of_orders(listener, OnLoss(level3.suspect, level3.filled, self.probe)),
        )
        refills.fill = market.trades.fill
        public.market = level3.market = market
        public.open_first()
        if settings.follow_instruments:
            public.want(INSTRUMENTS)
        return public, level3

    async def _token(self, rest: RestClient) -> str:
        try:
            return await rest.query_for_socket(
                rest_dialect.websockets_token(), lambda answer: rest_dialect.read_token(answer.body).token
            )
        except Unavailable as error:
            raise TokenUnavailable(error) from error

    def _private(self, rest: RestClient, pace: Pace) -> PrivateSocket:
        socket = PrivateSocket(self.listener, self.reference, lambda: self._token(rest), self.probe, pace, self.clock)
        socket.session = self._session("private socket", self.settings.addresses.private, socket)
        return socket

    def _orders(self, rest: RestClient, private: PrivateSocket, pace: Pace) -> Orders:
        over_the_socket = SocketOrders(private.session, lambda: private.token)
        return Orders(over_the_socket, RestOrders(rest, self.reference), pace, self.reference)

    def _session(self, name: str, url: str, owner: Owner, pace: AskPace | None = None, *, serves_early: bool = False) -> Session:
        settings, pace = self.settings, pace or AskPace()
        return Session(name, url, settings, self.context, self.clock, owner, self.probe, self.dial, pace, serves_early)

    def _reconnect(self, session: Session, attempt: Callable[[Link], Awaitable[None]], *, late: bool = False) -> Reconnect:
        """`late` is for a socket that is opened while the venue is in use: a wrong address must not end what goes on."""

        def fatal(error: BaseException) -> str | None:
            return fatal_dial(error, served_before=late or session.has_served)

        link = Reconnect(
            session.name,
            attempt,
            schedule=ReconnectSchedule(
                instant_dial_s=self.settings.dial_instant_s, dial_s=self.settings.dial_s, backoff=Backoff(max_s=_LONGEST_PAUSE_S)
            ),
            breaker=self._breaker(session.url),
            budget=self.budget,
            probe=self._hear,
            rng=self.rng,
            fatal=fatal,
            retry_after=patience_s,
        )
        self._links = [*(one for one in self._links if one.state.phase is not Phase.STOPPED), link]
        return link

    def _hear(self, notice: object) -> None:
        """Whoever reaches the exchange again tells those that wait: there is reason to think that they would, too."""
        self.probe(notice)
        back = notice.state.phase is Phase.LIVE if isinstance(notice, LinkStateChanged) else isinstance(notice, BreakerClosed)
        if back:
            for breaker in self._breakers.values():
                breaker.probe_now()
            for link in self._links:
                link.kick()

    def _breaker(self, url: str) -> Breaker:
        """One for each host: what one of its sockets finds out, the others need not."""
        host = urlsplit(url).netloc
        if host not in self._breakers:
            self._breakers[host] = Breaker(f"sockets of {host}", _BREAKER, classify=judge_dial, probe=self.probe)
        return self._breakers[host]
