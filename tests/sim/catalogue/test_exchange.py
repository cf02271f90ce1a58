"""What faults of the exchange itself do to its clients."""

from collections.abc import Awaitable, Callable
from itertools import count

import attrs
import pytest
import trio
from support.theatre import LIMIT, ORDER, SETTINGS, Theatre, once, play

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.sim.catalogue import RunningPlan
from seawall.sim.catalogue.exchange import EXCHANGE

Check = Callable[[Theatre], Awaitable[None]]

ONE_PAIR = attrs.evolve(SETTINGS, pairs=SETTINGS.pairs[:1])
MARKET = ORDER | {"ordertype": "market", "volume": "0.1"}


async def orders_are_unavailable(theatre: Theatre) -> None:
    assert await theatre.place() == ("EService:Unavailable", False)


async def only_cancels_are_taken(theatre: Theatre) -> None:
    assert await theatre.place() == ("EService:Market in cancel_only mode", False)
    assert (await theatre.client.private("CancelAll"))["error"] == []


async def only_resting_orders_are_taken(theatre: Theatre) -> None:
    assert await theatre.place() == ("EService:Market in post_only mode", False)
    assert (await theatre.client.private("AddOrder", **ORDER | {"oflags": "post"}))["error"] == []


async def market_orders_are_refused_for_a_pair(theatre: Theatre) -> None:
    (symbol,) = theatre.sim.exchange.pairs
    market = theatre.sim.exchange.market(symbol)
    assert market.status is PairStatus.LIMIT_ONLY
    assert (await theatre.client.private("AddOrder", **MARKET))["error"] == ["EService:Market in limit_only mode"]
    assert await theatre.place() == ("ok", True)


async def one_pair_is_restricted(theatre: Theatre) -> None:
    changed = [market for market in theatre.sim.exchange.floor.markets.values() if market.status is not PairStatus.ONLINE]
    assert len(changed) == 1
    said, placed = await theatre.place()
    assert said.startswith("EService:")
    assert not placed


async def nobody_gets_in_and_every_token_is_void(theatre: Theatre) -> None:
    assert await theatre.get() == "cut"
    assert await theatre.shake_hands(30) != "ok"
    assert theatre.sim.exchange.status is VenueStatus.MAINTENANCE
    assert not theatre.sim.doors.sockets


async def tokens_in_use_are_refused(theatre: Theatre) -> None:
    said = []
    async with theatre.wire(private=True) as wire:
        await wire.subscribe("executions")
        for _ in range(60):
            said.append((await wire.ask("add_order", **LIMIT)).get("error"))
            await trio.sleep(1)
    assert said[0] is None
    assert said[-1] == "EAPI:Invalid token"


async def nonces_are_used_up(theatre: Theatre) -> None:
    theatre.client.nonces = count(theatre.sim.faults.nonce - 10)
    assert await theatre.place() == ("EAPI:Invalid nonce", False)
    theatre.client.nonces = count(theatre.sim.faults.nonce + 1)
    assert await theatre.place() == ("ok", True)


async def reads_lie_behind(theatre: Theatre) -> None:
    assert await theatre.place() == ("ok", True)
    assert (await theatre.client.result("OpenOrders"))["open"] == {}
    await trio.sleep(60)
    assert len((await theatre.client.result("OpenOrders"))["open"]) == 1


async def keys_are_strange(theatre: Theatre) -> None:
    assert "unheard_of" in await theatre.client.public("Time")
    async with theatre.wire() as wire:
        assert "unheard_of" in await wire.next()


async def new_orders_are_throttled(theatre: Theatre) -> None:
    said, placed = await theatre.place()
    now_s = theatre.sim.exchange.now_ns() // 10**9
    word, _, until = said.rpartition(" ")
    assert (word, placed) == ("EService:Throttled:", False)
    assert now_s < int(until) <= now_s + 15
    assert (await theatre.place_on_socket())[0].startswith("EService:Throttled: ")
    assert (await theatre.client.private("CancelAll"))["error"] == []


async def somebody_places_orders(theatre: Theatre) -> None:
    orders = theatre.sim.exchange.open_orders
    assert [order.cl_ord_id for order in orders()] == [None]
    async with theatre.wire(private=True) as wire:
        await wire.subscribe("executions")
        with trio.fail_after(60):
            told = await wire.channel("executions")
    assert "cl_ord_id" not in told["data"][0]
    await trio.sleep(0.5)
    assert len(orders()) == 2


async def orders_are_cancelled(theatre: Theatre) -> None:
    await theatre.client.result("AddOrder", **ORDER | {"cl_ord_id": "mine"})
    await theatre.client.result("AddOrder", **ORDER)
    await trio.sleep(60)
    (by_hand,) = theatre.sim.exchange.open_orders()
    assert by_hand.cl_ord_id is None
    (ended,) = theatre.sim.exchange.floor.ended
    assert (ended.cl_ord_id, ended.reason) == ("mine", "Canceled by the exchange")


async def money_is_away(theatre: Theatre) -> None:
    await trio.lowlevel.checkpoint()
    had = theatre.sim.settings.balances
    assert [asset for asset, amount in theatre.sim.exchange.balances.items() if amount < had[asset]] in (["USD"], ["BTC"])


CHECKS: dict[str, Check] = {
    "maintenance": orders_are_unavailable,
    "cancel-only": only_cancels_are_taken,
    "post-only": only_resting_orders_are_taken,
    "limit-only": market_orders_are_refused_for_a_pair,
    "pair-status": one_pair_is_restricted,
    "exchange-restart": nobody_gets_in_and_every_token_is_void,
    "tokens-expire": tokens_in_use_are_refused,
    "nonce-used": nonces_are_used_up,
    "rest-lag": reads_lie_behind,
    "unknown-fields": keys_are_strange,
    "throttled": new_orders_are_throttled,
    "foreign-order": somebody_places_orders,
    "exchange-cancels": orders_are_cancelled,
    "money-moves": money_is_away,
}


def test_every_fault_has_its_test() -> None:
    assert set(CHECKS) == {kind.name for kind in EXCHANGE}


@pytest.mark.parametrize("name", CHECKS)
def test_what_it_does(name: str) -> None:
    async def main(theatre: Theatre) -> None:
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            await CHECKS[name](theatre)
            running.heal()
        await theatre.works()

    play(main, ONE_PAIR)
