from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from seawall.kraken.dialect.books.digits import are_sizes, check_sizes, number, refuse_unsound, size_text

NO_NUMBERS = [b'"1.5"', b'"NaN"', b"null", b"true", b"[]", b"{}", b'""', b"1e999", b"1 2"]


@pytest.mark.parametrize("token", [b"0", b"0.00010000", b"119174.000", b"1e-08", b"1.5E+3", b"-0.17"])
def test_a_token_is_the_decimal_it_says(token: bytes) -> None:
    assert number(Raw(token)) == Decimal(token.decode())


def test_trailing_zeros_are_kept() -> None:
    assert str(number(Raw(b"0.00010000"))) == "0.00010000"


@pytest.mark.parametrize("token", NO_NUMBERS)
def test_what_is_no_number_is_refused(token: bytes) -> None:
    for refusing in (number, size_text):
        with pytest.raises(ValueError, match="not a"):
            refusing(Raw(token))
    with pytest.raises(ValueError, match="not a"):
        check_sizes([Raw(b"1.0"), Raw(token)])


def test_sizes_are_not_negative() -> None:
    check_sizes([Raw(b"1"), Raw(b"0.0"), Raw(b"1e-8")])
    check_sizes([])
    with pytest.raises(ValueError, match="negative"):
        check_sizes([Raw(b"1"), Raw(b"-1")])


@pytest.mark.parametrize("token", [b"9" * 41, b"1" + b"0" * 50 + b".5", b"0." + b"1" * 90])
def test_a_number_of_absurdly_many_digits_is_refused_at_the_door(token: bytes) -> None:
    for refusing in (number, size_text):
        with pytest.raises(ValueError, match="not a"):
            refusing(Raw(token))
    with pytest.raises(ValueError, match="not a"):
        check_sizes([Raw(b"1.0"), Raw(token)])
    check_sizes([Raw(b"9" * 40), Raw(b"0." + b"0" * 30 + b"123456789012")])


def test_an_exponent_is_written_out() -> None:
    assert size_text(Raw(b"1e-08")) == b"0.00000001"
    assert size_text(Raw(b"1.50")) == b"1.50"


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e41", "1e-41"])
def test_unsound_decimals_are_refused_whatever_their_sign(text: str) -> None:
    with pytest.raises(ValueError, match=r"qty: .* is not a finite number"):
        refuse_unsound("qty", Decimal(text), signed=True)


def test_a_negative_decimal_is_refused_where_none_can_be() -> None:
    refuse_unsound("fee", Decimal("-0.02"), signed=True)
    refuse_unsound("qty", None, signed=False)
    with pytest.raises(ValueError, match=r"qty: -0\.02 is negative"):
        refuse_unsound("qty", Decimal("-0.02"), signed=False)


@given(st.lists(st.none() | st.decimals(), max_size=3))
def test_the_quick_look_at_sizes_passes_only_what_the_close_look_passes(values: list[Decimal | None]) -> None:
    sound = True
    for value in values:
        try:
            refuse_unsound("qty", value, signed=False)
        except ValueError:
            sound = False
    assert sound or not are_sizes(values)
    if not any(value is not None and value.is_signed() for value in values):
        assert are_sizes(values) == sound
