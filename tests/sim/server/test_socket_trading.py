"""Trading over the private socket: answers, events, and their order."""

import json
from decimal import Decimal

import attrs
import pytest
import trio
from support.sim_client import QUIET, Client, Frame, Wire, open_client

from seawall.kraken.dialect.times import to_rfc3339
from seawall.sim.settings import AnswerOrder

LIMIT: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90.5}
MARKET: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": 0.01}


async def executions(wire: Wire, count: int) -> list[Frame]:
    return [await wire.channel("executions") for _ in range(count)]


async def test_an_order_is_answered_and_told_in_sparse_events() -> None:
    async with open_client() as client, client.private_wire() as wire:
        snapshot = await wire.subscribe("executions", snap_orders=True, snap_trades=True)
        answer = await wire.ask("add_order", 7, **LIMIT, cl_ord_id="mine", post_only=True)
        received, opened = await executions(wire, 2)

    assert snapshot == {"channel": "executions", "type": "snapshot", "data": [], "sequence": 1}
    assert (answer["success"], answer["req_id"], answer["result"]["cl_ord_id"]) == (True, 7, "mine")
    assert answer["time_in"] <= answer["time_out"]
    assert [received["sequence"], opened["sequence"]] == [2, 3]
    [row] = received["data"]
    assert (row["exec_type"], row["order_status"], row["order_id"]) == (
        "pending_new",
        "pending_new",
        answer["result"]["order_id"],
    )
    assert (row["limit_price"], row["post_only"], row["time_in_force"]) == (Decimal("90.5"), True, "GTC")
    assert opened["data"] == [
        {
            "timestamp": row["timestamp"],
            "order_status": "new",
            "exec_type": "new",
            "order_id": row["order_id"],
            "cl_ord_id": "mine",
        }
    ]


async def test_a_fill_is_told_on_both_channels() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False, snap_trades=False)
        balances = await wire.subscribe("balances")
        await wire.send("add_order", **MARKET, order_userref=3)
        rows = [(await wire.channel("executions"))["data"][0] for _ in range(3)]
        ledger = [await wire.channel("balances") for _ in range(2)]
        last = (await wire.channel("executions"))["data"][0]

    assert [row["exec_type"] for row in [*rows, last]] == ["pending_new", "new", "trade", "filled"]
    trade = rows[2]
    assert (trade["order_status"], trade["liquidity_ind"], trade["order_userref"]) == ("partially_filled", "t", 3)
    assert trade["cost"] == trade["cum_cost"] == trade["last_qty"] * trade["last_price"]
    assert (last["cum_qty"], last["cum_cost"]) == (trade["cum_qty"], trade["cum_cost"])
    assert [row["asset"] for row in balances["data"]] == ["USD", "BTC"]
    base, quote = (frame["data"][0] for frame in ledger)
    assert [frame["sequence"] for frame in ledger] == [2, 3]
    assert base["ref_id"] == quote["ref_id"] == trade["exec_id"]
    assert (base["asset"], base["amount"]) == ("BTC", Decimal("0.01"))
    assert quote["balance"] == 10_000 + quote["amount"] - quote["fee"]
    assert [{"asset": "USD", "qty": quote["fee"]}] == trade["fees"]


async def test_numbers_are_written_with_every_place() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False)
        await wire.send("add_order", **LIMIT | {"limit_price": 90})
        text = await wire.text()
        while "pending_new" not in text:
            text = await wire.text()

    assert '"order_qty":1.00000000' in text
    assert '"limit_price":90.0,' in text


