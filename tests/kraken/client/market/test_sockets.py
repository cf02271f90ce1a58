"""Symbols shared among sockets, and feeds that end."""

import pytest
import trio
import trio.testing
from support.kraken_server import (
    ADDRESSES,
    PUBLIC_ONLY,
    SETTINGS,
    Json,
    ServerSocket,
    Stage,
    asset_pair,
    book_snapshot,
    candle_row,
    ok,
    reply,
)
from trio.testing import MockClock

from seawall.kraken.client import ClientSettings, Unfollowed, open_venue
from seawall.model.errors import UnknownSymbol
from seawall.resilience import ConnectionBudget

TWO_EACH = ClientSettings(ADDRESSES, symbols_per_socket=2)


def symbols(count: int) -> list[str]:
    return [f"A{number}/USD" for number in range(count)]


def list_pairs(stage: Stage, count: int) -> list[str]:
    """Have the exchange list so many pairs."""
    pairs = {f"A{number}USD": asset_pair(f"A{number}USD", f"A{number}/USD", f"A{number}", "ZUSD") for number in range(count)}
    stage.server.rest["AssetPairs"] = lambda _params: ok(pairs)
    return symbols(count)


def subscribed(socket: ServerSocket, channel: str) -> set[str]:
    return {symbol for asked in socket.asked("subscribe", channel) for symbol in asked["params"]["symbol"]}


async def test_symbols_spread_over_as_many_sockets_as_they_need(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 5)
    async with stage.venue(TWO_EACH) as venue:
        for symbol in followed:
            await venue.follow_book(symbol)
        first, second, third = stage.server.sockets
        assert [sorted(subscribed(socket, "book")) for socket in (first, second, third)] == [
            ["A0/USD", "A1/USD"],
            ["A2/USD", "A3/USD"],
            ["A4/USD"],
        ]
        await venue.follow_trades("A3/USD")
        await venue.follow_ticker("A0/USD")
        assert subscribed(second, "trade") == {"A3/USD"}, "all of a symbol is told over one socket"
        assert subscribed(first, "ticker") == {"A0/USD"}
        assert [statistics.name for statistics in venue.statistics().public] == [
            "public socket",
            "public socket 2",
            "public socket 3",
        ]
        assert sum(len(socket.asked("subscribe", "instrument")) for socket in (first, second, third)) == 1


async def test_a_socket_that_drops_costs_its_own_symbols_alone(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 5)
    async with stage.venue(TWO_EACH) as venue:
        for symbol in followed:
            await venue.follow_book(symbol)
        await trio.aclose_forcefully(stage.server.sockets[1].stream)
        with trio.fail_after(5):
            await stage.heard.until_told("book lost", times=2)
            await stage.heard.until_told("book", times=7)
        lost = sorted(str(fact[1]) for fact in stage.heard.told if fact[0] == "book lost")
        assert lost == ["A2/USD", "A3/USD"]
        assert [statistics.connections for statistics in venue.statistics().public] == [1, 2, 1]
        assert subscribed(stage.server.sockets[3], "book") == {"A2/USD", "A3/USD"}


async def test_a_burst_of_symbols_is_asked_for_in_few_requests(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 500)
    settings = ClientSettings(ADDRESSES, symbols_per_socket=500)
    async with stage.venue(settings) as venue, trio.open_nursery() as nursery:
        await venue.wait_live()
        for symbol in followed:
            nursery.start_soon(venue.follow_book, symbol)
            nursery.start_soon(venue.follow_ticker, symbol)
        await stage.heard.until_told("book", times=500)
        await stage.heard.until_told("ticker", times=500)
        (socket,) = stage.server.sockets
        for channel in ("book", "ticker"):
            sizes = [len(asked["params"]["symbol"]) for asked in socket.asked("subscribe", channel)]
            assert (sum(sizes), max(sizes)) == (500, 100)
            assert len(sizes) <= 7


async def test_requests_that_cannot_be_joined_are_spaced(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 60)
    times: list[float] = []

    async def note(_socket: ServerSocket, asked: Json) -> bool:
        await trio.lowlevel.checkpoint()
        if asked["method"] == "subscribe":
            times.append(trio.current_time())
        return False

    stage.server.answer = note
    async with stage.venue(PUBLIC_ONLY) as venue:
        for symbol in followed:
            await venue.follow_trades(symbol)
    assert len(times) == 61
    assert max(sum(begin_s <= at_s < begin_s + 1 for at_s in times) for begin_s in times) <= 20


