"""Each silence is told once, and so is its end."""

import trio
from trio.testing import MockClock

from seawall.engine.check_ins import CheckIns
from seawall.engine.monitors.heartbeat import CheckInMissed, CheckInResumed, HeartbeatMonitor


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_silence_is_told_once() -> None:
    check_ins = CheckIns(Clock())
    check_ins.join("cross", 30.0)
    monitor = HeartbeatMonitor(check_ins)

    assert monitor.look(30.0) == ()
    assert monitor.look(31.0) == (CheckInMissed("cross", silent_s=31.0, within_s=30.0),)
    assert monitor.look(90.0) == ()


def test_its_end_is_told_once_and_the_next_one_again() -> None:
    clock = Clock()
    check_ins = CheckIns(clock)
    check_ins.join("cross", 30.0)
    monitor = HeartbeatMonitor(check_ins)
    monitor.look(31.0)
    clock.now = 32.0
    check_ins.check_in("cross")

    assert monitor.look(33.0) == (CheckInResumed("cross"),)
    assert monitor.look(34.0) == ()
    assert monitor.look(63.0) == (CheckInMissed("cross", silent_s=31.0, within_s=30.0),)


def test_who_left_in_silence_is_forgotten() -> None:
    clock = Clock()
    check_ins = CheckIns(clock)
    check_ins.join("cross", 30.0)
    monitor = HeartbeatMonitor(check_ins)
    monitor.look(31.0)
    check_ins.leave("cross")

    assert monitor.look(32.0) == ()
    clock.now = 40.0
    check_ins.join("cross", 30.0)
    assert monitor.look(50.0) == ()
    assert monitor.look(71.0) == (CheckInMissed("cross", silent_s=31.0, within_s=30.0),)


def test_notices_read_as_sentences() -> None:
    assert str(CheckInMissed("cross", 31.04, 30.0)) == "cross has not checked in for 31.0 s; it should within 30 s"
    assert str(CheckInResumed("cross")) == "cross checks in again"


async def test_it_looks_for_ever_and_survives_a_probe_that_raises(autojump_clock: MockClock) -> None:
    check_ins = CheckIns()
    check_ins.join("cross", 3.0)
    told: list[object] = []

    def probe(notice: object) -> None:
        told.append(notice)
        raise RuntimeError("a bad probe")

    with trio.move_on_after(10) as scope:
        await HeartbeatMonitor(check_ins, every_s=1.0, probe=probe).run()

    assert scope.cancelled_caught
    assert told == [CheckInMissed("cross", silent_s=4.0, within_s=3.0)]
