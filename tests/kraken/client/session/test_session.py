"""Every way a dial can go wrong, and that it is cut, counted and tried again."""

import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, SETTINGS, Json, ServerSocket, Stage
from trio.testing import MockClock

from seawall.resilience import DialFailed, DialTimedOut, LinkLost


def failures(stage: Stage) -> list[Exception]:
    return [notice.error for notice in stage.notices if isinstance(notice, DialFailed)]


async def test_a_server_that_never_answers_the_upgrade_is_cut_by_our_own_deadline(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def swallow(stream: trio.abc.Stream, url: str) -> bool:
        if len(stage.server.dialled) > 1:
            return False
        while await stream.receive_some():
            pass
        return True

    stage.server.upgrade = swallow
    async with stage.venue(PUBLIC_ONLY) as venue:
        began_s = trio.current_time()
        await venue.follow_book("BTC/USD")
        assert trio.current_time() - began_s == pytest.approx(10.5)
        (error,) = failures(stage)
        assert isinstance(error, DialTimedOut)


async def test_a_server_that_is_silent_after_the_upgrade_is_cut_by_the_same_deadline(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def ignore(socket: ServerSocket, asked: Json) -> bool:
        await trio.lowlevel.checkpoint()
        return socket is stage.server.sockets[0]

    stage.server.answer = ignore
    stage.server.heartbeats = False
    async with stage.venue(PUBLIC_ONLY) as venue:
        began_s = trio.current_time()
        await venue.follow_book("BTC/USD")
        assert trio.current_time() - began_s == pytest.approx(10.5, abs=0.1)
        assert len(failures(stage)) == 1


async def test_an_acknowledgement_without_its_snapshot_is_not_enough_to_serve(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False

    async def no_snapshot(socket: ServerSocket, asked: Json) -> bool:
        if socket is not stage.server.sockets[0] or asked["method"] != "subscribe":
            return False
        await socket.send(
            {"method": "subscribe", "success": True, "req_id": asked["req_id"], "result": {"channel": "instrument"}}
        )
        return True

    stage.server.answer = no_snapshot
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        assert len(stage.server.sockets) == 2


async def test_three_dials_come_at_once_and_the_next_after_growing_waits(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.refuse_dials = 6
    async with stage.venue(PUBLIC_ONLY) as venue:
        began_s = trio.current_time()
        await venue.wait_live()
        # at 0, 0.5 and 1 s, then after 5, 10, 20 and 30 s and up to a tenth more
        assert 1 + 65 <= trio.current_time() - began_s <= 1 + 65 * 1.1
        assert len(stage.server.dialled) == 7


async def test_a_connection_that_drops_again_and_again_is_not_dialled_in_a_frenzy(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def drop(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "ping":
            await trio.aclose_forcefully(socket.stream)
            return True
        return False

    stage.server.answer = drop
    async with stage.venue(PUBLIC_ONLY):
        await trio.sleep(600)
        # three at once, three with growing waits within 35 s, then one in half a minute
        assert len(stage.server.dialled) <= 3 + 3 + (600 - 35) // 30 + 1
        assert any(isinstance(notice, LinkLost) for notice in stage.notices)


async def test_a_serving_connection_outlives_the_deadline_of_its_dial(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(3600)
        assert len(stage.server.dialled) == 1
        assert len((await stage.server.socket(ADDRESSES.public)).asked("ping")) == pytest.approx(180, abs=2)


async def test_leaving_while_a_dial_hangs_is_prompt(stage: Stage, autojump_clock: MockClock) -> None:
    async def swallow(stream: trio.abc.Stream, url: str) -> bool:
        while await stream.receive_some():
            pass
        return True

    stage.server.upgrade = swallow
    async with stage.venue():
        await trio.sleep(2)
        leaving_s = trio.current_time()
    assert trio.current_time() - leaving_s < 0.1


async def test_leaving_with_a_server_that_ignores_the_goodbye_is_bounded(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.wait_live()
        for socket in stage.server.sockets:
            # it reads nothing any more, so that no close frame is answered
            socket.websocket._reader_running = False
        leaving_s = trio.current_time()
    assert trio.current_time() - leaving_s <= SETTINGS.goodbye_s + 0.1
