import json
import re
import zlib
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.bad import BadFrame, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.level3_frames import Level3Frame, Level3Row
from seawall.model.market_data import Book, Level

Order = tuple[str, str, str, int]
"""Id, price, quantity, and the second it was entered."""

ASKS: list[Order] = [("OA1", "101.5", "2.50000000", 1), ("OA2", "101.5", "1.00000000", 2), ("OA3", "102.0", "0.00010000", 1)]
BIDS: list[Order] = [("OB1", "101.4", "1.00000000", 1), ("OB2", "101.4", "2.00000000", 2), ("OB3", "100.0", "0.50000000", 3)]
TEXT = "1015250000000" + "1015100000000" + "102010000" + "1014100000000" + "1014200000000" + "100050000000"
CRC = 1_825_001_394  # of the text above, from the trailer that gzip writes


def order(row: Order, event: str | None = None) -> str:
    order_id, price, qty, second = row
    said = f'"event":"{event}",' if event else ""
    at = f"2026-01-31T12:00:{second:02}.000000001Z"
    return f'{{{said}"order_id":"{order_id}","limit_price":{price},"order_qty":{qty},"timestamp":"{at}"}}'


def frame(kind: str, bids: Sequence[str], asks: Sequence[str], checksum: int) -> str:
    row = f'{{"symbol":"BTC/USD","checksum":{checksum},"bids":[{",".join(bids)}],"asks":[{",".join(asks)}]}}'
    return f'{{"channel":"level3","type":"{kind}","data":[{row}]}}'


def decoded(text: str) -> Level3Row:
    found = decode(text)
    assert isinstance(found, Level3Frame)
    return found.data[0]


def crc(*orders: Order) -> int:
    """The checksum of orders given in the order of the text: asks from low to high, then bids from high to low."""
    digits = [text.replace(".", "").lstrip("0") for _, price, qty, _ in orders for text in (price, qty)]
    return zlib.crc32("".join(digits).encode())


def filled(depth: int = 10) -> Level3Book:
    book = Level3Book("BTC/USD", depth)
    book.apply(decoded(frame("snapshot", [order(row) for row in BIDS], [order(row) for row in ASKS], CRC)), snapshot=True)
    return book


def change(book: Level3Book, checksum: int, *, bids: Sequence[str] = (), asks: Sequence[str] = ()) -> None:
    book.apply(decoded(frame("update", bids, asks, checksum)), snapshot=False)


def ids(queues: Sequence[Sequence[object]]) -> list[list[str]]:
    return [[str(getattr(resting, "order_id", "")) for resting in queue] for queue in queues]


def test_the_checksum_is_the_crc_of_each_order_in_queue_order() -> None:
    assert crc(*ASKS, *BIDS) == zlib.crc32(TEXT.encode()) == CRC
    assert filled().checksum() == CRC
    assert filled().verified


def test_it_reads_as_any_book_does_with_what_all_orders_of_a_price_show() -> None:
    book: Book = filled()
    assert book.best_bid() == Level(Decimal("101.4"), Decimal(3))
    assert book.best_ask() == Level(Decimal("101.5"), Decimal("3.5"))
    assert [level.price for level in book.asks(5)] == [Decimal("101.5"), Decimal("102.0")]
    assert [level.price for level in book.bids(1)] == [Decimal("101.4")]
    assert book.at_ns == 1_769_860_803_000_000_001
    assert repr(book) == "Level3Book('BTC/USD', depth=10, 2 bid prices, 2 ask prices, verified)"


def test_what_a_price_shows_is_summed_exactly() -> None:
    rows = [("OA1", "0.00001234", "123456789012.000000000000000001", 1), ("OA2", "0.00001234", "0.000000000000000002", 2)]
    book = Level3Book("BTC/USD")
    with localcontext(prec=6):
        book.apply(decoded(frame("snapshot", [], [order(row) for row in rows], crc(*rows))), snapshot=True)
        assert book.best_ask() == Level(Decimal("0.00001234"), Decimal("123456789012.000000000000000003"))


def test_the_queue_of_a_price_is_told_order_by_order() -> None:
    book = filled()
    assert ids(book.ask_queues(9)) == [["OA1", "OA2"], ["OA3"]]
    [first, second] = book.bid_queues(1)[0]
    assert (first.order_id, first.qty, second.price) == ("OB1", Decimal(1), Decimal("101.4"))


def test_an_added_order_stands_where_its_time_says() -> None:
    book = filled()
    late: Order = ("OA9", "101.5", "0.30000000", 9)
    change(book, crc(*ASKS[:2], late, ASKS[2], *BIDS), asks=[order(late, "add")])
    early: Order = ("OA0", "101.5", "0.40000000", 0)
    change(book, crc(early, *ASKS[:2], late, ASKS[2], *BIDS), asks=[order(early, "add")])
    assert ids(book.ask_queues(1)) == [["OA0", "OA1", "OA2", "OA9"]]


def test_a_smaller_order_keeps_its_place_and_one_amended_later_goes_back() -> None:
    book = filled()
    smaller: Order = ("OB1", "101.4", "0.50000000", 1)
    change(book, crc(*ASKS, smaller, *BIDS[1:]), bids=[order(smaller, "modify")])
    assert ids(book.bid_queues(1)) == [["OB1", "OB2"]]
    larger: Order = ("OB1", "101.4", "5.00000000", 7)
    change(book, crc(*ASKS, BIDS[1], larger, BIDS[2]), bids=[order(larger, "modify")])
    assert ids(book.bid_queues(1)) == [["OB2", "OB1"]]


