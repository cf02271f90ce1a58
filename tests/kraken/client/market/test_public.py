import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Json, ServerSocket, Stage, reply
from trio.testing import MockClock

from seawall.kraken.client import SubscriptionRefused
from seawall.model.errors import UnknownSymbol


async def test_a_followed_book_is_told_with_the_time_its_bytes_came(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        with trio.fail_after(5):
            await venue.follow_book("BTC/USD")
        (book,) = stage.heard.books.values()
        best = book.best_bid()
        assert best is not None
        assert str(best.price) == "45283.5"
        assert stage.heard.told[-1] == ("book", "BTC/USD", trio.current_time())


async def test_following_twice_subscribes_once(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        assert len(socket.asked("subscribe", "book")) == 1


async def test_a_refused_subscription_is_told_to_its_caller_and_costs_the_others_nothing(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "subscribe" and asked["params"].get("symbol") == ["ETH/USD"]:
            refusal = reply(asked, error="Currency pair not supported ETH/USD")
            await socket.send(refusal | {"symbol": "ETH/USD"})
            return True
        return False

    stage.server.answer = answer
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        with pytest.raises(UnknownSymbol):
            await venue.follow_book("ETH/USD")
        assert [notice.feed for notice in stage.notices if isinstance(notice, SubscriptionRefused)] == ["book ETH/USD"]
        assert len(stage.server.sockets) == 1
        assert "BTC/USD" in stage.heard.books


async def test_a_dropped_connection_loses_every_book_and_restores_what_was_wanted(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await venue.follow_trades("ETH/USD")
        first = await stage.server.socket(ADDRESSES.public)
        await trio.aclose_forcefully(first.stream)
        await stage.heard.until_told("book lost", "BTC/USD")
        with trio.fail_after(5):
            await stage.heard.until_told("book", "BTC/USD", times=2)
            second = await stage.server.socket(ADDRESSES.public, 2)
            await stage.server.until(lambda: bool(second.asked("subscribe", "trade")))
