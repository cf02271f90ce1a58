"""Every planted bug still has a place where it can be planted."""

import ast
from pathlib import Path

import pytest
from world.mutants import MENDED, MUTANTS, SWEPT, Mutant

import seawall
from seawall.sim.catalogue import Planned, kind_of

SOURCE = Path(seawall.__file__).parent
TESTS = Path(__file__).parents[1]


def test_there_are_many_each_with_a_name_and_a_sentence() -> None:
    assert len(SWEPT) >= 30
    assert len({mutant.sentence for mutant in MUTANTS.values()}) == len(MUTANTS)
    assert len({mutant.edits for mutant in MUTANTS.values()}) == len(MUTANTS)
    assert all(mutant.sentence.endswith(".") for mutant in MUTANTS.values())


@pytest.mark.parametrize(("name", "test"), MENDED.items())
def test_what_no_sweep_finds_a_test_does(name: str, test: str) -> None:
    assert name in MUTANTS
    file, function = test.split("::")
    assert f"def {function}(" in (TESTS / file).read_text()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_its_words_occur_once_and_what_replaces_them_is_python(mutant: Mutant) -> None:
    for edit in mutant.edits:
        text = (SOURCE / edit.file).read_text()
        assert text.count(edit.was) == 1, edit
        changed = text.replace(edit.was, edit.now)
        assert changed != text
        ast.parse(changed)


def test_their_plans_are_of_the_catalogue_and_lie_in_five_minutes() -> None:
    for mutant in MUTANTS.values():
        for planned in map(Planned.read, mutant.plan.split()):
            kind_of(planned.name)
            assert planned.at_s + planned.lasts_s <= 300
