import math

import pytest

from seawall.resilience import REST_BREAKER, SOCKET_BREAKER, BadSetting, BreakerSettings

NUMBERS = ["failure_threshold", "open_s", "probes", "successes_to_close", "probe_lease_s", "open_growth", "open_max_s", "slow_s"]
WHOLE = ["failure_threshold", "probes", "successes_to_close"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "5"])
def test_what_cannot_work_is_refused_by_name(name: str, value: object) -> None:
    """A threshold of NaN would make a breaker that never opens; zero probes one that never closes."""
    with pytest.raises(BadSetting, match=rf"BreakerSettings\.{name}"):
        BreakerSettings(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case


@pytest.mark.parametrize("name", WHOLE)
def test_counts_are_whole(name: str) -> None:
    with pytest.raises(BadSetting, match=f"{name}: 2.5"):
        BreakerSettings(**{name: 2.5})  # type: ignore[arg-type]  # the wrong type is the case


def test_spells_cannot_shrink() -> None:
    with pytest.raises(BadSetting, match="open_growth"):
        BreakerSettings(open_growth=0.5)


def test_growth_needs_room() -> None:
    with pytest.raises(BadSetting, match="open_max_s"):
        BreakerSettings(open_s=600.0, open_growth=2.0)


def test_counting_an_outer_deadline_needs_a_limit() -> None:
    """Else a caller in a hurry would open the breaker of a healthy venue."""
    with pytest.raises(BadSetting, match="slow_s"):
        BreakerSettings(count_outer_deadline=True)


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(BadSetting, match="count_outer_deadline: 1"):
        BreakerSettings(slow_s=1.0, count_outer_deadline=1)  # type: ignore[arg-type]  # the wrong type is the case


def test_the_presets() -> None:
    assert (REST_BREAKER.failure_threshold, REST_BREAKER.open_s, REST_BREAKER.open_growth) == (5, 60.0, 1.0)
    assert (SOCKET_BREAKER.failure_threshold, SOCKET_BREAKER.open_s) == (10, 30.0)
    assert (SOCKET_BREAKER.open_growth, SOCKET_BREAKER.open_max_s) == (2.0, 300.0)
