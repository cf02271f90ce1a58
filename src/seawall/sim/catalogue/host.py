"""Faults of machines: processes that die, disks that fail, clocks that are wrong, and time that passes unseen."""

from collections.abc import Callable
from typing import Final

from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group
from seawall.sim.world.hosts import Machine

__all__ = ["HOST"]

JUMP_S: Final = 30.0
DRIFT: Final = (-0.005, -0.001, 0.001, 0.005)
"""Seconds a second; a bad quartz has a fiftieth of that."""


def _kind(
    name: str,
    sentence: str,
    begin: Callable[[Case], Begun],
    *,
    lasts_s: tuple[float, float] = (5.0, 40.0),
    weight: float = 1.0,
) -> FaultKind:
    return FaultKind(name, sentence, Group.HOST, begin, lasts_s, weight)


def _death(name: str, sentence: str, how: str, lasts_s: tuple[float, float], weight: float) -> FaultKind:
    def begin(case: Case) -> Begun:
        case.undo.callback(case.stage.run.start_trader)
        case.stage.run.kill_trader(how)
        return Begun(f"{how}; started again after {case.planned.lasts_s:g} s")

    return _kind(name, sentence, begin, lasts_s=lasts_s, weight=weight)


def _disk(name: str, sentence: str, what: str, *, lasts_s: tuple[float, float] = (2.0, 20.0), **values: object) -> FaultKind:
    def begin(case: Case) -> Begun:
        case.turn(case.stage.trader.disk, **values)
        return Begun(what)

    return _kind(name, sentence, begin, lasts_s=lasts_s, weight=0.5)


def _slow_disk(case: Case) -> Begun:
    slowness = case.rng.choice((20.0, 100.0, 500.0))
    case.turn(case.stage.trader.disk, slowness=slowness)
    return Begun(f"the disk is {slowness:.0f} times slower")


def _jump(name: str, sentence: str, whose: Callable[[Case], Machine], who: str) -> FaultKind:
    def begin(case: Case) -> Begun:
        by_s = case.rng.choice((-1, 1)) * case.rng.uniform(1.0, JUMP_S)
        wall = whose(case).wall
        wall.jump(by_s)
        case.undo.callback(wall.jump, -by_s)
        return Begun(f"the clock of {who} jumps by {by_s:+.1f} s, and back at the end")

    return _kind(name, sentence, begin, lasts_s=(5.0, 60.0))


def _drift(name: str, sentence: str, whose: Callable[[Case], Machine], who: str) -> FaultKind:
    def begin(case: Case) -> Begun:
        rate, wall = case.rng.choice(DRIFT), whose(case).wall
        done_s, off_ns = case.stage.trace.now_s(), 0

        def strike() -> None:
            nonlocal done_s, off_ns
            now_s, before_ns = case.stage.trace.now_s(), wall.error_ns
            wall.jump((now_s - done_s) * rate)
            done_s, off_ns = now_s, off_ns + wall.error_ns - before_ns

        def undo() -> None:
            wall.error_ns -= off_ns

        case.undo.callback(undo)
        return Begun(f"the clock of {who} drifts by {rate * 1000:+.0f} ms a second, and is set right at the end", strike, 1.0)

    return _kind(name, sentence, begin, lasts_s=(30.0, 180.0))


def _suspended(case: Case) -> Begun:
    case.stage.run.suspend(case.planned.lasts_s)
    return Begun(f"the world stood still for {case.planned.lasts_s:g} s, and its clocks went on")


def _starved(case: Case) -> Begun:
    def strike() -> str:
        for_s = case.rng.uniform(0.1, 2.0)
        case.stage.run.suspend(for_s)
        return f"no program ran for {for_s * 1000:.0f} ms"

    return Begun("programs get the processor only now and then", strike, every_s=case.rng.uniform(1.0, 4.0))


def _trader(case: Case) -> Machine:
    return case.stage.trader


def _kraken(case: Case) -> Machine:
    return case.stage.kraken


HOST: Final = (
    _death("kill", "The engine is killed (kill -9) and started again within seconds.", "killed", (0.5, 10.0), 1.0),
    _death(
        "kill-late",
        "The engine is killed and started again so late that the dead man's switch has fired.",
        "killed",
        (75.0, 180.0),
        0.3,
    ),
    _death("power-cut", "The machine loses its power: what was not on the disk is gone.", "power cut", (5.0, 60.0), 0.5),
    _disk("disk-full", "The disk is full.", "every write finds the disk full", is_full=True),
    _disk("disk-sync-fails", "The disk fails to keep what it was given.", "every sync of the disk fails", sync_fails=True),
    _disk("disk-read-only", "The disk becomes read-only.", "the disk is read-only", is_read_only=True),
    _kind("disk-slow", "The disk is very slow.", _slow_disk, lasts_s=(5.0, 60.0)),
    _disk("disk-stalled", "The disk does not answer for a while.", "writes wait until this is over", stalled=True),
    _jump("clock-jump", "The clock of the engine's machine jumps, up to 30 seconds either way.", _trader, "the engine's machine"),
    _jump("exchange-clock-jump", "The clock of the exchange jumps, up to 30 seconds either way.", _kraken, "the exchange"),
    _drift("clock-drift", "The clock of the engine's machine drifts.", _trader, "the engine's machine"),
    _drift("exchange-clock-drift", "The clock of the exchange drifts.", _kraken, "the exchange"),
    _kind("suspended", "Everything stands still for a while, as a machine that sleeps, and wakes later.", _suspended, weight=0.5),
    _kind("starved", "The processor is taken away again and again, for up to two seconds.", _starved),
)