async def test_a_new_connection_starts_from_open_orders_and_the_newest_fills() -> None:
    async with open_client() as client:
        async with client.private_wire() as wire:
            await wire.ask("add_order", **LIMIT, cl_ord_id="open")
            await wire.ask("add_order", **MARKET, cl_ord_id="filled")
        async with client.private_wire() as wire:
            both = await wire.subscribe("executions", snap_orders=True, snap_trades=True)
        async with client.private_wire() as wire:
            orders = await wire.subscribe("executions", snap_orders=True, snap_trades=False)
        async with client.private_wire() as wire:
            fills = await wire.subscribe("executions", snap_orders=False, snap_trades=True)

    kinds = [(row["cl_ord_id"], row["exec_type"], row["order_status"]) for row in both["data"]]
    assert kinds == [("open", "new", "new"), ("filled", "trade", "filled")]
    assert [row["cl_ord_id"] for row in orders["data"]] == ["open"]
    assert [row["cl_ord_id"] for row in fills["data"]] == ["filled"]
    assert both["sequence"] == 1


@pytest.mark.parametrize(("order", "first"), [("answer first", "add_order"), ("events first", "executions")])
async def test_answers_and_events_may_come_in_either_order(order: AnswerOrder, first: str) -> None:
    async with open_client(attrs.evolve(QUIET, answer_order=order)) as client, client.private_wire() as wire:
        await wire.subscribe("executions")
        await wire.send("add_order", **LIMIT)
        frame = await wire.next(lambda frame: frame.get("channel") != "heartbeat")

    assert frame.get("method", frame.get("channel")) == first


async def test_an_amend_keeps_the_ids_and_tells_the_values_after_it() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.ask("add_order", **LIMIT, cl_ord_id="mine")
        await wire.subscribe("executions", snap_orders=False)
        answer = await wire.ask("amend_order", cl_ord_id="mine", limit_price=91, order_qty=2)
        [row] = (await wire.channel("executions"))["data"]

    assert answer["result"]["cl_ord_id"] == "mine"
    assert (row["exec_type"], row["limit_price"], row["order_qty"], row["reason"]) == ("amended", 91, 2, "User requested")


async def test_each_canceled_order_is_answered_by_itself() -> None:
    async with open_client() as client, client.private_wire() as wire:
        for name in ("a", "b"):
            await wire.ask("add_order", **LIMIT, cl_ord_id=name)
        await wire.send("cancel_order", 9, cl_ord_id=["a", "never", "b"])
        answers = [await wire.answer("cancel_order") for _ in range(3)]

    assert [answer["req_id"] for answer in answers] == [9, 9, 9]
    assert [answer.get("result") for answer in answers] == [{"cl_ord_id": "a"}, None, {"cl_ord_id": "b"}]
    assert answers[1]["error"] == "EOrder:Invalid order"
    assert client.sim.exchange.open_orders() == ()


async def test_cancel_all_and_the_switch_answer_with_counts_and_times() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.ask("add_order", **LIMIT)
        armed = (await wire.ask("cancel_all_orders_after", timeout=60))["result"]
        disarmed = (await wire.ask("cancel_all_orders_after", timeout=0))["result"]
        counts = [(await wire.ask("cancel_all"))["result"]["count"] for _ in range(2)]

    assert len(armed["triggerTime"]) == len("2023-09-21T15:51:09Z")
    assert disarmed["triggerTime"] == "0"
    assert counts == [1, 0]


async def test_batches() -> None:
    async with open_client() as client, client.private_wire() as wire:
        rows = [{name: value for name, value in LIMIT.items() if name != "symbol"} | {"cl_ord_id": name} for name in ("a", "b")]
        added = await wire.ask("batch_add", symbol="BTC/USD", orders=rows)
        canceled = await wire.ask("batch_cancel", orders=[added["result"][0]["order_id"]], cl_ord_id=["b"])

    assert [row["cl_ord_id"] for row in added["result"]] == ["a", "b"]
    assert (canceled["success"], canceled["orders_cancelled"]) == (True, 2)
    assert "result" not in canceled


