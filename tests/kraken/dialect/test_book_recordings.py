"""Every checksum of two recordings of the exchange, and what one spoiled digit does to them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from seawall.kraken.dialect.bad import ChecksumMismatch
from seawall.kraken.dialect.books.book import KrakenBook, crc_of
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame, BookLevel

SharedFile = Callable[[str], Path]
SIX_PAIRS = "data/kraken_book_2021-04-17.jsonl"
ONE_PAIR = "kraken/samples/ws_book_recording_btcusd.jsonl"


class Timed(msgspec.Struct):
    frame: msgspec.Raw


def raw_frames(path: Path) -> Iterator[bytes]:
    timed = msgspec.json.Decoder(Timed)
    with path.open("rb") as lines:
        for line in lines:
            yield bytes(timed.decode(line).frame)


def replay(frames: Iterator[bytes]) -> tuple[Counter[str], Counter[str]]:
    """Messages and mismatches by symbol; a book that mismatched is left alone until its next snapshot, as a client would."""
    books: dict[str, KrakenBook] = {}
    messages: Counter[str] = Counter()
    mismatches: Counter[str] = Counter()
    for raw in frames:
        frame = decode(raw)
        assert isinstance(frame, BookFrame)
        for row in frame.data:
            messages[row.symbol] += 1
            if frame.snapshot:
                books[row.symbol] = KrakenBook(row.symbol, 1000)
            if row.symbol not in books:
                continue
            try:
                books[row.symbol].apply(row, frame.snapshot)
            except ChecksumMismatch:
                mismatches[row.symbol] += 1
                del books[row.symbol]
    return messages, mismatches


def test_every_checksum_of_the_six_pairs_holds(shared_file: SharedFile) -> None:
    messages, mismatches = replay(raw_frames(shared_file(SIX_PAIRS)))
    assert (len(messages), messages.total(), mismatches.total()) == (6, 2495 + 6, 0)


SIX = ("ADA/BTC", "BTC/CHF", "ETH/CHF", "OCEAN/BTC", "SC/EUR", "WAVES/EUR")


def spoil(raw: bytes, level: BookLevel) -> bytes:
    """The frame with the last digit of that level's quantity changed."""
    qty = bytes(level.qty)
    written = b'{"price":%b,"qty":%b}' % (bytes(level.price), qty)
    assert raw.count(written) == 1
    return raw.replace(written, written[:-2] + (b"1}" if qty.endswith(b"0") else b"0}"))


@pytest.mark.parametrize("symbol", SIX)
def test_one_spoiled_digit_of_a_snapshot_is_one_mismatch_of_its_symbol(shared_file: SharedFile, symbol: str) -> None:
    def spoiled() -> Iterator[bytes]:
        for raw in raw_frames(shared_file(SIX_PAIRS)):
            frame = decode(raw)
            assert isinstance(frame, BookFrame)
            hit = frame.snapshot and frame.data[0].symbol == symbol
            yield spoil(raw, frame.data[0].asks[0]) if hit else raw

    messages, mismatches = replay(spoiled())
    assert messages.total() == 2495 + 6
    assert mismatches == {symbol: 1}


@pytest.mark.parametrize("symbol", ["ADA/BTC", "ETH/CHF", "SC/EUR"])
def test_one_spoiled_digit_of_an_update_is_one_mismatch_of_its_symbol(shared_file: SharedFile, symbol: str) -> None:
    def spoiled() -> Iterator[bytes]:
        book = KrakenBook(symbol, 1000)
        done = False
        for raw in raw_frames(shared_file(SIX_PAIRS)):
            frame = decode(raw)
            assert isinstance(frame, BookFrame)
            row = frame.data[0]
            if row.symbol == symbol and not done:
                book.apply(row, frame.snapshot)
                seen = {str(level.qty) for level in (*book.asks(10), *book.bids(10))}
                visible = [level for level in (*row.asks, *row.bids) if bytes(level.qty).decode() in seen]
                if not frame.snapshot and visible:
                    done = True
                    yield spoil(raw, visible[0])
                    continue
            yield raw
        assert done

    _, mismatches = replay(spoiled())
    assert mismatches == {symbol: 1}


def test_every_checksum_of_the_recording_that_lost_its_zeros_holds_once_padded(shared_file: SharedFile) -> None:
    book = KrakenBook("BTC/USD", 10, price_places=1, qty_places=8)
    applied = 0
    with shared_file(ONE_PAIR).open("rb") as lines:
        for line in lines:
            frame = decode(line)
            assert isinstance(frame, BookFrame)
            book.apply(frame.data[0], frame.snapshot)
            applied += 1
            assert book.verified
    assert applied == 341


class Vector(msgspec.Struct):
    expected_crc32: int | None = None
    book: dict[str, list[tuple[str, str]]] | None = None
    frame: dict[str, object] | None = None


class Vectors(msgspec.Struct):
    cases: list[Vector]


def test_the_documented_checksums_are_reproduced(shared_file: SharedFile) -> None:
    text = shared_file("kraken/samples/vectors_book_checksum.json").read_bytes()
    vectors = [case for case in msgspec.json.decode(text, type=Vectors).cases if case.expected_crc32 is not None]
    assert len(vectors) == 3
    for vector in vectors:
        if vector.book is not None:
            assert crc_of(vector.book["asks"], vector.book["bids"]) == vector.expected_crc32
            continue
        # The vector has its digits in quotes; the exchange sends bare numbers.
        as_sent = re.sub(rb'"(\d+\.\d+)"', rb"\1", msgspec.json.encode(vector.frame))
        frame = decode(as_sent)
        assert isinstance(frame, BookFrame)
        book = KrakenBook("BTC/USD", 10)
        book.apply(frame.data[0], frame.snapshot)
        assert book.checksum() == vector.expected_crc32
