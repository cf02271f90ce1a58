"""Histories that take more than one call, walked row by row: a page is asked for when the one before is used up.

A walk is an object with one page in its hands, and no generator: it holds nothing open, and may be dropped at any row.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Final, Generic, ParamSpec, TypeVar, overload

import attrs

from seawall.kraken.client.api.calls import answers
from seawall.kraken.client.api.calls.endpoint import Asked, Endpoint, Reader, Way
from seawall.kraken.client.api.calls.rest import RestCalls
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.market_data import Trade

__all__ = ["History", "MarketTrades", "Rows"]

P = ParamSpec("P")
V = TypeVar("V")

_PAGE: Final = 50
_MOST_TRADES: Final = 1000
_Page = tuple[Mapping[str, V], int | None]
"""Rows by id, newest first, and how many there are on all pages, where the exchange said so."""


@attrs.define(eq=False, repr=False)
class Rows(Generic[V]):
    """Ids and rows, newest first, each once. What is made while the walk goes on is newer than its rows, and not among them.

    `async for row_id, row in rows`. Raises as the reads of `RestCalls`; after an error or a cancellation the same walk goes
    on where it was.
    """

    _ask: Callable[[int], Awaitable[_Page[V]]]
    offset: int
    """Rows asked for so far, and those that were to be skipped."""
    calls: int = attrs.field(default=0, init=False)
    """Pages asked for so far: each is a call under the exchange's counters."""
    _ended: bool = attrs.field(default=False, init=False)
    _page: list[tuple[str, V]] = attrs.field(factory=list, init=False)
    _told: set[str] = attrs.field(factory=set, init=False)

    def __repr__(self) -> str:
        return f"<Rows at {self.offset} after {self.calls} calls{', at the end' if self._ended and not self._page else ''}>"

    def __aiter__(self) -> "Rows[V]":
        return self

    async def __anext__(self) -> tuple[str, V]:
        while not self._page:
            if self._ended:
                raise StopAsyncIteration
            self._take(*await self._ask(self.offset))
        row_id, row = self._page.pop()
        self._told.add(row_id)
        return row_id, row

    def _take(self, rows: Mapping[str, V], count: int | None) -> None:
        """Newer rows push told ones onto this page: those are left out, and none is passed over."""
        self.calls += 1
        self.offset += len(rows)
        self._ended = not rows or (len(rows) < _PAGE if count is None else self.offset >= count)
        self._page = [(row_id, row) for row_id, row in rows.items() if row_id not in self._told][::-1]


@attrs.define(eq=False, repr=False)
class MarketTrades:
    """Trades that the market printed in one pair, oldest first, up to the present; each once.

    `async for trade in trades`. Raises as the reads of `RestCalls`; after an error or a cancellation the same walk goes on
    where it was, and after its end it may be asked again for what was printed since.
    """

    _ask: Callable[[int | None], Awaitable[tuple[tuple[Trade, ...], int]]]
    _since_ns: int | None
    calls: int = attrs.field(default=0, init=False)
    """Pages asked for so far: each is a call under the exchange's counters."""
    _full: bool = attrs.field(default=True, init=False)
    _last_id: int = attrs.field(default=-1, init=False)
    _page: list[Trade] = attrs.field(factory=list, init=False)

    def __repr__(self) -> str:
        return f"<MarketTrades up to {self._last_id} after {self.calls} calls>"

    def __aiter__(self) -> "MarketTrades":
        self._full = True
        return self

    async def __anext__(self) -> Trade:
        while not self._page:
            if not self._full:
                raise StopAsyncIteration
            self._take(*await self._ask(self._since_ns))
        trade = self._page.pop()
        self._last_id = trade.trade_id
        return trade

    def _take(self, trades: tuple[Trade, ...], last_ns: int) -> None:
        """Ask from a little before the end: one taker's trades share an instant, which a page may cut in two."""
        self.calls += 1
        self._full = len(trades) >= _MOST_TRADES
        self._page = [trade for trade in trades if trade.trade_id > self._last_id][::-1]
        if trades:
            self._since_ns = max(0, last_ns - 1) if self._page else last_ns


class _Walk(Generic[P, V]):
    """As an attribute of `History`: a function with the parameters of `build` that begins a walk."""

    def __init__(self, build: Callable[P, RestRequest], read: Reader[_Page[V]]) -> None:
        self._endpoint = Endpoint(build, read)
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, history: None, owner: type) -> "_Walk[P, V]": ...
    @overload
    def __get__(self, history: "History", owner: type) -> Callable[P, Rows[V]]: ...
    def __get__(self, history: "History | None", owner: type) -> "_Walk[P, V] | Callable[P, Rows[V]]":
        if history is None:
            return self
        calls = history.calls

        @wraps(self._endpoint.build)
        def walk(*args: P.args, **kwargs: P.kwargs) -> Rows[V]:
            request = self._endpoint.request(*args, **kwargs)

            def ask(offset: int) -> Awaitable[_Page[V]]:
                params = {**request.params, **({"ofs": str(offset)} if offset else {})}
                return calls.call(request._replace(params=params), self._endpoint.read, Way.READ)

            return Rows(ask, int(request.params.get("ofs", "0")))

        return walk


def _ledger(body: bytes, asked: Asked) -> _Page[rest.LedgerRow]:
    page = answers.ledger_page(body, asked)
    return page.ledger, page.count


def _fills(body: bytes, asked: Asked) -> _Page[rest.RestTradeRow]:
    page = answers.fill_page(body, asked)
    return page.trades, page.count


def _closed_orders(body: bytes, asked: Asked) -> _Page[rest.OrderRow]:
    page = answers.closed_orders(body, asked)
    return page.closed, page.count


@attrs.frozen(eq=False)
class History:
    """Walks through all pages of what `RestCalls` gives one page of; the parameters are the same.

    Candles have no pages: the exchange gives the newest 720 of an interval, whatever is asked.
    """

    calls: RestCalls

    ledgers = _Walk(rest.ledgers, _ledger)
    fills = _Walk(rest.trades_history, _fills)
    closed_orders = _Walk(rest.closed_orders, _closed_orders)

    def trades(self, pair: str, since_ns: int | None = None) -> MarketTrades:
        """Trades after `since_ns` (nanoseconds since the epoch), or the last thousand; 0 begins with the first one ever.

        Each call brings up to a thousand (docs.kraken.com/api/docs/rest-api/get-recent-trades).
        """

        def ask(since_ns: int | None) -> Awaitable[tuple[tuple[Trade, ...], int]]:
            return self.calls.recent_trades(pair, since_ns, _MOST_TRADES)

        return MarketTrades(ask, since_ns)
