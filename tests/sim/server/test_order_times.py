"""Closes that follow fills, orders that start later and orders that expire, as both transports say them."""

from decimal import Decimal

import pytest
from support.sim_client import Frame, Wire, open_client

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.orders import Side

ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0"}
SOCKET: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90.0}
STOP = {"close[ordertype]": "stop-loss-limit", "close[price]": "80.0", "close[price2]": "79.0"}
NO_SNAPSHOT = {"snap_orders": False, "snap_trades": False}


async def told(wire: Wire, count: int) -> list[Frame]:
    return [(await wire.channel("executions"))["data"][0] for _ in range(count)]


async def test_a_conditional_close_is_said_placed_and_linked_over_rest() -> None:
    async with open_client() as client:
        checked = await client.result("AddOrder", **ORDER, **STOP, validate="true")
        placed = await client.result("AddOrder", **ORDER, **STOP)
        [txid] = placed["txid"]
        market = client.sim.exchange.market("BTC/USD")
        client.sim.exchange.floor.crowd_take(market, Side.SELL, Decimal("90.0"), market.book.bids.qty_at(Decimal("90.0")))
        client.sim.exchange.floor.crowd_take(market, Side.SELL, Decimal("90.0"), Decimal(10_000))
        opened = (await client.result("OpenOrders"))["open"]
        first = (await client.result("QueryOrders", txid=txid))[txid]

    close = "close position @ stop loss 80.0 -> limit 79.0"
    assert checked == {"descr": placed["descr"]}
    assert placed["descr"] == {"order": "buy 1.00000000 XBTUSD @ limit 90.0", "close": close}
    assert (first["status"], first["descr"]["close"], first["refid"]) == ("closed", close, None)
    assert {row["refid"] for row in opened.values()} == {txid}
    assert {row["descr"]["ordertype"] for row in opened.values()} == {"stop-loss-limit"}
    assert sum(Decimal(row["vol"]) for row in opened.values()) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"close[price]": "80.0"}, "close[ordertype]"),
        ({"close[ordertype]": "market"}, "close[ordertype]"),
        ({"close[ordertype]": "sideways"}, "close[ordertype]"),
        ({"close[ordertype]": "limit"}, "limit_price"),
        ({"close[ordertype]": "trailing-stop", "close[price]": "5"}, "price"),
        ({"close": "not JSON"}, "close"),
        ({"close": "[1]"}, "close"),
        ({"starttm": "soon"}, "starttm"),
        ({"expiretm": "+4"}, "expiretm"),
        ({"expiretm": "+60", "timeinforce": "IOC"}, "expiretm"),
        ({"timeinforce": "GTD"}, "expiretm"),
        ({"leverage": "2"}, "leverage"),
    ],
)
async def test_what_cannot_be_is_refused_by_field_over_rest(fields: dict[str, str], error: str) -> None:
    async with open_client() as client:
        answer = await client.private("AddOrder", **ORDER | fields)

    assert answer["error"] == [f"EGeneral:Invalid arguments:{error}"]
    assert client.sim.exchange.orders == {}


async def test_a_conditional_close_is_told_over_the_socket() -> None:
    conditional = {"order_type": "trailing-stop", "trigger_price": 5, "trigger_price_type": "pct"}
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", **NO_SNAPSHOT)
        await wire.send("add_order", **SOCKET | {"limit_price": 99.9, "order_qty": 0.5}, conditional=conditional)
        received, _ = await told(wire, 2)
        market = client.sim.exchange.market("BTC/USD")
        client.sim.exchange.floor.crowd_take(market, Side.SELL, Decimal("99.9"), Decimal(10_000))
        rows = await told(wire, 4)

    assert received["contingent"] == {"order_type": "trailing-stop", "trigger_price": 5, "trigger_price_type": "pct"}
    trade, filled, close, opened = rows
    assert [row["exec_type"] for row in rows] == ["trade", "filled", "pending_new", "new"]
    assert (close["ord_ref_id"], close["side"], close["order_type"]) == (received["order_id"], "sell", "trailing-stop")
    assert (close["order_qty"], opened["order_id"]) == (trade["last_qty"], close["order_id"])
    assert filled["cum_qty"] == Decimal("0.5")


async def test_an_order_waits_for_its_time_over_both_transports() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", **NO_SNAPSHOT)
        start_ns = client.sim.exchange.now_ns() + 2 * 10**9
        await wire.send(
            "add_order", **SOCKET, effective_time=to_rfc3339(start_ns, 0), expire_time=to_rfc3339(start_ns + 10**10, 0)
        )
        [received] = await told(wire, 1)
        await client.result("AddOrder", **ORDER, starttm="+2", expiretm="+60")
        rows = (await client.result("OpenOrders"))["open"].values()
        before = [(row["status"], row["starttm"] > 0, row["expiretm"] > row["starttm"]) for row in rows]
        await told(wire, 1)
        client.sim.faults.clock_offset_ns = 3 * 10**9
        started = await told(wire, 2)
        after = [row["status"] for row in (await client.result("OpenOrders"))["open"].values()]

    assert (received["exec_type"], received["time_in_force"]) == ("pending_new", "GTD")
    assert received["effective_time"] < received["expire_time"]
    assert before == [("pending", True, True)] * 2
    assert ([row["exec_type"] for row in started], after) == (["new", "new"], ["open", "open"])
