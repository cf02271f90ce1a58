import json
from pathlib import Path

import attrs
import pytest
from support.fake_runs import TWICE, verdict

from seawall.drill.campaign import Trial
from seawall.drill.results import Broken
from seawall.drill.scorecard import HEADINGS, Level, Row, of_scorecard, scorecard, scorecard_page
from seawall.drill.spec import Measures, RunSpec
from seawall.drill.totals import Totals
from seawall.sim.catalogue import Planned

FAULT = (Planned("half-open", 20.0, 10.0, 1),)
FINE = Measures(noticed_s=2.0, recovered_s=1.0, flat_s=0.1)


def spec(seed: int) -> RunSpec:
    return RunSpec(seed, 300.0, FAULT, config_file=Path("/my files/seawall.toml"))


def about(name: str) -> tuple[str, str]:
    return "network", f"What {name} does <b>."


def row_of(trial: Trial) -> Row:
    [row] = scorecard([trial], about).rows
    assert [cell.key for cell in row.cells] == list(HEADINGS)
    return row


def of(*measures: Measures) -> dict[str, tuple[str, Level]]:
    results = tuple(verdict(spec(seed), measures=some) for seed, some in enumerate(measures, 1))
    return {cell.key: (cell.text, cell.level) for cell in row_of(Trial("half-open", results)).cells}


def test_a_run_that_lost_nothing_is_green() -> None:
    assert of(FINE) == {
        "lost": ("0", Level.GOOD),
        "doubled": ("0", Level.GOOD),
        "left_open": ("0", Level.GOOD),
        "fills_missed": ("0", Level.GOOD),
        "noticed_s": ("2 s", Level.GOOD),
        "recovered_s": ("1 s", Level.GOOD),
        "flat_s": ("100 ms", Level.GOOD),
        "longest_stall_s": ("0 ms", Level.GOOD),
        "blind_orders": ("0", Level.GOOD),
        "violations": ("0", Level.GOOD),
        "same": ("–", Level.NONE),
    }


@pytest.mark.parametrize("key", ["lost", "doubled", "left_open", "fills_missed"])
def test_an_order_or_a_fill_that_is_gone_is_red_and_counts_over_all_runs(key: str) -> None:
    assert of(attrs.evolve(FINE, **{key: 2}), FINE, attrs.evolve(FINE, **{key: 1}))[key] == ("3", Level.BAD)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(29.0, ("29 s", Level.GOOD)), (31.0, ("31 s", Level.WARN)), (91.0, ("91 s", Level.BAD)), (None, ("never", Level.BAD))],
)
def test_recovering_late_is_worth_a_look_too_late_or_never_is_red(seconds: float | None, told: tuple[str, Level]) -> None:
    assert of(attrs.evolve(FINE, recovered_s=seconds), FINE)["recovered_s"] == told


def test_the_worst_of_the_times_counts_and_one_that_never_came_to_be_does_not() -> None:
    told = of(attrs.evolve(FINE, noticed_s=None, flat_s=3.0), attrs.evolve(FINE, noticed_s=4.0, flat_s=12.0))

    assert told["noticed_s"] == ("4 s", Level.GOOD)
    assert told["flat_s"] == ("12 s", Level.WARN)
    assert of(attrs.evolve(FINE, noticed_s=None))["noticed_s"] == ("–", Level.NONE)


def test_orders_while_blind_are_worth_a_look() -> None:
    assert of(attrs.evolve(FINE, blind_orders=5))["blind_orders"] == ("5", Level.WARN)


def test_a_red_cell_has_the_command_of_the_run_that_shows_it_best() -> None:
    results = tuple(verdict(spec(seed), measures=attrs.evolve(FINE, lost=lost)) for seed, lost in ((1, 0), (2, 1), (3, 4)))
    row = row_of(Trial("half-open", results))

    assert row.level is Level.BAD
    assert row.cells[0].command == (
        "seawall simulate --config '/my files/seawall.toml' --seed 3 --minutes 5 --faults 'half-open@20+10#1' --explain"
    )


def test_the_same_run_counts_once_and_two_ways_of_it_are_red() -> None:
    twice = (verdict(spec(1), measures=attrs.evolve(FINE, blind_orders=2)),) * 2
    steady = row_of(Trial("half-open", twice))
    other = attrs.evolve(twice[1], trace_digest="another")
    unsteady = row_of(Trial("half-open", (twice[0], other)))

    assert (steady.runs, steady.cells[-3].text) == (2, "2")
    assert (steady.cells[-1].text, steady.cells[-1].level) == ("yes", Level.GOOD)
    assert (unsteady.cells[-1].text, unsteady.cells[-1].level) == ("no", Level.BAD)


def test_a_violation_is_told_and_so_is_a_run_without_a_verdict() -> None:
    violated = row_of(Trial("half-open", (verdict(spec(1), TWICE),))).cells[-2]
    hung = Broken(spec(1), "did not end within 900 s of real time")
    *_, broken, same = row_of(Trial("half-open", (hung, hung))).cells

    assert same.level is Level.NONE
    assert (violated.text, violated.detail) == ("1", "No intent ever becomes two orders. intent c7 became O1 and O2.")
    assert (broken.text, broken.level, broken.detail) == (
        "no verdict",
        Level.BAD,
        "The run did not end within 900 s of real time.",
    )


def test_as_json_each_cell_has_its_figure_and_each_that_is_not_good_its_command() -> None:
    trial = Trial("half-open", (verdict(spec(1), measures=attrs.evolve(FINE, doubled=1, noticed_s=None)),))
    told = json.loads(json.dumps(of_scorecard(scorecard([trial], about))))
    [row] = told["rows"]

    assert (told["clean"], told["bad"]) == (False, 1)
    assert row["cells"]["doubled"]["figure"] == 1
    assert row["cells"]["doubled"]["level"] == "bad"
    assert "--seed 1" in row["cells"]["doubled"]["command"]
    assert row["cells"]["noticed_s"] == {"figure": None, "text": "–", "level": "none"}
    assert "command" not in row["cells"]["lost"]


def test_the_page_leads_from_each_red_cell_to_its_command_and_escapes_what_it_shows() -> None:
    results = (verdict(spec(1), TWICE, measures=attrs.evolve(FINE, doubled=1, blind_orders=3)),)
    page = scorecard_page(scorecard([Trial("half-open", results)], about), Totals(), "my <strategy>.toml")

    for anchor in ("half-open-doubled", "half-open-violations", "half-open-blind_orders"):
        assert f'href="#{anchor}"' in page
        assert f'id="{anchor}"' in page
    assert "my &lt;strategy&gt;.toml" in page
    assert "<b>." not in page
    assert "http:" not in page
    assert "<script" not in page


def test_of_many_violations_the_first_few_ways_of_the_first_few_are_told() -> None:
    many = [attrs.evolve(TWICE, detail=f"c{number} became two.") for number in range(5)]
    others = [
        attrs.evolve(TWICE, invariant=f"{number}", sentence=f"Number {number}.", detail="It did not hold") for number in range(4)
    ]
    cell = row_of(Trial("half-open", (verdict(spec(1), *many, *others),))).cells[-2]

    assert cell.text == "9"
    assert cell.detail == (
        "No intent ever becomes two orders. c0 became two; c1 became two; c2 became two; and 2 more. "
        "Number 0. It did not hold. Number 1. It did not hold. And 2 more."
    )
