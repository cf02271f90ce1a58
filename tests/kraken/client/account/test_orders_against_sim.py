"""Every way to act on orders against the simulated exchange, over its private socket and by REST, which must agree."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random

import attrs
import httpx
import pytest
import trio
from support.kraken_server import Heard

from seawall.kraken.client import Addresses, ClientSettings, Credentials, KrakenVenue, open_venue
from seawall.kraken.client.rest.attempts import KeyShared, NonceRefused
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.signing import decode_secret, sign
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest, TriggerTerms
from seawall.model.errors import NotSent, RefusedByExchange
from seawall.sim import SimSettings, Simulator, open_sim

D = Decimal
BUY = OrderRequest(order_type="limit", side="buy", symbol="BTC/USD", order_qty=D("0.001"), limit_price=D("1000.0"))


@attrs.define(eq=False)
class World:
    sim: Simulator
    venue: KrakenVenue
    heard: Heard
    notices: list[object]

    def open_ids(self) -> set[str]:
        return {order.order_id for order in self.sim.exchange.open_orders()}


@asynccontextmanager
async def a_world(way: str) -> AsyncGenerator[World, None]:
    """`way` is `socket`, or `rest` for a venue whose private socket never connects."""
    heard, notices = Heard(), list[object]()
    with trio.fail_after(30):
        async with open_sim(SimSettings(events_per_s=0)) as sim:
            where = sim.addresses
            private = where.private if way == "socket" else "ws://127.0.0.1:9/v2"
            settings = ClientSettings(
                Addresses(where.rest, where.public, private, where.level3), Credentials(sim.api_key, sim.api_secret), tier="pro"
            )
            async with open_venue(settings, heard, probe=notices.append, now_ns=time.time_ns, rng=Random(1)) as venue:
                if way == "socket":
                    await venue.wait_live()
                yield World(sim, venue, heard, notices)


both_ways = pytest.mark.parametrize("way", ["socket", "rest"])

KINDS = {
    "limit with all flags": attrs.evolve(BUY, post_only=True, fee_preference="base", stp_type="cancel_oldest", order_userref=5),
    "iceberg": attrs.evolve(BUY, order_type="iceberg", order_qty=D("0.01"), display_qty=D("0.001")),
    "stop": attrs.evolve(BUY, order_type="stop-loss", limit_price=None, triggers=TriggerTerms(D(10), price_type="pct")),
    "stop-limit": attrs.evolve(BUY, order_type="stop-loss-limit", triggers=TriggerTerms(D(5000), price_type="quote")),
    "trailing": attrs.evolve(BUY, order_type="trailing-stop", limit_price=None, triggers=TriggerTerms(D(5), price_type="pct")),
    "gtd": attrs.evolve(BUY, time_in_force="gtd", expire_time_ns=time.time_ns() + 3_600_000_000_000),
}


@both_ways
@pytest.mark.parametrize("kind", KINDS)
async def test_an_order_of_each_kind_rests_and_is_cancelled_by_its_id(way: str, kind: str) -> None:
    async with a_world(way) as world:
        added = await world.venue.submit(KINDS[kind])
        assert added.order_id is not None
        assert world.open_ids() == {added.order_id}
        (answer,) = await world.venue.cancel_orders(order_ids=[added.order_id])
        assert answer.accepted
        assert not world.open_ids()
        (again,) = await world.venue.cancel_orders(order_ids=[added.order_id])
        assert (again.accepted, again.reason) == (False, "EOrder:Unknown order")


async def test_both_transports_make_the_same_order_of_one_description() -> None:
    made: dict[str, list[object]] = {}
    for way in ("socket", "rest"):
        async with a_world(way) as world:
            for order in KINDS.values():
                await world.venue.submit(order)
            made[way] = [attrs.evolve(order.ask, deadline_ns=None) for order in world.sim.exchange.open_orders()]
    assert made["socket"] == made["rest"]
    assert len(made["rest"]) == len(KINDS)


@both_ways
async def test_a_market_order_for_an_amount_of_money_spends_no_more(way: str) -> None:
    async with a_world(way) as world:
        order = OrderRequest(order_type="market", side="buy", symbol="BTC/USD", cash_order_qty=D("100"))
        added = await world.venue.submit(order)
        (fill, *more), _ = (await world.venue.fills_since(0)), added
        assert sum((each.cost for each in (fill, *more)), D(0)) <= D("100")


@both_ways
async def test_a_check_leaves_no_order(way: str) -> None:
    async with a_world(way) as world:
        added = await world.venue.submit(attrs.evolve(BUY, validate=True))
        assert added.order_id is None
        assert not world.open_ids()
        with pytest.raises(RefusedByExchange):
            await world.venue.submit(attrs.evolve(BUY, validate=True, limit_price=D("1000.0001")))


@both_ways
async def test_a_batch_rests_as_a_whole(way: str) -> None:
    async with a_world(way) as world:
        orders = [attrs.evolve(BUY, cl_ord_id=f"b{number}", limit_price=D(1000 + number)) for number in range(5)]
        outcomes = await world.venue.submit_batch(orders, deadline_ns=world.venue.now_ns() + 10_000_000_000)
        assert world.open_ids() == {outcome.added.order_id for outcome in outcomes if outcome.added is not None}
        assert [outcome.added.cl_ord_id for outcome in outcomes if outcome.added] == ["b0", "b1", "b2", "b3", "b4"]
        assert await world.venue.cancel_all() == 5
        assert not world.open_ids()


@both_ways
async def test_one_order_of_a_batch_may_be_refused_and_the_others_rest(way: str) -> None:
    async with a_world(way) as world:
        dear = attrs.evolve(BUY, cl_ord_id="dear", order_qty=D(1000))
        outcomes = await world.venue.submit_batch([attrs.evolve(BUY, cl_ord_id="cheap"), dear])
        assert outcomes[0].added is not None
        assert isinstance(outcomes[1].failure, RefusedByExchange)
        assert outcomes[1].failure.rule == "EOrder:Insufficient funds"
        assert world.open_ids() == {outcomes[0].added.order_id}


@both_ways
async def test_an_order_is_amended_under_its_id_and_edited_into_another(way: str) -> None:
    async with a_world(way) as world:
        added = await world.venue.submit(attrs.evolve(BUY, order_userref=7))
        assert added.order_id is not None
        amended = await world.venue.amend_order(
            AmendRequest(order_id=added.order_id, limit_price=D("1001.0"), order_qty=D("0.002"))
        )
        assert amended.amend_id
        (order,) = world.sim.exchange.open_orders()
        assert (order.order_id, order.limit_price, order.qty) == (added.order_id, D("1001.0"), D("0.002"))
        edited = await world.venue.edit_order(
            EditRequest(order_id=added.order_id, symbol="BTC/USD", order_type="limit", limit_price=D("1002.0"), order_userref=7)
        )
        assert edited.original_order_id == added.order_id
        assert world.open_ids() == {edited.order_id}
        with pytest.raises(RefusedByExchange):
            await world.venue.amend_order(AmendRequest(order_id=added.order_id, order_qty=D("0.003")))


@both_ways
async def test_an_edit_can_be_checked_without_being_made(way: str) -> None:
    async with a_world(way) as world:
        added = await world.venue.submit(BUY)
        assert added.order_id is not None
        check = EditRequest(order_id=added.order_id, symbol="BTC/USD", order_type="limit", limit_price=D("1002.0"), validate=True)
        assert (await world.venue.edit_order(check)).order_id is None
        assert world.open_ids() == {added.order_id}


@both_ways
async def test_a_user_reference_cancels_all_its_orders(way: str) -> None:
    async with a_world(way) as world:
        for userref in (7, 7, 8):
            await world.venue.submit(attrs.evolve(BUY, order_userref=userref))
        (answer,) = await world.venue.cancel_orders(userrefs=[7])
        assert answer.accepted
        assert [order.ask.userref for order in world.sim.exchange.open_orders()] == [8]


async def _sign_elsewhere(sim: Simulator, nonce: int) -> None:
    """Another program with the same key: its nonces are above ours."""
    request = rest.balance_ex()
    body = request.body(nonce)
    headers = {
        "API-Key": sim.api_key,
        "API-Sign": sign(request.path, nonce, body, decode_secret(sim.api_secret)),
        "Content-Type": request.content_type,
    }
    async with httpx.AsyncClient(base_url=sim.addresses.rest, trust_env=False) as client:
        answer = await client.post(request.path, content=body, headers=headers)
        assert not answer.json()["error"]


async def test_another_program_with_the_same_key_and_larger_nonces_is_told_as_that() -> None:
    async with a_world("socket") as world:
        await _sign_elsewhere(world.sim, 2 * time.time_ns())
        with pytest.raises(KeyShared, match="another program uses this API key"):
            await world.venue.balances()
        assert [notice.repeated for notice in world.notices if isinstance(notice, NonceRefused)] == [True, False]
        assert (await world.venue.submit(BUY)).order_id, "the private socket needs no nonce"


async def test_another_program_that_is_only_a_little_ahead_costs_one_fresh_nonce() -> None:
    async with a_world("socket") as world:
        await _sign_elsewhere(world.sim, time.time_ns() + 8_000_000)
        await world.venue.balances()


async def test_calls_at_the_same_time_all_arrive_under_rising_nonces() -> None:
    async with a_world("rest") as world:
        added = [await world.venue.submit(BUY) for _ in range(10)]
        ids = [each.order_id for each in added if each.order_id is not None]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.venue.open_orders)
            nursery.start_soon(world.venue.balances)
            nursery.start_soon(world.venue.cancel_all_after, 60)
            answers = await world.venue.cancel_orders(order_ids=ids)
        assert all(answer.accepted for answer in answers)
        assert not world.open_ids()


async def test_our_counters_never_let_through_what_the_exchange_refuses() -> None:
    """Placed and cancelled as fast as it goes: we hold orders back first, so that the exchange refuses none."""
    async with a_world("socket") as world:
        held = 0
        for number in range(120):
            try:
                await world.venue.submit(attrs.evolve(BUY, cl_ord_id=f"o{number}"))
            except NotSent:
                held += 1
            else:
                await world.venue.cancel([f"o{number}"])
        assert held > 50, "and no RefusedByExchange came out of it"
        assert not world.open_ids()
