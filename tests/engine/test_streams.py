"""Quotes and books as a strategy reads them: the newest, verified, and never lost to a cancellation."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.engine.line import Line
from seawall.engine.streams import BookStream, QuoteStream
from seawall.model.market_data import Level, Quote

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


def tell(line: Line, bid: str) -> None:
    line.change(FakeBook(bid), 1.0)


async def bid_of(stream: QuoteStream) -> str:
    with trio.fail_after(1):
        return str((await anext(stream)).bid)


async def is_waiting(stream: QuoteStream | BookStream, autojump_clock: MockClock) -> bool:
    with trio.move_on_after(1) as scope:
        await anext(stream)
    return scope.cancelled_caught


async def test_the_current_quote_comes_first() -> None:
    line = Line("BTC/USD")
    tell(line, "100")

    async with QuoteStream(line) as quotes:
        with trio.fail_after(1):
            assert not (await anext(quotes)).after_gap


async def test_a_reader_waits_for_the_first_quote(autojump_clock: MockClock) -> None:
    line = Line("BTC/USD")
    seen: list[Quote] = []

    async def read() -> None:
        async with QuoteStream(line) as quotes:
            async for quote in quotes:
                seen.append(quote)  # noqa: PERF401  # looked at while it grows

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        assert seen == []
        tell(line, "100")
        await wait_all_tasks_blocked()
        assert [(quote.bid, quote.after_gap) for quote in seen] == [(D(100), False)]
        nursery.cancel_scope.cancel()


async def test_the_newest_value_wins_and_what_it_replaced_is_counted() -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes:
        for bid in ("100", "101", "102"):
            tell(line, bid)

        assert await bid_of(quotes) == "102"
        assert quotes.replaced == 2
        assert line.replaced == 2


async def test_the_same_touch_is_no_news(autojump_clock: MockClock) -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes:
        tell(line, "100")
        await bid_of(quotes)
        tell(line, "100")

        assert await is_waiting(quotes, autojump_clock)
        tell(line, "101")
        assert await bid_of(quotes) == "101"


async def test_a_lost_book_yields_nothing_until_it_is_back(autojump_clock: MockClock) -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes, BookStream(line) as books:
        tell(line, "100")
        line.lose("checksum")  # before anybody read it

        assert await is_waiting(quotes, autojump_clock)
        assert await is_waiting(books, autojump_clock)
        tell(line, "100")
        assert (await anext(quotes)).after_gap
        assert (await anext(books)).best_bid() == Level(D(100), D(1))
        assert books.after_gap


async def test_the_first_value_after_a_gap_says_so_and_the_next_does_not() -> None:
    line = Line("BTC/USD")
    tell(line, "100")

    told: list[tuple[bool, bool]] = []

    async with QuoteStream(line) as quotes, BookStream(line) as books:
        for bid, is_lost in (("100", False), ("100", True), ("101", False)):
            if is_lost:
                line.lose("checksum")
            tell(line, bid)  # after the gap though the touch is the same
            quote = await anext(quotes)
            await anext(books)
            told.append((quote.after_gap, books.after_gap))

    assert told == [(False, False), (True, True), (False, False)]


async def test_a_gap_before_a_stream_was_opened_is_none_of_its() -> None:
    line = Line("BTC/USD")
    tell(line, "100")
    line.lose("checksum")
    stream = QuoteStream(line)
    tell(line, "100")
    line.lose("checksum")

    async with stream as quotes:
        tell(line, "100")
        assert not (await anext(quotes)).after_gap


async def test_a_cancelled_take_loses_nothing(autojump_clock: MockClock) -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes:
        with trio.move_on_after(1):
            await anext(quotes)
        with trio.CancelScope() as scope:
            tell(line, "100")
            scope.cancel()
            await anext(quotes)

        assert scope.cancelled_caught
        assert await bid_of(quotes) == "100"


async def test_streams_on_one_symbol_are_independent() -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as fast, QuoteStream(line) as slow:
        tell(line, "100")
        assert await bid_of(fast) == "100"
        tell(line, "101")
        assert await bid_of(fast) == "101"
        assert await bid_of(slow) == "101"
        assert (fast.replaced, slow.replaced) == (0, 1)


async def test_a_closed_stream_is_forgotten() -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes:
        assert line.readers == [quotes]

    assert line.readers == []
    with pytest.raises(trio.ClosedResourceError):
        await anext(quotes)
    with pytest.raises(trio.ClosedResourceError):
        async with quotes:
            pass


async def test_a_stream_is_not_read_before_it_is_opened() -> None:
    with pytest.raises(trio.ClosedResourceError, match="quotes of BTC/USD"):
        await anext(QuoteStream(Line("BTC/USD")))


async def test_closing_wakes_who_reads() -> None:
    line = Line("BTC/USD")
    told: list[str] = []

    async def read(quotes: QuoteStream) -> None:
        with pytest.raises(trio.ClosedResourceError):
            await anext(quotes)
        told.append("closed")

    async with trio.open_nursery() as nursery, QuoteStream(line) as quotes:
        nursery.start_soon(read, quotes)  # noqa: ASYNC111  # that it closes under its reader is the point
        await wait_all_tasks_blocked()

    assert told == ["closed"]


async def test_a_second_reader_is_refused() -> None:
    line = Line("BTC/USD")

    async with QuoteStream(line) as quotes, trio.open_nursery() as nursery:
        nursery.start_soon(bid_of, quotes)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await anext(quotes)
        tell(line, "100")
        await wait_all_tasks_blocked()


async def test_a_stream_shows_what_it_is() -> None:
    stream = BookStream(Line("BTC/USD"))

    assert repr(stream) == "<BookStream: books of BTC/USD, closed>"
    async with stream:
        assert repr(stream) == "<BookStream: books of BTC/USD, open>"
