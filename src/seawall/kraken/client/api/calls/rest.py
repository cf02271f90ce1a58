"""Every endpoint of Kraken's spot REST API, each a coroutine method with a typed result.

The parameters are those of the builders in `seawall.kraken.dialect.rest`, which also document them; pairs and assets go by
any of their names, in requests and by today's in results. docs.kraken.com/api/docs/rest-api has a page for each.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import attrs

from seawall.kraken.client.api.calls import answers
from seawall.kraken.client.api.calls.endpoint import Asked, Endpoint, Reader, Way, alone, in_rest_names
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.http import HttpAnswer
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.errors import AccessDenied

__all__ = ["NO_KEY", "RestCalls"]

T = TypeVar("T")

NO_KEY: Final = "needs an API key: open the client with ClientSettings(credentials=Credentials(key, secret))"


class _MarketCalls:
    """Public: no key is needed."""

    server_time = Endpoint(rest.server_time, alone(rest.read_time))
    system_status = Endpoint(rest.system_status, alone(rest.read_system_status))
    assets = Endpoint(rest.assets, answers.asset_rows)
    asset_pairs = Endpoint(rest.asset_pairs, answers.pair_rows)
    ticker = Endpoint(rest.ticker, answers.tickers)
    ohlc = Endpoint(rest.ohlc, answers.candles)
    depth = Endpoint(rest.depth, alone(rest.read_depth))
    recent_trades = Endpoint(rest.recent_trades, answers.trades)
    spread = Endpoint(rest.spread, alone(rest.read_spread))
    grouped_book = Endpoint(rest.grouped_book, answers.grouped_book)


class _AccountCalls:
    """Private reads."""

    websockets_token = Endpoint(rest.websockets_token, alone(rest.read_token))
    api_key_info = Endpoint(rest.api_key_info, alone(rest.read_api_key_info))
    balance = Endpoint(rest.balance, answers.amounts)
    balance_ex = Endpoint(rest.balance_ex, answers.extended_balances)
    trade_balance = Endpoint(rest.trade_balance, alone(rest.read_trade_balance))
    trade_volume = Endpoint(rest.trade_volume, answers.trade_volume)
    ledgers = Endpoint(rest.ledgers, answers.ledger_page)
    query_ledgers = Endpoint(rest.query_ledgers, answers.ledger_rows)
    open_orders = Endpoint(rest.open_orders, answers.open_orders)
    closed_orders = Endpoint(rest.closed_orders, answers.closed_orders)
    query_orders = Endpoint(rest.query_orders, answers.orders)
    order_amends = Endpoint(rest.order_amends, alone(rest.read_order_amends))
    trades_history = Endpoint(rest.trades_history, answers.fill_page)
    query_trades = Endpoint(rest.query_trades, answers.fills)
    open_positions = Endpoint(rest.open_positions, answers.positions)
    level3 = Endpoint(rest.level3, answers.level3_book)


class _OrderCalls:
    """Calls that act. Those that make or change an order are sent once at most, whatever becomes of the answer."""

    add_order = Endpoint(rest.add_order, alone(rest.read_new_order), Way.ORDER)
    add_order_batch = Endpoint(rest.add_order_batch, alone(rest.read_batch), Way.ORDER)
    amend_order = Endpoint(rest.amend_order, alone(rest.read_amended_order), Way.ORDER)
    edit_order = Endpoint(rest.edit_order, alone(rest.read_edited_order), Way.ORDER)
    cancel_order = Endpoint(rest.cancel_order, alone(rest.read_cancellation), Way.CANCEL)
    cancel_order_batch = Endpoint(rest.cancel_order_batch, alone(rest.read_cancellation), Way.CANCEL)
    cancel_all_orders = Endpoint(rest.cancel_all_orders, alone(rest.read_cancellation), Way.CANCEL)
    cancel_all_orders_after = Endpoint(rest.cancel_all_orders_after, alone(rest.read_cancel_all_after), Way.CANCEL)


@attrs.define(eq=False, repr=False)
class RestCalls(_MarketCalls, _AccountCalls, _OrderCalls):
    """One method for each endpoint.

    Reads are repeated where that may help, wait for their turn under the exchange's counters, and raise `Unavailable`,
    `ExchangeError` or `AccessDenied`. Calls on orders are never repeated, and raise `NotSent`, `RefusedByExchange` or
    `OutcomeUnknown` besides; cancels go before everything, and raise as a read or `NotSent` or `OutcomeUnknown`.
    All raise `UnknownSymbol` for a pair that is not listed, and ValueError for arguments that contradict themselves.
    """

    _client: RestClient
    _names: Names
    _has_key: bool

    def __repr__(self) -> str:
        return f"<RestCalls over {self._client!r}>"

    async def call(self, request: RestRequest, read: Reader[T], way: Way = Way.READ) -> T:
        """Make a call that has no method here: an endpoint that is newer than this client.

        `read` is given the body of the answer, and what it answers. A cancelled call of the way `ORDER` may have been
        carried out.
        """
        if request.private and not self._has_key:
            raise AccessDenied(f"{request.name} {NO_KEY}")
        asked = Asked(in_rest_names(request, self._names), self._names)

        def result(answer: HttpAnswer) -> T:
            return read(answer.body, asked)

        return await self._way(request, way)(asked.request, result)

    def _way(self, request: RestRequest, way: Way) -> Callable[[RestRequest, Callable[[HttpAnswer], T]], Awaitable[T]]:
        if way is Way.ORDER:
            return self._client.place
        if way is Way.CANCEL:
            return self._client.cancel
        return self._client.query if request.private else self._client.public
