"""Every endpoint of the spot REST API has a builder, a reader and a method, and speaks with the simulated exchange."""

import inspect
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import get_type_hints

import pytest
import trio
from trio.testing import MockClock

from seawall.kraken.client import Addresses, ClientSettings, Credentials
from seawall.kraken.client.api import Kraken, RestCalls, open_kraken
from seawall.kraken.client.api.calls.endpoint import Endpoint
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.rest import RestEdit, RestOrder, RestRequest
from seawall.kraken.dialect.socket.orders import AmendRequest
from seawall.model.market_data import VenueStatus
from seawall.sim import SimSettings, Simulator, open_sim

ENDPOINTS = {name: found for name, found in inspect.getmembers(RestCalls) if isinstance(found, Endpoint)}
PUBLIC = "Time SystemStatus Assets AssetPairs Ticker OHLC Depth Trades Spread GroupedBook"
READS = (
    "Balance BalanceEx TradeBalance OpenOrders ClosedOrders QueryOrders OrderAmends TradesHistory QueryTrades OpenPositions "
    "Ledgers QueryLedgers TradeVolume GetWebSocketsToken GetApiKeyInfo Level3"
)
ORDERS = "AddOrder AddOrderBatch AmendOrder EditOrder CancelOrder CancelOrderBatch CancelAll CancelAllOrdersAfter"
"""The pages of docs.kraken.com/api/docs/rest-api: market data, account data, trading."""


def returns(function: object) -> object:
    return get_type_hints(function).get("return")


BUILDERS = {name: getattr(rest, name) for name in rest.__all__ if returns(getattr(rest, name)) is RestRequest}
ENGINES_OWN = {
    "read_result",
    "read_balances",
    "read_fills",
    "read_instruments",
    "read_open_orders",
    "read_closed_orders",
    "read_orders",
    "read_added_order",
    "read_cancel_count",
}
"""Readers of the same answers as the model's facts: for `Venue`, which needs less of them."""


def test_every_builder_is_an_endpoint_and_every_endpoint_has_one() -> None:
    assert {name: endpoint.build for name, endpoint in ENDPOINTS.items()} == BUILDERS


def sources() -> str:
    modules = {endpoint.read.__module__ for endpoint in ENDPOINTS.values()} | {RestCalls.__module__}
    return "".join(inspect.getsource(__import__(module, fromlist=["_"])) for module in modules)


def test_every_reader_is_some_endpoints() -> None:
    readers = {name for name in rest.__all__ if name.startswith("read_")}
    assert readers >= ENGINES_OWN
    assert {name for name in readers if f"rest.{name}" not in sources()} <= ENGINES_OWN


@pytest.fixture
async def sim(mock_clock: MockClock) -> AsyncGenerator[Simulator, None]:
    mock_clock.rate = 25  # calls wait for their turn, a second each: not here
    with trio.fail_after(600):
        async with open_sim(SimSettings(events_per_s=3.0)) as sim:
            yield sim


@pytest.fixture
async def kraken(sim: Simulator) -> AsyncGenerator[Kraken, None]:
    where = sim.addresses
    addresses = Addresses(where.rest, where.public, where.private, where.level3)
    key = Credentials(sim.api_key, sim.api_secret)
    settings = ClientSettings(addresses, key, tier="pro", request_s=300.0, connect_s=300.0, silent_after_s=300.0)
    async with open_kraken(settings) as kraken:
        yield kraken


def bid(price: int, cl_ord_id: str | None = None) -> RestOrder:
    return RestOrder(order_type="limit", side="buy", volume=Decimal("0.001"), price=Decimal(price), cl_ord_id=cl_ord_id)


async def test_the_market_is_asked_in_every_way(kraken: Kraken, sim: Simulator, mock_clock: MockClock) -> None:
    calls = kraken.rest
    assert abs(await calls.server_time() - kraken.now_ns()) < 5_000_000_000
    assert await calls.system_status() is VenueStatus.ONLINE
    assert set(await calls.assets("BTC")) == {"BTC"}
    assert (await calls.asset_pairs("BTC/USD"))["BTC/USD"].wsname == "XBT/USD"
    ticker = (await calls.ticker(["BTC/USD", "ETH/USD"]))["BTC/USD"]
    assert ticker.bid[0] < ticker.ask[0]
    candles = await calls.ohlc("BTC/USD", 1)
    assert {candle.symbol for candle in candles} == {"BTC/USD"}
    assert len((await calls.depth("XBTUSD", 3)).asks) == 3
    trades, last_ns = await calls.recent_trades("BTC/USD", count=2)
    assert {trade.symbol for trade in trades} == {"BTC/USD"}
    assert last_ns > 0
    assert (await calls.spread("BTC/USD")).rows
    assert (await calls.grouped_book("BTC/USD", levels=10, grouping=5)).grouping == 5
    assert {name for name in PUBLIC.split() if sim.requests.of(name)} == set(PUBLIC.split())


