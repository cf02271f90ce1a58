from decimal import Decimal

import attrs
import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, Json, ServerSocket, Stage, failed, ok, reply
from trio.testing import MockClock

from seawall.kraken.client import AnswerUnexpected, FrameUnknown, PrivateGap
from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, OrderStatus, PlaceOrder
from seawall.resilience import ReconnectStopped

ORDER = PlaceOrder(
    client_order_id="order1",
    symbol="BTC/USD",
    side=Side.BUY,
    order_type="limit",
    qty=Decimal("0.01"),
    limit_price=Decimal("45000.1"),
    trigger_price=None,
    time_in_force="gtc",
    post_only=True,
    deadline_ns=1_795_410_005_000_000_000,
)


def event(number: int, *rows: Json) -> Json:
    return {"channel": "executions", "type": "update", "sequence": number, "data": list(rows)}


def opened(order_id: str = "O1") -> Json:
    return {
        "order_id": order_id,
        "cl_ord_id": "order1",
        "exec_type": "new",
        "order_status": "new",
        "timestamp": "2026-11-23T05:00:00.000000Z",
    }


def traded(exec_id: str = "T1") -> Json:
    return {
        "order_id": "O1",
        "cl_ord_id": "order1",
        "exec_id": exec_id,
        "exec_type": "trade",
        "order_status": "partially_filled",
        "trade_id": 1,
        "symbol": "BTC/USD",
        "side": "buy",
        "last_qty": 0.004,
        "last_price": 45000.1,
        "cost": 180.0004,
        "cum_qty": 0.004,
        "cum_cost": 180.0004,
        "order_qty": 0.01,
        "liquidity_ind": "m",
        "fees": [{"asset": "USD", "qty": 0.45}],
        "timestamp": "2026-11-23T05:00:01.000000Z",
    }


async def live(stage: Stage, number: int = 1) -> ServerSocket:
    socket = await stage.server.socket(ADDRESSES.private, number)
    await stage.heard.until_told("private restored", times=number)
    await stage.heard.until_told("balance", "USD", times=number)
    await trio.testing.wait_all_tasks_blocked()
    return socket


def nothing() -> None:
    pass


