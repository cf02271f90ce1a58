"""Orders of every kind, one way of asking for them, and the same word about what became of them on both transports."""

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Json, KrakenServer, ServerSocket, Stage, ok, reply
from trio.testing import MockClock

from seawall.kraken.client.account.ways import OrderKey
from seawall.kraken.dialect.socket.answers import OrderAdded
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest, TriggerTerms
from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange

BUY = OrderRequest(
    order_type="limit", side="buy", symbol="BTC/USD", order_qty=Decimal("0.01"), limit_price=Decimal("45000.1"), cl_ord_id="mine"
)
THREE = tuple(attrs.evolve(BUY, cl_ord_id=f"mine{number}") for number in range(3))
Said = Callable[[Json], list[Json]]


def answering(server: KrakenServer, said: Mapping[str, Said]) -> None:
    """Answer requests on the private socket with what `said` makes of them."""

    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] not in said:
            return False
        await socket.send(*said[asked["method"]](asked))
        return True

    server.answer = answer


def list_reply(asked: Json, rows: list[Json]) -> Json:
    return {"method": asked["method"], "success": True, "req_id": asked["req_id"], "result": rows}


def document(params: Mapping[str, str]) -> Json:
    """The JSON body of a REST call."""
    read = json.loads(params["document"])
    assert isinstance(read, dict)
    return read


async def test_a_full_order_goes_over_the_socket(stage: Stage, autojump_clock: MockClock) -> None:
    answering(stage.server, {"add_order": lambda asked: [reply(asked, {"order_id": "O1", "cl_ord_id": "mine"})]})
    told: list[str] = []
    async with stage.venue() as venue:
        socket = await stage.private_live()
        stop = attrs.evolve(
            BUY, order_type="stop-loss-limit", triggers=TriggerTerms(Decimal("2.5"), "index", "pct"), stp_type="cancel_both"
        )
        assert await venue.submit(stop, lambda: told.append("sending")) == OrderAdded("O1", "mine")
        (asked,) = socket.asked("add_order")
        assert asked["params"]["triggers"] == {"reference": "index", "price": 2.5, "price_type": "pct"}
        assert (asked["params"]["stp_type"], asked["params"]["token"]) == ("cancel_both", "token")
        assert told == ["sending"]
        assert not stage.server.called("AddOrder")


