from contextlib import nullcontext
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.times import check_rfc3339, from_rfc3339, seconds_to_ns, to_rfc3339, to_seconds

NOON_NS = 1_769_860_800_000_000_000  # 2026-01-31T12:00:00Z


@pytest.mark.parametrize(
    ("text", "after_noon_ns"),
    [
        ("2026-01-31T12:00:00Z", 0),
        ("2026-01-31T12:00:00.5Z", 500_000_000),
        ("2026-01-31T12:00:00.000001Z", 1_000),
        ("2026-01-31T12:00:00.123456789Z", 123_456_789),
        ("2026-01-31T12:00:00.1234567899Z", 123_456_789),
        ("2026-01-31T11:59:60.000000001Z", 1),
        ("2026-01-31T12:00:00.7890123", 789_012_300),
        ("2026-01-31T14:30:00.000000001+02:30", 1),
        ("2026-01-31t09:00:00-03:00", 0),
        ("2026-01-31 12:00:00z", 0),
        ("2026-01-31T11:59:60Z", 0),
        ("2026-01-31T11:59:60.000001Z", 1_000),
        ("2026-01-31T12:00:00+00:00", 0),
    ],
)
def test_any_fraction_and_offset_is_read(text: str, after_noon_ns: int) -> None:
    assert from_rfc3339(text) == NOON_NS + after_noon_ns
    check_rfc3339(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "2026-01-31",
        "2026-13-31T12:00:00Z",
        "2026-02-30T12:00:00.000000Z",
        "2026-01-31T24:00:00.000000Z",
        "2026-01-31T12:00:00.00x000Z",
        "2026-01-31x12:00:00.000000Z",
        "2026-01-31T12:00:00.000000+01Z",
        "2026-01-31T12:00:00.0000001_0Z",
        "2026-02-30T12:00:00.000000000Z",
        "2026-01-31T12:00:00.00000:Z",
        "2026-01-31T12:00:00.00000000:Z",
        "2026-01-31T12:00:00.00000000٢Z",
        "2026-01-31T12:00:61Z",
        "2026-01-31T12:00:99.000000Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+00:60",
        "0000-01-31T12:00:00Z",
        "2026-01-31T12:00:00,000000Z",
        "2026-W01-1T12:00:00.000000Z",
        "٢٠٢٦-01-31T12:00:00Z",
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    for read in (from_rfc3339, check_rfc3339):
        with pytest.raises(ValueError, match="is not a"):
            read(text)


TIMES = [to_rfc3339(NOON_NS + 123_456_789, places) for places in (0, 3, 6, 9)]


@given(st.sampled_from(TIMES), st.integers(0, 30), st.sampled_from([*"0x9.-+: ZTz\u0661", "", "60", "24"]))
def test_the_quick_ways_take_the_same_times_as_the_slow_one(good: str, at: int, spoiler: str) -> None:
    text = good[:at] + spoiler + good[at + 1 :]
    for quick in (from_rfc3339, check_rfc3339):
        with pytest.raises(ValueError, match="is not a") if slowly(text) is None else nullcontext():
            quick(text)


def slowly(text: str) -> int | None:
    """With an offset of zero written out, no quick way is taken."""
    if not text.endswith(("Z", "z")):
        return from_rfc3339_or_none(text)
    return from_rfc3339_or_none(f"{text[:-1]}+00:00")


def from_rfc3339_or_none(text: str) -> int | None:
    try:
        return from_rfc3339(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("places", "text"),
    [
        (0, "2026-01-31T12:00:00Z"),
        (3, "2026-01-31T12:00:00.987Z"),
        (6, "2026-01-31T12:00:00.987654Z"),
        (9, "2026-01-31T12:00:00.987654321Z"),
    ],
)
def test_times_are_cut_to_the_places_asked_for(places: int, text: str) -> None:
    assert to_rfc3339(NOON_NS + 987_654_321, places) == text


@given(st.integers(min_value=-62_135_596_800_000_000_000, max_value=253_402_300_799_999_999_999))
def test_nanoseconds_survive_the_way_there_and_back(at_ns: int) -> None:
    assert from_rfc3339(to_rfc3339(at_ns, 9)) == at_ns
    assert from_rfc3339(to_rfc3339(at_ns)) == at_ns // 1000 * 1000


@pytest.mark.parametrize(
    ("text", "at_ns"),
    [
        ("0001-01-01T00:00:00.000000Z", -62_135_596_800_000_000_000),
        ("0999-12-31T23:59:59.999999Z", -30_610_224_000_000_001_000),
        ("1969-12-31T23:59:59.999999Z", -1_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999_000),
    ],
)
def test_years_far_off_are_read_and_written(text: str, at_ns: int) -> None:
    assert from_rfc3339(text) == at_ns
    assert to_rfc3339(at_ns) == text


@pytest.mark.parametrize("at_ns", [-(10**20), 10**21, 10**40, -(10**40)])
def test_a_time_that_cannot_be_written_is_refused(at_ns: int) -> None:
    with pytest.raises(ValueError, match="between the years 1 and 9999"):
        to_rfc3339(at_ns)


def test_seconds_keep_their_digits_whatever_the_thread_says_of_decimals() -> None:
    with localcontext(prec=6):
        assert seconds_to_ns(Decimal("1688667796.880212345")) == 1_688_667_796_880_212_345
    assert seconds_to_ns(Decimal(f"1{0:030d}.000000001")) == 10**39 + 1
    assert (to_seconds(-1), to_seconds(-1_500_000_000)) == ("-0.000000001", "-1.500000000")


def test_seconds_keep_their_digits() -> None:
    assert seconds_to_ns(Decimal("1688667796.8802")) == 1_688_667_796_880_200_000
    assert seconds_to_ns(1762820224) == 1_762_820_224_000_000_000
    assert to_seconds(1_688_667_796_880_200_000) == "1688667796.880200000"


def test_seconds_of_a_float_are_refused() -> None:
    with pytest.raises(TypeError, match=r"1\.5 is a float, where a time is an int of nanoseconds"):
        to_seconds(1.5)  # type: ignore[arg-type] # a user's mistake


@given(
    st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{5,9}[:Z+0-9]{1,2}", fullmatch=True),
    st.integers(min_value=17, max_value=30),
    st.sampled_from(["", "٢", "_", ":", " "]),
)
def test_the_quick_way_reads_and_refuses_what_the_thorough_way_does(text: str, at: int, odd: str) -> None:
    spoiled = text[:at] + odd + text[at + 1 :] if odd else text
    outcomes: list[int | None] = []
    for each in (spoiled, spoiled.replace("T", "t")):  # which only the thorough way takes
        try:
            outcomes.append(from_rfc3339(each))
        except ValueError:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]
    if outcomes[0] is None:
        with pytest.raises(ValueError, match="is not a"):
            check_rfc3339(spoiled)
    else:
        check_rfc3339(spoiled)
