"""The list of cases, and what a case needs."""

import pytest
import trio

from seawall.drill.real import CASES, Case
from seawall.drill.real.needs import Missing, Need, find_program
from seawall.drill.real.stage import Stage


async def nothing(stage: Stage) -> None:
    await trio.lowlevel.checkpoint()


def absent() -> None:
    raise Missing("the moon is not up")


def test_every_case_has_a_name_and_a_sentence_of_its_own() -> None:
    assert len(CASES) >= 30
    assert len({case.sentence for case in CASES.values()}) == len(CASES)
    for name, case in CASES.items():
        assert name == case.name
        assert case.sentence.endswith(".")


def test_a_case_says_what_it_misses() -> None:
    case = Case("dark", "It is dark.", nothing, needs=(Need("moon", absent, root=True),))
    assert case.missing() == "the moon is not up"
    assert case.root


def test_a_program_that_is_not_there_is_named_with_its_package() -> None:
    with pytest.raises(Missing, match=r"no-such-program is not installed \(Debian: nothing\)"):
        find_program("no-such-program", "nothing")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_breaks_lines_or_mounts_disks_says_that_it_needs_root(case: Case) -> None:
    assert case.root == (case.place != "here" or case.disk is not None)
