"""Plans out of chance, and for one fault alone."""

from itertools import pairwise
from random import Random

import pytest

from seawall.sim.catalogue import CATALOGUE, Planned, alone, swarm

LENGTH_S = 1200.0
SWARMS = [swarm(Random(seed), LENGTH_S) for seed in range(200)]


def test_the_same_chance_plans_the_same() -> None:
    assert swarm(Random(3), LENGTH_S) == SWARMS[3]
    assert len(set(SWARMS)) > 190


def test_a_plan_is_told_whole_by_its_text() -> None:
    for plan in SWARMS:
        assert tuple(Planned.read(str(each)) for each in plan) == plan


def test_faults_lie_in_the_run_in_order_and_do_not_meet_their_own_kind() -> None:
    for plan in SWARMS:
        assert list(plan) == sorted(plan, key=lambda each: each.at_s)
        assert all(each.at_s > 10 and each.at_s + each.lasts_s <= LENGTH_S + 0.11 for each in plan)
        for name in {each.name for each in plan}:
            mine = [each for each in plan if each.name == name]
            assert all(one.at_s + one.lasts_s <= next_.at_s + 0.11 for one, next_ in pairwise(mine))


def test_most_kinds_are_left_out_of_each_plan_and_none_of_all() -> None:
    kinds = [{each.name for each in plan} for plan in SWARMS]

    assert max(map(len, kinds)) <= 12
    assert set().union(*kinds) == set(CATALOGUE)
    assert sum(map(len, SWARMS)) / len(SWARMS) > 10


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_fault_alone_comes_a_few_times_with_room_between(name: str) -> None:
    plan = alone(name, LENGTH_S)

    assert [each.name for each in plan] == [name] * 3
    assert len({each.seed for each in plan}) == 3
    ends = [each.at_s + each.lasts_s for each in plan]
    assert all(end_s + 100 < each.at_s for end_s, each in zip(ends, plan[1:], strict=False))
    assert ends[-1] < LENGTH_S


def test_a_strange_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault of the catalogue"):
        alone("gremlins", LENGTH_S)
