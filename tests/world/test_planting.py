"""How bugs are planted and looked for; that they are found takes longer, and is not asked here."""

from pathlib import Path

import pytest
from world.mutants import MUTANTS, Edit, Mutant
from world.planting import SOURCE, Runs, plant


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


def test_seeds_that_follow_each_other_are_run_together_first_under_the_plan() -> None:
    assert [block.seeds for block in Runs((1, 2, 3, 4, 7, 8), 1.0).blocks("")] == [(1, 2), (3, 4), (7, 8)]
    assert [block.seeds for block in Runs((1, 3, 4, 5), 1.0).blocks("")] == [(1,), (3, 4), (5,)]
    assert list(Runs((), 1.0).blocks("")) == []
    first, second, *swarms = Runs((1, 2, 3), 10.0).blocks("kill@30+3#1")
    assert (first.seeds, second.seeds) == ((1,), (2,))
    assert first.command[-2:] == second.command[-2:] == ["--faults", "kill@30+3#1"]
    assert all("--faults" not in swarm.command for swarm in swarms)