async def test_it_subscribes_with_both_snapshots_named_and_a_token(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        (executions,) = socket.asked("subscribe", "executions")
        assert executions["params"] == {"channel": "executions", "snap_orders": True, "snap_trades": True, "token": "token"}
        assert stage.heard.restored[0].open_orders == ()
        assert ("balance", "USD", Decimal("1000.5")) in stage.heard.told


async def test_reports_and_fills_are_told_in_the_order_they_came(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        await socket.send(event(2, opened()), event(3, traded()))
        await stage.heard.until_told("order", "O1", times=2)
        told = [fact for fact in stage.heard.told if fact[0] in {"order", "fill"}]
        assert told == [("order", "O1", "open"), ("fill", "T1"), ("order", "O1", "open")]
        assert stage.heard.fills[0].qty == Decimal("0.004")
        assert stage.heard.reports[1].status is OrderStatus.OPEN


async def test_a_gap_is_told_first_and_the_channel_subscribed_anew(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        await socket.send(event(2, opened()), event(4, traded()))
        await stage.heard.until_told("private restored", times=2)
        told = [fact[0] for fact in stage.heard.told if fact[0] in {"order", "fill", "private lost", "private restored"}]
        assert told == ["private restored", "order", "private lost", "fill", "order", "private restored"]
        assert [notice for notice in stage.notices if isinstance(notice, PrivateGap)] == [PrivateGap("executions", 3, 4)]
        assert len(socket.asked("subscribe", "executions")) == 2
        assert len(socket.asked("subscribe", "balances")) == 1


async def test_a_repeated_message_is_told_once(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        await socket.send(event(2, traded()), event(2, traded()), event(3, opened()))
        await stage.heard.until_told("order", "O1", times=2)
        assert stage.heard.count("fill", "T1") == 1


async def test_a_dropped_connection_is_told_at_once_and_restored_with_a_new_token(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue():
        socket = await live(stage)
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("private lost")
        await live(stage, 2)
        assert len(stage.server.called("GetWebSocketsToken")) == 2


async def test_an_order_goes_over_the_socket_and_sending_is_called_before_its_first_byte(
    stage: Stage, autojump_clock: MockClock
) -> None:
    told: list[str] = []

    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "add_order":
            told.append("arrived")
            await socket.send(reply(asked, {"order_id": "O1", "cl_ord_id": "order1"}))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await live(stage)
        acknowledged = await venue.place(ORDER, lambda: told.append("sending"))
        assert (acknowledged.order_id, acknowledged.client_order_id) == ("O1", "order1")
        assert told == ["sending", "arrived"]
        (asked,) = socket.asked("add_order")
        assert asked["params"]["token"] == "token"
        assert asked["params"]["post_only"] is True
        assert not stage.server.called("AddOrder")


async def test_a_no_of_the_exchange_is_refused(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "add_order":
            await socket.send(reply(asked, error="EOrder:Insufficient funds"))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        await live(stage)
        with pytest.raises(RefusedByExchange, match="Insufficient funds") as refused:
            await venue.place(ORDER, nothing)
        assert refused.value.rule == "EOrder:Insufficient funds"


async def test_an_answer_lost_with_the_connection_is_unknown(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "add_order":
            await trio.aclose_forcefully(socket.stream)
            return True
        return False

    stage.server.answer = answer
    sent: list[int] = []
    async with stage.venue() as venue:
        await live(stage)
        with pytest.raises(OutcomeUnknown):
            await venue.place(ORDER, lambda: sent.append(1))
        assert sent == [1]
        assert not stage.server.called("AddOrder"), "what may have arrived is not sent another way"


async def test_an_answer_that_cannot_be_read_is_unknown_at_once(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "add_order":
            await socket.send(f'{{"method":"add_order","req_id":{asked["req_id"]},"result":7}}')
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        await live(stage)
        with trio.fail_after(1), pytest.raises(OutcomeUnknown):
            await venue.place(ORDER, nothing)


async def test_an_order_that_cannot_be_written_is_not_sent(stage: Stage, autojump_clock: MockClock) -> None:
    sent: list[int] = []
    async with stage.venue() as venue:
        socket = await live(stage)
        nowhere = attrs.evolve(ORDER, symbol="ABC/DEF")
        with pytest.raises(NotSent, match="ABC/DEF"):
            await venue.place(nowhere, lambda: sent.append(1))
        assert not sent
        assert not socket.asked("add_order")


async def test_cancels_are_one_message_and_each_answer_counts(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "cancel_order":
            await socket.send(
                reply(asked, error="EOrder:Unknown order"),
                reply(asked, {"cl_ord_id": "c"}),
                reply(asked, {"cl_ord_id": "a"}),
            )
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await live(stage)
        outcomes = await venue.cancel(["a", "b", "c"])
        assert [(outcome.client_order_id, outcome.accepted, outcome.reason) for outcome in outcomes] == [
            ("a", True, None),
            ("b", False, "EOrder:Unknown order"),
            ("c", True, None),
        ]
        assert len(socket.asked("cancel_order")) == 1


async def test_a_cancel_refused_as_a_whole_does_not_wait_for_answers_that_never_come(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "cancel_order":
            await socket.send(reply(asked, error="ESession:Invalid session"))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        await live(stage)
        with trio.fail_after(1), pytest.raises(Exception, match="Invalid session"):
            await venue.cancel(["a", "b"])
        with trio.fail_after(5):
            await live(stage, 2)  # and a new connection, with a new token, is on its way
        assert len(stage.server.called("GetWebSocketsToken")) == 2


async def test_amend_and_the_dead_mans_switch_take_the_socket(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] in {"amend_order", "cancel_all_orders_after"}:
            await socket.send(reply(asked, {"amend_id": "T1"}))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await live(stage)
        await venue.amend(AmendOrder("order1", limit_price=Decimal("45000.2")))
        await venue.cancel_all_after(60)
        assert socket.asked("amend_order")[0]["params"] == {"cl_ord_id": "order1", "limit_price": 45000.2, "token": "token"}
        assert socket.asked("cancel_all_orders_after")[0]["params"]["timeout"] == 60


async def test_a_denied_key_stops_the_venue_with_its_reason(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["GetWebSocketsToken"] = lambda _params: failed("EAPI:Invalid key")
    with pytest.RaisesGroup(pytest.RaisesExc(ReconnectStopped, match="Invalid key"), flatten_subgroups=True):
        async with stage.venue():
            await trio.sleep_forever()
    assert len(stage.server.called("GetWebSocketsToken")) == 1


async def test_rest_that_is_down_delays_the_private_socket_and_ends_nothing(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["GetWebSocketsToken"] = lambda _params: failed("EService:Unavailable")
    async with stage.venue() as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(120)
        del stage.server.rest["GetWebSocketsToken"]
        with trio.fail_after(200):
            await stage.heard.until_told("private restored")
        assert "BTC/USD" in stage.heard.books


async def test_a_socket_that_fell_silent_is_given_no_more_orders(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False
    stage.server.rest["AddOrder"] = lambda _params: ok({"txid": ["O1"]})
    async with stage.venue() as venue:
        socket = await live(stage)
        await trio.sleep(4)
        await venue.place(ORDER, nothing)
        assert not socket.asked("add_order")
        assert len(stage.server.called("AddOrder")) == 1


async def test_foreign_words_in_the_stream_are_told_and_left_aside(stage: Stage, autojump_clock: MockClock) -> None:
    odd = {"order_id": "O9", "exec_type": "reincarnated", "timestamp": "2026-11-23T05:00:00.000000Z"}
    async with stage.venue():
        socket = await live(stage)
        await socket.send(event(2, odd), event(3, opened()))
        await stage.heard.until_told("order", "O1")
        assert stage.heard.count("order", "O9") == 0
        assert [notice.value for notice in stage.notices if isinstance(notice, FrameUnknown)] == ["reincarnated"]


async def test_a_garbled_execution_is_made_good_by_a_snapshot(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        await socket.send('{"channel":"executions","type":"update","sequence":2,"data":[{"order_id":7}]}')
        await stage.heard.until_told("private lost")
        await stage.heard.until_told("private restored", times=2)
        assert len(stage.server.sockets) == 2


async def test_a_complaint_about_nothing_is_told(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await live(stage)
        await socket.send('{"Error": "Exceeded msg rate"}')
        await trio.testing.wait_all_tasks_blocked()
        assert AnswerUnexpected("private socket", "", "Exceeded msg rate") in stage.notices


async def test_many_cancels_go_in_several_messages(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "cancel_order":
            await socket.send(*(reply(asked, {"cl_ord_id": each}) for each in asked["params"]["cl_ord_id"]))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await live(stage)
        ids = [f"o{number}" for number in range(120)]
        outcomes = await venue.cancel([*ids, "o7"])
        assert [outcome.client_order_id for outcome in outcomes] == [*ids, "o7"]
        assert all(outcome.accepted for outcome in outcomes)
        assert [len(asked["params"]["cl_ord_id"]) for asked in socket.asked("cancel_order")] == [50, 50, 20]


async def test_queries_leave_room_for_the_token_that_a_new_connection_needs(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue, trio.open_nursery() as nursery:
        socket = await live(stage)
        for _ in range(30):
            nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        await trio.aclose_forcefully(socket.stream)
        with trio.fail_after(3):
            await live(stage, 2)
        nursery.cancel_scope.cancel()
