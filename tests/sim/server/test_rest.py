"""REST over loopback: the envelope, who may ask, and what is answered."""

import json
from decimal import Decimal

import attrs
import pytest
from support.sim_client import QUIET, open_client

from seawall.model.market_data import VenueStatus

ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0"}


async def test_errors_come_with_status_200_and_no_result() -> None:
    async with open_client() as client:
        assert await client.public("Nope") == {"error": ["EGeneral:Unknown method"]}
        assert await client.public("Depth", pair="NOPE") == {"error": ["EQuery:Unknown asset pair"]}
        assert await client.private("Nope") == {"error": ["EGeneral:Unknown method"]}


async def test_time_is_that_of_the_clock_that_was_handed_in() -> None:
    at_ns = 1_762_820_224_500_000_000
    async with open_client(attrs.evolve(QUIET, now_ns=lambda: at_ns)) as client:
        answer = await client.public("Time")

    assert answer["result"] == {"unixtime": 1_762_820_224, "rfc1123": "Tue, 11 Nov 25 00:17:04 +0000"}


@pytest.mark.parametrize(
    ("name", "answered"),
    [("XXBTZUSD", "XXBTZUSD"), ("XBTUSD", "XXBTZUSD"), ("XBT/USD", "XXBTZUSD"), ("BTC/USD", "BTC/USD")],
)
async def test_a_pair_is_found_by_each_of_its_names(name: str, answered: str) -> None:
    async with open_client() as client:
        answer = await client.public("AssetPairs", pair=name)

    [(key, pair)] = answer["result"].items()
    assert key == answered
    assert (pair["altname"], pair["wsname"], pair["base"], pair["quote"]) == ("XBTUSD", "XBT/USD", "XXBT", "ZUSD")
    assert (pair["pair_decimals"], pair["tick_size"], pair["ordermin"], pair["status"]) == (1, "0.1", "0.001", "online")
    assert pair["fees"][0] == [0, Decimal("0.4")]


async def test_the_market_can_be_asked_for() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER | {"ordertype": "market", "volume": "0.5"})
        depth = (await client.public("Depth", pair="XBTUSD", count=2))["result"]["XXBTZUSD"]
        ticker = (await client.public("Ticker", pair="XBTUSD"))["result"]["XXBTZUSD"]
        trades = (await client.public("Trades", pair="XBTUSD"))["result"]
        candles = (await client.public("OHLC", pair="XBTUSD", interval=1))["result"]

    assert [len(depth["bids"]), len(depth["asks"])] == [2, 2]
    assert ticker["b"][0] == depth["bids"][0][0]
    assert len(trades["XXBTZUSD"]) == trades["XXBTZUSD"][-1][6]
    assert trades["XXBTZUSD"][-1][3:5] == ["b", "m"]
    assert isinstance(trades["last"], str)
    assert len(candles["XXBTZUSD"]) >= 5
    assert all(len(row) == 8 for row in candles["XXBTZUSD"])


async def test_a_wrong_key_a_wrong_signature_and_an_old_nonce_are_told_apart() -> None:
    async with open_client() as client:
        body = "nonce=100"
        good = client.signed("Balance", body, 100)

        async def said(headers: dict[str, str], content: str = body) -> list[str]:
            answer = await client.http.post("/0/private/Balance", content=content, headers=headers)
            errors: list[str] = answer.json()["error"]
            return errors

        assert await said(good | {"API-Key": "other"}) == ["EAPI:Invalid key"]
        assert await said(good, "nonce=101") == ["EAPI:Invalid signature"]
        assert await said(good) == []
        assert await said(good) == ["EAPI:Invalid nonce"]
        assert await said(client.signed("Balance", "nonce=x", 0), "nonce=x") == ["EAPI:Invalid nonce"]


async def test_a_refused_signature_does_not_use_up_the_nonce() -> None:
    async with open_client() as client:
        bad = client.signed("Balance", "nonce=999", 999) | {"API-Sign": "AAAA"}
        await client.http.post("/0/private/Balance", content="nonce=999", headers=bad)

        assert (await client.private("Balance"))["error"] == []


async def test_a_json_body_is_signed_as_it_is() -> None:
    async with open_client() as client:
        body = json.dumps({"nonce": 50, **ORDER, "validate": True})
        headers = client.signed("AddOrder", body, 50) | {"Content-Type": "application/json"}
        answer = await client.http.post("/0/private/AddOrder", content=body, headers=headers)

    assert answer.json() == {"error": [], "result": {"descr": {"order": "buy 1.00000000 XBTUSD @ limit 90.0"}}}


