"""Failing runs are made small, and still fail."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.drill.shrink import DoesNotFail, shrink
from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import Planned

SWARM = tuple(Planned(name, 30.0 + 50 * number, 20.0, number) for number, name in enumerate("abcdefghijklmnopqrst"))
SPEC = RunSpec(7, 1200.0)


def names(spec: RunSpec) -> str:
    assert spec.faults is not None
    return "".join(each.name for each in spec.faults)


def fault(spec: RunSpec, name: str) -> Planned | None:
    assert spec.faults is not None
    return next((each for each in spec.faults if each.name == name), None)


def needs(wanted: str) -> Callable[[RunSpec], bool]:
    return lambda spec: set(wanted) <= set(names(spec))


@pytest.mark.parametrize("wanted", ["", "a", "t", "k", "bq", "abc", "aht", "acegikmoqs"])
def test_only_the_faults_that_are_needed_are_left(wanted: str) -> None:
    shrunk = shrink(SPEC, SWARM, needs(wanted), most_runs=1000)

    assert names(shrunk.spec) == wanted
    assert shrunk.complete
    assert shrunk.spec.seed == SPEC.seed


def test_one_of_twenty_is_found_in_a_few_runs() -> None:
    assert shrink(SPEC, SWARM, needs("k"), most_runs=1000).runs < 60


def test_the_run_ends_soon_after_its_fault_which_begins_early_and_is_short() -> None:
    def fails(spec: RunSpec) -> bool:
        found = fault(spec, "k")
        return found is not None and found.lasts_s >= 3.0 and spec.length_s >= found.at_s + 10.0

    (left,) = shrink(SPEC, SWARM, fails, most_runs=1000).spec.faults or ()

    assert left.at_s < 1.0
    assert 3.0 <= left.lasts_s < 4.0


def test_the_order_and_distance_of_two_faults_are_kept_where_they_matter() -> None:
    def fails(spec: RunSpec) -> bool:
        first, second = fault(spec, "c"), fault(spec, "h")
        return first is not None and second is not None and second.at_s - first.at_s == 250.0 and spec.length_s >= second.at_s

    shrunk = shrink(SPEC, SWARM, fails, most_runs=1000)

    assert names(shrunk.spec) == "ch"
    assert shrunk.spec.length_s < 270.0


def test_a_kill_that_is_not_needed_is_left_out_and_one_that_is_stays() -> None:
    killed = attrs.evolve(SPEC, kill_at=99)

    assert shrink(killed, SWARM, needs("b")).spec.kill_at is None
    assert shrink(killed, SWARM, lambda spec: spec.kill_at == 99).spec == RunSpec(7, 1.0, (), 99)


def test_a_run_that_does_not_fail_is_not_made_smaller() -> None:
    with pytest.raises(DoesNotFail):
        shrink(SPEC, SWARM, lambda _: False)


def test_runs_are_counted_each_tried_once_and_bounded() -> None:
    tried: list[RunSpec] = []

    def fails(spec: RunSpec) -> bool:
        tried.append(spec)
        return needs("acegikmoqs")(spec)

    shrunk = shrink(SPEC, SWARM, fails, most_runs=30)

    assert not shrunk.complete
    assert shrunk.runs == len(tried) == len(set(tried)) == 30
    assert needs("acegikmoqs")(shrunk.spec)


@given(st.sets(st.integers(0, 19)), st.integers(0, 2**32), st.integers(1, 80))
def test_whatever_is_returned_was_seen_to_fail(wanted: set[int], noise: int, most_runs: int) -> None:
    seen: dict[RunSpec, bool] = {}

    def fails(spec: RunSpec) -> bool:
        # A run that fails only now and then, as its parts go: nothing that grows or shrinks evenly.
        whole = spec.faults == SWARM
        mine = {place for place, each in enumerate(SWARM) if fault(spec, each.name) is not None}
        flaky = hash((str(spec), noise)) % 4 != 0
        seen[spec] = whole or (wanted <= mine and flaky)
        return seen[spec]

    shrunk = shrink(SPEC, SWARM, fails, most_runs=most_runs)

    assert seen[shrunk.spec]
    assert shrunk.runs <= most_runs
