from decimal import Decimal

from seawall.kraken.client.api.streams.views import BookSnapshot
from seawall.model.market_data import Book, Level

BIDS = (Level(Decimal("99.9"), Decimal(1)), Level(Decimal("99.8"), Decimal(2)))
ASKS = (Level(Decimal("100.1"), Decimal(3)), Level(Decimal("100.2"), Decimal(4)))


def test_a_snapshot_reads_like_the_book_it_was_taken_of() -> None:
    book: Book = BookSnapshot("BTC/USD", 17, 2.5, BIDS, ASKS)

    assert (book.symbol, book.at_ns) == ("BTC/USD", 17)
    assert (book.best_bid(), book.best_ask()) == (BIDS[0], ASKS[0])
    assert (book.bids(1), book.asks(10)) == (BIDS[:1], ASKS)
    assert repr(book) == "<BookSnapshot BTC/USD 99.9 / 100.1, 2 bids, 2 asks>"


def test_a_snapshot_of_a_snapshot_is_equal() -> None:
    book = BookSnapshot("BTC/USD", 17, 2.5, BIDS, ASKS)
    assert BookSnapshot.of(book, 2.5) == book


def test_an_empty_side_has_no_best() -> None:
    book = BookSnapshot("BTC/USD", 0, 2.5, (), ASKS)
    assert book.best_bid() is None
    assert repr(book) == "<BookSnapshot BTC/USD none / 100.1, 0 bids, 2 asks>"
    assert BookSnapshot("BTC/USD", 0, 2.5, BIDS, ()).best_ask() is None