async def test_a_batch_with_one_bad_order_places_none() -> None:
    async with open_client() as client, client.private_wire() as wire:
        good = {name: value for name, value in LIMIT.items() if name != "symbol"}
        answer = await wire.ask("batch_add", symbol="BTC/USD", orders=[good, good | {"limit_price": 90.55}])

    assert answer["error"] == "EOrder:Tick size check failed"
    assert client.sim.exchange.orders == {}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"limit_price": "90.5"}, "Limit_price field must be a number_float"),
        ({"order_qty": -1}, "EGeneral:Invalid arguments:order_qty"),
        ({"symbol": "WWW/USD"}, "Currency pair not supported WWW/USD"),
        ({"side": "hold"}, "EGeneral:Invalid arguments:side"),
        ({"order_type": "iceberg"}, "EGeneral:Invalid arguments:display_qty"),
        ({"margin": True}, "EOrder:Margin allowance exceeded"),
        ({"display_qty": 1}, "EGeneral:Invalid arguments:display_qty"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
        ({"cl_ord_id": "far too long to be one"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"token": "stale"}, "EAPI:Invalid token"),
        ({"token": None}, "Token(s) not found"),
    ],
)
async def test_bad_orders_are_refused_without_a_result(change: Frame, error: str) -> None:
    async with open_client() as client, client.private_wire() as wire:
        params = LIMIT | {"token": wire.token} | change
        wire.token = None
        answer = await wire.ask("add_order", 1, **params)

    assert (answer["success"], answer["error"], "result" in answer) == (False, error, False)
    assert client.sim.exchange.orders == {}


async def test_a_deadline_in_the_past_is_elapsed() -> None:
    async with open_client() as client, client.private_wire() as wire:
        past = to_rfc3339(client.sim.exchange.now_ns() - 10**9, 3)

        answer = await wire.ask("add_order", **LIMIT, deadline=past)

    assert answer["error"] == "EService:Deadline elapsed"


async def test_validation_answers_with_an_empty_id() -> None:
    async with open_client() as client, client.private_wire() as wire:
        answer = await wire.ask("add_order", **LIMIT, validate=True)

    assert (answer["success"], answer["result"]["order_id"]) == (True, "")


async def test_trading_is_not_a_matter_for_the_public_socket() -> None:
    async with open_client() as client, client.public_wire() as wire:
        answer = await wire.ask("add_order", **LIMIT, token="any")

    assert answer["error"] == "Unsupported event"


async def test_a_token_works_for_900_seconds_or_as_long_as_its_connection() -> None:
    async with open_client() as client, client.private_wire() as old:
        assert (await old.subscribe("executions"))["sequence"] == 1
        client.sim.faults.clock_offset_ns = 901 * 10**9
        assert (await old.ask("add_order", **LIMIT))["success"]

        async with client.private_wire() as new:
            new.token = old.token
            await new.send("subscribe", channel="executions")
            refused = await new.answer("subscribe")
            assert (await new.ask("ping", 4))["req_id"] == 4

    assert refused["error"] == "ESession:Invalid session"


async def test_rest_and_socket_share_one_account() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.ask("add_order", **LIMIT, cl_ord_id="mine")
        answer = await client.private(
            "AddOrder", pair="XBTUSD", type="buy", ordertype="limit", volume="1", price="90.0", cl_ord_id="mine"
        )

    assert answer["error"] == ["EGeneral:Invalid arguments:cl_ord_id not unique"]


async def test_order_status_false_leaves_out_what_is_in_between() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False, order_status=False)
        await wire.send("add_order", **MARKET)
        kinds = [frame["data"][0]["exec_type"] for frame in await executions(wire, 2)]

    assert kinds == ["new", "filled"]


