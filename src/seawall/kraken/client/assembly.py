"""The parts of a venue, put together."""

import ssl
from collections.abc import Awaitable, Callable
from random import Random
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
from seawall.kraken.client.market.data import MarketData
from seawall.kraken.client.market.public import PublicSocket
from seawall.kraken.client.market.quiet import QuietBooks
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.refills import TradeRefills
from seawall.kraken.client.market.trades import TradeTapes
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.http import HttpLink
from seawall.kraken.client.rest.lanes import SESSION
from seawall.kraken.client.rest.verdicts import TokenUnavailable, fatal_dial, judge_dial, patience_s
from seawall.kraken.client.service import Service
from seawall.kraken.client.session.facts import Owner
from seawall.kraken.client.session.session import Session
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.venue import KrakenVenue
from seawall.kraken.client.wire.dialling import Dial
from seawall.kraken.dialect import rest as rest_dialect
from seawall.model.errors import Unavailable
from seawall.model.venue import Probe, VenueListener
from seawall.resilience import SOCKET_BREAKER, Breaker, ConnectionBudget, Link, Reconnect, ReconnectSchedule

__all__ = ["Parts"]


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
    clock: ExchangeClock = attrs.field(init=False)
    reference: Reference = attrs.field(init=False)
    budget: ConnectionBudget = attrs.field(init=False)
    _breakers: dict[str, Breaker] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = ExchangeClock(trio.current_time, self.now_ns)
        self.reference = Reference(self.listener.status_changed)
        self.budget = ConnectionBudget(name="kraken sockets", probe=self.probe)

    def assemble(self, link: HttpLink) -> Service:
        """The venue and its tasks, over this link. Nothing runs yet."""
        rest = RestClient(link, self.settings, self.rng, self.probe, self.now_ns)
        refills = TradeRefills(rest, self.reference, self.settings.refill_s)
        public = self._public(refills)
        private = self._private(rest) if self.settings.credentials is not None else None
        name = urlsplit(self.settings.addresses.rest).hostname or "kraken"
        return Service(
            venue=KrakenVenue(
                name,
                rest,
                self.reference,
                self.clock,
                public,
                private,
                None if private is None else self._orders(rest, private),
                Account(rest, self.reference, self.clock, self.probe),
                self.probe,
            ),
            public=public,
            public_link=self._reconnect(public.session, public.attempt),
            private_link=self._reconnect(private.session, private.attempt) if private is not None else None,
            quiet=QuietBooks(rest, self.reference, public, self.settings.quiet_after_s, self.probe),
            refills=refills,
        )

    def _public(self, refills: TradeRefills) -> PublicSocket:
        socket = PublicSocket(self.reference, self.clock, self.settings.book_depth)
        socket.session = self._session("public socket", self.settings.addresses.public, socket)
        socket.market = MarketData(
            self.listener, self.settings.book_depth, socket.session.feeds.suspect, socket.session.feeds.filled, self.probe
        )
        socket.trades = TradeTapes(self.listener, refills.ask, self.probe)
        refills.fill = socket.trades.fill
        return socket

    def _private(self, rest: RestClient) -> PrivateSocket:
        async def get_token() -> str:
            try:
                return await rest.query(
                    rest_dialect.websockets_token(), lambda answer: rest_dialect.read_token(answer.body).token, lane=SESSION
                )
            except Unavailable as error:
                raise TokenUnavailable(error) from error

        socket = PrivateSocket(self.listener, self.reference, get_token, self.probe)
        socket.session = self._session("private socket", self.settings.addresses.private, socket)
        return socket

    def _orders(self, rest: RestClient, private: PrivateSocket) -> Orders:
        over_the_socket = SocketOrders(private.session, lambda: private.token)
        return Orders(over_the_socket, RestOrders(rest, self.reference), Pace.of(self.settings.tier))

    def _session(self, name: str, url: str, owner: Owner) -> Session:
        return Session(name, url, self.settings, self.context, self.clock, owner, self.probe, self.dial)

    def _reconnect(self, session: Session, attempt: Callable[[Link], Awaitable[None]]) -> Reconnect:
        def fatal(error: BaseException) -> str | None:
            return fatal_dial(error, served_before=session.has_served)

        return Reconnect(
            session.name,
            attempt,
            schedule=ReconnectSchedule(instant_dial_s=self.settings.dial_instant_s, dial_s=self.settings.dial_s),
            breaker=self._breaker(session.url),
            budget=self.budget,
            probe=self.probe,
            rng=self.rng,
            fatal=fatal,
            retry_after=patience_s,
        )

    def _breaker(self, url: str) -> Breaker:
        """One for each host: what one of its sockets finds out, the others need not."""
        host = urlsplit(url).netloc
        if host not in self._breakers:
            self._breakers[host] = Breaker(f"sockets of {host}", SOCKET_BREAKER, classify=judge_dial, probe=self.probe)
        return self._breakers[host]
