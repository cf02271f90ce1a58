"""The market as the engine last saw it: what the venue tells, and what the others are told."""

import math
from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.engine.feed import BookStatistics, Feed, FellBehind
from seawall.model.market_data import Candle, Level, Trade
from seawall.model.orders import Side

D = Decimal


@attrs.define
class FakeBook:
    """A book of one level a side."""

    bid: str = "100"
    ask: str = "200"
    symbol: str = "BTC/USD"
    at_ns: int = 7

    def best_bid(self) -> Level | None:
        return Level(D(self.bid), D(1))

    def best_ask(self) -> Level | None:
        return Level(D(self.ask), D(1))

    def bids(self, count: int) -> Sequence[Level]:
        return [Level(D(self.bid), D(1))][:count]

    def asks(self, count: int) -> Sequence[Level]:
        return [Level(D(self.ask), D(1))][:count]


def trade(symbol: str, number: int) -> Trade:
    return Trade(symbol, Side.BUY, D(100), D(1), number, number)


def candle(interval_s: int) -> Candle:
    return Candle("BTC/USD", interval_s, 0, D(1), D(1), D(1), D(1), D(1), 1, closed=True)


def test_a_symbol_never_seen_has_no_quote_and_infinite_age() -> None:
    feed = Feed(lambda: 10.0)

    assert feed.quote("BTC/USD") is None
    assert feed.age_s("BTC/USD") == math.inf
    assert not feed.is_verified("BTC/USD")
    assert feed.symbols() == ()


def test_asking_for_a_stream_is_not_having_seen_a_book() -> None:
    feed = Feed(lambda: 10.0)
    feed.quotes("BTC/USD")

    assert feed.symbols() == ("BTC/USD",)
    assert feed.age_s("BTC/USD") == math.inf
    assert not feed.is_verified("BTC/USD")


async def test_waiting_for_a_change_is_not_asking_for_the_book(autojump_clock: MockClock) -> None:
    feed = Feed()
    with trio.move_on_after(1):
        await feed.changed(["BTC/USD"])
    assert feed.symbols() == ()

    feed.book_lost("BTC/USD", "not there yet")
    assert feed.symbols() == ("BTC/USD",)


def test_a_changed_book_is_a_quote_with_an_age() -> None:
    feed = Feed(lambda: 10.0)
    feed.book_changed("BTC/USD", FakeBook(), 8.5)
    quote = feed.quote("BTC/USD")

    assert quote is not None
    assert (quote.bid, quote.ask, quote.received_s) == (D(100), D(200), 8.5)
    assert feed.age_s("BTC/USD") == 1.5
    assert feed.is_verified("BTC/USD")


def test_a_lost_book_has_no_quote_and_goes_on_ageing() -> None:
    feed = Feed(lambda: 10.0)
    feed.book_changed("BTC/USD", FakeBook(), 8.5)
    feed.book_changed("ETH/USD", FakeBook(symbol="ETH/USD"), 9.0)
    feed.book_lost("BTC/USD", "checksum")

    assert feed.quote("BTC/USD") is None
    assert not feed.is_verified("BTC/USD")
    assert feed.age_s("BTC/USD") == 1.5
    assert feed.quote("ETH/USD") is not None
    assert feed.symbols() == ("BTC/USD", "ETH/USD")


async def test_streams_read_what_the_venue_tells() -> None:
    feed = Feed()

    async with (
        feed.quotes("BTC/USD") as quotes,
        feed.books("BTC/USD") as books,
        feed.trades("BTC/USD") as trades,
        feed.candles("BTC/USD", 60) as candles,
    ):
        feed.book_changed("ETH/USD", FakeBook("1"), 1.0)
        feed.book_changed("BTC/USD", FakeBook("100"), 1.0)
        feed.traded([trade("ETH/USD", 1), trade("BTC/USD", 2), trade("BTC/USD", 3)])
        feed.candle_changed(candle(300))
        feed.candle_changed(candle(60))

        with trio.fail_after(1):
            assert (await anext(quotes)).bid == 100
            assert (await anext(books)).best_bid() == Level(D(100), D(1))
            assert [(await anext(trades)).trade_id for _ in range(2)] == [2, 3]
            assert (await anext(candles)).interval_s == 60


async def test_queues_are_bounded_by_default() -> None:
    feed = Feed()

    async with feed.trades("BTC/USD") as trades:
        feed.traded([trade("BTC/USD", number) for number in range(1_025)])
        with pytest.raises(FellBehind) as caught:
            await anext(trades)

    assert (caught.value.lost, caught.value.bound) == (1_025, 1_024)


async def test_changed_returns_at_the_next_change_of_any(autojump_clock: MockClock) -> None:
    feed = Feed()
    feed.book_changed("BTC/USD", FakeBook(), 0.0)
    woken: list[float] = []

    async def wait() -> None:
        await feed.changed(["BTC/USD", "ETH/USD"])
        woken.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.sleep(1)
        feed.book_changed("ADA/USD", FakeBook(), 1.0)
        await trio.sleep(1)
        feed.book_changed("ETH/USD", FakeBook(), 2.0)

    assert woken == [2.0]
    assert all(book.readers == 0 for book in feed.statistics().books)


async def test_a_cancelled_wait_for_a_change_leaves_nothing_behind(autojump_clock: MockClock) -> None:
    feed = Feed()
    with trio.move_on_after(1) as scope:
        await feed.changed(["BTC/USD"])

    assert scope.cancelled_caught
    assert feed.statistics().books[0].readers == 0


async def test_waiting_for_no_symbol_at_all_never_returns(autojump_clock: MockClock) -> None:
    feed = Feed()
    with trio.move_on_after(1) as scope:
        await feed.changed([])

    assert scope.cancelled_caught


async def test_statistics_count_changes_gaps_and_what_readers_missed() -> None:
    feed = Feed(lambda: 10.0)

    async with feed.quotes("BTC/USD"), feed.trades("BTC/USD", bound=1), feed.candles("BTC/USD", 60, bound=1):
        feed.book_changed("BTC/USD", FakeBook(), 8.0)
        feed.book_changed("BTC/USD", FakeBook(), 9.0)
        feed.book_lost("BTC/USD", "checksum")
        feed.traded([trade("BTC/USD", 1), trade("BTC/USD", 2)])
        for begin_ns in range(3):
            feed.candle_changed(attrs.evolve(candle(60), begin_ns=begin_ns))
        told = feed.statistics()
        await wait_all_tasks_blocked()

    assert told.books == (
        BookStatistics(
            symbol="BTC/USD",
            is_verified=False,
            lost_because="checksum",
            age_s=1.0,
            changes=2,
            gaps=1,
            readers=1,
            replaced=1,
        ),
    )
    assert (told.lost, told.queues) == (5, 2)
    assert repr(feed) == "<Feed: 1 books, 0 verified>"
