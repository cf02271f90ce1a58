"""How bugs are planted and looked for; that they are found takes longer, and is not asked here."""

from pathlib import Path

import pytest
from world.mutants import MUTANTS, Edit, Mutant
from world.planted import spec_of
from world.planting import SOURCE, Looking, Run, plant

from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import Planned


def test_one_file_is_changed_in_the_copy_and_none_where_it_came_from(tmp_path: Path) -> None:
    mutant = MUTANTS["not-journaled"]
    (edit,) = mutant.edits
    original = (SOURCE / edit.file).read_text()
    plant(mutant, tmp_path)

    changed = (tmp_path / "seawall" / edit.file).read_text()
    assert edit.was not in changed
    assert edit.now in changed
    assert (SOURCE / edit.file).read_text() == original
    for path in SOURCE.rglob("*.py"):
        copy = tmp_path / "seawall" / path.relative_to(SOURCE)
        assert copy.read_bytes() == path.read_bytes() or path == SOURCE / edit.file


def test_a_bug_whose_words_are_gone_is_not_planted(tmp_path: Path) -> None:
    stale = Mutant("stale", "It is somewhere else by now.", (Edit("engine/desk.py", "nobody wrote this", ""),))

    with pytest.raises(AssertionError, match="do not occur once"):
        plant(stale, tmp_path)


def test_a_bug_is_looked_for_under_its_own_plan_first_and_then_in_swarms() -> None:
    planned, plain = MUTANTS["silence-unnoticed"], MUTANTS["switch-not-armed"]
    looking = Looking((4, 5, 6), 10.0)

    assert [(run.seed, run.plan) for run in looking.runs(planned)] == [
        (1, planned.plan),
        (2, planned.plan),
        (4, ""),
        (5, ""),
        (6, ""),
    ]
    assert list(map(str, looking.runs(plain))) == ["4 600 swarm", "5 600 swarm", "6 600 swarm"]


def test_a_run_is_told_to_its_process_in_one_word() -> None:
    run = Run(7, 300.0, "kill@30+3#1 ws-gap@45+20#2")

    assert spec_of(str(run)) == RunSpec(7, 300.0, tuple(map(Planned.read, run.plan.split())))
    assert spec_of(str(Run(8, 240.5))) == RunSpec(8, 240.5)
