"""The engine's modes: every pair is decided, and the most careful cause holds."""

from itertools import product

import pytest

from seawall.engine.modes import FOLLOWS, Mode, ModeChanged, ModeSwitch, following


@pytest.mark.parametrize(("mode", "asked"), list(product(Mode, Mode)))
def test_every_pair_is_decided(mode: Mode, asked: Mode) -> None:
    expected = Mode.HALTED if mode is Mode.HALTED else asked

    assert FOLLOWS[mode][asked] is expected
    assert following(mode, asked) is expected


def test_the_engine_starts_running() -> None:
    switch = ModeSwitch()

    assert (switch.mode, switch.reason) == (Mode.RUNNING, "")


def test_a_cause_changes_the_mode_and_takes_it_back() -> None:
    switch = ModeSwitch()

    assert switch.ask("risk", Mode.REDUCING, "too much") == ModeChanged(Mode.RUNNING, Mode.REDUCING, "too much")
    assert switch.ask("risk", Mode.REDUCING, "still too much") is None
    assert switch.ask("risk", Mode.RUNNING, "less now") == ModeChanged(Mode.REDUCING, Mode.RUNNING, "less now")
    assert (switch.mode, switch.reason) == (Mode.RUNNING, "less now")


def test_reducing_lasts_until_no_cause_asks_for_it() -> None:
    switch = ModeSwitch()
    switch.ask("risk", Mode.REDUCING, "too much")
    switch.ask("operator", Mode.REDUCING, "said so")

    assert switch.ask("risk", Mode.RUNNING, "less now") is None
    assert switch.ask("operator", Mode.RUNNING, "go on") == ModeChanged(Mode.REDUCING, Mode.RUNNING, "go on")


def test_halted_lasts() -> None:
    switch = ModeSwitch()
    switch.ask("risk", Mode.REDUCING, "too much")

    assert switch.ask("operator", Mode.HALTED, "stop") == ModeChanged(Mode.REDUCING, Mode.HALTED, "stop")
    for cause in ("risk", "operator"):
        assert switch.ask(cause, Mode.RUNNING, "go on") is None
    assert (switch.mode, switch.reason) == (Mode.HALTED, "stop")


def test_a_change_reads_as_a_sentence() -> None:
    assert str(ModeChanged(Mode.RUNNING, Mode.HALTED, "lost it")) == "halted, was running: lost it"
