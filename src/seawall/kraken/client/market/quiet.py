"""Is a market still, or has its feed died while the socket lives? Evidence decides, not a deadline."""

import attrs
import trio

from seawall.kraken.client.market.public import PublicSocket
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.session.subscriptions import Feed
from seawall.kraken.dialect import rest
from seawall.model.errors import AccessDenied, ExchangeError, Unavailable
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["BookStale", "QuietBooks"]

_MARGIN_NS = 2_000_000_000
"""A trade and the change it makes to the book are told on two ways."""
_LOOKS_PER_PERIOD = 4
_MOST_ASKED = 4
"""Questions a look: many quiet books are asked about in turn, and REST has other uses."""


@attrs.frozen
class BookStale:
    """The market traded, and its book did not change: the feed had died. It is subscribed anew."""

    symbol: str
    behind_s: float


@attrs.define(eq=False)
class QuietBooks:
    """Asks REST about books that have not changed for a while: a trade since then proves the feed dead."""

    _rest: RestClient
    _reference: Reference
    _public: PublicSocket
    _quiet_after_s: float
    _probe: Probe
    _asked_s: dict[str, float] = attrs.field(factory=dict, init=False)

    async def run(self) -> None:
        """Look now and then, for ever. A question that fails is asked again later."""
        while True:
            await trio.sleep(self._quiet_after_s / _LOOKS_PER_PERIOD)
            before_s = trio.current_time() - self._quiet_after_s
            due = [
                (symbol, book.at_ns)
                for symbol, book in self._public.market.quiet_books(before_s)
                if self._asked_s.get(symbol, 0.0) <= before_s
            ]
            for symbol, at_ns in due[:_MOST_ASKED]:
                self._asked_s[symbol] = trio.current_time()
                try:
                    await self._look(symbol, at_ns)
                except (Unavailable, AccessDenied, ExchangeError):
                    continue  # told by the breaker or the retry; the next look asks again

    async def _look(self, symbol: str, at_ns: int) -> None:
        if not at_ns:
            return  # the exchange dated none of its messages: nothing to compare with
        request = rest.recent_trades(self._reference.instrument(symbol).rest_name, since_ns=at_ns + _MARGIN_NS, count=1)
        trades, _ = await self._rest.public(request, lambda answer: rest.read_trades(answer.body, symbol))
        newest_ns = max((trade.at_ns for trade in trades), default=0)
        book = self._public.market.book(symbol)
        if newest_ns <= at_ns + _MARGIN_NS or book is None or book.at_ns != at_ns:
            return
        behind_s = (newest_ns - at_ns) / 1e9
        self._public.market.lose_book(symbol, f"the market traded {behind_s:.1f} s after the book's last change")
        tell(self._probe, BookStale(symbol, behind_s))
        self._public.session.feeds.suspect(Feed("book", symbol))