def test_a_price_without_orders_is_gone() -> None:
    book = filled()
    change(book, crc(*ASKS[:2], *BIDS), asks=[order(ASKS[2], "delete")])
    assert ids(book.ask_queues(5)) == [["OA1", "OA2"]]
    nothing: Order = ("OB3", "100.0", "0.00000000", 3)
    change(book, crc(*ASKS[:2], *BIDS[:2]), bids=[order(nothing, "modify")])
    assert len(book.bids(5)) == 1


def test_the_end_of_an_order_we_do_not_have_changes_nothing() -> None:
    book = filled()
    change(book, CRC, asks=[order(("OX", "150.0", "1", 1), "delete")])
    assert book.verified


def test_prices_pushed_out_of_view_are_cut_with_their_orders() -> None:
    book = Level3Book("BTC/USD", 10)
    asks: list[Order] = [(f"O{price}", f"{price}.0", "1.00", 1) for price in range(110, 120)]
    book.apply(decoded(frame("snapshot", [], [order(row) for row in asks], crc(*asks))), snapshot=True)
    better: Order = ("ONEW", "109.0", "1.00", 2)
    change(book, crc(better, *asks[:9]), asks=[order(better, "add")])
    assert [level.price for level in book.asks(99)] == [Decimal(price) for price in range(109, 119)]
    back = order(asks[9], "add")
    change(book, crc(*asks), asks=[order(better, "delete"), back])
    assert len(book.asks(99)) == 10


def test_only_ten_prices_are_part_of_the_checksum() -> None:
    book = Level3Book("BTC/USD", 100)
    asks: list[Order] = [(f"O{price}", f"{price}.0", "1.00", 1) for price in range(110, 125)]
    book.apply(decoded(frame("snapshot", [], [order(row) for row in asks], crc(*asks[:10]))), snapshot=True)
    assert len(book.asks(99)) == 15


def test_a_wrong_checksum_and_a_crossed_book_are_refused() -> None:
    book = filled()
    with pytest.raises(ChecksumMismatch, match="BTC/USD"):
        change(book, CRC + 1)
    assert not book.verified
    change(book, CRC)
    crossing: Order = ("OC", "101.5", "1.00", 4)
    with pytest.raises(CrossedBook):
        change(book, crc(*ASKS, crossing, *BIDS), bids=[order(crossing, "add")])
    assert not book.verified


def test_a_snapshot_starts_anew_and_clear_forgets() -> None:
    book = filled()
    book.apply(decoded(frame("snapshot", [], [order(ASKS[0])], crc(ASKS[0]))), snapshot=True)
    assert (book.best_bid(), len(book.asks(9))) == (None, 1)
    book.clear()
    assert (book.best_ask(), book.at_ns, book.verified) == (None, 0, False)


def test_another_symbol_and_another_depth_are_refused() -> None:
    with pytest.raises(ValueError, match="ETH/USD"):
        Level3Book("ETH/USD").apply(decoded(frame("snapshot", [], [], 0)), snapshot=True)
    with pytest.raises(ValueError, match="depth"):
        Level3Book("BTC/USD", 25)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (frame("update", [order(BIDS[0])], [], 0), "has none in an update"),
        (frame("update", [order(BIDS[0], "vanish")], [], 0), "vanish"),
        (frame("snapshot", [order(("O", "-1", "1", 1))], [], 0), "negative"),
        (frame("snapshot", [order(("O", "1", "-1", 1))], [], 0), "negative"),
        (frame("snapshot", [order(("O", '"NaN"', "1", 1))], [], 0), "not a number"),
        (frame("snapshot", [order(BIDS[0])], [], 0).replace("2026-01-31T", "2026-13-31T"), "not a time"),
    ],
)
def test_orders_that_cannot_be_are_bad_frames(text: str, reason: str) -> None:
    with pytest.raises(BadFrame, match=reason):
        decode(text)


def test_the_documented_vector_holds(shared_file: Callable[[str], Path]) -> None:
    vector = json.loads(shared_file("kraken/samples/vectors_level3_checksum.json").read_text())
    text = re.sub(r'"(limit_price|order_qty)": "([0-9.]+)"', r'"\1": \2', json.dumps(vector["frame"]))
    row = decoded(text)
    book = Level3Book(row.symbol)
    book.apply(row, snapshot=True)
    assert book.checksum() == row.checksum == vector["expected_crc32"]
    tokens = [
        b"".join(order.token for queue in queues for order in queue) for queues in (book.ask_queues(10), book.bid_queues(10))
    ]
    assert [token.decode() for token in tokens] == [vector["asks_string"], vector["bids_string"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "modify", "delete"]),
            st.sampled_from("ABCDEFGH"),
            st.integers(100, 115),
            st.integers(0, 3),
            st.integers(0, 9),
        ),
        max_size=40,
    )
)
def test_any_life_of_orders_leaves_the_book_a_plain_model_has(events: list[tuple[str, str, int, int, int]]) -> None:
    book, alive = Level3Book("BTC/USD", 100), dict[str, tuple[int, int, int, int]]()
    for arrivals, (event, order_id, price, qty, second) in enumerate(events):
        alive.pop(order_id, None)
        if event != "delete" and qty:
            alive[order_id] = (price, second, arrivals, qty)
        ranked = sorted(alive.items(), key=lambda item: item[1])
        best = sorted({price for price, *_ in alive.values()})[:10]
        wanted = crc(*((name, str(price), str(qty), second) for name, (price, second, _, qty) in ranked if price in best))
        change(book, wanted, asks=[order((order_id, str(price), str(qty), second), event)])
        assert [name for queue in ids(book.ask_queues(99)) for name in queue] == [name for name, _ in ranked]
