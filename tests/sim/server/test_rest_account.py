"""REST about the account, its history, and orders that are placed, replaced and canceled together."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from support.sim_client import QUIET, Client, Frame, open_client

from seawall.model.orders import Side
from seawall.sim import SimSettings

ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0"}


async def send_json(client: Client, method: str, **fields: object) -> Any:
    """What is answered to a JSON body."""
    nonce = next(client.nonces)
    body = json.dumps({"nonce": nonce, **fields})
    headers = client.signed(method, body, nonce) | {"Content-Type": "application/json"}
    return (await client.http.post(f"/0/private/{method}", content=body, headers=headers)).json()


async def test_an_order_is_edited_under_a_new_id() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER, userref=7))["txid"]
        edited = await client.result("EditOrder", txid="7", pair="XBTUSD", volume="2", price="91.0", userref="8")
        old = (await client.result("QueryOrders", txid=txid))[txid]
        new = (await client.result("OpenOrders"))["open"]

    assert (old["status"], old["reason"]) == ("canceled", "Order replaced")
    assert list(new) == [edited["txid"]]
    assert edited | {"txid": ""} == {
        "status": "ok",
        "txid": "",
        "originaltxid": txid,
        "volume": "2.00000000",
        "price": "91.0",
        "orders_cancelled": 1,
        "newuserref": "8",
        "descr": {"order": "buy 2.00000000 XBTUSD @ limit 91.0"},
    }


async def test_orders_are_placed_and_canceled_in_batches() -> None:
    row = {name: value for name, value in ORDER.items() if name != "pair"}
    async with open_client() as client:
        rows = [row | {"cl_ord_id": "one"}, row | {"volume": "900"}, row | {"userref": 5}]
        placed = (await send_json(client, "AddOrderBatch", pair="XBTUSD", orders=rows))["result"]["orders"]
        checked = (await send_json(client, "AddOrderBatch", pair="XBTUSD", orders=[row, row], validate=True))["result"]
        opened = len(client.sim.exchange.open_orders())
        single = await send_json(client, "AddOrderBatch", pair="XBTUSD", orders=[row])
        canceled = await send_json(client, "CancelOrderBatch", orders=["5", "OAAAAA-AAAAA-AAAAAA"], cl_ord_ids=["one"])
        empty = await send_json(client, "CancelOrderBatch", orders=[])

    assert placed[0]["descr"] == {"order": "buy 1.00000000 XBTUSD @ limit 90.0"}
    assert isinstance(placed[0]["txid"], str)
    assert placed[1] == {"error": "EOrder:Insufficient funds"}
    assert checked["orders"] == [{"descr": placed[0]["descr"]}] * 2
    assert opened == 2
    assert single["error"] == empty["error"] == ["EGeneral:Invalid arguments:orders"]
    assert canceled["result"] == {"count": 2}
    assert client.sim.exchange.open_orders() == ()


async def test_ledgers_tell_every_movement_newest_first() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER | {"ordertype": "market", "volume": "0.05"})
        [exec_id] = (await client.result("TradesHistory"))["trades"]
        client.sim.exchange.deposit("USD", Decimal(100))
        everything = await client.result("Ledgers")
        dollars = await client.result("Ledgers", asset="ZUSD", type="trade")
        [ledger_id] = dollars["ledger"]
        queried = await client.result("QueryLedgers", id=ledger_id)

    rows = list(everything["ledger"].values())
    assert [(row["type"], row["asset"]) for row in rows] == [("deposit", "ZUSD"), ("trade", "ZUSD"), ("trade", "XXBT")]
    assert everything["count"] == 3
    assert queried == dollars["ledger"]
    assert queried[ledger_id]["refid"] == exec_id
    assert Decimal(queried[ledger_id]["balance"]) == Decimal(10_000) + Decimal(queried[ledger_id]["amount"]) - Decimal(
        queried[ledger_id]["fee"]
    )


async def test_the_history_of_an_orders_amends() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER))["txid"]
        amend_id = (await client.result("AmendOrder", txid=txid, limit_price="91.0"))["amend_id"]
        answer = await client.result("OrderAmends", order_id=txid)
        unknown = await client.private("OrderAmends", order_id="OAAAAA-AAAAA-AAAAAA")

    original, user = answer["amends"]
    assert answer["count"] == 2
    assert (original["amend_type"], original["limit_price"], "reason" in original) == ("original", "90.0", False)
    assert (user["amend_id"], user["amend_type"], user["limit_price"]) == (amend_id, "user", "91.0")
    assert user["reason"] == "User requested"
    assert user["timestamp"] >= original["timestamp"] > 10**12
    assert unknown["error"] == ["EOrder:Invalid order"]


async def test_the_account_as_a_whole() -> None:
    async with open_client() as client:
        balance = await client.result("TradeBalance")
        last = client.sim.exchange.market("BTC/USD").last
        in_bitcoin = await client.result("TradeBalance", asset="XXBT")
        unknown = await client.private("TradeBalance", asset="NOPE")
        positions = await client.result("OpenPositions")
        consolidated = await client.result("OpenPositions", consolidation="market")
        key = await client.result("GetApiKeyInfo")

    assert Decimal(balance["eb"]) == Decimal(balance["mf"]) == 10_000 + 10 * last
    assert "ml" not in balance
    assert Decimal(in_bitcoin["e"]) == round(10 + 10_000 / last, 4)
    assert unknown["error"] == ["EQuery:Unknown asset"]
    assert (positions, consolidated) == ({}, [])
    assert key["api_key"] == client.sim.api_key
    assert "modify-trades" in key["permissions"]


async def test_single_orders_and_grouped_levels_and_spreads_can_be_asked_for() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER | {"price": "99.9"}))["txid"]
        level3 = await client.result("Level3", pair="XBTUSD", depth=10)
        whole = await client.result("Level3", pair="XBTUSD", depth=0)
        odd = await client.private("Level3", pair="XBTUSD", depth=7)
        grouped = (await client.public("GroupedBook", pair="XBTUSD", depth=10, grouping=10))["result"]
        odd_group = await client.public("GroupedBook", pair="XBTUSD", grouping=3)
        spread = (await client.public("Spread", pair="XBTUSD"))["result"]
        half = client.sim.exchange.market("BTC/USD").book.bids

    assert level3["pair"] == "BTC/USD"
    assert txid in [row["order_id"] for row in level3["bids"]]
    assert len({row["price"] for row in level3["bids"]}) == 10
    assert sum(Decimal(row["qty"]) for row in whole["bids"]) == sum(half.qty_at(price) for price in half.prices())
    assert (odd["error"], odd_group["error"]) == (
        ["EGeneral:Invalid arguments:depth"],
        ["EGeneral:Invalid arguments:grouping"],
    )
    assert [Decimal(row["price"]) % 1 for row in grouped["bids"]] == [0] * len(grouped["bids"])
    assert sum(Decimal(row["qty"]) for row in grouped["bids"]) == sum(half.qty_at(price) for price in half.prices())
    assert [Decimal(text) for text in spread["XXBTZUSD"][-1][1:]] == [
        client.sim.exchange.market("BTC/USD").book.half(side).best() for side in (Side.BUY, Side.SELL)
    ]
    assert spread["last"] == spread["XXBTZUSD"][-1][0]


async def test_a_recording_has_no_single_orders(recording: Path) -> None:
    async with open_client(SimSettings(replay=recording)) as client:
        answer = await client.private("Level3", pair="SCEUR")

    assert answer["error"] == ["EAPI:Feature disabled:Level3 needs single orders, and this market knows levels only"]


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("QueryTrades", {}),
        ("QueryTrades", {"txid": "T," * 20}),
        ("QueryLedgers", {}),
        ("QueryLedgers", {"id": "L," * 20}),
    ],
)
async def test_queries_need_between_one_and_twenty_ids(method: str, fields: dict[str, str]) -> None:
    async with open_client() as client:
        assert (await client.private(method, **fields))["error"] == ["EGeneral:Invalid arguments"]


async def test_an_order_is_edited_over_the_socket() -> None:
    async with open_client() as client, client.private_wire() as wire:
        order: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90.5}
        placed = (await wire.ask("add_order", **order))["result"]["order_id"]
        edited = (await wire.ask("edit_order", order_id=placed, symbol="BTC/USD", order_qty=2))["result"]
        again = await wire.ask("edit_order", order_id=placed, symbol="BTC/USD", order_qty=2)
        elsewhere = await wire.ask("edit_order", order_id=edited["order_id"], symbol="ETH/USD", order_qty=2)

    assert edited["original_order_id"] == placed
    assert [str(order.qty) for order in client.sim.exchange.open_orders()] == ["2"]
    assert (again["error"], elsewhere["error"]) == ("EOrder:Unknown order", "EGeneral:Invalid arguments:symbol")


async def test_trades_are_told_by_kind_and_with_their_movements() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER | {"ordertype": "market", "volume": "0.05"})
        plain = await client.result("TradesHistory")
        whole = await client.result("TradesHistory", type="no position", ledgers="true")
        none = await client.result("TradesHistory", type="closed position")
        odd = await client.private("TradesHistory", type="lucky")
        ledger = (await client.result("Ledgers", type="trade"))["ledger"]

    [row] = whole["trades"].values()
    assert (list(plain["trades"]), none) == (list(whole["trades"]), {"trades": {}, "count": 0})
    assert sorted(row["ledgers"]) == sorted(ledger)
    assert odd["error"] == ["EGeneral:Invalid arguments:type"]


async def test_fills_lag_behind_in_both_calls() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER | {"ordertype": "market", "volume": "0.05"})
        [exec_id] = (await client.result("TradesHistory"))["trades"]
        client.sim.faults.rest_lag_s = 30
        answers = [await client.result("TradesHistory"), await client.result("QueryTrades", txid=exec_id)]

    assert answers == [{"trades": {}, "count": 0}, {}]


async def test_closed_orders_are_told_in_pages_newest_first() -> None:
    async with open_client(attrs.evolve(QUIET, limits_enforced=False)) as client:
        for place in range(52):
            [txid] = (await client.result("AddOrder", **ORDER, userref=place))["txid"]
            await client.result("CancelOrder", txid=txid)
        pages = [await client.result("ClosedOrders", ofs=ofs, without_count=count) for ofs, count in ((0, "false"), (50, "true"))]
        odd = await client.private("ClosedOrders", closetime="noon")

    rows = [row for each in pages for row in each["closed"].values()]
    assert [len(each["closed"]) for each in pages] == [50, 2]
    assert (pages[0]["count"], "count" in pages[1]) == (52, False)
    assert [row["userref"] for row in rows] == list(range(51, -1, -1))
    assert odd["error"] == ["EGeneral:Invalid arguments:closetime"]


async def test_an_edit_that_is_only_checked_describes_the_new_order() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER))["txid"]
        checked = await client.result("EditOrder", txid=txid, pair="XBTUSD", volume="2", validate="true")

    assert checked["descr"] == {"order": "buy 2.00000000 XBTUSD @ limit 90.0"}
    assert [order.order_id for order in client.sim.exchange.open_orders()] == [txid]


async def test_the_words_of_an_order_that_was_triggered_partly_filled_or_amended() -> None:
    async with open_client() as client:
        [stop] = (await client.result("AddOrder", **ORDER | {"ordertype": "stop-loss", "price": "101.0"}))["txid"]
        client.sim.exchange.print_outside_trade("BTC/USD", Side.BUY, Decimal("101.0"), Decimal(1))
        [iceberg] = (await client.result("AddOrder", **ORDER | {"ordertype": "iceberg", "displayvol": "0.5"}))["txid"]
        await client.result("AmendOrder", txid=iceberg, display_qty="0.25")
        rows = await client.result("QueryOrders", txid=f"{stop},{iceberg}")
        amends = (await client.result("OrderAmends", order_id=iceberg))["amends"]

    assert (rows[stop]["misc"], rows[iceberg]["misc"]) == ("stopped", "amended")
    assert [row["display_qty"] for row in amends] == ["0.50000000", "0.25000000"]
