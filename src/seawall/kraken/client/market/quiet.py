"""Is a market still, or has its feed died while the socket lives? Evidence decides, not a deadline."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import attrs
import trio

from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.market import Market, Touch
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.sockets import MarketSockets
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.session.facts import FeedDead
from seawall.kraken.client.session.rows import Feed, Phase, Subscription
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect import rest
from seawall.model.errors import AccessDenied, ExchangeError, Unavailable
from seawall.model.market_data import VenueStatus
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["BookStale", "FeedStale", "QuietFeeds"]

_MARGIN_S = 2.0
"""A change is told on several ways, and not on all of them at once."""
_LOOKS_PER_PERIOD = 4
_MOST_ASKED = 4
"""Questions a look: many quiet markets are asked about in turn, and REST has other uses."""
_REDIAL_AFTER = 3
_FORGIVEN_AFTER_PERIODS = 5
_NS_PER_S = 1_000_000_000
_ASKED_AGAIN: Final = (Unavailable, AccessDenied, ExchangeError)
"""Told by the breaker or the retry; a later look asks again."""


@attrs.frozen
class BookStale:
    """The market moved, and its book did not change: the feed had died. It is subscribed anew.

    `behind_s` is how long after the book's last change the market traded, or for how long it stood still while prices moved.
    """

    symbol: str
    behind_s: float


@attrs.frozen
class FeedStale:
    """As `BookStale`, for the other feeds of a symbol: `ticker`, `trade`, `ohlc`, `level3`."""

    feed: Feed
    behind_s: float


@attrs.frozen(eq=False)
class _Silent:
    """A feed that was not heard since `heard_s` (trio's clock)."""

    session: Session
    row: Subscription
    heard_s: float


@attrs.define(eq=False)
class QuietFeeds:
    """Asks REST about the markets of feeds that say nothing.

    Every trade changes book, ticker, candle and single orders: one question serves all feeds of a symbol. Where nobody
    traded, best bid and ask are compared with those of the feeds that follow them, by one question for several symbols.
    All of this is asked once in `quiet_after_s` while the market is still. A feed that is found dead is subscribed anew;
    found dead three times within a few periods, it costs the connection.
    """

    _rest: RestClient
    _reference: Reference
    _clock: ExchangeClock
    _market: Market
    _hosts: Sequence[MarketSockets]
    _quiet_after_s: float
    _probe: Probe
    _asked_s: dict[str, float] = attrs.field(factory=dict, init=False)
    _found_dead: dict[Feed, tuple[int, float]] = attrs.field(factory=dict, init=False)

    async def run(self) -> None:
        """Look now and then, for ever. A question that fails is asked again later."""
        while True:
            await trio.sleep(self._quiet_after_s / _LOOKS_PER_PERIOD)
            if self._reference.status is VenueStatus.MAINTENANCE:
                continue  # nothing moves, and what REST says is old
            due = self._due()[:_MOST_ASKED]
            for symbol, feeds in due:
                self._asked_s[symbol] = trio.current_time()
                with suppress(*_ASKED_AGAIN):
                    await self._look_at_trades(symbol, feeds)
            priced = [each for _, feeds in due for each in feeds if self._is_silent(each) and self._touch(each) is not None]
            with suppress(*_ASKED_AGAIN):
                await self._look_at_prices(priced)

    def _due(self) -> list[tuple[str, list[_Silent]]]:
        """Symbols with silent feeds, those that were not asked about for longest first."""
        before_s = trio.current_time() - self._quiet_after_s
        by_symbol: dict[str, list[_Silent]] = {}
        for silent in self._silent(before_s):
            symbol = silent.row.feed.symbol
            if symbol is not None and self._asked_s.get(symbol, float("-inf")) <= before_s:
                by_symbol.setdefault(symbol, []).append(silent)
        return sorted(by_symbol.items(), key=lambda item: self._asked_s.get(item[0], float("-inf")))

    def _silent(self, before_s: float) -> Iterator[_Silent]:
        for sockets in self._hosts:
            for socket in sockets:
                for row in socket.session.feeds:
                    if row.phase is Phase.LIVE and (heard_s := self._heard_s(row)) <= before_s:
                        yield _Silent(socket.session, row, heard_s)

    def _heard_s(self, row: Subscription) -> float:
        return max(row.since_s, self._market.heard_s(row.feed))

    async def _look_at_trades(self, symbol: str, feeds: Sequence[_Silent]) -> None:
        rest_name = self._reference.instrument(symbol).rest_name
        since_ns = self._exchange_ns(min(silent.heard_s for silent in feeds))
        request = rest.recent_trades(rest_name, since_ns=since_ns)
        trades, _ = await self._rest.public(request, lambda answer: rest.read_trades(answer.body, symbol))
        # what was traded just now may still be on its way to us
        latest_ns = self._exchange_ns(trio.current_time() - _MARGIN_S)
        newest_ns = max((trade.at_ns for trade in trades if trade.at_ns <= latest_ns), default=0)
        for silent in feeds:
            behind_s = (newest_ns - self._exchange_ns(silent.heard_s)) / _NS_PER_S
            if self._is_silent(silent) and behind_s > _MARGIN_S + (self._clock.uncertainty_s() or 0.0):
                self._revive(silent, f"the market traded {behind_s:.1f} s after its last change", behind_s)

    async def _look_at_prices(self, feeds: Sequence[_Silent]) -> None:
        if not feeds:
            return
        pairs = {feed: self._reference.instrument(feed.symbol or "") for feed in (silent.row.feed for silent in feeds)}
        request = rest.ticker(sorted({pair.rest_name for pair in pairs.values()}))
        tickers = await self._rest.public(request, lambda answer: rest.read_tickers(answer.body))
        other: list[tuple[_Silent, Touch]] = []
        for silent in feeds:
            ticker = tickers.get(pairs[silent.row.feed].rest_id)
            if ticker is not None and self._touch(silent) != (touch := (ticker.bid[0], ticker.ask[0])):
                other.append((silent, touch))
        if other:
            await trio.sleep(_MARGIN_S)  # prices that changed just now may still be on their way to us
        for silent, (bid, ask) in other:
            if self._is_silent(silent):
                self._revive(silent, f"best bid and ask are {bid} and {ask}", trio.current_time() - silent.heard_s)

    def _is_silent(self, silent: _Silent) -> bool:
        row = silent.row
        return row.phase is Phase.LIVE and not row.ended and self._heard_s(row) == silent.heard_s

    def _touch(self, silent: _Silent) -> Touch | None:
        return self._market.touch(silent.row.feed, silent.row.terms)

    def _exchange_ns(self, at_s: float) -> int:
        return self._clock.now_ns() - int((trio.current_time() - at_s) * _NS_PER_S)

    def _revive(self, silent: _Silent, evidence: str, behind_s: float) -> None:
        feed, now_s = silent.row.feed, trio.current_time()
        times, last_s = self._found_dead.get(feed, (0, float("-inf")))
        times = times + 1 if now_s - last_s <= _FORGIVEN_AFTER_PERIODS * self._quiet_after_s else 1
        self._found_dead[feed] = (times, now_s)
        self._market.lose(feed, f"{feed} was silent, but {evidence}")
        tell(self._probe, BookStale(feed.symbol or "", behind_s) if feed.channel == "book" else FeedStale(feed, behind_s))
        if times >= _REDIAL_AFTER:
            del self._found_dead[feed]
            silent.session.fail(FeedDead(f"{feed} was silent {times} times in a row, but {evidence}"))
        else:
            silent.session.feeds.suspect(feed)