async def test_the_same_order_goes_by_rest_while_the_socket_is_down(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: ok({"descr": {"order": "buy"}, "txid": ["O1"]})
    told: list[str] = []
    async with rest_only.venue() as venue:
        assert await venue.submit(BUY, lambda: told.append("sending")) == OrderAdded("O1", "mine")
        (params,) = rest_only.server.called("AddOrder")
        assert (params["pair"], params["price"], params["cl_ord_id"]) == ("XBTUSD", "45000.1", "mine")
        assert told == ["sending"]


async def test_leverage_in_numbers_goes_by_rest_although_the_socket_serves(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["AddOrder"] = lambda _params: ok({"descr": {"order": "buy"}, "txid": ["O1"]})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        await venue.submit(attrs.evolve(BUY, leverage=3))
        assert stage.server.called("AddOrder")[0]["leverage"] == "3"
        assert not socket.asked("add_order")


async def test_what_only_the_socket_can_say_is_not_sent_while_it_is_down(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        with pytest.raises(NotSent, match="margin"):
            await venue.submit(attrs.evolve(BUY, margin=True))
        assert not rest_only.server.called("AddOrder")


@pytest.mark.parametrize("order", [attrs.evolve(BUY, symbol="ABC/DEF"), attrs.evolve(BUY, limit_price=Decimal("1e9"))])
async def test_an_order_that_the_exchange_would_not_know_never_leaves(
    stage: Stage, autojump_clock: MockClock, order: OrderRequest
) -> None:
    answering(stage.server, {"add_order": lambda asked: [reply(asked, error="EOrder:Invalid price")]})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        with pytest.raises((NotSent, RefusedByExchange)):
            await venue.submit(order)
        assert len(socket.asked("add_order")) == (order.symbol == "BTC/USD")


async def test_a_check_has_no_order_id_on_either_transport(stage: Stage, autojump_clock: MockClock) -> None:
    answering(stage.server, {"add_order": lambda asked: [reply(asked, {"order_id": "", "cl_ord_id": "mine"})]})
    stage.server.rest["AddOrder"] = lambda _params: ok({"descr": {"order": "buy"}})
    check = attrs.evolve(BUY, validate=True)
    async with stage.venue() as venue:
        socket = await stage.private_live()
        assert await venue.submit(check) == OrderAdded(None, "mine")
        assert await venue.submit(attrs.evolve(check, leverage=2)) == OrderAdded(None, "mine")
        with pytest.raises(OutcomeUnknown, match="names no order"):
            await venue.submit(BUY)
        assert len(socket.asked("add_order")) == 2


async def test_a_lost_answer_is_unknown_and_nothing_is_sent_another_way(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] in {"add_order", "batch_add", "edit_order", "amend_order"}:
            await trio.aclose_forcefully(socket.stream)
            return True
        return False

    stage.server.answer = answer
    left: list[str] = []
    edit = EditRequest(order_id="O1", symbol="BTC/USD")
    amend = AmendRequest(order_id="O1", order_qty=Decimal(1))
    async with stage.venue() as venue:
        sends: list[Callable[[], Awaitable[object]]] = [
            lambda: venue.submit(BUY, lambda: left.append("order")),
            lambda: venue.submit_batch(THREE, sending=lambda: left.append("batch")),
            lambda: venue.edit_order(edit, lambda: left.append("edit")),
            lambda: venue.amend_order(amend, lambda: left.append("amend")),
        ]
        for number, send in enumerate(sends, start=1):
            await stage.private_live(number)
            with pytest.raises(OutcomeUnknown):
                await send()
        assert left == ["order", "batch", "edit", "amend"]
        for name in ("AddOrder", "AddOrderBatch", "EditOrder", "AmendOrder"):
            assert not stage.server.called(name)


async def test_each_order_of_a_batch_has_its_own_outcome_over_the_socket(stage: Stage, autojump_clock: MockClock) -> None:
    rows: list[Json] = [
        {"order_id": "O1", "cl_ord_id": "mine0"},
        {"error": "EOrder:Insufficient funds", "cl_ord_id": "mine1"},
        {"cl_ord_id": "mine2"},
    ]
    answering(stage.server, {"batch_add": lambda asked: [list_reply(asked, rows)]})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        first, second, third = await venue.submit_batch(THREE, deadline_ns=1_795_410_005_000_000_000)
        assert (first.added, first.failure) == (OrderAdded("O1", "mine0"), None)
        assert isinstance(second.failure, RefusedByExchange)
        assert second.failure.rule == "EOrder:Insufficient funds"
        assert isinstance(third.failure, OutcomeUnknown), "it names neither an order nor an error"
        (asked,) = socket.asked("batch_add")
        assert [row["cl_ord_id"] for row in asked["params"]["orders"]] == ["mine0", "mine1", "mine2"]
        assert asked["params"]["deadline"] == "2026-11-23T05:00:05.000Z"


async def test_each_order_of_a_batch_has_its_own_outcome_by_rest(rest_only: Stage, autojump_clock: MockClock) -> None:
    rows = [{"txid": "O1", "descr": {"order": "buy"}}, {"error": "EOrder:Insufficient funds"}, {"descr": {"order": "buy"}}]
    rest_only.server.rest["AddOrderBatch"] = lambda _params: ok({"orders": rows})
    async with rest_only.venue() as venue:
        first, second, third = await venue.submit_batch(THREE)
        assert first.added == OrderAdded("O1", "mine0")
        assert isinstance(second.failure, RefusedByExchange)
        assert isinstance(third.failure, OutcomeUnknown)
        sent = document(rest_only.server.called("AddOrderBatch")[0])
        assert sent["pair"] == "XBTUSD"
        assert [row["cl_ord_id"] for row in sent["orders"]] == ["mine0", "mine1", "mine2"]


@pytest.mark.parametrize("rows", [[], [{"order_id": "O1"}], [{"order_id": "O1"}] * 4])
async def test_a_batch_whose_answer_does_not_match_its_orders_is_unknown(
    stage: Stage, autojump_clock: MockClock, rows: list[Json]
) -> None:
    answering(stage.server, {"batch_add": lambda asked: [list_reply(asked, rows)]})
    async with stage.venue() as venue:
        await stage.private_live()
        with pytest.raises(OutcomeUnknown):
            await venue.submit_batch(THREE)


async def test_a_batch_that_is_refused_as_a_whole_is_refused(stage: Stage, autojump_clock: MockClock) -> None:
    answering(stage.server, {"batch_add": lambda asked: [reply(asked, error="EOrder:Tick size check failed")]})
    async with stage.venue() as venue:
        await stage.private_live()
        with pytest.raises(RefusedByExchange, match="Tick size"):
            await venue.submit_batch(THREE)


@pytest.mark.parametrize(
    "orders",
    [(), THREE[:1], THREE * 6, (BUY, attrs.evolve(BUY, symbol="ETH/USD")), (BUY, attrs.evolve(BUY, validate=True))],
)
async def test_a_batch_that_cannot_be_one_never_leaves(
    stage: Stage, rest_only: Stage, autojump_clock: MockClock, orders: tuple[OrderRequest, ...]
) -> None:
    async with stage.venue() as venue:
        with pytest.raises(NotSent, match="orders") as unwritable:
            await venue.submit_batch(orders)
        assert unwritable.value.advice == "give up", "it cannot be written the next time either"
        assert not stage.server.called("AddOrderBatch")


async def test_an_edit_tells_the_new_id_on_both_transports(stage: Stage, autojump_clock: MockClock) -> None:
    answering(stage.server, {"edit_order": lambda asked: [reply(asked, {"order_id": "O2", "original_order_id": "O1"})]})
    change = EditRequest(order_id="O1", symbol="BTC/USD", order_type="limit", limit_price=Decimal("45000.2"))
    stage.server.rest["EditOrder"] = lambda _params: ok({"status": "ok", "txid": "O3", "originaltxid": "O2"})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        edited = await venue.edit_order(change)
        assert (edited.order_id, edited.original_order_id) == ("O2", "O1")
        stage.server.refuse_dials = 10**6
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("private lost")
        edited = await venue.edit_order(attrs.evolve(change, order_id="O2"))
        assert (edited.order_id, edited.original_order_id) == ("O3", "O2")
        (params,) = stage.server.called("EditOrder")
        assert (params["txid"], params["price"]) == ("O2", "45000.2")


async def test_an_amend_takes_either_id_and_relative_prices_by_rest_too(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AmendOrder"] = lambda _params: ok({"amend_id": "T1"})
    async with rest_only.venue() as venue:
        amended = await venue.amend_order(
            AmendRequest(order_id="O1", trigger_price=Decimal("-1.5"), trigger_price_type="pct", display_qty=Decimal("0.1"))
        )
        assert (amended.amend_id, amended.order_id) == ("T1", "O1")
        (params,) = rest_only.server.called("AmendOrder")
        assert (params["txid"], params["trigger_price"], params["display_qty"]) == ("O1", "-1.5%", "0.1")


async def test_cancels_take_every_kind_of_name(stage: Stage, autojump_clock: MockClock) -> None:
    def said(asked: Json) -> list[Json]:
        params = asked["params"]
        return [
            *(reply(asked, {"order_id": each}) for each in params.get("order_id", ())),
            *(reply(asked, error="EOrder:Unknown order") for _ in params.get("cl_ord_id", ())),
            *(reply(asked, {"order_userref": each}) for each in params.get("order_userref", ()) for _ in range(2)),
        ]

    answering(stage.server, {"cancel_order": said})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        answers = await venue.cancel_orders(order_ids=["O1", "O2"], client_order_ids=["mine"], userrefs=[7, 8])
        assert [(str(answer.key), answer.accepted) for answer in answers] == [
            ("O1", True),
            ("O2", True),
            ("mine", False),
            ("7", True),
            ("8", True),
        ]
        assert len(socket.asked("cancel_order")) == 3, "the orders with names, and each user reference by itself"


async def test_cancels_by_rest_take_every_kind_of_name(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda params: ok({"count": 2 if params.get("txid") == "7" else 1})
    async with rest_only.venue() as venue:
        answers = await venue.cancel_orders(order_ids=["O1"], client_order_ids=["mine"], userrefs=[7])
        assert all(answer.accepted for answer in answers)
        names = {params.get("txid") or params.get("cl_ord_id") for params in rest_only.server.called("CancelOrder")}
        assert names == {"O1", "mine", "7"}


@pytest.mark.parametrize("fields", [{}, {"order_id": "O1", "userref": 1}])
def test_an_order_is_named_once(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only one"):
        OrderKey(**fields)


async def test_cancel_all_tells_how_many_on_both_transports(stage: Stage, autojump_clock: MockClock) -> None:
    answering(stage.server, {"cancel_all": lambda asked: [reply(asked, {"count": 0})]})
    stage.server.rest["CancelAll"] = lambda _params: ok({"count": 4})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        assert await venue.cancel_all() == 0
        stage.server.refuse_dials = 10**6
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("private lost")
        assert await venue.cancel_all() == 4


async def test_a_cancel_refused_for_the_rate_goes_as_a_batch_which_the_exchange_takes(
    stage: Stage, autojump_clock: MockClock
) -> None:
    answering(stage.server, {"cancel_order": lambda asked: [reply(asked, error="EOrder:Rate limit exceeded")]})
    stage.server.rest["CancelOrderBatch"] = lambda _params: ok({"count": 2})
    async with stage.venue() as venue:
        await stage.private_live()
        outcomes = await venue.cancel(["a", "b"])
        assert all(outcome.accepted for outcome in outcomes)
        assert document(stage.server.called("CancelOrderBatch")[0])["cl_ord_ids"] == ["a", "b"]
        stage.server.rest["CancelOrderBatch"] = lambda _params: ok({"count": 1})
        with pytest.raises(OutcomeUnknown, match="1 of 2"):
            await venue.cancel(["a", "b"])


async def test_a_stale_token_is_a_refusal_and_the_next_connection_has_a_new_one(stage: Stage, autojump_clock: MockClock) -> None:
    tokens = iter(("first", "second"))
    stage.server.rest["GetWebSocketsToken"] = lambda _params: ok({"token": next(tokens), "expires": 900})

    def said(asked: Json) -> list[Json]:
        if asked["params"]["token"] == "first":
            return [reply(asked, error="ESession:Invalid session")]
        return [reply(asked, {"order_id": "O1", "cl_ord_id": "mine"})]

    answering(stage.server, {"add_order": said})
    async with stage.venue() as venue:
        await stage.private_live()
        with pytest.raises(RefusedByExchange, match="Invalid session") as refused:
            await venue.submit(BUY)
        assert refused.value.advice == "retry"
        await stage.private_live(2)
        assert await venue.submit(BUY) == OrderAdded("O1", "mine")


async def test_a_token_is_fetched_for_each_dial_and_never_kept_for_a_later_one(stage: Stage, autojump_clock: MockClock) -> None:
    """It would be worthless 15 minutes later, if nothing used it meanwhile (.../guides/spot-ws-auth)."""
    fetched_s: list[float] = []

    def token(_params: Mapping[str, str]) -> httpx.Response:
        fetched_s.append(trio.current_time())
        return ok({"token": f"token{len(fetched_s)}", "expires": 900})

    stage.server.rest["GetWebSocketsToken"] = token
    stage.server.refuse_dials = 200
    async with stage.venue():
        await trio.sleep(1000)
        stage.server.refuse_dials = 0
        socket = await stage.private_live()
        assert socket.asked("subscribe", "executions")[0]["params"]["token"] == f"token{len(fetched_s)}"
        assert trio.current_time() - fetched_s[-1] < 60


async def test_saturated_reads_and_orders_do_not_hold_up_a_cancel(rest_only: Stage, autojump_clock: MockClock) -> None:
    """Every place of the lanes for reads and orders is taken by a call that hangs, and their counters are full."""
    server = rest_only.server
    server.slow_s = {"BalanceEx": 1e6, "AddOrder": 1e6}
    server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    server.rest["CancelAllOrdersAfter"] = lambda _params: ok(
        {"currentTime": "2026-11-23T05:00:00Z", "triggerTime": "2026-11-23T05:01:00Z"}
    )
    async with rest_only.venue(attrs.evolve(rest_only.settings, tier="starter")) as venue, trio.open_nursery() as nursery:
        for _ in range(40):
            nursery.start_soon(venue.balances)

        async def place(number: int) -> None:
            await venue.place(attrs.evolve(ORDER, client_order_id=f"o{number}"), lambda: None)

        for number in range(59):
            nursery.start_soon(place, number)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(NotSent, match="rate counter"):
            await venue.place(attrs.evolve(ORDER, client_order_id="beyond"), lambda: None)
        began_s = trio.current_time()
        outcomes = await venue.cancel([f"o{number}" for number in range(59)])
        await venue.cancel_all_after(60)
        assert len(outcomes) == 59
        assert all(outcome.accepted for outcome in outcomes)
        assert trio.current_time() - began_s < 1
        nursery.cancel_scope.cancel()


async def test_the_exchanges_own_count_in_the_stream_holds_orders_back(stage: Stage, autojump_clock: MockClock) -> None:
    row = {
        "order_id": "O9",
        "exec_type": "new",
        "order_status": "new",
        "symbol": "BTC/USD",
        "timestamp": "2026-11-23T05:00:00.000000Z",
        "ratecount": 60,
    }
    async with stage.venue() as venue:
        socket = await stage.private_live()
        await socket.send({"channel": "executions", "type": "update", "sequence": 2, "data": [row]})
        await stage.heard.until_told("order", "O9")
        with pytest.raises(NotSent, match="rate counter of BTC/USD") as held:
            await venue.submit(BUY)
        assert held.value.retry_after_s == pytest.approx(2, abs=0.1)


async def test_the_threshold_in_the_acknowledgement_is_believed(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] != "subscribe" or asked["params"]["channel"] != "executions":
            return False
        await socket.send(reply(asked, {"channel": "executions", "maxratecount": 3}))
        await socket.send({"channel": "executions", "type": "snapshot", "sequence": 1, "data": []})
        return True

    stage.server.answer = answer
    stage.server.rest["AddOrder"] = lambda _params: ok({"descr": {"order": "buy"}, "txid": ["O1"]})
    async with stage.venue() as venue:
        await stage.private_live()
        for _ in range(2):
            await venue.submit(attrs.evolve(BUY, leverage=2))
        with pytest.raises(NotSent, match="rate counter"):
            await venue.submit(attrs.evolve(BUY, leverage=2))
