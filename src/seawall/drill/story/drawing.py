"""The lanes of a run over time, as inline SVG: faults as bands, facts as marks, violations as lines from top to bottom.

However long a run is, a lane has at most one mark for each few pixels; a mark tells how many facts it stands for, and leads to
the line of the story where they are. What a pointer sees as a tooltip is the `title` of a mark.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Final

import attrs

from seawall.drill.spec import Verdict
from seawall.drill.story.lines import FAULTS, Line, Weight, began_s, fact_text, is_rare, lanes_of, sorts
from seawall.drill.story.markup import Markup, element, empty, joined
from seawall.drill.words import clock_text, counted, seconds_text
from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.trace import Fact

__all__ = ["drawing", "hue"]

_LEFT: Final = 150.0
_RIGHT: Final = 1260.0
_TOP: Final = 26.0
_BAND: Final = 17.0
_LANE: Final = 40.0
_BIN: Final = 4.0
_TOLD: Final = 8
"""So many facts of a mark are told in its tooltip."""
_STEPS_S: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_TICKS: Final = 14
_LETTER: Final = 6.1


@attrs.frozen
class _Scale:
    """From seconds of trading to pixels."""

    from_s: float
    until_s: float

    def x(self, at_s: float) -> float:
        part = (at_s - self.from_s) / (self.until_s - self.from_s)
        return _LEFT + min(max(part, 0.0), 1.0) * (_RIGHT - _LEFT)


def hue(lane: str) -> str:
    """The class that gives a lane its colour."""
    return f"lane-{lane.partition(' ')[0] if lane.partition(' ')[0] in _HUES else 'other'}"


_HUES: Final = frozenset({"strategy", "desk", "sockets", "exchange", "host", "faults", "run"})


def drawing(verdict: Verdict, lines: Sequence[Line], anchors: Mapping[int, str], sentences: Mapping[str, str]) -> Markup:
    """The picture. `anchors` names the line of the story, by its place in `lines`; `sentences` says what a fault does."""
    scale = _scale(verdict)
    rows = _packed(verdict.planned, scale)
    bands_height = _BAND * (max(rows.values(), default=-1) + 1)
    lanes = [lane for lane in lanes_of(verdict.facts) if lane != FAULTS]
    lanes_top = _TOP + bands_height + 10
    bottom = lanes_top + _LANE * len(lanes)
    zero_s = began_s(verdict)
    places = [line.at_s for line in lines]
    return element(
        "svg",
        element("title", "What happened in each lane over time"),
        *_axis(scale, bottom),
        *_bands(rows, scale, bottom, sentences),
        *_phases(verdict, scale, bottom, zero_s),
        *_lanes(verdict.facts, lanes, lanes_top, scale, zero_s, places, anchors),
        *_violations(lines, scale, bottom, anchors),
        viewBox=f"0 0 {_RIGHT + 20:g} {bottom + 30:g}",
        role="img",
        class_="lanes",
    )


def _scale(verdict: Verdict) -> _Scale:
    zero_s = began_s(verdict)
    ends = [fact.at_s - zero_s for fact in verdict.facts[-1:]]
    ends += [violation.at_s - zero_s for violation in verdict.violations]
    ends += [planned.at_s + planned.lasts_s for planned in verdict.planned]
    begins = [0.0, *(fact.at_s - zero_s for fact in verdict.facts[:1])]
    if verdict.phases is not None:
        ends.append(verdict.phases.ended_s - zero_s)
    return _Scale(min(begins), max([1.0, verdict.statistics.simulated_s - zero_s, *ends]))


def _axis(scale: _Scale, bottom: float) -> Iterator[Markup]:
    length_s = scale.until_s - scale.from_s
    step_s = next((step for step in _STEPS_S if length_s / step <= _TICKS), length_s / _TICKS)
    tick = 0
    while tick * step_s <= scale.until_s:
        x = scale.x(tick * step_s)
        yield empty("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid")
        text = clock_text(tick * step_s)
        yield element("text", text if step_s < 1 else text[:-4], x=x, y=bottom + 18, class_="tick")
        tick += 1


def _packed(planned: Sequence[Planned], scale: _Scale) -> dict[Planned, int]:
    """Each fault in the first row that is free where its band and its name are."""
    free: list[float] = []
    rows: dict[Planned, int] = {}
    for fault in sorted(planned, key=lambda fault: (fault.at_s, str(fault))):
        left = scale.x(fault.at_s)
        right = max(scale.x(fault.at_s + fault.lasts_s), left + len(fault.name) * _LETTER + 8)
        row = next((row for row, until in enumerate(free) if until <= left), len(free))
        free[row : row + 1] = [right + 3]
        rows[fault] = row
    return rows


def _bands(rows: Mapping[Planned, int], scale: _Scale, bottom: float, sentences: Mapping[str, str]) -> Iterator[Markup]:
    for fault, row in rows.items():
        left, right = scale.x(fault.at_s), scale.x(fault.at_s + fault.lasts_s)
        width = max(2.0, right - left)
        top = _TOP + row * _BAND
        sentence = sentences.get(fault.name, "")
        when = f"{clock_text(fault.at_s)} to {clock_text(fault.at_s + fault.lasts_s)} ({seconds_text(fault.lasts_s)})"
        room = _RIGHT - left
        anchor_end = len(fault.name) * _LETTER > room
        yield element(
            "g",
            element("title", f"{fault.name}: {sentence}\n{when}\n{fault}"),
            empty("rect", x=left, y=top, width=width, height=bottom - top, class_="shade"),
            empty("rect", x=left, y=top, width=width, height=_BAND - 3, rx=2.0, class_="band"),
            element(
                "text",
                fault.name,
                x=right - 3 if anchor_end else left + 4,
                y=top + _BAND - 6,
                text_anchor="end" if anchor_end else None,
                class_="fault-name",
            ),
        )


def _phases(verdict: Verdict, scale: _Scale, bottom: float, zero_s: float) -> Iterator[Markup]:
    if verdict.phases is None:
        return
    phases = verdict.phases
    named = [(phases.trading_s, "trading"), (phases.healed_s, "healed"), (phases.stop_s, "stop")]
    for place, (at_s, name) in enumerate(named):
        x = scale.x(at_s - zero_s)
        later = scale.x(named[place + 1][0] - zero_s) if place + 1 < len(named) else _RIGHT
        fits = later - x > len(name) * _LETTER + 6
        yield element(
            "g",
            element("title", f"{name}: {clock_text(at_s - zero_s)}"),
            empty("line", x1=x, x2=x, y1=8.0, y2=bottom, class_="phase"),
            *([element("text", name, x=x + 4, y=17.0, class_="phase-name")] if fits else []),
        )


def _lanes(
    facts: Sequence[Fact],
    lanes: Sequence[str],
    top: float,
    scale: _Scale,
    zero_s: float,
    places: Sequence[float],
    anchors: Mapping[int, str],
) -> Iterator[Markup]:
    bins: dict[tuple[str, int], list[Fact]] = {}
    for fact in facts:
        bins.setdefault((fact.lane, int((scale.x(fact.at_s - zero_s) - _LEFT) / _BIN)), []).append(fact)
    leads = _Leads(places, anchors)
    counts = sorts(facts)
    for row, lane in enumerate(lanes):
        middle = top + row * _LANE + _LANE / 2
        yield empty("line", x1=_LEFT, x2=_RIGHT, y1=middle, y2=middle, class_="rail")
        yield element("text", _short(lane), element("title", lane), x=_LEFT - 12, y=middle + 4, class_=f"lane-name {hue(lane)}")
        for (of, place), some in bins.items():
            if of == lane:
                rare = any(is_rare(fact, counts) for fact in some)
                yield _mark(some, _LEFT + place * _BIN, middle, zero_s, leads, rare=rare)


@attrs.frozen
class _Leads:
    """Which line of the story is nearest to a moment."""

    places: Sequence[float]
    anchors: Mapping[int, str]

    def to(self, at_s: float) -> str:
        low, high = 0, len(self.places)
        while low < high:
            half = (low + high) // 2
            low, high = (half + 1, high) if self.places[half] < at_s - 1e-9 else (low, half)
        return f"#{self.anchors[min(low, len(self.places) - 1)]}" if self.places else "#"


def _mark(facts: Sequence[Fact], x: float, middle: float, zero_s: float, leads: _Leads, *, rare: bool) -> Markup:
    height = min(26.0, 8.0 + 4.0 * log2(len(facts)))
    told = [f"{clock_text(fact.at_s - zero_s)}  {fact_text(fact)}" for fact in facts[:_TOLD]]
    colour = hue(facts[0].lane)
    dot = empty("circle", cx=x + (_BIN - 1) / 2, cy=middle - height / 2 - 4, r=2.4, class_=colour) if rare else Markup()
    more = [f"… and {counted(len(facts) - _TOLD, 'more', 'more')}"] if len(facts) > _TOLD else []
    return element(
        "a",
        empty("rect", x=x, y=middle - height / 2, width=_BIN - 1, height=height, rx=1.0, class_=f"mark {colour}"),
        dot,
        element("title", "\n".join([*told, *more])),
        href=leads.to(facts[0].at_s - zero_s),
    )


def _violations(lines: Sequence[Line], scale: _Scale, bottom: float, anchors: Mapping[int, str]) -> Iterator[Markup]:
    for place, line in enumerate(lines):
        if line.weight is Weight.VIOLATION:
            x = scale.x(line.at_s)
            yield element(
                "a",
                element("title", joined(f"{clock_text(line.at_s)}  {line.text}")),
                empty("line", x1=x, x2=x, y1=12.0, y2=bottom, class_="broken"),
                empty("path", d=f"M{x:.1f} 16 l-6 -12 h12 z", class_="broken-tip"),
                href=f"#{anchors[place]}",
            )


def _short(lane: str) -> str:
    name = lane.removeprefix("strategy ")
    return name if len(name) <= 20 else f"{name[:19]}…"
