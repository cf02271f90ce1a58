import pytest
import trio
import trio.testing
from support.kraken_server import PUBLIC_ONLY, Json, ServerSocket, Stage
from trio.testing import MockClock

from seawall.kraken.client import SubscriptionUnanswered
from seawall.resilience import LinkLost


async def test_a_subscription_without_an_answer_costs_the_connection(stage: Stage, autojump_clock: MockClock) -> None:
    async def ignore_books(socket: ServerSocket, asked: Json) -> bool:
        await trio.lowlevel.checkpoint()
        return socket is stage.server.sockets[0] and asked.get("params", {}).get("channel") == "book"

    stage.server.answer = ignore_books
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        await trio.sleep(60)
        began_s = trio.current_time()
        await venue.follow_book("BTC/USD")
        assert trio.current_time() - began_s == pytest.approx(10, abs=0.1)
        (lost,) = [notice.error for notice in stage.notices if isinstance(notice, LinkLost)]
        assert pytest.RaisesGroup(SubscriptionUnanswered, flatten_subgroups=True).matches(lost)


async def test_a_cancelled_follower_leaves_its_wish_behind(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.refuse_dials = 3
    async with stage.venue(PUBLIC_ONLY) as venue:
        with trio.move_on_after(1.5) as given_up:
            await venue.follow_book("BTC/USD")
        assert given_up.cancelled_caught
        await stage.heard.until_told("book", "BTC/USD")
