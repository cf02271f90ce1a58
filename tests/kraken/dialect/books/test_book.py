import zlib
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from seawall.kraken.dialect.bad import BadFrame, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.book import KrakenBook, crc_of
from seawall.kraken.dialect.books.side import Side
from seawall.kraken.dialect.socket.market_frames import BookLevel, BookRow
from seawall.model.market_data import Book, Level

ASKS = [("101.5", "2.50000000"), ("102.0", "0.00010000")]
BIDS = [("101.4", "1.00000000"), ("100.0", "0.50000000")]
CRC = 773_333_147  # of the text below, from the trailer that gzip writes
TEXT = "1015250000000102010000" + "10141000000001000" + "50000000"


def levels(rows: Sequence[tuple[str, str]]) -> list[BookLevel]:
    return [BookLevel(Raw(price.encode()), Raw(qty.encode())) for price, qty in rows]


def row(bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]], checksum: int, timestamp: str | None = None) -> BookRow:
    return BookRow("BTC/USD", checksum, levels(bids), levels(asks), timestamp)


def filled() -> KrakenBook:
    book = KrakenBook("BTC/USD")
    book.apply(row(BIDS, ASKS, crc_of(ASKS, BIDS), "2026-01-31T12:00:00.000001Z"), snapshot=True)
    return book


def test_the_checksum_is_the_crc_of_the_digits_without_points_and_leading_zeros() -> None:
    assert crc_of(ASKS, BIDS) == zlib.crc32(TEXT.encode()) == CRC
    assert filled().checksum() == CRC


def test_a_snapshot_is_readable_best_first() -> None:
    book: Book = filled()
    assert book.symbol == "BTC/USD"
    assert book.at_ns == 1_769_860_800_000_001_000
    assert book.best_bid() == Level(Decimal("101.4"), Decimal(1))
    assert book.best_ask() == Level(Decimal("101.5"), Decimal("2.5"))
    assert [str(level.price) for level in book.bids(5)] == ["101.4", "100.0"]
    assert [str(level.qty) for level in book.asks(5)] == ["2.50000000", "0.00010000"]
    assert len(book.asks(1)) == 1


def test_an_empty_book_has_no_best() -> None:
    book = KrakenBook("BTC/USD", 1000)
    assert book.best_bid() is None
    assert book.best_ask() is None
    assert book.bids(3) == book.asks(3) == ()
    assert (book.at_ns, book.verified, book.depth) == (0, False, 1000)


def test_entries_apply_in_order_and_zero_takes_a_level_away() -> None:
    book = filled()
    asks = [("101.5", "3.0"), ("101.5", "0.0"), ("103.0", "9.0"), ("103.0", "8.0"), ("104.0", "0")]
    after = [("102.0", "0.00010000"), ("103.0", "8.0")]
    book.apply(row([], asks, crc_of(after, BIDS)), snapshot=False)
    assert book.asks(10) == tuple(Level(Decimal(price), Decimal(qty)) for price, qty in after)
    assert book.verified


def test_one_price_with_more_zeros_is_the_same_price() -> None:
    book = filled()
    after = [("101.500", "7.0"), ("102.0", "0.00010000")]
    book.apply(row([], [("101.500", "7.0")], crc_of(after, BIDS)), snapshot=False)
    assert [(level.price, level.qty) for level in book.asks(5)] == [
        (Decimal("101.5"), Decimal(7)),
        (Decimal(102), Decimal("0.0001")),
    ]
    book.apply(row([("101.4", "0")], [("101.5", "0")], crc_of(after[1:], BIDS[1:])), snapshot=False)
    assert book.best_ask() == Level(Decimal(102), Decimal("0.0001"))


def test_numbers_with_exponents_are_taken_at_their_value() -> None:
    book = KrakenBook("BTC/USD")
    book.apply(row([("1e-07", "2.5E+1")], [], crc_of([], [("0.0000001", "25")])), snapshot=True)
    assert book.best_bid() == Level(Decimal("0.0000001"), Decimal(25))


def test_levels_pushed_out_of_view_are_cut_after_each_message() -> None:
    book = KrakenBook("BTC/USD", 10)
    ten = [(f"{100 + step}.0", "1.0") for step in range(10)]
    book.apply(row([], ten, crc_of(ten, [])), snapshot=True)
    after = [("99.0", "1.0"), *ten[:9]]
    book.apply(row([], [("99.0", "1.0")], crc_of(after, [])), snapshot=False)
    assert book.asks(20)[-1].price == Decimal(108)
    # 109.0 was pushed out and nothing is sent for it: when 99.0 goes, its replacement comes in the same message.
    book.apply(row([], [("99.0", "0"), ("109.0", "4.0")], crc_of([*ten[:9], ("109.0", "4.0")], [])), snapshot=False)
    assert book.asks(20)[-1].qty == Decimal(4)


def test_a_snapshot_replaces_what_was_there() -> None:
    book = filled()
    book.apply(row([("50.0", "1.0")], [], crc_of([], [("50.0", "1.0")])), snapshot=True)
    assert book.best_ask() is None
    assert len(book.bids(10)) == 1


def test_one_wrong_digit_is_noticed_and_named() -> None:
    book = filled()
    with pytest.raises(ChecksumMismatch, match="BTC/USD") as caught:
        book.apply(row([("101.4", "1.00000001")], [], CRC), snapshot=False)
    assert caught.value.expected == CRC
    assert caught.value.computed == book.checksum() != CRC
    assert not book.verified
    assert "not verified" in repr(book)


