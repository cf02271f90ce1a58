import attrs
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
    level3_frame,
    ok,
    reply,
)
from trio.testing import MockClock

from seawall.kraken.client import Level3Mismatched, Level3Unstable, Tier
from seawall.model.errors import AccessDenied
from seawall.resilience import DialFailed

URL = ADDRESSES.level3


def list_pairs(stage: Stage, count: int) -> list[str]:
    pairs = {f"A{number}USD": asset_pair(f"A{number}USD", f"A{number}/USD", f"A{number}", "ZUSD") for number in range(count)}
    stage.server.rest["AssetPairs"] = lambda _params: ok(pairs)
    return [f"A{number}/USD" for number in range(count)]


async def test_the_host_of_single_orders_is_dialled_when_first_needed(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.wait_live()
        await trio.sleep(5)
        assert URL not in stage.server.dialled
        await venue.follow_level3("BTC/USD", 100)
        socket = await stage.server.socket(URL)
        (asked,) = socket.asked("subscribe")
        assert asked["params"] == {
            "channel": "level3",
            "symbol": ["BTC/USD"],
            "depth": 100,
            "snapshot": True,
            "token": "token",
        }
        book = venue.level3("BTC/USD")
        assert book is stage.heard.level3["BTC/USD"]
        assert book is not None
        assert (book.depth, [order.order_id for order in book.bid_queues(1)[0]]) == (100, ["OB"])
        assert [statistics.name for statistics in venue.statistics().level3] == ["level 3 socket"]


async def test_without_a_key_single_orders_are_refused(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        with pytest.raises(AccessDenied):
            await venue.follow_level3("BTC/USD")
        assert URL not in stage.server.dialled


async def test_a_mismatch_resyncs_that_symbol_alone(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.follow_level3("BTC/USD")
        await venue.follow_level3("ETH/USD")
        socket = await stage.server.socket(URL)
        await socket.send(level3_frame("BTC/USD", "0.40000000"))
        await stage.heard.until_told("level3", "BTC/USD", times=2)
        await socket.send(level3_frame("BTC/USD", "0.30000000", checksum=7))
        await stage.heard.until_told("level3 lost", "BTC/USD")
        assert venue.level3("BTC/USD") is None
        with trio.fail_after(1):
            await stage.heard.until_told("level3", "BTC/USD", times=3)
        (left,) = socket.asked("unsubscribe")
        assert left["params"] == {"channel": "level3", "symbol": ["BTC/USD"], "depth": 10, "token": "token"}
        assert stage.heard.count("level3 lost", "ETH/USD") == 0
        assert [notice.symbol for notice in stage.notices if isinstance(notice, Level3Mismatched)] == ["BTC/USD"]
        counted = venue.statistics().level3_books
        assert (counted.mismatches, counted.trusted) == (1, ("BTC/USD", "ETH/USD"))


async def test_orders_that_keep_breaking_are_unverified_and_asked_for_ever_more_slowly(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def broken(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] != "subscribe" or asked["params"]["channel"] != "level3":
            return False
        await socket.send(reply(asked, {"channel": "level3", "symbol": "BTC/USD"}))
        await socket.send(level3_frame("BTC/USD", snapshot=True, checksum=7))
        return True

    stage.server.answer = broken
    async with stage.venue() as venue:
        with trio.move_on_after(20):
            await venue.follow_level3("BTC/USD")
        socket = await stage.server.socket(URL)
        # at 0, then at once, and after 1, 2, 4 and 8 s
        assert len(socket.asked("subscribe")) == 6
        assert {notice.symbol for notice in stage.notices if isinstance(notice, Level3Unstable)} == {"BTC/USD"}
        assert [str(feed) for feed in venue.statistics().unverified] == ["level3 BTC/USD"]
        assert stage.heard.count("level3") == 0


async def test_a_lost_socket_gets_a_new_token_and_restores_what_was_wanted(stage: Stage, autojump_clock: MockClock) -> None:
    tokens = iter(["private", "first", "second"])
    stage.server.rest["GetWebSocketsToken"] = lambda _params: ok({"token": next(tokens), "expires": 900})
    async with stage.venue() as venue:
        await venue.wait_live()
        await venue.follow_level3("BTC/USD")
        await venue.follow_book("ETH/USD")
        socket = await stage.server.socket(URL)
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("level3 lost", "BTC/USD")
        await stage.heard.until_told("level3", "BTC/USD", times=2)
        again = await stage.server.socket(URL, 2)
        assert [asked["params"]["token"] for asked in (*socket.asked("subscribe"), *again.asked("subscribe"))] == [
            "first",
            "second",
        ]
        assert stage.heard.count("book lost") == 0


async def test_a_stale_token_costs_the_connection_and_not_the_subscription(stage: Stage, autojump_clock: MockClock) -> None:
    async def stale(socket: ServerSocket, asked: Json) -> bool:
        if socket.url != URL or asked["method"] != "subscribe" or socket is not await stage.server.socket(URL):
            return False
        await socket.send(reply(asked, error="ESession:Invalid session"))
        return True

    stage.server.answer = stale
    async with stage.venue() as venue:
        with trio.fail_after(10):
            await venue.follow_level3("BTC/USD")
        assert stage.server.dialled.count(URL) == 2
        assert stage.heard.count("subscription refused") == 0


async def test_a_refused_permission_is_told_and_leaves_nothing_behind(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False

    async def refuse(socket: ServerSocket, asked: Json) -> bool:
        if socket.url != URL or asked["method"] != "subscribe":
            return False
        await socket.send(reply(asked, error="EGeneral:Permission denied"))
        return True

    stage.server.answer = refuse
    async with stage.venue() as venue:
        with pytest.raises(AccessDenied):
            await venue.follow_level3("BTC/USD")
        assert stage.heard.count("subscription refused", "level3 BTC/USD") == 1
        await trio.sleep(60)
        assert stage.server.dialled.count(URL) == 1
        assert venue.statistics().level3 == ()


@pytest.mark.parametrize(("tier", "budget"), [("starter", 200), ("pro", 500)])
@pytest.mark.parametrize(("depth", "cost"), [(10, 5), (100, 25), (1000, 100)])
async def test_no_second_asks_for_more_than_the_budget(
    stage: Stage, autojump_clock: MockClock, tier: Tier, budget: int, depth: int, cost: int
) -> None:
    followed = list_pairs(stage, 90)
    spent: list[tuple[float, int]] = []

    async def note(socket: ServerSocket, asked: Json) -> bool:
        await trio.lowlevel.checkpoint()
        if socket.url == URL and asked["method"] == "subscribe":
            spent.append((trio.current_time(), cost * len(asked["params"]["symbol"])))
        return False

    stage.server.answer = note
    async with stage.venue(attrs.evolve(SETTINGS, tier=tier)) as venue, trio.open_nursery() as nursery:
        for symbol in followed:
            nursery.start_soon(venue.follow_level3, symbol, depth)
        await stage.heard.until_told("level3", times=90)
        assert stage.server.dialled.count(URL) == 1, "slow as it is, subscribing does not outlast the dial"
        assert max(sum(units for at_s, units in spent if begin <= at_s < begin + 1) for begin, _ in spent) <= budget


async def test_more_than_two_hundred_symbols_take_another_socket(stage: Stage, autojump_clock: MockClock) -> None:
    followed = list_pairs(stage, 201)
    async with stage.venue() as venue, trio.open_nursery() as nursery:
        for symbol in followed:
            nursery.start_soon(venue.follow_level3, symbol)
        await stage.heard.until_told("level3", times=201)
        assert stage.server.dialled.count(URL) == 2


async def test_garbage_on_the_channel_is_doubted_and_mended(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.follow_level3("BTC/USD")
        socket = await stage.server.socket(URL)
        await socket.send('{"channel":"level3","type":"update","data":[{"symbol":"BTC/USD"}]}')
        await stage.heard.until_told("level3 lost", "BTC/USD")
        await stage.heard.until_told("level3", "BTC/USD", times=2)


async def test_after_unfollowing_it_is_forgotten_and_the_socket_closed(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue:
        await venue.follow_level3("BTC/USD")
        with pytest.raises(ValueError, match="unfollow"):
            await venue.follow_level3("BTC/USD", 100)
        with pytest.raises(ValueError, match="depth: 25"):
            await venue.follow_level3("ETH/USD", 25)
        socket = await stage.server.socket(URL)
        await venue.unfollow_level3("BTC/USD")
        await socket.send(level3_frame("BTC/USD", snapshot=True))
        await trio.testing.wait_all_tasks_blocked()
        assert stage.heard.count("level3") == 1
        assert venue.level3("BTC/USD") is None
        await socket.ended.wait()
        assert stage.heard.count("level3 lost") == 0
        await venue.follow_level3("BTC/USD", 100)
        assert stage.server.dialled.count(URL) == 2


async def test_an_address_that_is_wrong_ends_nothing_else(stage: Stage, autojump_clock: MockClock) -> None:
    async def forbid(stream: trio.abc.Stream, url: str) -> bool:
        if url != URL:
            return False
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        return True

    stage.server.upgrade = forbid
    async with stage.venue() as venue:
        await venue.follow_book("BTC/USD")
        with trio.move_on_after(600) as waiting:
            await venue.follow_level3("BTC/USD")
        assert waiting.cancelled_caught
        assert stage.heard.count("book lost") == 0
        assert any(isinstance(notice, DialFailed) for notice in stage.notices)
