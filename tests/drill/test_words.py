from pathlib import Path

import pytest

from seawall.drill.spec import Measures, RunSpec
from seawall.drill.words import clock_text, command, counted, listed, measures_text, seconds_text
from seawall.sim.catalogue import Planned


@pytest.mark.parametrize(
    ("at_s", "text"),
    [
        (0.0, "00:00.000"),
        (121.3, "02:01.300"),
        (3721.3004, "1:02:01.300"),
        (59.9996, "01:00.000"),
        (-0.25, "-00:00.250"),
        (-0.0001, "00:00.000"),
    ],
)
def test_moments_are_minutes_and_seconds_of_trading(at_s: float, text: str) -> None:
    assert clock_text(at_s) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.012, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (4.14, "4.1 s"),
        (30.0, "30 s"),
        (119.0, "119 s"),
        (120.0, "2 min"),
        (7199.0, "2 h"),
        (7500.0, "2 h 5 min"),
        (86400.0, "24 h"),
    ],
)
def test_spans_are_in_the_unit_that_reads_well(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("spec", "rest"),
    [
        (RunSpec(5), "--seed 5 --minutes 20"),
        (RunSpec(5, 7200.0), "--seed 5 --hours 2"),
        (RunSpec(5, 33.5), "--seed 5 --seconds 33.5"),
        (RunSpec(5, 33.0), "--seed 5 --seconds 33"),
        (RunSpec(5, 60.0, ()), "--seed 5 --minutes 1 --faults none"),
        (RunSpec(5, 60.0, (Planned("kill", 5.5, 2.0, 3),)), "--seed 5 --minutes 1 --faults kill@5.5+2#3"),
        (RunSpec(5, 60.0, (), 12), "--seed 5 --minutes 1 --faults none --kill-at 12"),
        (RunSpec(5, 60.0, config_file=Path("/my files/a.toml")), "--config '/my files/a.toml' --seed 5 --minutes 1"),
    ],
)
def test_the_command_that_repeats_a_run_says_all_of_it(spec: RunSpec, rest: str) -> None:
    words = command(spec).replace("'kill@5.5+2#3'", "kill@5.5+2#3")

    assert words.startswith("seawall simulate ")
    assert sorted(words.removeprefix("seawall simulate ").removesuffix(" --explain").split(" --")) == sorted(rest.split(" --"))
    assert command(spec, explain=False) == command(spec).removesuffix(" --explain")


def test_words_are_counted_and_listed() -> None:
    assert [counted(1, "fault"), counted(1200, "fault"), counted(2, "more", "more")] == ["1 fault", "1,200 faults", "2 more"]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_measures_leave_out_what_they_did_not_come_to() -> None:
    assert measures_text(Measures()) == "0 orders lost, 0 doubled, 0 left open, 0 fills missed"
    assert measures_text(Measures(lost=1, noticed_s=0.5, longest_stall_s=2.0, blind_orders=1)) == (
        "1 order lost, 0 doubled, 0 left open, 0 fills missed, noticed in 500 ms, longest stall 2 s, 1 order wanted while blind"
    )