async def test_the_life_of_an_order() -> None:
    async with open_client() as client:
        placed = await client.result("AddOrder", **ORDER, cl_ord_id="mine", oflags="post")
        [txid] = placed["txid"]
        assert placed["descr"] == {"order": "buy 1.00000000 XBTUSD @ limit 90.0"}

        row = (await client.result("OpenOrders", cl_ord_id="mine"))["open"][txid]
        assert (row["status"], row["cl_ord_id"], row["userref"], row["oflags"]) == ("open", "mine", None, "post,fciq")
        assert (row["vol"], row["vol_exec"], row["descr"]["price"]) == ("1.00000000", "0.00000000", "90.0")
        assert (await client.result("BalanceEx"))["ZUSD"] == {"balance": "10000.0000", "hold_trade": "90.3600"}

        assert (await client.result("AmendOrder", cl_ord_id="mine", limit_price="91.0"))["amend_id"].startswith("T")
        assert await client.result("CancelOrder", txid=txid) == {"count": 1}

        closed = await client.result("ClosedOrders", cl_ord_id="mine")
        row = closed["closed"][txid]
        assert closed["count"] == 1
        assert (row["status"], row["reason"], row["descr"]["price"], row["misc"]) == (
            "canceled",
            "User requested",
            "91.0",
            "amended",
        )
        assert (await client.result("OpenOrders"))["open"] == {}
        assert (await client.private("CancelOrder", txid=txid))["error"] == ["EOrder:Unknown order"]
        assert (await client.private("CancelOrder", txid="OAAAAA-AAAAA-AAAAAA"))["error"] == ["EOrder:Invalid order"]


async def test_fills_are_told_with_the_pairs_id_and_their_order() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER | {"ordertype": "market", "volume": "0.05"}))["txid"]
        history = await client.result("TradesHistory")
        [(exec_id, trade)] = history["trades"].items()
        order = (await client.result("QueryOrders", txid=txid, trades="true"))[txid]
        queried = await client.result("QueryTrades", txid=exec_id)

    assert history["count"] == 1
    assert (trade["ordertxid"], trade["pair"], trade["vol"], trade["maker"]) == (txid, "XXBTZUSD", "0.05000000", False)
    assert (order["status"], order["trades"], order["reason"]) == ("closed", [exec_id], None)
    assert queried == {exec_id: trade}


async def test_a_client_id_used_twice_is_found_twice_among_closed_orders() -> None:
    async with open_client() as client:
        for _ in range(2):
            await client.result("AddOrder", **ORDER, cl_ord_id="again")
            await client.result("CancelOrder", cl_ord_id="again")
        closed = await client.result("ClosedOrders", cl_ord_id="again")

    assert closed["count"] == len(closed["closed"]) == 2


async def test_queries_by_txid() -> None:
    async with open_client() as client:
        [txid] = (await client.result("AddOrder", **ORDER, cl_ord_id="mine"))["txid"]

        assert await client.result("QueryOrders", txid="OAAAAA-AAAAA-AAAAAA") == {}
        assert await client.result("QueryOrders", txid=txid, cl_ord_id="other") == {}
        assert list(await client.result("QueryOrders", txid=f"{txid},OAAAAA-AAAAA-AAAAAA")) == [txid]
        assert (await client.private("QueryOrders", cl_ord_id="mine"))["error"] == ["EGeneral:Invalid arguments"]


async def test_pages_have_fifty_rows() -> None:
    async with open_client(attrs.evolve(QUIET, limits_enforced=False)) as client:
        for _ in range(53):
            await client.result("AddOrder", **ORDER)
        await client.result("CancelAll")
        first, second = [await client.result("ClosedOrders", ofs=ofs) for ofs in (0, 50)]

    assert (len(first["closed"]), len(second["closed"]), first["count"]) == (50, 3, 53)


async def test_all_orders_are_canceled_together() -> None:
    async with open_client() as client:
        for _ in range(2):
            await client.result("AddOrder", **ORDER)

        assert await client.result("CancelAll") == {"count": 2}
        assert await client.result("CancelAll") == {"count": 0}


async def test_the_switch_is_set_and_fires_by_itself() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER)
        armed = await client.result("CancelAllOrdersAfter", timeout=1)
        assert armed["triggerTime"] > armed["currentTime"]
        async with client.private_wire() as wire:
            await wire.subscribe("executions", snap_orders=True, snap_trades=False)
            ended = await wire.channel("executions")

    assert ended["data"][0]["reason"] == "CancelAllOrdersAfter Timeout"
    assert client.sim.exchange.open_orders() == ()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"pair": "NOPE"}, "EQuery:Unknown asset pair"),
        ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"ordertype": "iceberg"}, "EGeneral:Invalid arguments:displayvol"),
        ({"volume": "1e3"}, "EGeneral:Invalid arguments:volume"),
        ({"price": "89.95"}, "EOrder:Tick size check failed"),
        ({"leverage": "2"}, "EGeneral:Invalid arguments:leverage"),
        ({"oflags": "viqc"}, "EGeneral:Invalid arguments:oflags"),
        ({"timeinforce": "DAY"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
        ({"price": "200.0", "oflags": "post"}, "EOrder:Post only order"),
    ],
)
async def test_bad_orders_are_refused_by_field(fields: dict[str, str], error: str) -> None:
    async with open_client() as client:
        assert (await client.private("AddOrder", **ORDER | fields))["error"] == [error]
        assert client.sim.exchange.orders == {}


