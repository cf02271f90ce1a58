from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.resilience import Backoff, BadSetting, ReconnectSchedule, none
from seawall.resilience.reconnect_schedule import Attempts

PLAIN = ReconnectSchedule(backoff=Backoff(jitter=none))


def delays(attempts: Attempts, times: int, *, took_s: float = 0.0, retry_after_s: float | None = None) -> list[float]:
    return [attempts.failed(Random(1), took_s=took_s, retry_after_s=retry_after_s) for _ in range(times)]


def test_instant_attempts_then_doubling_delays() -> None:
    """At 0, 0.5 and 1.0 s when refused at once; then after 5, 10, 20, 40, 60, 60 s."""
    assert delays(Attempts(PLAIN), 8) == [0.5, 0.5, 5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_instant_dials_have_less_time() -> None:
    attempts = Attempts(PLAIN)
    times = []
    for _ in range(5):
        times.append(attempts.dial_s)
        attempts.failed(Random(1), took_s=0.0, retry_after_s=None)

    assert times == [10.0, 10.0, 10.0, 30.0, 30.0]


def test_a_stable_connection_starts_the_schedule_anew() -> None:
    attempts = Attempts(PLAIN)
    delays(attempts, 7)
    attempts.settled()

    assert attempts.dial_s == 10.0
    assert delays(attempts, 3) == [0.5, 0.5, 5.0]


def test_the_longer_of_the_delay_and_what_was_asked_for() -> None:
    assert delays(Attempts(PLAIN), 4, retry_after_s=7.0) == [7.0, 7.0, 7.0, 10.0]


def test_delays_may_count_from_the_start_of_the_failed_attempt() -> None:
    """A dial that took its whole thirty seconds has waited long enough; a small gap stays."""
    attempts = Attempts(attrs.evolve(PLAIN, from_start=True))

    assert delays(attempts, 7, took_s=30.0) == [0.5, 0.5, 0.5, 0.5, 0.5, 10.0, 30.0]


def test_it_may_end() -> None:
    attempts = Attempts(attrs.evolve(PLAIN, max_failures=4))
    delays(attempts, 3)
    assert not attempts.exhausted

    delays(attempts, 1)

    assert attempts.exhausted


@given(times=st.integers(1, 400))
def test_it_goes_on_for_ever_unless_told(times: int) -> None:
    attempts = Attempts(ReconnectSchedule())
    last_s = delays(attempts, times)[-1]

    assert not attempts.exhausted
    assert last_s <= 66.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instant_attempts", 0),
        ("instant_attempts", True),
        ("instant_gap_s", -0.5),
        ("instant_dial_s", 0.0),
        ("dial_s", float("nan")),
        ("stable_after_s", float("inf")),
        ("retry_after_cap_s", "300"),
        ("max_failures", 0),
        ("from_start", 1),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"ReconnectSchedule.{name}"):
        ReconnectSchedule(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case
