from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.engine.facts import HIDDEN, LONGEST_TEXT, event_name, fact_of, facts_of
from seawall.model.orders import Side


@attrs.frozen
class RESTAnswerLost:
    side: Side
    qty: Decimal
    error: BaseException | None = None
    api_secret: str | None = None
    quiet: str = attrs.field(default="not shown", repr=False)


def test_event_names_are_snake_case_and_keep_abbreviations_together() -> None:
    assert event_name(RESTAnswerLost(Side.BUY, Decimal(1))) == "rest_answer_lost"


def test_decimals_keep_their_digits_and_enumerations_become_values() -> None:
    facts = facts_of(RESTAnswerLost(Side.BUY, Decimal("1E-8")))
    assert facts == {"side": "buy", "qty": "0.00000001", "error": None, "api_secret": None}


def test_secrets_are_hidden_by_name_at_any_depth_and_fields_out_of_repr_are_left_out() -> None:
    facts = facts_of(RESTAnswerLost(Side.SELL, Decimal(1), api_secret="kQH5HW"))
    assert facts["api_secret"] == HIDDEN
    assert "quiet" not in facts
    assert fact_of({"headers": {"ws_token": "abc", "tokens": 3}}) == {"headers": {"ws_token": HIDDEN, "tokens": 3}}


def test_exceptions_are_told_by_type_and_text_and_groups_by_each_of_theirs() -> None:
    group = ExceptionGroup("two", [OSError("no route"), ValueError("bad")])
    assert fact_of(group) == {
        "type": "ExceptionGroup",
        "text": "two (2 sub-exceptions)",
        "errors": [{"type": "OSError", "text": "no route"}, {"type": "ValueError", "text": "bad"}],
    }


def test_long_texts_and_lists_are_cut() -> None:
    text = fact_of("x" * (LONGEST_TEXT + 1))
    assert isinstance(text, str)
    assert text.endswith(f"({LONGEST_TEXT + 1} characters)")
    assert len(text) < LONGEST_TEXT + 30
    items = fact_of(list(range(1000)))
    assert isinstance(items, list)
    assert len(items) == 50


def test_what_contains_itself_ends() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "[...]" in str(fact_of(endless))


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        (Path("a/b"), "a/b"),
        (b"ab", "b'ab'"),
        (OSError, "OSError"),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Decimal("NaN"), "NaN"),
        (True, True),
    ],
)
def test_other_values_have_a_stable_form(value: object, fact: object) -> None:
    assert fact_of(value) == fact


def test_what_is_not_an_attrs_instance_is_told_as_text() -> None:
    assert facts_of("hello") == {"text": "hello"}
