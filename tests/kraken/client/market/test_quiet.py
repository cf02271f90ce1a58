from collections.abc import Awaitable, Callable, Mapping

import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import (
    ADDRESSES,
    BEGAN_S,
    BTC_ASKS,
    BTC_BIDS,
    PUBLIC_ONLY,
    SETTINGS,
    Stage,
    asset_pair,
    book_frame,
    failed,
    ok,
    ticker_frame,
)
from trio.testing import MockClock

from seawall.kraken.client import BookStale, FeedDead, FeedStale, KrakenVenue
from seawall.kraken.dialect.books.book import crc_of
from seawall.resilience import LinkLost


async def test_a_book_whose_market_trades_without_it_is_found_out(stage: Stage, autojump_clock: MockClock) -> None:
    traded_at = 1_795_410_000 + 30  # well after the snapshot's own time
    row = ["45283.5", "0.1", traded_at, "s", "m", "", 7]
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(200)
        assert stage.heard.count("book lost") == 0, "a market that does not trade is a still market"
        stage.server.rest["Trades"] = lambda _params: ok({"XXBTZUSD": [row], "last": "0"})
        await stage.heard.until_told("book lost", "BTC/USD")
        assert "traded" in str(stage.heard.told[-1][2])
        await stage.heard.until_told("book", "BTC/USD", times=2)
        assert [notice.symbol for notice in stage.notices if isinstance(notice, BookStale)] == ["BTC/USD"]
        assert len(stage.server.sockets) == 1
        del stage.server.rest["Trades"]


@pytest.mark.parametrize("error", ["EGeneral:Temporary lockout", "EService:Unavailable", "EQuery:Unknown asset pair"])
async def test_a_question_that_is_refused_ends_nothing_and_is_asked_again(
    stage: Stage, autojump_clock: MockClock, error: str
) -> None:
    stage.server.rest["Trades"] = lambda _params: failed(error)
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(1000)
        assert len(stage.server.called("Trades")) >= 2
        assert stage.heard.count("book lost") == 0


def trades_at(*at_s: float) -> Callable[[Mapping[str, str]], httpx.Response]:
    """REST's answer: trades so many seconds after the beginning."""
    rows = [["45283.5", "0.1", BEGAN_S + each, "s", "m", "", number + 1] for number, each in enumerate(at_s)]
    return lambda _params: ok({"XXBTZUSD": rows, "last": "0"})


def always_trading(stage: Stage, ago_s: float) -> Callable[[Mapping[str, str]], httpx.Response]:
    """REST's answer: a trade of so many seconds ago, whenever it is asked."""

    def answer(params: Mapping[str, str]) -> httpx.Response:
        return trades_at(stage.server.now_s() - BEGAN_S - ago_s)(params)

    return answer


FOLLOW: dict[str, Callable[[KrakenVenue], Awaitable[object]]] = {
    "ticker": lambda venue: venue.follow_ticker("BTC/USD"),
    "trade": lambda venue: venue.follow_trades("BTC/USD"),
    "ohlc": lambda venue: venue.follow_candles("BTC/USD", 60),
    "level3": lambda venue: venue.follow_level3("BTC/USD"),
}


@pytest.mark.parametrize("channel", FOLLOW)
async def test_any_feed_whose_market_trades_without_it_is_found_out_and_subscribed_anew(
    stage: Stage, autojump_clock: MockClock, channel: str
) -> None:
    url = ADDRESSES.level3 if channel == "level3" else ADDRESSES.public
    async with stage.venue(SETTINGS) as venue:
        await FOLLOW[channel](venue)
        socket = await stage.server.socket(url)
        await trio.sleep(200)
        assert len(socket.asked("subscribe", channel)) == 1, "a market that does not trade is a still market"
        stage.server.rest["Trades"] = trades_at(100.0)
        with trio.fail_after(61):
            await stage.server.until(lambda: len(socket.asked("subscribe", channel)) == 2)
        assert [left["params"]["symbol"] for left in socket.asked("unsubscribe", channel)] == [["BTC/USD"]]
        (stale,) = [notice for notice in stage.notices if isinstance(notice, FeedStale)]
        assert (stale.feed.channel, stale.feed.symbol) == (channel, "BTC/USD")
        assert stale.behind_s == pytest.approx(100, abs=1)
        lost = {"ticker": "ticker lost", "level3": "level3 lost"}.get(channel)
        assert lost is None or stage.heard.count(lost, "BTC/USD") == 1
        await trio.sleep(300)
        assert len(socket.asked("subscribe", channel)) == 2, "what it missed before is not held against it"


