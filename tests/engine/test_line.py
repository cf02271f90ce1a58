"""One symbol's book as the feed holds it."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import trio

from seawall.engine.line import Line, Waker
from seawall.model.market_data import Level, Quote

D = Decimal


@attrs.define
class FakeBook:
    """A book of one level a side that counts how often it is read."""

    bid: str | None = "100"
    ask: str | None = "101"
    symbol: str = "BTC/USD"
    at_ns: int = 7
    reads: int = 0

    def best_bid(self) -> Level | None:
        self.reads += 1
        return None if self.bid is None else Level(D(self.bid), D(1))

    def best_ask(self) -> Level | None:
        return None if self.ask is None else Level(D(self.ask), D(2))

    def bids(self, count: int) -> Sequence[Level]:
        best = self.best_bid()
        return [best] if best is not None and count else []

    def asks(self, count: int) -> Sequence[Level]:
        best = self.best_ask()
        return [best] if best is not None and count else []


@attrs.define
class Counter:
    times: int = 0

    def changed(self) -> None:
        self.times += 1


def test_a_change_reads_nothing_and_marks_each_reader() -> None:
    line, book, readers = Line("BTC/USD"), FakeBook(), [Counter(), Counter()]
    line.readers.extend(readers)
    line.change(book, 3.0)

    assert [reader.times for reader in readers] == [1, 1]
    assert book.reads == 0
    assert (line.received_s, line.changes, line.is_verified) == (3.0, 1, True)


def test_a_quote_is_the_touch_made_once_for_each_change() -> None:
    line, book = Line("BTC/USD"), FakeBook()
    line.change(book, 3.0)

    assert line.quote() == Quote("BTC/USD", D(100), D(1), D(101), D(2), 3.0, 7)
    assert line.quote() is line.quote()
    assert book.reads == 1
    book.bid = "99"
    line.change(book, 4.0)
    assert line.quote() == Quote("BTC/USD", D(99), D(1), D(101), D(2), 4.0, 7)


def test_there_is_no_quote_of_a_lost_unseen_or_one_sided_book() -> None:
    line = Line("BTC/USD")
    assert line.quote() is None

    for book in (FakeBook(bid=None), FakeBook(ask=None)):
        line.change(book, 1.0)
        assert line.quote() is None

    line.change(FakeBook(), 1.0)
    assert line.quote() is not None
    line.lose("checksum")
    assert line.quote() is None
    assert line.lost_because == "checksum"


def test_a_gap_counts_once_however_often_it_is_told() -> None:
    line = Line("BTC/USD")
    line.lose("not there yet")
    assert line.gaps == 0

    line.change(FakeBook(), 1.0)
    line.lose("checksum")
    line.lose("socket")
    assert line.gaps == 1

    line.change(FakeBook(), 2.0)
    assert line.lost_because is None
    assert line.gaps == 1


async def test_a_waker_wakes_who_waits(autojump_clock: trio.testing.MockClock) -> None:
    line, waker = Line("BTC/USD"), Waker()
    line.readers.append(waker)

    async def change() -> None:
        await trio.sleep(5)
        line.change(FakeBook(), 1.0)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(change)
        await waker.wait()
        assert trio.current_time() == 5
