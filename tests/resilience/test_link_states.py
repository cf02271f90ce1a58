import pytest

from seawall.resilience.link_states import FOLLOWS, LinkState, Phase, after


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize("following", Phase)
def test_every_pair_is_decided(before: Phase, following: Phase) -> None:
    if following in FOLLOWS[before]:
        assert after(LinkState(before), LinkState(following)).phase is following
    else:
        with pytest.raises(AssertionError, match=f"{before} cannot become {following}"):
            after(LinkState(before), LinkState(following))


def test_stable_is_reached_only_through_live() -> None:
    assert [phase for phase in Phase if Phase.STABLE in FOLLOWS[phase]] == [Phase.LIVE]


def test_every_phase_of_a_running_loop_may_stop() -> None:
    assert {phase for phase in Phase if Phase.STOPPED in FOLLOWS[phase]} == set(Phase) - {Phase.IDLE, Phase.STOPPED}


@pytest.mark.parametrize("phase", Phase)
def test_a_link_serves_while_live_or_stable(phase: Phase) -> None:
    assert LinkState(phase).serves is (phase in {Phase.LIVE, Phase.STABLE})
