import pytest

from seawall.resilience.breaker_states import IMPOSSIBLE, NEXT, BreakerCause, BreakerState, after

PAIRS = [(state, cause) for state in BreakerState for cause in BreakerCause]


@pytest.mark.parametrize(("state", "cause"), PAIRS)
def test_every_pair_is_decided(state: BreakerState, cause: BreakerCause) -> None:
    following = NEXT[state][cause]

    if following is IMPOSSIBLE:
        with pytest.raises(AssertionError, match=cause.value):
            after(state, cause)
    else:
        assert following is after(state, cause)


@pytest.mark.parametrize("state", BreakerState)
def test_an_operator_is_obeyed_in_every_state(state: BreakerState) -> None:
    assert after(state, BreakerCause.FORCED_OPEN) is BreakerState.FORCED_OPEN
    assert after(state, BreakerCause.DISABLED) is BreakerState.DISABLED
    assert after(state, BreakerCause.RESET) is BreakerState.CLOSED


@pytest.mark.parametrize("state", [BreakerState.FORCED_OPEN, BreakerState.DISABLED])
def test_only_an_operator_ends_what_an_operator_began(state: BreakerState) -> None:
    others = set(BreakerCause) - {BreakerCause.FORCED_OPEN, BreakerCause.DISABLED, BreakerCause.RESET}

    assert {NEXT[state][cause] for cause in others} <= {state, IMPOSSIBLE}


def test_only_a_good_probe_or_an_operator_closes() -> None:
    closing = {cause for state in BreakerState for cause in BreakerCause if NEXT[state][cause] is BreakerState.CLOSED}

    assert closing == {BreakerCause.PROBES_SUCCEEDED, BreakerCause.RESET}
