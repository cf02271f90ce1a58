import pytest

from seawall.model import errors
from seawall.model.errors import NotSent, OutcomeUnknown, Refused, RefusedByExchange, RefusedByRisk, SeawallError, Unavailable

KINDS = [getattr(errors, name) for name in errors.__all__ if name != "Advice"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_says_what_to_do(kind: type[SeawallError]) -> None:
    assert issubclass(kind, SeawallError)
    assert kind.advice in ("retry", "wait", "give up", "ask")


def test_a_lost_answer_says_ask_and_never_retry() -> None:
    assert OutcomeUnknown("gone").advice == "ask"


@pytest.mark.parametrize(
    "error", [NotSent("x", retry_after_s=3.0), Unavailable("x", retry_after_s=3.0), Refused("r", "x", retry_after_s=3.0)]
)
def test_a_given_pause_turns_the_advice_to_wait(error: SeawallError) -> None:
    assert (error.advice, error.retry_after_s) == ("wait", 3.0)


def test_a_refusal_names_its_rule() -> None:
    refusal = RefusedByRisk("order_size", "2 is above 1")

    assert refusal.rule == "order_size"
    assert str(refusal) == "order_size: 2 is above 1"


def test_a_refusal_does_not_say_its_rule_twice() -> None:
    refusal = RefusedByExchange("EOrder:Insufficient funds", "EOrder:Insufficient funds")

    assert str(refusal) == "EOrder:Insufficient funds"