async def test_the_account_is_asked_in_every_way(kraken: Kraken, sim: Simulator, mock_clock: MockClock) -> None:
    calls = kraken.rest
    (order_id,) = (await calls.add_order(bid(1_000_000), "BTC/USD")).txid
    assert (await calls.balance())["BTC"] > 1
    assert (await calls.balance_ex())["BTC"].free > 1
    assert (await calls.trade_balance("USD")).equivalent_balance > 0
    assert await calls.open_orders() == {}
    assert order_id in (await calls.closed_orders()).closed
    assert (await calls.query_orders(order_id))[order_id].descr.pair == "BTC/USD"
    assert (await calls.order_amends(order_id)).count == len((await calls.order_amends(order_id)).amends)
    fill_ids = list((await calls.trades_history()).trades)
    assert (await calls.query_trades(fill_ids))[fill_ids[0]].ordertxid == order_id
    assert (await calls.open_positions()).by_id == {}
    ledger_ids = list((await calls.ledgers("BTC")).ledger)
    assert (await calls.query_ledgers(ledger_ids))[ledger_ids[0]].asset == "BTC"
    assert set((await calls.trade_volume("BTC/USD")).fees) == {"BTC/USD"}
    assert (await calls.websockets_token()).token
    assert (await calls.api_key_info()).permissions
    level3 = await calls.level3("BTC/USD", 10)
    assert (level3.pair, bool(level3.bids)) == ("BTC/USD", True)
    assert {name for name in READS.split() if sim.requests.of(name)} == set(READS.split())


async def test_orders_are_made_changed_and_ended_in_every_way(kraken: Kraken, sim: Simulator, mock_clock: MockClock) -> None:
    calls = kraken.rest
    (first,) = (await calls.add_order(bid(1000, "first"), "XBT/USD")).txid
    assert await calls.amend_order(AmendRequest(order_id=first, limit_price=Decimal(1001)))
    assert [amend.amend_type for amend in (await calls.order_amends(first)).amends] == ["original", "user"]
    assert (await calls.cancel_order(client_order_id="first")).count == 1
    (second,) = (await calls.add_order(bid(1000), "BTC/USD")).txid
    edited = await calls.edit_order(RestEdit(order_id=second, volume=Decimal("0.002")), "BTC/USD")
    assert edited.txid != second
    rows = await calls.add_order_batch([bid(1002, "third"), bid(1003), bid(1004)], "btc/usd")
    ids = [row.txid for row in rows if row.txid is not None]
    assert len(ids) == 3
    assert (await calls.cancel_order_batch([edited.txid], client_order_ids=["third"])).count == 2
    assert (await calls.cancel_all_orders_after(60))[1] is not None
    assert (await calls.cancel_all_orders_after(0))[1] is None
    assert (await calls.cancel_all_orders()).count == 2
    assert not sim.exchange.open_orders()
    assert {name for name in ORDERS.split() if sim.requests.of(name)} == set(ORDERS.split())


async def test_histories_are_walked_page_by_page(kraken: Kraken, mock_clock: MockClock) -> None:
    for number in range(30):
        await kraken.rest.add_order(bid(1_000_000 + number), "BTC/USD")
    entries = [row async for _, row in kraken.history.ledgers(["BTC", "USD"])]
    fills = [exec_id async for exec_id, _ in kraken.history.fills()]
    closed = [order_id async for order_id, _ in kraken.history.closed_orders()]
    assert len(entries) >= 60
    assert {entry.asset for entry in entries} == {"BTC", "USD"}
    assert len(closed) == len(set(closed)) == 30
    assert len(fills) == len(set(fills)) >= 30
    told = [trade.trade_id async for trade in kraken.history.trades("BTC/USD", 0)]
    assert told == sorted(set(told))
    assert len(told) >= 30
