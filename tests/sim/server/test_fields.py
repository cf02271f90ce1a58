"""Reading fields, and the complaint about each kind of bad one."""

from decimal import Decimal

import pytest

from seawall.model.orders import Side
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.server.fields import Fields, Form, Json, choice, instant_ns, required


@pytest.mark.parametrize("value", [Decimal("1.50000000"), 2, Decimal("0.000000000001"), 10**14])
def test_json_numbers_are_exact(value: Decimal | int) -> None:
    assert str(Json({"x": value}).number("x")) == str(value)


@pytest.mark.parametrize("value", [Decimal(-1), Decimal("1e15"), Decimal("1e-13"), Decimal("1e999")])
def test_json_numbers_out_of_range_are_named(value: Decimal) -> None:
    with pytest.raises(ApiError, match="EGeneral:Invalid arguments:limit_price"):
        Json({"limit_price": value}).number("limit_price")


@pytest.mark.parametrize("value", ["1.5", True, [1]])
def test_json_numbers_must_be_numbers(value: object) -> None:
    with pytest.raises(ApiError, match="Limit_price field must be a number_float"):
        Json({"limit_price": value}).number("limit_price")


@pytest.mark.parametrize("text", ["1e3", "+1", "-1", " 1", "1.", ".5", "٣", "NaN", "1" * 16, "0." + "1" * 13])
def test_form_numbers_are_plain_digits(text: str) -> None:
    with pytest.raises(ApiError, match="EGeneral:Invalid arguments:volume"):
        Form({"volume": text}).number("volume")


@pytest.mark.parametrize("fields", [Json({}), Form({}), Form({"x": ""})])
def test_what_is_not_there_is_none_and_named_where_needed(fields: Fields) -> None:
    read = [fields.text("x"), fields.number("x"), fields.integer("x"), fields.flag("x"), instant_ns(fields, "x")]
    assert read == [None] * 5
    with pytest.raises(ApiError, match="EGeneral:Invalid arguments:x"):
        required(fields, "x")


def test_flags_and_integers_of_both_transports() -> None:
    assert [Form({"x": text}).flag("x") for text in ("true", "1", "false", "0")] == [True, True, False, False]
    assert (Form({"x": "-5"}).integer("x"), Json({"x": -5}).integer("x")) == (-5, -5)
    for fields in (Form({"x": "maybe"}), Json({"x": "true"})):
        with pytest.raises(ApiError):
            fields.flag("x")
    for fields in (Form({"x": "1.0"}), Json({"x": True}), Json({"x": 2**53})):
        with pytest.raises(ApiError):
            fields.integer("x")


def test_one_text_is_a_list_of_one() -> None:
    assert Json({"x": "a"}).texts("x") == ["a"]
    assert Json({"x": ["a", "b"]}).texts("x") == ["a", "b"]
    assert Json({}).texts("x") == []
    with pytest.raises(ApiError):
        Json({"x": ["a", 1]}).texts("x")


def test_choices_know_their_words_in_any_case() -> None:
    assert choice(Form({"type": "BUY"}), "type", Side) is Side.BUY
    assert choice(Form({}), "type", Side, Side.SELL) is Side.SELL
    with pytest.raises(ApiError, match="EGeneral:Invalid arguments:type"):
        choice(Form({}), "type", Side)


def test_instants_are_nanoseconds() -> None:
    assert instant_ns(Json({"deadline": "2026-01-01T00:00:00.001Z"}), "deadline") == 1_767_225_600_001_000_000
    with pytest.raises(ApiError, match="EGeneral:Invalid arguments:deadline"):
        instant_ns(Json({"deadline": "soon"}), "deadline")