async def test_a_stop_loss_limit_is_described_as_kraken_does() -> None:
    async with open_client() as client:
        stop = ORDER | {"type": "sell", "ordertype": "stop-loss-limit", "price": "55.0", "price2": "54.0", "volume": "0.1"}
        [txid] = (await client.result("AddOrder", **stop))["txid"]
        row = (await client.result("OpenOrders"))["open"][txid]

    assert row["descr"]["order"] == "sell 0.10000000 XBTUSD @ stop loss 55.0 -> limit 54.0"
    assert (row["descr"]["price"], row["descr"]["price2"], row["trigger"]) == ("55.0", "54.0", "last")


async def test_the_rest_counter_refuses_when_it_is_full() -> None:
    async with open_client() as client:
        errors = [(await client.private("OpenOrders"))["error"] for _ in range(23)]

    assert errors[0] == []
    assert errors[-1] == ["EAPI:Rate limit exceeded"]


async def test_the_status_is_that_of_the_exchange() -> None:
    async with open_client() as client:
        client.sim.faults.set_status(VenueStatus.CANCEL_ONLY)

        assert (await client.public("SystemStatus"))["result"]["status"] == "cancel_only"
        assert (await client.private("AddOrder", **ORDER))["error"] == ["EService:Market in cancel_only mode"]


async def test_requests_are_logged_without_nonce() -> None:
    async with open_client(attrs.evolve(QUIET, request_log=2)) as client:
        for _ in range(3):
            await client.private("Balance")
        await client.private("AddOrder", **ORDER)
        log = client.sim.requests

        assert (len(log), log.dropped) == (2, 2)
        [request] = log.of("AddOrder", "add_order")
        assert request.params == ORDER


async def test_a_body_that_is_too_long_is_refused() -> None:
    async with open_client() as client:
        answer = await client.http.post("/0/private/Balance", content=b"x" * 1_000_001)

    assert answer.status_code == 413


async def test_a_key_does_what_it_may_and_says_so() -> None:
    settings = attrs.evolve(QUIET, permissions=("query-funds", "query-open-trades"), nonce_window=5)
    async with open_client(settings) as client:
        errors = {
            method: (await client.private(method, **fields))["error"]
            for method, fields in (("Balance", {}), ("OpenOrders", {}), ("AddOrder", ORDER), ("GetWebSocketsToken", {}))
        }
        key = await client.result("GetApiKeyInfo")

    denied = ["EGeneral:Permission denied"]
    assert errors == {"Balance": [], "OpenOrders": [], "AddOrder": denied, "GetWebSocketsToken": denied}
    assert (key["permissions"], key["nonce_window"]) == (["query-funds", "query-open-trades"], "5")


async def test_late_nonces_are_taken_inside_the_window() -> None:
    async with open_client(attrs.evolve(QUIET, nonce_window=5)) as client:

        async def said(nonce: int) -> list[str]:
            body = f"nonce={nonce}"
            answer = await client.http.post("/0/private/Balance", content=body, headers=client.signed("Balance", body, nonce))
            errors: list[str] = answer.json()["error"]
            return errors

        answers = [await said(nonce) for nonce in (100, 98, 98, 95)]

    assert answers == [[], [], ["EAPI:Invalid nonce"], ["EAPI:Invalid nonce"]]


async def test_bad_keys_in_a_row_end_in_a_lockout() -> None:
    async with open_client() as client:
        body = "nonce=1"
        bad = client.signed("Balance", body, 1) | {"API-Key": "other"}
        for _ in range(10):
            await client.http.post("/0/private/Balance", content=body, headers=bad)
        locked = await client.private("Balance")
        client.sim.faults.clock_offset_ns = 901 * 10**9
        free = await client.private("Balance")

    assert (locked["error"], free["error"]) == (["EGeneral:Temporary lockout"], [])


@pytest.mark.parametrize(
    ("info", "fields"),
    [
        ("leverage", {"leverage_buy", "leverage_sell"}),
        ("fees", {"fees", "fees_maker", "fee_volume_currency"}),
        ("margin", {"margin_call", "margin_stop"}),
    ],
)
async def test_a_part_of_what_is_known_of_pairs_can_be_asked_for(info: str, fields: set[str]) -> None:
    async with open_client() as client:
        answer = await client.public("AssetPairs", pair="XBTUSD", info=info)
        odd = await client.public("AssetPairs", info="rumours")
        tokenized = [await client.public("AssetPairs", aclass_base="tokenized_asset")]
        tokenized.append(await client.public("Assets", aclass="tokenized_asset"))

    assert set(answer["result"]["XXBTZUSD"]) == fields
    assert odd["error"] == ["EGeneral:Invalid arguments:info"]
    assert [each["result"] for each in tokenized] == [{}, {}]
