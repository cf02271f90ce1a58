import trio
import trio.testing
from support.kraken_server import (
    ADDRESSES,
    BTC_ASKS,
    BTC_BIDS,
    PUBLIC_ONLY,
    Json,
    ServerSocket,
    Stage,
    book_frame,
    book_snapshot,
    reply,
)
from trio.testing import MockClock

from seawall.kraken.client import BookMismatched, BookUnstable
from seawall.kraken.dialect.books.book import crc_of


async def test_a_mismatch_is_told_before_anything_is_sent_and_resyncs_that_symbol_alone(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await venue.follow_book("ETH/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(book_frame("BTC/USD", asks=(("45285.2", "0.00200000"),), checksum=1))
        await stage.heard.until_told("book lost", "BTC/USD")
        assert not socket.asked("unsubscribe"), "the listener comes first"
        with trio.fail_after(1):
            await stage.heard.until_told("book", "BTC/USD", times=2)
        (left,) = socket.asked("unsubscribe")
        assert left["params"] == {"channel": "book", "symbol": ["BTC/USD"], "depth": 10}
        assert [asked["params"]["symbol"] for asked in socket.asked("subscribe", "book")] == [
            ["BTC/USD"],
            ["ETH/USD"],
            ["BTC/USD"],
        ]
        assert stage.heard.count("book lost", "ETH/USD") == 0
        assert sum(isinstance(notice, BookMismatched) for notice in stage.notices) == 1


async def test_a_book_that_keeps_breaking_is_asked_for_ever_more_slowly_and_named(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def answer(socket: ServerSocket, asked: Json) -> bool:
        if asked["method"] != "subscribe" or asked["params"]["channel"] != "book":
            return False
        broken = book_snapshot("BTC/USD").replace(str(crc_of(BTC_ASKS, BTC_BIDS)), "7")
        await socket.send(reply(asked, {"channel": "book", "symbol": "BTC/USD"}), broken)
        return True

    stage.server.answer = answer
    async with stage.venue(PUBLIC_ONLY) as venue:
        with trio.move_on_after(20) as waiting:
            await venue.follow_book("BTC/USD")
        assert waiting.cancelled_caught, "a book that never held was not granted"
        socket = await stage.server.socket(ADDRESSES.public)
        # at 0, then after 1, 2, 4 and 8 s
        assert len(socket.asked("subscribe", "book")) == 6
        assert {notice.symbol for notice in stage.notices if isinstance(notice, BookUnstable)} == {"BTC/USD"}
        assert len(stage.server.sockets) == 1
        assert stage.heard.count("book") == 0
        assert [str(feed) for feed in venue.statistics().unverified] == ["book BTC/USD"]


async def test_a_crossed_book_is_lost_though_its_checksum_holds(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        crossing = (("45290.0", "1.00000000"), *BTC_BIDS)
        await socket.send(book_frame("BTC/USD", bids=crossing[:1], checksum=crc_of(BTC_ASKS, crossing)))
        await stage.heard.until_told("book lost", "BTC/USD")
