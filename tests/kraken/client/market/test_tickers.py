from decimal import Decimal

import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Stage, ticker_frame
from trio.testing import MockClock


async def test_tickers_are_told_exactly_and_with_their_time(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD", "bbo")
        socket = await stage.server.socket(ADDRESSES.public)
        await trio.sleep(3)
        await socket.send(ticker_frame("BTC/USD", "45283.6"))
        await stage.heard.until_told("ticker", "BTC/USD", times=2)
        assert stage.heard.told[-1] == ("ticker", "BTC/USD", Decimal("45283.6"), trio.current_time())
        (asked,) = socket.asked("subscribe", "ticker")
        assert asked["params"]["event_trigger"] == "bbo"


async def test_another_trigger_is_refused_until_the_first_is_unfollowed(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD", "bbo")
        with pytest.raises(ValueError, match="unfollow"):
            await venue.follow_ticker("BTC/USD")
        with pytest.raises(ValueError, match="event_trigger"):
            await venue.follow_ticker("ETH/USD", "quotes")  # type: ignore[arg-type]  # it is what is refused
        await venue.unfollow_ticker("BTC/USD")
        await venue.follow_ticker("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        assert [left["params"]["event_trigger"] for left in socket.asked("unsubscribe", "ticker")] == ["bbo"]
        assert [asked["params"]["event_trigger"] for asked in socket.asked("subscribe", "ticker")] == ["bbo", "trades"]


async def test_after_unfollowing_nothing_is_told_any_more(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await venue.unfollow_ticker("BTC/USD")
        await socket.send(ticker_frame("BTC/USD", "1.5"), ticker_frame("BTC/USD", "1.5", snapshot=True))
        await trio.testing.wait_all_tasks_blocked()
        assert stage.heard.count("ticker") == 1
        assert venue.ticker("BTC/USD") is None


async def test_a_ticker_of_a_lost_socket_is_not_to_be_trusted(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("ticker lost", "BTC/USD")
        assert venue.ticker("BTC/USD") is None
        await stage.heard.until_told("ticker", "BTC/USD", times=2)
        assert venue.ticker("BTC/USD") is not None