async def count_answers(client: Client) -> int:
    """How many of two simultaneous orders with one client id are taken."""
    async with client.private_wire() as one, client.private_wire() as two:
        answers: list[Frame] = []

        async def place(wire: Wire) -> None:
            answers.append(await wire.ask("add_order", **LIMIT, cl_ord_id="same"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(place, one)
            nursery.start_soon(place, two)
    return sum(answer["success"] for answer in answers)


async def test_two_connections_cannot_place_one_client_id_twice() -> None:
    async with open_client() as client:
        assert await count_answers(client) == 1


async def test_what_is_not_json_is_answered_as_malformed() -> None:
    async with open_client() as client, client.private_wire() as wire:
        for text in ("{", "[]", '{"method": 1}', '{"method": "ping", "params": {}}', json.dumps({"method": "x", "y": 1})):
            await wire.socket.send_message(text)
        errors = [(await wire.next(lambda frame: "error" in frame))["error"] for _ in range(5)]

    assert errors == [
        "Malformed request",
        "Malformed request",
        "Malformed request",
        "Unsupported field: 'params' for the given msg type: ping",
        "Unsupported field: 'y' for the given msg type: x",
    ]


async def test_orders_are_canceled_by_a_user_reference_that_need_not_be_unique() -> None:
    async with open_client() as client, client.private_wire() as wire:
        for userref in (7, 7, 8, 9):
            await wire.ask("add_order", **LIMIT, order_userref=userref)
        await wire.send("cancel_order", 4, order_userref=[7, 1])
        answers = [await wire.answer("cancel_order") for _ in range(3)]
        batch = await wire.ask("batch_cancel", orders=["8", "9", "1"])
        odd = await wire.ask("cancel_order", order_userref=["7"])

    assert [answer.get("result") for answer in answers] == [{"order_userref": 7}, {"order_userref": 7}, None]
    assert (answers[2]["error"], answers[2]["order_userref"]) == ("EOrder:Unknown order", 1)
    assert batch["orders_cancelled"] == 2
    assert odd["error"] == "EGeneral:Invalid arguments:order_userref"
    assert client.sim.exchange.open_orders() == ()


async def test_an_edit_changes_what_is_shown_and_how_the_fee_is_paid() -> None:
    iceberg = LIMIT | {"order_type": "iceberg", "display_qty": 0.5}
    async with open_client() as client, client.private_wire() as wire:
        placed = (await wire.ask("add_order", **iceberg))["result"]["order_id"]
        named = {"order_id": placed, "symbol": "BTC/USD"}
        refused = await wire.ask("edit_order", **named, reduce_only=True)
        edited = await wire.ask("edit_order", **named, display_qty=0.25, fee_preference="base", order_userref=3)
        [order] = client.sim.exchange.open_orders()

    assert refused["error"] == "EOrder:Reduce only:No position exists"
    assert edited["result"] == {"order_id": order.order_id, "original_order_id": placed}
    assert (order.display_qty, order.ask.fee_in_base, order.ask.userref) == (Decimal("0.25"), True, 3)


async def test_prices_are_amended_as_distances() -> None:
    trailing = LIMIT | {"order_type": "trailing-stop-limit", "limit_price": 1, "triggers": {"price": 10, "price_type": "pct"}}
    async with open_client() as client, client.private_wire() as wire:
        for name, order in (("limit", LIMIT), ("trail", trailing)):
            await wire.ask("add_order", **order, cl_ord_id=name)
        amended = [
            await wire.ask("amend_order", cl_ord_id="limit", limit_price=-5, limit_price_type="quote"),
            await wire.ask("amend_order", cl_ord_id="trail", trigger_price=20, trigger_price_type="quote"),
            await wire.ask("amend_order", cl_ord_id="trail", limit_price=2, limit_price_type="pct"),
        ]
        plain = await wire.ask("amend_order", cl_ord_id="trail", trigger_price=150)
        last = client.sim.exchange.market("BTC/USD").last
        limit, trail = client.sim.exchange.open_orders()

    assert [answer["success"] for answer in amended] == [True, True, True]
    assert plain["error"] == "EOrder:Invalid price"
    assert (limit.limit_price, trail.trigger_price) == (last - 5, last + 20)
    assert (str(trail.ask.trail), str(trail.ask.limit_offset)) == ("+20", "+2%")


async def test_a_key_that_may_only_cancel_places_nothing_over_the_socket() -> None:
    settings = attrs.evolve(QUIET, permissions=("create-ws-token", "close-trades"))
    async with open_client(settings) as client, client.private_wire() as wire:
        added = await wire.ask("add_order", **LIMIT)
        canceled = await wire.ask("cancel_all")

    assert (added["error"], canceled["success"]) == ("EGeneral:Permission denied", True)
