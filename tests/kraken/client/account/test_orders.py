import attrs
import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Json, ServerSocket, Stage, ok, reply
from trio.testing import MockClock

from seawall.model.errors import NotSent, OutcomeUnknown


async def test_an_order_that_cannot_be_written_is_not_sent(stage: Stage, autojump_clock: MockClock) -> None:
    sent: list[int] = []
    async with stage.venue() as venue:
        socket = await stage.private_live()
        nowhere = attrs.evolve(ORDER, symbol="ABC/DEF")
        with pytest.raises(NotSent, match="ABC/DEF") as unwritable:
            await venue.place(nowhere, lambda: sent.append(1))
        assert unwritable.value.advice == "give up"
        assert not sent
        assert not socket.asked("add_order")


async def test_a_socket_that_fell_silent_is_given_no_more_orders(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False
    stage.server.rest["AddOrder"] = lambda _params: ok({"txid": ["O1"]})
    async with stage.venue() as venue:
        socket = await stage.private_live()
        await trio.sleep(4)
        await venue.place(ORDER, lambda: None)
        assert not socket.asked("add_order")
        assert len(stage.server.called("AddOrder")) == 1


async def test_many_cancels_go_in_several_messages(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "cancel_order":
            await socket.send(*(reply(asked, {"cl_ord_id": each}) for each in asked["params"]["cl_ord_id"]))
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        socket = await stage.private_live()
        ids = [f"o{number}" for number in range(120)]
        outcomes = await venue.cancel([*ids, "o7"])
        assert [outcome.client_order_id for outcome in outcomes] == [*ids, "o7"]
        assert all(outcome.accepted for outcome in outcomes)
        assert [len(asked["params"]["cl_ord_id"]) for asked in socket.asked("cancel_order")] == [50, 50, 20]


async def test_one_lost_answer_does_not_keep_the_other_orders_from_being_cancelled(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "cancel_order":
            await trio.aclose_forcefully(socket.stream)
            return True
        return False

    stage.server.answer = answer
    stage.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    async with stage.venue() as venue:
        await stage.private_live()
        ids = [f"o{number}" for number in range(70)]
        with pytest.raises(OutcomeUnknown):
            await venue.cancel(ids)
        assert {params["cl_ord_id"] for params in stage.server.called("CancelOrder")} == set(ids[50:])
