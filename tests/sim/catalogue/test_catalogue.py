"""Every fault begins, says what it is, and leaves nothing behind."""

import re
from pathlib import Path

import pytest
import trio
from support.theatre import Theatre, once, play

from seawall.sim.catalogue import CATALOGUE, Group, Planned, RunningPlan, kind_of, run_plan


def test_there_are_many_faults_of_every_group_each_with_a_sentence() -> None:
    assert len(CATALOGUE) >= 40
    for group in Group:
        assert sum(kind.group is group for kind in CATALOGUE.values()) >= 10
    for name, kind in CATALOGUE.items():
        assert name == kind.name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert re.fullmatch(r"[A-Z].*\.", kind.sentence)
        assert 0 < kind.lasts_s[0] <= kind.lasts_s[1]
    assert len({kind.sentence for kind in CATALOGUE.values()}) == len(CATALOGUE)


def test_the_page_about_faults_has_them_all_in_their_words() -> None:
    page = (Path(__file__).parents[3] / "docs" / "faults.md").read_text()
    rows = [f"| `{kind.name}` | {kind.sentence} |" for kind in CATALOGUE.values()]

    assert [line for line in page.splitlines() if line.startswith("| `")] == sorted(rows, key=page.index)
    assert all(row in page for row in rows)


def names_of(group: Group) -> list[str]:
    return [name for name, kind in CATALOGUE.items() if kind.group is group]


def test_a_name_that_is_none_is_told_those_that_look_like_it() -> None:
    with pytest.raises(ValueError, match="half-open"):
        kind_of("halfopen")
    with pytest.raises(ValueError, match="no fault"):
        kind_of("zzz")


@pytest.mark.parametrize("group", Group)
def test_a_fault_says_what_it_is_and_leaves_nothing_behind_when_its_time_is_over(group: Group) -> None:
    async def main(theatre: Theatre) -> None:
        for name in names_of(group):
            before, began_s, told_before = theatre.state(), trio.current_time(), len(theatre.facts)
            await run_plan(theatre.stage, [once(name, lasts_s=12.0)])
            assert theatre.state() == before, name
            assert trio.current_time() >= began_s + 12.0
            told = [(fact.kind, fact.text) for fact in theatre.facts[told_before:]]
            assert told[0][0] == "fault begun"
            assert told[0][1].startswith(f"{name}: ")
            assert ("fault ended", f"{name} is over") in told
            await theatre.works()

    play(main)


@pytest.mark.parametrize("group", Group)
def test_a_fault_that_is_healed_in_its_middle_leaves_nothing_behind_either(group: Group) -> None:
    async def main(theatre: Theatre) -> None:
        for name in names_of(group):
            before = theatre.state()
            running = RunningPlan(theatre.stage, (once(name, lasts_s=100.0, seed=2), Planned("reset", 5000.0, 1.0)))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(running.run)
                await trio.sleep(10.0)
                running.heal()
                assert theatre.state() == before, name
            assert running.begun == 1
            assert theatre.state() == before, name
            await theatre.works()

    play(main)


def test_all_faults_at_once_leave_nothing_behind() -> None:
    async def main(theatre: Theatre) -> int:
        before = theatre.state()
        plan = [Planned(name, number * 0.37, 5.0 + number % 13, number) for number, name in enumerate(CATALOGUE)]
        await run_plan(theatre.stage, plan)
        assert theatre.state() == before
        await theatre.works()
        return sum(fact.kind == "fault begun" for fact in theatre.facts)

    assert play(main) == len(CATALOGUE)
