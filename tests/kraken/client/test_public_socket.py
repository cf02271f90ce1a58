import attrs
import pytest
import trio
import trio.testing
from support.kraken_server import (
    ADDRESSES,
    BTC_ASKS,
    BTC_BIDS,
    SETTINGS,
    Json,
    ServerSocket,
    Stage,
    book_frame,
    book_snapshot,
    candle_row,
    ok,
    reply,
)
from trio.testing import MockClock

from seawall.kraken.client import (
    BookMismatched,
    BookStale,
    BookUnstable,
    FrameMisunderstood,
    SubscriptionRefused,
    TradesMissed,
)
from seawall.kraken.dialect.book import crc_of
from seawall.model.errors import AccessDenied, UnknownSymbol
from seawall.model.market_data import VenueStatus

PUBLIC_ONLY = attrs.evolve(SETTINGS, credentials=None)


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


async def test_a_pair_that_the_exchange_does_not_list_is_refused_without_asking(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        with pytest.raises(UnknownSymbol, match="BTC/USD"):
            await venue.follow_book("BTC/EUR")


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


async def test_a_crossed_book_is_lost_though_its_checksum_holds(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        crossing = (("45290.0", "1.00000000"), *BTC_BIDS)
        await socket.send(book_frame("BTC/USD", bids=crossing[:1], checksum=crc_of(BTC_ASKS, crossing)))
        await stage.heard.until_told("book lost", "BTC/USD")


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


async def test_garbage_is_counted_and_told_and_never_ends_the_connection(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(
            "CloudFlare WebSocket proxy restarting", '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"}]}'
        )
        await stage.heard.until_told("book lost", "BTC/USD")
        await stage.heard.until_told("book", "BTC/USD", times=2)
        misunderstood = [notice for notice in stage.notices if isinstance(notice, FrameMisunderstood)]
        assert [notice.frame[:10] for notice in misunderstood] == ["CloudFlare", '{"channel"']
        assert venue.statistics().public.misunderstood == 2
        assert len(stage.server.sockets) == 1


async def test_silence_ends_the_connection_and_the_books_at_once(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        began_s = trio.current_time()
        await stage.heard.until_told("book lost", "BTC/USD")
        assert trio.current_time() - began_s == pytest.approx(SETTINGS.silent_after_s)
        with trio.fail_after(5):
            await stage.heard.until_told("book", "BTC/USD", times=2)


async def test_trades_are_told_once_and_holes_are_noticed(stage: Stage, autojump_clock: MockClock) -> None:
    def trade_frame(*ids: int) -> Json:
        rows = [
            {
                "symbol": "BTC/USD",
                "side": "sell",
                "price": 45283.5,
                "qty": 0.1,
                "ord_type": "market",
                "trade_id": trade_id,
                "timestamp": "2026-11-23T05:00:00.000000Z",
            }
            for trade_id in ids
        ]
        return {"channel": "trade", "type": "update", "data": rows}

    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_trades("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(trade_frame(7, 8), trade_frame(8, 9), trade_frame(12))
        await stage.heard.until_told("traded", [12])
        assert [fact[1] for fact in stage.heard.told if fact[0] == "traded"] == [[7, 8], [9], [12]]
        assert [notice.count for notice in stage.notices if isinstance(notice, TradesMissed)] == [2]


async def test_candles_come_as_history_and_then_as_changes(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        history = await venue.follow_candles("BTC/USD", 60)
        assert [candle.closed for candle in history] == [True, False]
        assert not stage.heard.candles
        socket = await stage.server.socket(ADDRESSES.public)
        row = candle_row("BTC/USD", 1, 2)
        await socket.send({"channel": "ohlc", "type": "update", "data": [row], "timestamp": row["timestamp"]})
        await stage.heard.until(lambda: len(stage.heard.candles) == 2)
        assert [(candle.begin_ns // 60_000_000_000 % 60, candle.closed) for candle in stage.heard.candles] == [
            (1, True),
            (2, False),
        ]


async def test_without_credentials_nothing_private_is_tried(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        with pytest.raises(AccessDenied):
            await venue.balances()
        with pytest.raises(AccessDenied):
            await venue.cancel(["a"])
        await trio.testing.wait_all_tasks_blocked()
        assert stage.server.dialled == [ADDRESSES.public]


@pytest.mark.parametrize("_seed", range(10))
async def test_a_bug_of_the_listener_comes_out_of_the_block(stage: Stage, autojump_clock: MockClock, _seed: int) -> None:
    """Whichever task the scheduler runs first: the block may be left in the very moment the bug strikes."""
    stage.heard.bug = KeyError("a bug")
    with pytest.RaisesGroup(KeyError, flatten_subgroups=True):
        async with stage.venue(PUBLIC_ONLY) as venue:
            await venue.follow_book("BTC/USD")


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


async def test_a_candle_is_closed_by_the_exchanges_clock_when_nobody_trades(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        *_, running = await venue.follow_candles("BTC/USD", 60)
        assert not running.closed
        await stage.heard.until_told("candle", "BTC/USD", True)  # noqa: FBT003 - the candle's own flag
        assert stage.heard.candles == [attrs.evolve(running, closed=True)]


async def test_the_exchanges_status_is_told_when_it_changes(stage: Stage, autojump_clock: MockClock) -> None:
    def status(word: str) -> Json:
        return {"channel": "status", "type": "update", "data": [{"system": word, "api_version": "v2"}]}

    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(status("online"), status("cancel_only"), status("a new word"), status("cancel_only"))
        await stage.heard.until_told("status", "cancel_only")
        assert stage.heard.count("status") == 1
        assert venue.status() is VenueStatus.CANCEL_ONLY


async def test_an_instrument_update_changes_the_grid_and_keeps_rests_names(stage: Stage, autojump_clock: MockClock) -> None:
    pair = {
        "symbol": "BTC/USD",
        "base": "BTC",
        "quote": "USD",
        "status": "post_only",
        "qty_precision": 8,
        "qty_increment": 1e-8,
        "price_precision": 2,
        "cost_precision": 5,
        "marginable": True,
        "has_index": True,
        "cost_min": 0.5,
        "price_increment": 0.05,
        "qty_min": 0.0001,
    }
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send({"channel": "instrument", "type": "update", "data": {"assets": [], "pairs": [pair]}})
        await trio.testing.wait_all_tasks_blocked()
        instrument = venue.instrument("BTC/USD")
        assert (str(instrument.status), str(instrument.price_increment)) == ("post_only", "0.05")
        assert (instrument.rest_name, str(instrument.taker_fee)) == ("XBTUSD", "0.004")
