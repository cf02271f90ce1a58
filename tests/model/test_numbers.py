from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.errors import BadNumber
from seawall.model.numbers import exact, is_multiple, plain, positive, round_down, round_up

increments = st.integers(min_value=0, max_value=10).map(lambda places: Decimal(1).scaleb(-places))
sizes = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=12)


@pytest.mark.parametrize("text", ["0.00010000", "45283.50", "-1", ".5", "1e-8", "123456789012.12345678"])
def test_text_is_kept_digit_for_digit(text: str) -> None:
    assert exact(text, "qty").as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    "value", ["", "abc", "1_000", "NaN", "Infinity", "1e9999", "0x10", "1,5", Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_is_not_an_exact_finite_number_is_refused_by_name(value: str | Decimal) -> None:
    with pytest.raises(BadNumber, match=r"^qty: "):
        exact(value, "qty")


@pytest.mark.parametrize("value", [0.1, 1.0, True, None, b"1"])
def test_floats_booleans_and_strangers_are_refused(value: object) -> None:
    with pytest.raises(BadNumber):
        exact(value, "price")  # type: ignore[arg-type]  # that is the point


def test_a_float_is_refused_with_a_hint() -> None:
    with pytest.raises(BadNumber, match="write it in quotes"):
        exact(0.1, "price")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("value", ["0", "-0.1", 0])
def test_positive_refuses_zero_and_less(value: str | int) -> None:
    with pytest.raises(BadNumber, match="above zero"):
        positive(value, "qty")


def test_plain_has_no_exponent_and_keeps_zeros() -> None:
    assert plain(Decimal("1E-8")) == "0.00000001"
    assert plain(Decimal("0.10")) == "0.10"
    assert plain(Decimal("1E+3")) == "1000"


@given(number=sizes, increment=increments)
def test_rounding_gives_the_nearest_multiple_on_either_side(number: Decimal, increment: Decimal) -> None:
    down, up = round_down(number, increment), round_up(number, increment)

    assert is_multiple(down, increment)
    assert is_multiple(up, increment)
    assert down <= number <= up
    assert up - down in (0, increment)
