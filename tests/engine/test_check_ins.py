"""Who is expected to check in, and who is late."""

import pytest

from seawall.engine.check_ins import CheckIns, Presence


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nobody_is_late_when_nobody_joined() -> None:
    check_ins = CheckIns(Clock())

    assert check_ins.late(1e9) == ()
    assert check_ins.all_present()


def test_joining_counts_as_the_first_check_in() -> None:
    clock = Clock()
    check_ins = CheckIns(clock)
    check_ins.join("risk", 5.0)

    assert check_ins.late(105.0) == ()
    assert check_ins.late(105.001) == ("risk",)


def test_a_check_in_starts_the_time_anew() -> None:
    clock = Clock()
    check_ins = CheckIns(clock)
    check_ins.join("risk", 5.0)
    clock.now = 105.0
    check_ins.check_in("risk")
    clock.now = 110.0

    assert check_ins.all_present()
    clock.now = 110.1
    assert not check_ins.all_present()


def test_the_late_are_named_in_the_order_in_which_they_joined() -> None:
    check_ins = CheckIns(Clock())
    for name in ("zebra", "ant", "fox"):
        check_ins.join(name, 50.0 if name == "ant" else 5.0)

    assert check_ins.late(110.0) == ("zebra", "fox")


def test_who_left_is_not_late() -> None:
    check_ins = CheckIns(Clock())
    check_ins.join("risk", 5.0)
    check_ins.leave("risk")
    check_ins.leave("risk")

    assert check_ins.late(1e9) == ()


def test_joining_again_starts_anew() -> None:
    clock = Clock()
    check_ins = CheckIns(clock)
    check_ins.join("cross", 5.0)
    clock.now = 200.0
    check_ins.join("cross", 7.0)

    assert check_ins.statistics() == (Presence("cross", silent_s=0.0, within_s=7.0),)


def test_a_stranger_cannot_check_in() -> None:
    with pytest.raises(KeyError, match="cross"):
        CheckIns(Clock()).check_in("cross")


def test_a_time_to_check_in_is_above_zero() -> None:
    with pytest.raises(ValueError, match="within_s"):
        CheckIns(Clock()).join("cross", 0.0)
