"""The story as lines of text, for a terminal or a file."""

import textwrap
from collections.abc import Iterator
from typing import Final

from seawall.drill.spec import Verdict
from seawall.drill.story.lines import Line, Weight, story_lines
from seawall.drill.words import broken, clock_text, command, counted, measures_text, seconds_text, title, violation_text

__all__ = ["story_text"]

_SIGNS: Final = {
    Weight.VIOLATION: "✗",
    Weight.PHASE: "─",
    Weight.FAULT: "▲",
    Weight.RARE: " ",
    Weight.COMMON: " ",
    Weight.FOLDED: " ",
}


def story_text(verdict: Verdict, width: int = 130) -> list[str]:
    """What the run was, what broke, and what happened when; times are minutes and seconds of trading."""
    return [*_head(verdict, width), "", *_timeline(verdict, width), "", *_foot(verdict)]


def _head(verdict: Verdict, width: int) -> Iterator[str]:
    yield title(verdict)
    for violation, count in broken(verdict.violations):
        yield from _wrapped("  ✗ ", violation_text(violation, count), width)
    for planned in sorted(verdict.planned, key=lambda planned: planned.at_s):
        yield f"  ▲ {clock_text(planned.at_s)}  {planned.name}, for {seconds_text(planned.lasts_s)}   ({planned})"


def _timeline(verdict: Verdict, width: int) -> Iterator[str]:
    lines = story_lines(verdict)
    lane_width = max((len(_printable(line.lane)) for line in lines), default=0)
    for line in lines:
        yield from _wrapped(_prefix(line, lane_width), line.text, width)
    if not lines:
        yield "no facts were kept of this run"


def _prefix(line: Line, lane_width: int) -> str:
    return f"{clock_text(line.at_s):>12} {_SIGNS[line.weight]} {_printable(line.lane):<{lane_width}}  "


def _wrapped(prefix: str, text: str, width: int) -> list[str]:
    room = max(20, width - len(prefix))
    first, *rest = textwrap.wrap(_printable(text), room, break_on_hyphens=False) or [""]
    return [prefix + first, *(" " * len(prefix) + line for line in rest)]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "·" for character in text)


def _foot(verdict: Verdict) -> Iterator[str]:
    done = verdict.statistics
    yield f"{counted(done.orders, 'order')}, {counted(done.fills, 'fill')}; {measures_text(verdict.measures)}"
    yield (
        f"{seconds_text(done.simulated_s)} simulated in {seconds_text(done.cpu_s)} of processor time; "
        f"{counted(done.connections, 'connection')}, {counted(done.starts, 'start')}, {counted(done.io_points, 'I/O point')}, "
        f"{counted(done.scheduler_steps, 'step')}"
    )
    yield f"hash {verdict.trace_digest}, order of tasks {verdict.schedule_digest}"
    yield f"again: {command(verdict.spec)}"
