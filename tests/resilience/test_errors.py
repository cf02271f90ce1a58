import pytest

from seawall.resilience import (
    ADVICE,
    Advice,
    BadSetting,
    CircuitOpen,
    DialTimedOut,
    GaveUp,
    ReconnectStopped,
    ResilienceError,
    WaitTooLong,
)


@pytest.mark.parametrize(
    ("error", "advice", "retry_after_s"),
    [
        (CircuitOpen("rest", 2.5), "wait", 2.5),
        (CircuitOpen("rest", None), "give up", None),
        (WaitTooLong("rest", 4.0), "wait", 4.0),
        (DialTimedOut("public", 10.0), "retry", None),
        (ReconnectStopped("public", "no such user"), "give up", None),
        (GaveUp("feed", 6), "give up", None),
        (BadSetting("Backoff.base_s", 0, "a number"), "give up", None),
    ],
)
def test_each_says_what_its_reader_can_do(error: ResilienceError, advice: Advice, retry_after_s: float | None) -> None:
    assert (error.advice, error.retry_after_s) == (advice, retry_after_s)
    assert error.advice in ADVICE


def test_every_error_is_covered_above() -> None:
    assert {kind.__name__ for kind in ResilienceError.__subclasses__()} == {
        "BadSetting",
        "CircuitOpen",
        "DialTimedOut",
        "GaveUp",
        "ReconnectStopped",
        "WaitTooLong",
    }


def test_a_bad_setting_names_it_and_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"Backoff\.base_s: 0 is not a number above zero"):
        raise BadSetting("Backoff.base_s", 0, "a number above zero")
