import pytest

from seawall.resilience import CircuitOpen, DialTimedOut, WaitTooLong, classify
from seawall.resilience.redial import RedialRules, carried_retry_after, never_fatal


def refused_key(error: BaseException) -> str | None:
    return "the key is refused" if isinstance(error, PermissionError) else None


RULES = RedialRules(refused_key, carried_retry_after, 300.0, classify)


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (ConnectionRefusedError(), True),
        (PermissionError(), True),  # which then stops the link with its reason, instead of passing for a bug
        (CircuitOpen("rest", 3.0), True),
        (WaitTooLong("rest", 3.0), True),
        (DialTimedOut("link", 10.0), True),
        (KeyError("a bug"), False),
        (ExceptionGroup("", [ConnectionResetError(), EOFError()]), True),
        (ExceptionGroup("", [ConnectionResetError(), KeyError("a bug")]), False),
    ],
)
def test_only_the_worlds_failures_are_dialled_again(error: Exception, may: bool) -> None:
    assert RULES.may_redial(error) is may


def test_the_first_fatal_leaf_gives_the_reason() -> None:
    assert RULES.fatal_reason(ExceptionGroup("", [OSError(), PermissionError()])) == "the key is refused"
    assert RULES.fatal_reason(OSError()) is None
    assert never_fatal(PermissionError()) is None


@pytest.mark.parametrize(
    ("error", "asked_s"),
    [
        (OSError(), None),
        (CircuitOpen("rest", 3.0), 3.0),
        (CircuitOpen("rest", 1e9), 300.0),
        (CircuitOpen("rest", float("nan")), None),
        (ExceptionGroup("", [CircuitOpen("a", 3.0), WaitTooLong("b", 7.0), OSError()]), 7.0),
    ],
)
def test_the_longest_wait_asked_for_holds_within_limits(error: Exception, asked_s: float | None) -> None:
    assert RULES.asked_s(error) == asked_s


def test_an_attempt_that_a_breaker_held_back_was_none() -> None:
    assert RULES.nothing_was_tried(CircuitOpen("rest", 3.0))
    assert not RULES.nothing_was_tried(ExceptionGroup("", [CircuitOpen("rest", 3.0), OSError()]))
