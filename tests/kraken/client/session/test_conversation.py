import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Json, ServerSocket, Stage
from trio.testing import MockClock

from seawall.kraken.client import AnswerUnexpected
from seawall.model.errors import OutcomeUnknown


async def test_an_answer_that_cannot_be_read_is_unknown_at_once(stage: Stage, autojump_clock: MockClock) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "add_order":
            await socket.send(f'{{"method":"add_order","req_id":{asked["req_id"]},"result":7}}')
            return True
        return False

    stage.server.answer = answer
    async with stage.venue() as venue:
        await stage.private_live()
        with trio.fail_after(1), pytest.raises(OutcomeUnknown):
            await venue.place(ORDER, lambda: None)


async def test_a_complaint_about_nothing_is_told(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send('{"Error": "Exceeded msg rate"}')
        await trio.testing.wait_all_tasks_blocked()
        assert AnswerUnexpected("private socket", "", "Exceeded msg rate") in stage.notices