async def test_all_sockets_share_the_budget_of_dials(stage: Stage, autojump_clock: MockClock) -> None:
    list_pairs(stage, 5)
    budget = ConnectionBudget(3)
    server = stage.server
    one_each = ClientSettings(ADDRESSES, symbols_per_socket=1)
    async with (
        open_venue(one_each, stage.heard, dial=server.dial, transport=server.transport(), budget=budget) as venue,
        open_venue(one_each, stage.heard, dial=server.dial, transport=server.transport(), budget=budget) as other,
    ):
        await other.follow_book("A0/USD")
        await venue.follow_book("A0/USD")
        await venue.follow_book("A1/USD")
        began_s = trio.current_time()
        await venue.follow_book("A2/USD")
        assert trio.current_time() - began_s > 500


async def test_the_dials_of_all_three_hosts_are_counted_together_and_shown(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.wait_live()
        await venue.follow_level3("BTC/USD")
        assert sorted(stage.server.dialled) == [ADDRESSES.level3, ADDRESSES.private, ADDRESSES.public]
        dials = venue.statistics().dials
        assert (dials.taken, dials.left, dials.waiting) == (3, 147, 0), "150 in ten minutes"


async def test_another_depth_is_refused_until_the_first_is_unfollowed(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD", 100)
        await venue.follow_book("BTC/USD")  # at whatever depth it has
        with pytest.raises(ValueError, match="depth 100: unfollow it before it is followed with depth 10"):
            await venue.follow_book("BTC/USD", 10)
        with pytest.raises(ValueError, match="depth: 11"):
            await venue.follow_book("ETH/USD", 11)
        await venue.unfollow_book("BTC/USD")
        await venue.follow_book("BTC/USD", 25)
        (socket,) = stage.server.sockets
        assert [asked["params"]["depth"] for asked in socket.asked("subscribe", "book")] == [100, 25]
        (left,) = socket.asked("unsubscribe", "book")
        assert left["params"] == {"channel": "book", "symbol": ["BTC/USD"], "depth": 100}
        assert repr(stage.heard.books["BTC/USD"]).count("depth=25") == 1


async def test_after_unfollowing_a_book_it_is_forgotten_and_nothing_is_told(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        (socket,) = stage.server.sockets
        await venue.unfollow_book("BTC/USD")
        assert venue.book("BTC/USD") is None
        await socket.send(book_snapshot("BTC/USD"))
        await trio.aclose_forcefully(socket.stream)
        again = await stage.server.socket(ADDRESSES.public, 2)
        await stage.server.until(lambda: bool(again.asked("subscribe", "instrument")))
        await trio.testing.wait_all_tasks_blocked()
        assert stage.heard.count("book") == 1
        assert stage.heard.count("book lost") == 0
        assert not again.asked("subscribe", "book"), "what was unfollowed is not restored"
        await venue.unfollow_book("BTC/USD")  # nobody follows it: no error


async def test_after_unfollowing_trades_and_candles_nothing_is_told(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_trades("BTC/USD")
        await venue.follow_candles("BTC/USD", 60)
        await venue.follow_candles("BTC/USD", 300)
        await venue.unfollow_trades("BTC/USD")
        await venue.unfollow_candles("BTC/USD", 60)
        (socket,) = stage.server.sockets
        (left,) = socket.asked("unsubscribe", "ohlc")
        assert left["params"]["interval"] == 1
        trade = {"symbol": "BTC/USD", "side": "buy", "price": 1.5, "qty": 1.5, "trade_id": 7, "timestamp": "2026-11-23T05:00:00Z"}
        await socket.send(
            {"channel": "trade", "type": "update", "data": [trade]},
            {"channel": "ohlc", "type": "update", "data": [candle_row("BTC/USD", 1, 5)]},
            {"channel": "ohlc", "type": "update", "data": [candle_row("BTC/USD", 5, 5)]},
        )
        await stage.heard.until(lambda: bool(stage.heard.candles))
        assert {candle.interval_s for candle in stage.heard.candles} == {300}
        assert not stage.heard.trades


async def test_following_again_waits_for_the_exchange_to_let_go_and_starts_anew(stage: Stage, autojump_clock: MockClock) -> None:
    async def slow_to_leave(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] == "unsubscribe":
            await trio.sleep(3)
            await socket.send(reply(asked, {"channel": "book", "symbol": "BTC/USD"}))
            return True
        return False

    stage.server.answer = slow_to_leave
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        began_s = trio.current_time()
        with trio.move_on_after(1) as impatient:
            await venue.unfollow_book("BTC/USD")
        assert impatient.cancelled_caught, "and it is unwanted all the same"
        await venue.follow_book("BTC/USD", 25)
        assert trio.current_time() - began_s == pytest.approx(3)
        (socket,) = stage.server.sockets
        assert [asked["method"] for asked in socket.requests if asked.get("params", {}).get("channel") == "book"] == [
            "subscribe",
            "unsubscribe",
            "subscribe",
        ]


async def test_unfollowing_while_somebody_waits_for_it_tells_them(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.refuse_dials = 3

    async with stage.venue(PUBLIC_ONLY) as venue, trio.open_nursery() as nursery:

        async def wait() -> None:
            with pytest.raises(Unfollowed):
                await venue.follow_book("BTC/USD")

        nursery.start_soon(wait)
        await trio.sleep(1)
        await venue.unfollow_book("BTC/USD")  # not connected: there is nobody to ask, and nothing to wait for


async def test_a_further_socket_without_symbols_is_closed_after_a_while(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 3)
    async with stage.venue(TWO_EACH) as venue:
        for symbol in followed:
            await venue.follow_book(symbol)
        await venue.unfollow_book(followed[2])
        await trio.sleep(20)
        await venue.follow_book(followed[2])
        assert len(stage.server.sockets) == 2, "it was kept for that"
        await venue.unfollow_book(followed[2])
        await trio.sleep(40)
        await stage.server.sockets[1].ended.wait()
        assert len(venue.statistics().public) == 1
        await venue.unfollow_book(followed[0])
        await venue.unfollow_book(followed[1])
        await trio.sleep(300)
        assert len(stage.server.sockets) == 2, "the first one stays"
        assert not stage.server.sockets[0].ended.is_set()
        await venue.follow_book(followed[2])


async def test_a_socket_without_any_subscription_is_not_taken_for_dead(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False
    async with stage.venue(ClientSettings(ADDRESSES, follow_instruments=False)) as venue:
        await venue.wait_live()
        await trio.sleep(600)
        assert len(stage.server.sockets) == 1
        assert not stage.server.sockets[0].asked("subscribe")
        await venue.follow_book("BTC/USD")
        with trio.fail_after(2 * SETTINGS.silent_after_s + 0.1):
            await stage.heard.until_told("book lost", "BTC/USD")


async def test_a_refusal_is_told_to_the_listener_and_can_be_asked_again(stage: Stage, autojump_clock: MockClock) -> None:
    async def refuse_once(socket: ServerSocket, asked: Json) -> bool:
        channel = asked.get("params", {}).get("channel")
        if asked["method"] != "subscribe" or channel != "book" or len(socket.asked("subscribe", "book")) > 1:
            return False
        await socket.send(reply(asked, error="Currency pair not supported BTC/USD") | {"symbol": "BTC/USD"})
        return True

    stage.server.answer = refuse_once
    async with stage.venue(PUBLIC_ONLY) as venue:
        with pytest.raises(UnknownSymbol):
            await venue.follow_book("BTC/USD")
        assert stage.heard.told[-1] == ("subscription refused", "book BTC/USD", "Currency pair not supported BTC/USD")
        await venue.follow_book("BTC/USD", 100)


async def test_an_exchange_that_is_too_busy_is_asked_again(stage: Stage, autojump_clock: MockClock) -> None:
    async def busy(socket: ServerSocket, asked: Json) -> bool:
        channel = asked.get("params", {}).get("channel")
        if asked["method"] != "subscribe" or channel != "book" or len(socket.asked("subscribe", "book")) > 2:
            return False
        await socket.send(reply(asked, error="EService:Busy") | {"symbol": "BTC/USD"})
        return True

    stage.server.answer = busy
    async with stage.venue(PUBLIC_ONLY) as venue:
        with trio.fail_after(60):
            await venue.follow_book("BTC/USD")
        assert len(stage.server.sockets[0].asked("subscribe", "book")) == 3
        assert stage.heard.count("subscription refused") == 0


async def test_unfollowing_repeats_nothing_that_was_not_subscribed(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_trades("BTC/USD")
        await venue.unfollow_trades("BTC/USD")
        await venue.unfollow_instruments()
        (socket,) = stage.server.sockets
        assert [left["params"] for left in socket.asked("unsubscribe")] == [
            {"channel": "trade", "symbol": ["BTC/USD"]},
            {"channel": "instrument"},
        ]
        await venue.follow_instruments()
