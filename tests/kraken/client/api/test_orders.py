"""Orders of the plain client, against the simulated exchange."""

from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest
import trio

from seawall.kraken.client import Addresses, ClientSettings, Credentials
from seawall.kraken.client.api import AmendRequest, EditRequest, Kraken, OrderRequest, StreamLost, TriggerTerms, open_kraken
from seawall.model.errors import AccessDenied, RefusedByExchange, UnknownSymbol
from seawall.sim import SimSettings, Simulator, open_sim
from seawall.sim.settings import Door


@pytest.fixture
async def sim() -> AsyncGenerator[Simulator, None]:
    with trio.fail_after(30):
        async with open_sim(SimSettings(events_per_s=3.0)) as sim:
            yield sim


def addresses(sim: Simulator) -> Addresses:
    where = sim.addresses
    return Addresses(where.rest, where.public, where.private, where.level3)


@pytest.fixture
async def kraken(sim: Simulator) -> AsyncGenerator[Kraken, None]:
    settings = ClientSettings(addresses(sim), Credentials(sim.api_key, sim.api_secret), tier="pro")
    async with open_kraken(settings) as kraken:
        await kraken.wait_live()
        yield kraken


def bid(price: int, cl_ord_id: str | None = None, symbol: str = "xbt/usd") -> OrderRequest:
    return OrderRequest(
        order_type="limit",
        side="buy",
        symbol=symbol,
        order_qty=Decimal("0.001"),
        limit_price=Decimal(price),
        cl_ord_id=cl_ord_id,
    )


@pytest.mark.parametrize("by_rest", [False, True])
async def test_orders_are_made_changed_and_ended_by_either_way(kraken: Kraken, sim: Simulator, by_rest: bool) -> None:
    if by_rest:
        sim.faults.handshake_status = 503
        async with kraken.executions(raise_lost=True) as executions:
            sim.faults.close_sockets(Door.PRIVATE)
            with pytest.raises(StreamLost):
                await executions.next()
    orders = kraken.orders
    added = await orders.place(bid(1000, "one"))
    await orders.amend(AmendRequest(cl_ord_id="one", limit_price=Decimal(1001)))
    assert [row.descr.price for row in (await kraken.rest.open_orders()).values()] == ["1001.0"]
    outcomes = await orders.place_batch([bid(1002, "two"), bid(1003, "three")])
    assert all(outcome.added is not None for outcome in outcomes)
    anonymous = await orders.place(bid(1004))
    assert anonymous.order_id is not None
    edited = await orders.edit(EditRequest(order_id=anonymous.order_id, symbol="btcusd", order_qty=Decimal("0.002")))
    assert edited.order_id not in {None, anonymous.order_id}
    answers = await orders.cancel("two", "never", order_ids=[added.order_id or ""])
    assert [answer.accepted for answer in answers] == [True, True, False]
    await orders.cancel_all_after(60)
    await orders.cancel_all_after(0)
    assert await orders.cancel_all() == 2
    assert not sim.exchange.open_orders()
    assert bool(sim.requests.of("AddOrder")) is by_rest
    assert bool(sim.requests.of("add_order")) is not by_rest


async def test_an_order_may_be_checked_without_being_placed(kraken: Kraken, sim: Simulator) -> None:
    stop = OrderRequest(
        order_type="stop-loss",
        side="sell",
        symbol="BTC/USD",
        order_qty=Decimal("0.001"),
        triggers=TriggerTerms(Decimal(1000)),
        validate=True,
    )
    assert (await kraken.orders.place(stop)).order_id is None
    assert not sim.exchange.open_orders()


async def test_a_refusal_is_one(kraken: Kraken) -> None:
    with pytest.raises(RefusedByExchange, match="Insufficient funds"):
        await kraken.orders.place(bid(100_000_000))


async def test_a_pair_that_is_not_listed_never_leaves(kraken: Kraken, sim: Simulator) -> None:
    with pytest.raises(UnknownSymbol, match="BTC/USD"):
        await kraken.orders.place(bid(1000, symbol="BTC/USX"))
    assert not sim.requests.of("add_order", "AddOrder")


async def test_without_a_key_nothing_is_placed(sim: Simulator) -> None:
    async with open_kraken(ClientSettings(addresses(sim))) as kraken:
        with pytest.raises(AccessDenied, match="placing an order needs an API key"):
            await kraken.orders.place(bid(1000))
        with pytest.raises(AccessDenied, match="cancelling an order needs an API key"):
            await kraken.orders.cancel("one")
