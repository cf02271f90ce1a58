from pathlib import Path

import attrs
import pytest
from support.fake_runs import verdict

from seawall.drill.campaign import CALM, SWARM, Campaign, first_difference, unsteady
from seawall.drill.results import Broken, Result
from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import CATALOGUE
from seawall.sim.world.trace import Fact

FILE = Path("/somewhere/seawall.toml")


def test_calm_then_each_fault_alone_then_swarms_each_beginning_with_the_same_run_twice() -> None:
    campaign = Campaign(FILE, length_s=300.0, first=4, seeds=2, swarms=3)
    specs = campaign.specs()

    assert campaign.trials() == (CALM, *CATALOGUE, SWARM)
    assert [spec.seed for spec in specs[:3]] == [4, 4, 5]
    assert specs[0] == specs[1]
    assert [spec.faults for spec in specs[:3]] == [(), (), ()]
    assert [spec.seed for spec in specs[-4:]] == [4, 4, 5, 6]
    assert [spec.faults for spec in specs[-4:]] == [None] * 4
    assert len(specs) == 3 * (1 + len(CATALOGUE)) + 4
    alone = [{planned.name for planned in spec.faults} for spec in specs if spec.faults]
    assert [names.pop() for names in alone[::3]] == list(CATALOGUE)
    assert {spec.config_file for spec in specs} == {FILE}


def test_some_faults_are_those_faults_alone() -> None:
    some = tuple(CATALOGUE)[3:5]

    assert Campaign(FILE, names=some).trials() == some


def test_results_are_told_by_trial_whatever_the_order_in_which_they_came() -> None:
    campaign = Campaign(FILE, swarms=2)
    specs = campaign.specs()
    broken = Broken(specs[-1], "died")
    trials = campaign.sorted([broken, *(verdict(spec) for spec in reversed(specs[:4]))])

    assert [trial.name for trial in trials] == [CALM, next(iter(CATALOGUE)), SWARM]
    assert [len(trial.results) for trial in trials] == [2, 2, 1]
    assert trials[-1].results == (broken,)


@pytest.mark.parametrize(("seeds", "swarms"), [(0, 1), (1, -1)])
def test_a_campaign_has_a_market_and_no_less_than_no_swarm(seeds: int, swarms: int) -> None:
    with pytest.raises(ValueError, match="at least 1 seed"):
        Campaign(FILE, seeds=seeds, swarms=swarms)


def test_a_run_is_unsteady_when_two_of_it_have_different_hashes() -> None:
    same, other, once = RunSpec(1), RunSpec(2), RunSpec(3)
    differing = attrs.evolve(verdict(other), schedule_digest="another order of tasks")
    results: list[Result] = [verdict(same), verdict(other), verdict(once), Broken(once, "died"), verdict(same), differing]

    assert unsteady(results) == [other]


def test_stories_part_where_one_says_what_the_other_does_not() -> None:
    first, second, third = (Fact(float(place), "desk", "planned", f"order {place}") for place in range(3))

    assert first_difference([first, second], [first, second]) is None
    assert first_difference([first, second], [first, third]) == (second, third)
    assert first_difference([first], [first, third]) == (None, third)
    assert first_difference([first, second], [first]) == (second, None)