async def test_a_feed_that_lives_is_never_asked_about(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Trades"] = trades_at(100.0)
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        for _ in range(20):
            await trio.sleep(30)
            await socket.send(ticker_frame("BTC/USD"))
        assert not stage.server.called("Trades")


async def test_one_question_serves_all_feeds_of_a_symbol(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.follow_book("BTC/USD")
        for follow in FOLLOW.values():
            await follow(venue)
        await trio.sleep(600)
        assert 8 <= len(stage.server.called("Trades")) <= 10


async def test_many_still_markets_are_asked_about_in_turn(stage: Stage, autojump_clock: MockClock) -> None:
    pairs = {f"A{number}USD": asset_pair(f"A{number}USD", f"A{number}/USD", f"A{number}", "ZUSD") for number in range(40)}
    stage.server.rest["AssetPairs"] = lambda _params: ok(pairs)
    async with stage.venue(PUBLIC_ONLY) as venue:
        for number in range(40):
            await venue.follow_book(f"A{number}/USD")
        await trio.sleep(60 + 40 / 16 * 60)
        asked = [params["pair"] for params in stage.server.called("Trades")]
        assert len(set(asked)) == 40, "none is left out"
        assert len(asked) <= 60


async def test_a_trade_of_just_now_proves_nothing(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Trades"] = always_trading(stage, 0.0)
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(300)
        assert stage.server.called("Trades")
        assert stage.heard.count("book lost") == 0


async def test_a_feed_that_stays_dead_costs_the_connection(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Trades"] = always_trading(stage, 5.0)
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD")
        with trio.fail_after(400):
            socket = await stage.server.socket(ADDRESSES.public, 2)
        first = stage.server.sockets[0]
        assert len(first.asked("subscribe", "ticker")) == 3
        await stage.server.until(lambda: bool(socket.asked("subscribe", "ticker")))
        (lost,) = [notice.error for notice in stage.notices if isinstance(notice, LinkLost)]
        assert pytest.RaisesGroup(FeedDead, flatten_subgroups=True).matches(lost)


async def test_a_feed_that_was_unfollowed_is_asked_about_no_more(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(70)
        asked = len(stage.server.called("Trades"))
        assert asked
        await venue.unfollow_book("BTC/USD")
        await trio.sleep(600)
        assert len(stage.server.called("Trades")) == asked


def touch_of(bid: str, ask: str) -> Callable[[Mapping[str, str]], httpx.Response]:
    """REST's ticker with this touch."""
    day = {name: ["1.0", "1.0"] for name in "vplh"} | {"t": [1, 1], "o": "1.0", "c": ["1.0", "1.0"]}
    return lambda _params: ok({"XXBTZUSD": day | {"a": [ask, "1", "1.0"], "b": [bid, "1", "1.0"]}})


MOVED = touch_of("45283.4", "45285.2")


@pytest.mark.parametrize("channel", ["book", "level3", "ticker"])
async def test_a_feed_whose_market_moves_without_a_trade_is_found_out_too(
    stage: Stage, autojump_clock: MockClock, channel: str
) -> None:
    follow: dict[str, Callable[[KrakenVenue], Awaitable[None]]] = {
        "book": lambda venue: venue.follow_book("BTC/USD"),
        "level3": lambda venue: venue.follow_level3("BTC/USD"),
        "ticker": lambda venue: venue.follow_ticker("BTC/USD", "bbo"),
    }
    stage.server.rest["Ticker"] = touch_of("1.5", "1.5") if channel == "ticker" else touch_of("45283.5", "45285.2")
    async with stage.venue() as venue:
        await follow[channel](venue)
        await trio.sleep(300)
        assert stage.heard.count(f"{channel} lost") == 0, "its prices are those of REST"
        stage.server.rest["Ticker"] = MOVED
        with trio.fail_after(70):
            await stage.heard.until_told(f"{channel} lost", "BTC/USD")
        assert "45283.4" in str(stage.heard.told[-1][2])
        await stage.heard.until_told(channel, "BTC/USD", times=2)


async def test_a_ticker_of_trades_need_not_follow_the_touch(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Ticker"] = MOVED
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_ticker("BTC/USD")
        await trio.sleep(300)
        assert stage.heard.count("ticker lost") == 0
        assert not stage.server.called("Ticker")


async def test_a_change_that_was_on_its_way_is_waited_for(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Ticker"] = MOVED
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await stage.server.until(lambda: bool(stage.server.called("Ticker")))
        await trio.sleep(1)
        gone = (("45283.5", "0"),)
        await socket.send(book_frame("BTC/USD", bids=gone, checksum=crc_of(BTC_ASKS, BTC_BIDS[1:])))
        await trio.sleep(30)
        assert stage.heard.count("book", "BTC/USD") == 2
        assert stage.heard.count("book lost") == 0


async def test_in_maintenance_everything_stands_still_and_nothing_is_asked(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        for word, asked in (("maintenance", False), ("online", True)):
            await socket.send({"channel": "status", "type": "update", "data": [{"system": word, "api_version": "v2"}]})
            await trio.sleep(600)
            assert bool(stage.server.called("Trades")) is asked
