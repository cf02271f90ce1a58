from decimal import Decimal

import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Json, ServerSocket, Stage, reply
from trio.testing import MockClock

from seawall.model.errors import OutcomeUnknown, RefusedByExchange
from seawall.model.reports import AmendOrder


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
        socket = await stage.private_live()
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
        await stage.private_live()
        with pytest.raises(RefusedByExchange, match="Insufficient funds") as refused:
            await venue.place(ORDER, lambda: None)
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
        await stage.private_live()
        with pytest.raises(OutcomeUnknown):
            await venue.place(ORDER, lambda: sent.append(1))
        assert sent == [1]
        assert not stage.server.called("AddOrder"), "what may have arrived is not sent another way"


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
        socket = await stage.private_live()
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
        await stage.private_live()
        with trio.fail_after(1), pytest.raises(Exception, match="Invalid session"):
            await venue.cancel(["a", "b"])
        with trio.fail_after(5):
            await stage.private_live(2)  # and a new connection, with a new token, is on its way
        assert len(stage.server.called("GetWebSocketsToken")) == 2


async def test_amend_and_the_dead_mans_switch_take_the_socket(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] in {"amend_order", "cancel_all_orders_after"}:
            await socket.send(reply(asked, {"amend_id": "T1"}))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await stage.private_live()
        await venue.amend(AmendOrder("order1", limit_price=Decimal("45000.2")))
        await venue.cancel_all_after(60)
        assert socket.asked("amend_order")[0]["params"] == {"cl_ord_id": "order1", "limit_price": 45000.2, "token": "token"}
        assert socket.asked("cancel_all_orders_after")[0]["params"]["timeout"] == 60
