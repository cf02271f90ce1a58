"""Sockets of one host, as many as its symbols need."""

from collections.abc import Callable, Iterator
from typing import Final

import attrs
import trio

from seawall.kraken.client.market.market import Market
from seawall.kraken.client.market.refusals import refusal_of
from seawall.kraken.client.session.changes import Changes
from seawall.kraken.client.session.facts import SessionStatistics, Unfollowed
from seawall.kraken.client.session.rows import Feed, Phase, Terms
from seawall.kraken.client.session.session import Session
from seawall.resilience import Reconnect

__all__ = ["MarketSocket", "MarketSockets"]

_LINGER_S: Final = 30.0
"""How long a socket without a feed waits for another before it is closed: dials are counted by the exchange."""


@attrs.frozen(eq=False)
class MarketSocket:
    """One socket, and what dials it. One that is `lasting` stays without a feed, too."""

    session: Session
    link: Reconnect
    lasting: bool = False

    def symbols(self) -> int:
        """How many symbols it carries."""
        return len({row.feed.symbol for row in self.session.feeds if row.feed.symbol is not None})

    def carries(self, symbol: str) -> bool:
        """Whether it carries any feed of a symbol."""
        return any(row.feed.symbol == symbol for row in self.session.feeds)


@attrs.define(eq=False)
class MarketSockets:
    """Every feed has its home on one socket, with the others of its symbol; a further socket is opened for want of room.

    `open_next` makes the next one, given its number from 1; `market` is set by who builds all of them. Nothing is dialled
    before `run`.
    """

    _most_symbols: int
    _open_next: Callable[[int], MarketSocket]
    market: Market = attrs.field(init=False)
    _sockets: list[MarketSocket] = attrs.field(factory=list, init=False)
    _opened: int = attrs.field(default=0, init=False)
    _undialled: list[MarketSocket] = attrs.field(factory=list, init=False)
    _changes: Changes = attrs.field(factory=Changes, init=False)

    def __iter__(self) -> Iterator[MarketSocket]:
        return iter(tuple(self._sockets))

    def statistics(self) -> tuple[SessionStatistics, ...]:
        """Of each socket that is open now, the oldest first."""
        return tuple(socket.session.statistics() for socket in self._sockets)

    def unverified(self) -> list[Feed]:
        """Feeds that were lost again and again of late."""
        return [feed for socket in self._sockets for feed in socket.session.feeds.unverified()]

    async def wait_live(self) -> None:
        """Return once each socket that is open now serves. Puts no end to a wait."""
        for socket in self:
            await socket.session.wait_live()

    async def run(self) -> None:
        """Dial sockets as they are opened, and keep them up, for ever. Raises what comes out of any, in an exception group."""
        async with trio.open_nursery() as nursery:
            while True:
                await self._changes.until(lambda: bool(self._undialled))
                waiting, self._undialled = self._undialled, []
                for socket in waiting:
                    nursery.start_soon(self._keep, socket, name=socket.session.name)

    def open_first(self) -> None:
        """Open a socket before anything is wanted."""
        self._open()

    def want(self, feed: Feed, terms: Terms | None = None, *, default: Terms | None = None) -> MarketSocket:
        """Want a feed from now on; `terms` None are those it is followed on, or the `default`.

        Raises ValueError where it is followed on other terms: the exchange keeps one subscription of a channel and symbol.
        """
        socket = self._home(feed) or self._with_room(feed)
        feeds = socket.session.feeds
        row = feeds.get(feed)
        if row is None or row.phase is Phase.REFUSED:
            self.market.forget(feed)
            begun = terms or default or Terms()
            self.market.follow(feed, begun)
            feeds.want(feed, begun)
        elif terms is not None and row.terms != terms:
            raise ValueError(f"{feed} is followed with {row.terms}: unfollow it before it is followed with {terms}")
        return socket

    async def follow(self, feed: Feed, terms: Terms | None = None, *, default: Terms | None = None) -> None:
        """Want a feed and wait until it is granted. Cancellation leaves it wanted, unless it was still being left.

        Raises as `want`; `UnknownSymbol`, `AccessDenied` or `ExchangeError` where it is refused; `Unfollowed` where another
        task ends it meanwhile.
        """
        while (leaving := self._home(feed)) is not None and leaving.session.feeds.is_ending(feed):
            await leaving.session.feeds.end(feed)
        row = await self.want(feed, terms, default=default).session.feeds.settle(feed)
        if row.phase is Phase.REFUSED:
            raise refusal_of(row)
        if row.ended:
            raise Unfollowed(f"{feed} was unfollowed before the exchange had granted it")

    async def unfollow(self, feed: Feed) -> None:
        """Want a feed no more. Nothing is told of it from the first instant; returns once the exchange has let go of it.

        Cancellation leaves it unwanted. A feed that nobody follows is no error.
        """
        self.market.forget(feed)
        socket = self._home(feed)
        if socket is None:
            await trio.lowlevel.checkpoint()
        else:
            await socket.session.feeds.end(feed)

    def suspect(self, feed: Feed) -> int:
        """Something of a feed was lost: have it asked for anew. Returns how often in a row, 0 when it is under way."""
        socket = self._home(feed)
        return 0 if socket is None else socket.session.feeds.suspect(feed)

    def filled(self, feed: Feed, received_s: float) -> None:
        """A snapshot of a feed was taken."""
        socket = self._home(feed)
        if socket is not None:
            socket.session.feeds.filled(feed, received_s)

    def _home(self, feed: Feed) -> MarketSocket | None:
        return next((socket for socket in self._sockets if socket.session.feeds.get(feed) is not None), None)

    def _with_room(self, feed: Feed) -> MarketSocket:
        symbol = feed.symbol
        if symbol is not None:
            at_home = next((socket for socket in self._sockets if socket.carries(symbol)), None)
            if at_home is not None:
                return at_home
        roomy = (socket for socket in self._sockets if symbol is None or socket.symbols() < self._most_symbols)
        found = next(roomy, None)
        if found is None:
            found = self._open()
        return found

    def _open(self) -> MarketSocket:
        self._opened += 1
        socket = self._open_next(self._opened)
        self._sockets.append(socket)
        self._undialled.append(socket)
        self._changes.note()
        return socket

    async def _keep(self, socket: MarketSocket) -> None:
        if socket.lasting:
            await socket.link.run()
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(socket.link.run, name=f"{socket.session.name}: link")
            await self._until_idle(socket.session)
            self._sockets.remove(socket)
            nursery.cancel_scope.cancel(reason="nothing is followed over it")

    async def _until_idle(self, session: Session) -> None:
        while True:
            await session.feeds.wait_empty(empty=True)
            with trio.move_on_after(_LINGER_S):
                await session.feeds.wait_empty(empty=False)
            if session.feeds.empty:
                return
