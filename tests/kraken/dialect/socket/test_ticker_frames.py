"""The quick way and the exact way say the same: what is refused, and each digit of what is not."""

import json
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame

SIZES: Final = ("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high")
SIGNED: Final = ("change", "change_pct")
USUAL: Final = dict.fromkeys(SIZES, "64999.10") | {"change": "-12.50", "change_pct": "-0.02"}
AT: Final = "2026-01-31T12:00:00.000001Z"


def row(numbers: dict[str, str], more: str = f',"timestamp":"{AT}","trades":5') -> str:
    return '{"symbol":"BTC/USD",' + ",".join(f'"{name}":{text}' for name, text in numbers.items()) + more + "}"


def ticker(*rows: str) -> bytes:
    return f'{{"channel":"ticker","type":"update","data":[{",".join(rows)}]}}'.encode()


def decoded(frame: bytes | str) -> TickerFrame:
    read = decode(frame)
    assert isinstance(read, TickerFrame)
    return read


def test_every_digit_is_read_as_it_was_sent() -> None:
    sent = {name: f"{10 + place}.{place:010}0" for place, name in enumerate(SIZES)} | {"change": "-0.10", "change_pct": "2.00"}
    frame = decoded(ticker(row(sent)))
    (read,) = frame.data
    assert {name: str(getattr(read, name)) for name in sent} == sent
    assert (read.symbol, read.timestamp, read.trades, frame.snapshot) == ("BTC/USD", AT, 5, False)


def test_more_digits_than_a_float_holds_are_read_all_the_same() -> None:
    long = "64999.1000000000000000000000000000001"
    (read,) = decoded(ticker(row(USUAL | {"bid": long}))).data
    assert str(read.bid) == long


def test_a_row_shows_no_float_and_is_equal_to_another_of_the_same_digits() -> None:
    (one,), (same,), (other,) = (
        decoded(ticker(row(USUAL | {"bid": bid}, more))).data for bid, more in (("1.10", ""), ("1.10", ',"new":1'), ("1.1", ""))
    )
    assert repr(one) == "TickerRow('BTC/USD', bid=1.10, ask=64999.10, last=64999.10)"
    assert (one == same, one == other, one == 5, hash(one) == hash(same)) == (True, False, False, True)


def test_older_frames_tell_neither_time_nor_count() -> None:
    (read,) = decoded(ticker(row(USUAL, ""))).data
    assert (read.timestamp, read.trades) == (None, None)


def test_a_market_without_trades_has_zeros_in_its_ticker() -> None:
    (read,) = decoded(ticker(row(USUAL | {"volume": "0.00000000", "change": "0.0", "change_pct": "0.00"}))).data
    assert [str(number) for number in (read.volume, read.change, read.change_pct)] == ["0E-8", "0.0", "0.00"]


def test_a_frame_may_have_several_rows_or_none() -> None:
    frame = decoded(ticker(row(USUAL), row(USUAL | {"bid": "2.0"})))
    assert [str(read.bid) for read in frame.data] == ["64999.10", "2.0"]
    assert decoded(ticker()).data == ()


def test_text_is_read_as_its_bytes_are() -> None:
    assert decoded(ticker(row(USUAL)).decode()) == decoded(ticker(row(USUAL)))


def test_a_touch_that_is_crossed_for_a_moment_is_news_and_no_bad_frame() -> None:
    (read,) = decoded(ticker(row(USUAL | {"bid": "3.0", "ask": "2.0"}))).data
    assert read.bid > read.ask


@pytest.mark.parametrize("name", SIZES)
def test_no_size_is_negative(name: str) -> None:
    with pytest.raises(BadFrame, match=f"channel ticker: {name}: -1.5 is negative"):
        decode(ticker(row(USUAL | {name: "-1.5"})))


@pytest.mark.parametrize(
    "token",
    [
        "NaN",
        "Infinity",
        '"1.5"',
        "null",
        "true",
        "[]",
        "1e400",
        "1e40",
        "-1e40",
        "1e-45",
        "0e-999999999",
        "0e999999999",
        "01",
        "1.",
    ],
)
@pytest.mark.parametrize("name", ["bid", "change"])
def test_what_is_no_sane_number_is_refused_when_it_comes(name: str, token: str) -> None:
    with pytest.raises(BadFrame, match="ticker"):
        decode(ticker(row(USUAL | {name: token})))


def test_a_row_without_one_of_its_numbers_is_refused() -> None:
    for name in USUAL:
        with pytest.raises(BadFrame, match=name):
            decode(ticker(row({other: text for other, text in USUAL.items() if other != name})))


digits = st.integers(min_value=0, max_value=10**45).map(str)
numbers = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "-"]),
    digits,
    st.just("") | st.from_regex(r"\.[0-9]{1,45}", fullmatch=True),
    st.just("") | st.from_regex(r"[eE][+-]?[0-9]{1,3}", fullmatch=True),
)
tokens = (
    numbers
    | st.sampled_from(
        ["NaN", "-Infinity", "null", "true", '"1.0"', "[1]", "{}", "-", "1e38", "1e-38", "9.99e39", "0." + "0" * 50 + "1"]
    )
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
)


def sound(token: str, *, signed: bool) -> bool:
    """The rule itself, said without any of the code that is under test."""
    try:
        value = json.loads(token, parse_float=Decimal, parse_int=Decimal)
        assert isinstance(value, Decimal)
        refuse_unsound("number", value, signed=signed)
    except (ValueError, ArithmeticError, AssertionError):
        return False
    return True


@given(st.dictionaries(st.sampled_from(list(USUAL)), tokens, min_size=1, max_size=3))
@example({"bid": "0." + "0" * 60 + "1"})
@example({"bid": "9" * 40})
@example({"change": "1" + "0" * 40})
@example({"bid": "0.00", "change": "-0.0"})
def test_the_quick_way_takes_and_refuses_what_the_exact_way_does(changed: dict[str, str]) -> None:
    frame = ticker(row(USUAL | changed))
    outcomes: list[TickerFrame | None] = []
    for text in (frame, frame.decode()):  # text always goes the exact way
        try:
            outcomes.append(decoded(text))
        except BadFrame:
            outcomes.append(None)
    quick, exact = outcomes
    assert (quick is None) == (exact is None)
    assert (quick is not None) == all(sound(token, signed=name in SIGNED) for name, token in changed.items())
    if quick is not None and exact is not None:
        for name, sent in (USUAL | changed).items():
            assert getattr(quick.data[0], name).as_tuple() == getattr(exact.data[0], name).as_tuple() == Decimal(sent).as_tuple()
