import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.resilience import Backoff, BadSetting, Jitter, decorrelated, equal, full, none, proportional

ALL = [proportional, equal, full, decorrelated, none]
every_jitter = pytest.mark.parametrize("jitter", ALL, ids=lambda jitter: jitter.__name__)


def test_delays_double_up_to_their_maximum() -> None:
    backoff = Backoff(jitter=none)

    assert [backoff.delay_s(n, Random(1)) for n in range(6)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


@given(n=st.integers(0, 40), seed=st.integers())
def test_proportional_jitter_adds_a_tenth_at_most(n: int, seed: int) -> None:
    nominal_s = min(5.0 * 2**n, 60.0)

    assert nominal_s <= Backoff().delay_s(n, Random(seed)) <= 1.1 * nominal_s


@every_jitter
@pytest.mark.parametrize("n", [0, 63, 1023, 1024, 5000, 10**9])
def test_no_number_of_attempts_overflows(jitter: Jitter, n: int) -> None:
    """After a long outage the delay is the maximum, neither an OverflowError nor nonsense."""
    delay_s = Backoff(base_s=1.0, max_s=60.0, jitter=jitter).delay_s(n, Random(7))

    assert math.isfinite(delay_s)
    assert 0.0 <= delay_s <= 66.0


@given(
    base_s=st.floats(1e-300, 1e300),
    factor=st.floats(1.0, 1e5),
    n=st.integers(0, 5000),
    jitter=st.sampled_from(ALL),
    seed=st.integers(),
)
def test_delays_are_finite_and_bounded_for_any_settings(base_s: float, factor: float, n: int, jitter: Jitter, seed: int) -> None:
    backoff = Backoff(base_s=base_s, max_s=base_s * factor, jitter=jitter)

    assert 0.0 <= backoff.delay_s(n, Random(seed)) <= backoff.max_s * 1.1


@given(n=st.integers(0, 100), jitter=st.sampled_from(ALL), seed=st.integers())
def test_the_total_may_be_capped(n: int, jitter: Jitter, seed: int) -> None:
    assert Backoff(jitter=jitter, cap_total=True).delay_s(n, Random(seed)) <= 60.0


@pytest.mark.parametrize("cap_total", [False, True])
@pytest.mark.parametrize("jitter", [proportional, equal, full, decorrelated])
def test_delays_at_the_maximum_still_differ(jitter: Jitter, cap_total: bool) -> None:
    """Clients that have waited long must not come back all at once."""
    rng = Random(3)
    backoff = Backoff(jitter=jitter, cap_total=cap_total)
    delays = [backoff.delay_s(20, rng) for _ in range(100)]

    assert len(set(delays)) == 100
    assert max(delays) - min(delays) > 4.0


@pytest.mark.parametrize("jitter", [proportional, equal, decorrelated, none])
def test_no_delay_is_nothing(jitter: Jitter) -> None:
    """Full jitter alone may draw next to nothing: that is what its name says."""
    rng = Random(5)

    assert min(Backoff(jitter=jitter).delay_s(n, rng) for n in range(5) for _ in range(200)) >= 2.5


@every_jitter
def test_the_same_seed_draws_the_same_delays(jitter: Jitter) -> None:
    backoff = Backoff(jitter=jitter)

    def draws(seed: int) -> list[float]:
        rng = Random(seed)
        return [backoff.delay_s(n, rng) for n in range(10)]

    assert draws(1) == draws(1)
    assert (draws(1) == draws(2)) is (jitter is none)


@pytest.mark.parametrize(("jitter", "mean_s"), [(proportional, 42.0), (equal, 30.0), (full, 20.0)])
def test_strategies_have_the_mean_that_their_names_promise(jitter: Jitter, mean_s: float) -> None:
    rng = Random(11)
    delays = [Backoff(jitter=jitter).delay_s(3, rng) for _ in range(4000)]

    assert sum(delays) / len(delays) == pytest.approx(mean_s, rel=0.03)


def test_decorrelated_grows_from_what_was_waited() -> None:
    rng = Random(13)
    backoff = Backoff(jitter=decorrelated)
    delays = [backoff.delay_s(9, rng, previous_s=6.0) for _ in range(1000)]

    assert 5.0 <= min(delays) < 5.5
    assert 17.5 < max(delays) <= 18.0


@pytest.mark.parametrize("name", ["base_s", "max_s"])
@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, True, "5"])
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"Backoff.{name}"):
        Backoff(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(BadSetting, match=r"Backoff\.cap_total"):
        Backoff(cap_total=1)  # type: ignore[arg-type]  # that is the point


def test_the_maximum_is_no_less_than_the_base() -> None:
    with pytest.raises(BadSetting, match="max_s"):
        Backoff(base_s=10.0, max_s=5.0)


def test_attempts_are_not_counted_backwards() -> None:
    with pytest.raises(BadSetting, match="n: -1"):
        Backoff().delay_s(-1, Random(1))