@pytest.mark.parametrize("bid", ["101.5", "101.50", "101.6"])
def test_a_crossed_book_is_refused_though_its_checksum_holds(bid: str) -> None:
    book = filled()
    with pytest.raises(CrossedBook, match="is not below") as caught:
        book.apply(row([(bid, "1.0")], [], crc_of(ASKS, [(bid, "1.0"), *BIDS])), snapshot=False)
    assert caught.value.symbol == "BTC/USD"
    assert not book.verified


def test_another_symbols_row_is_refused() -> None:
    book = filled()
    with pytest.raises(ValueError, match="ETH/USD"):
        book.apply(BookRow("ETH/USD", CRC), snapshot=False)
    assert book.verified


def test_a_level_that_is_no_number_is_a_bad_frame() -> None:
    spoiled = BookRow("BTC/USD", CRC, levels(BIDS), levels(ASKS))
    spoiled.bids.append(BookLevel(Raw(b"null"), Raw(b"1.0")))  # past the check that decoding makes
    with pytest.raises(BadFrame, match="BTC/USD"):
        KrakenBook("BTC/USD").apply(spoiled, snapshot=True)


def test_a_book_that_took_half_a_row_keeps_nothing_of_it() -> None:
    for price, qty in ((b"101.4", b"1 2"), (b"1 2", b"1.0"), (b"true", b"1.0"), (b"101.4", b"-1.0"), (b"-1", b"1.0")):
        book, update = filled(), row([("101.3", "1.0")], [], CRC)
        update.bids.append(BookLevel(Raw(price), Raw(qty)))
        with pytest.raises(BadFrame, match="BTC/USD"):
            book.apply(update, snapshot=False)
        assert (book.best_bid(), book.best_ask(), book.checksum(), book.verified) == (None, None, 0, False)


def test_prices_without_end_are_not_remembered_without_end() -> None:
    side = Side(1, 10, 0, 0)
    for tick in range(1000):
        side.apply(levels([(f"{1000 - tick}.5", "1.0")]))
    assert len(side._learned) <= 128
    assert [str(side.level(at).price) for at in (0, 9)] == ["1.5", "10.5"]


def test_an_unreadable_timestamp_counts_as_none() -> None:
    book = filled()
    book.apply(row([], [], CRC, "yesterday"), snapshot=False)
    assert book.at_ns == 0


def test_a_cleared_book_is_empty_and_not_verified() -> None:
    book = filled()
    book.clear()
    assert (book.best_bid(), book.best_ask(), book.at_ns, book.verified) == (None, None, 0, False)


def test_padding_repairs_digits_that_went_through_a_float() -> None:
    book = KrakenBook("BTC/USD", price_places=1, qty_places=8)
    book.apply(row([("101.4", "1"), ("100", "0.5")], [("101.5", "2.5"), ("102", "0.0001")], CRC), snapshot=True)
    assert str(book.bids(2)[1]) == str(Level(Decimal("100.0"), Decimal("0.50000000")))


@pytest.mark.parametrize("depth", [0, 1, 11, -10])
def test_a_depth_that_is_not_served_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="10, 25, 100, 500, 1000"):
        KrakenBook("BTC/USD", depth)


ticks = st.integers(min_value=1, max_value=40)
places = st.sampled_from([1, 1, 1, 2, 3])
lots = st.sampled_from(["0", "0.00000000", "0.00000001", "1.50000000", "12.00000000", "3"])


@st.composite
def messages(draw: st.DrawFn) -> list[tuple[str, str]]:
    return [(f"{draw(ticks) / 10 + offset:.{draw(places)}f}", draw(lots)) for offset in draw(st.lists(st.just(0), max_size=8))]


class Naive:
    """The same rules said plainly, in decimals and dicts."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, tuple[str, str]] = {}
        self.asks: dict[Decimal, tuple[str, str]] = {}

    def apply(self, side: dict[Decimal, tuple[str, str]], changes: Sequence[tuple[str, str]], *, best_high: bool) -> None:
        for price, qty in changes:
            if Decimal(qty) == 0:
                side.pop(Decimal(price), None)
            else:
                side[Decimal(price)] = (price, qty)
        for price_out in sorted(side, reverse=best_high)[10:]:
            del side[price_out]

    def best(self, side: dict[Decimal, tuple[str, str]], *, best_high: bool) -> list[tuple[str, str]]:
        return [side[price] for price in sorted(side, reverse=best_high)]


@given(st.lists(st.tuples(messages(), messages(), st.booleans()), max_size=12))
def test_the_book_agrees_with_a_plain_one(steps: list[tuple[list[tuple[str, str]], list[tuple[str, str]], bool]]) -> None:
    book, naive = KrakenBook("BTC/USD", 10), Naive()
    for bids, low_asks, snapshot in steps:
        asks = [(f"{Decimal(price) + 100}", qty) for price, qty in low_asks]
        if snapshot:
            naive = Naive()
        naive.apply(naive.bids, bids, best_high=True)
        naive.apply(naive.asks, asks, best_high=False)
        best_asks = naive.best(naive.asks, best_high=False)
        best_bids = naive.best(naive.bids, best_high=True)
        book.apply(row(bids, asks, crc_of(best_asks, best_bids)), snapshot=snapshot)
        assert book.asks(10) == tuple(Level(Decimal(price), Decimal(qty)) for price, qty in best_asks)
        assert book.bids(10) == tuple(Level(Decimal(price), Decimal(qty)) for price, qty in best_bids)
