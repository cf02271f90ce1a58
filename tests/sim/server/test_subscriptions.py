"""What can be said when subscribing, above all to private channels."""

from decimal import Decimal
from itertools import count

import attrs
import pytest
from support.sim_client import QUIET, Frame, Wire, open_client
from trio_websocket import ConnectionClosed

LIMIT: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90.0}
MARKET: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": 0.01}


async def acknowledged(wire: Wire, channel: str, **params: object) -> Frame:
    frame = await wire.ask("subscribe", 1, channel=channel, **params)
    assert frame["success"], frame
    result: Frame = frame["result"]
    return result


async def test_the_acknowledgement_of_executions_says_the_options_again_and_what_is_deprecated() -> None:
    async with open_client() as client, client.private_wire() as wire:
        result = await acknowledged(
            wire, "executions", snap_orders=False, snap_trades=True, order_status=True, ratecounter=True, rebased=False
        )

    assert any("cancel_reason" in warning for warning in result.pop("warnings"))
    assert result == {
        "channel": "executions",
        "maxratecount": 180,
        "snap_orders": False,
        "snap_trades": True,
        "order_status": True,
        "ratecounter": True,
        "rebased": False,
    }


@pytest.mark.parametrize(
    ("said", "orders", "fills"),
    [
        ({}, True, False),
        ({"snapshot": False}, False, False),
        ({"snapshot": True}, True, True),
        ({"snapshot_trades": True}, True, True),
        ({"snap_orders": False, "snapshot": True}, False, True),
        ({"snap_trades": False, "snapshot_trades": True}, True, False),
    ],
)
async def test_the_two_snapshots_may_be_asked_for_in_old_words(said: dict[str, bool], orders: bool, fills: bool) -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.ask("add_order", **LIMIT, cl_ord_id="open")
        await wire.ask("add_order", **MARKET, cl_ord_id="filled")
        snapshot = await wire.subscribe("executions", **said)

    names = {row["cl_ord_id"] for row in snapshot["data"]}
    assert (snapshot["sequence"], "open" in names, "filled" in names) == (1, orders, fills)


@pytest.mark.parametrize("params", [{"snapshot": False}, {"users": "all"}])
async def test_balances_without_a_snapshot_begin_with_the_first_update(params: Frame) -> None:
    async with open_client() as client, client.private_wire() as wire:
        result = await acknowledged(wire, "balances", **params)
        client.sim.exchange.deposit("USD", Decimal(5))
        update = await wire.channel("balances")

    assert result == {"channel": "balances", "snapshot": False}
    assert (update["sequence"], update["type"], update["data"][0]["amount"]) == (1, "update", 5)


async def test_all_users_are_followed_without_a_snapshot_and_no_other_word_is_known() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await acknowledged(wire, "executions", users="all")
        await wire.ask("add_order", **LIMIT)
        first = await wire.channel("executions")
        odd = await wire.ask("subscribe", channel="balances", users="some")

    assert (first["type"], first["sequence"]) == ("update", 1)
    assert odd["error"] == "EGeneral:Invalid arguments:users"


async def ping_on(wire: Wire) -> None:
    """Ask for answers until the connection ends, which raises `ConnectionClosed`."""
    for number in count():
        assert (await wire.ask("ping", number))["req_id"] == number


async def test_a_private_connection_that_follows_nothing_is_closed_though_it_pings() -> None:
    async with open_client(attrs.evolve(QUIET, idle_close_s=0.3)) as client, client.private_wire() as wire:
        with pytest.raises(ConnectionClosed):
            await ping_on(wire)
        assert wire.socket.closed is not None
        assert wire.socket.closed.reason == "idle"


async def test_a_private_connection_that_follows_something_stays_as_long_as_it_pings() -> None:
    async with open_client(attrs.evolve(QUIET, idle_close_s=0.2)) as client, client.private_wire() as wire:
        await wire.subscribe("balances")
        began_ns = client.sim.exchange.now_ns()
        while client.sim.exchange.now_ns() < began_ns + 6 * 10**8:
            assert (await wire.ask("ping", 1))["req_id"] == 1
