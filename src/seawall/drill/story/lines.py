"""What happened, line by line: all that is rare in full, and what repeats itself folded between the moments that matter.

A run of twenty minutes has tens of thousands of facts, most of them alike. Between two cuts (a fault that begins or ends, a host
that dies, a violation, a new phase) the first few of each common sort are told, and the rest of each lane becomes one line.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs

from seawall.drill.spec import Verdict, Violation
from seawall.drill.words import clock_text, counted, violation_text
from seawall.sim.world.trace import Fact

__all__ = [
    "FAULTS",
    "HOST",
    "RUN",
    "Line",
    "Weight",
    "began_s",
    "fact_text",
    "is_rare",
    "lanes_of",
    "sorts",
    "story_lines",
    "violation_line",
]

FAULTS: Final = "faults"
HOST: Final = "host"
RUN: Final = "run"
"""The lane of what is said about the run itself: its phases, and what broke."""

STRUCK: Final = "fault struck"
"""What a fault does again and again while it lasts: common, where there is much of it."""

_SOCKETS: Final = "sockets"
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ORDER: Final = ("desk", _SOCKETS, "exchange", HOST, FAULTS)
_RARE: Final = 12
"""A sort of fact that happened so often, or less, is told each time."""
_MOST_LINES: Final = 900
_TOLD_OF_EACH: Final = 5
"""So many violations of one invariant are told where they happened."""


class Weight(StrEnum):
    """How loud a line is."""

    VIOLATION = "violation"
    PHASE = "phase"
    FAULT = "fault"
    RARE = "rare"
    COMMON = "common"
    FOLDED = "folded"


@attrs.frozen
class Line:
    """One line of a story. `at_s` counts from the beginning of trading, as planned faults do; before it, it is negative."""

    at_s: float
    lane: str
    text: str
    weight: Weight
    folded: tuple[Fact, ...] = ()
    """What this line stands for, where it stands for more than itself."""


def began_s(verdict: Verdict) -> float:
    """When the trading began, in the time of facts: the zero of a story."""
    return 0.0 if verdict.phases is None else verdict.phases.trading_s


def lanes_of(facts: Iterable[Fact]) -> list[str]:
    """The lanes there are: strategies first, then inwards out to the exchange, and what was done to them."""
    lanes = sorted({fact.lane for fact in facts})
    known = {lane: place for place, lane in enumerate(_ORDER)}
    return sorted(lanes, key=lambda lane: (known.get(lane, -1 if lane.startswith("strategy") else len(_ORDER)), lane))


def sorts(facts: Iterable[Fact]) -> Counter[tuple[str, str]]:
    """How many facts of each sort (lane and kind) there are."""
    return Counter((fact.lane, fact.kind) for fact in facts)


def is_rare(fact: Fact, counts: Mapping[tuple[str, str], int]) -> bool:
    """Whether it is told however long the story is. `counts` are the `sorts` of the run."""
    return (fact.lane in {HOST, FAULTS} and fact.kind != STRUCK) or counts[fact.lane, fact.kind] <= _RARE


def fact_text(fact: Fact) -> str:
    """A fact as a line; one of the network says who and where, and its sort says what became of them."""
    return f"{fact.kind}: {fact.text}" if fact.lane == _SOCKETS and fact.kind.islower() else fact.text


def violation_line(violation: Violation) -> str:
    """A violation as a line."""
    return f"BROKEN: {violation_text(violation)}"


def _spaced(kind: str) -> str:
    """`OrderPlanned`, the name of a notice, is `order planned`."""
    return _CAPITAL.sub(" ", kind).lower()


def story_lines(verdict: Verdict, *, most: int = _MOST_LINES) -> tuple[Line, ...]:
    """The lines of a run whose facts were kept, in order; about `most` of them, as far as what is rare leaves it to us."""
    zero_s = began_s(verdict)
    entries = sorted(_entries(verdict, zero_s), key=lambda entry: entry[0])
    lines: tuple[Line, ...] = ()
    for near in (4, 2, 1, 0):
        lines = tuple(_told(entries, near, zero_s))
        if len(lines) <= most:
            break
    return lines


_Entry = tuple[float, Line, Fact | None]
"""A moment; its line; and the fact, where it is a common one that may be folded."""


def _entries(verdict: Verdict, zero_s: float) -> Iterator[_Entry]:
    counts = sorts(verdict.facts)
    for fact in verdict.facts:
        loud = Weight.FAULT if fact.lane == FAULTS else Weight.RARE
        weight = loud if is_rare(fact, counts) else Weight.COMMON
        line = Line(fact.at_s - zero_s, fact.lane, fact_text(fact), weight)
        yield line.at_s, line, fact if weight is Weight.COMMON else None
    for at_s, text in _phases(verdict):
        yield at_s - zero_s, Line(at_s - zero_s, RUN, text, Weight.PHASE), None
    seen: Counter[str] = Counter()
    for violation in verdict.violations:
        seen[violation.invariant] += 1
        if seen[violation.invariant] <= _TOLD_OF_EACH:
            at_s = violation.at_s - zero_s
            yield at_s, Line(at_s, RUN, violation_line(violation), Weight.VIOLATION), None


def _phases(verdict: Verdict) -> Iterator[tuple[float, str]]:
    if verdict.phases is not None:
        phases = verdict.phases
        yield phases.trading_s, "trading begins, and so do the faults"
        yield phases.healed_s, "the world is healed: from now on it has to be in step with the exchange, and trade"
        yield phases.stop_s, "it is asked to stop"
        yield phases.ended_s, "it has stopped"


def _told(entries: Sequence[_Entry], near: int, zero_s: float) -> Iterator[Line]:
    span: list[_Entry] = []
    for entry in entries:
        if entry[1].lane in {FAULTS, HOST, RUN} and entry[2] is None:
            yield from _span(span, near, zero_s)
            span = []
            yield entry[1]
        else:
            span.append(entry)
    yield from _span(span, near, zero_s)


def _span(entries: Sequence[_Entry], near: int, zero_s: float) -> Iterator[Line]:
    """What lies between two cuts; a fold stands where the first of its facts did."""
    seen: Counter[tuple[str, str]] = Counter()
    parts: list[Line | str] = []
    folds: dict[str, list[Fact]] = {}
    for _at_s, line, fact in entries:
        if fact is None:
            parts.append(line)
            continue
        seen[fact.lane, fact.kind] += 1
        if seen[fact.lane, fact.kind] <= near:
            parts.append(line)
        else:
            if fact.lane not in folds:
                parts.append(fact.lane)
            folds.setdefault(fact.lane, []).append(fact)
    for part in parts:
        yield part if isinstance(part, Line) else _fold(folds[part], zero_s)


def _fold(facts: list[Fact], zero_s: float) -> Line:
    first, last = facts[0], facts[-1]
    at_s = first.at_s - zero_s
    if len(facts) == 1:
        return Line(at_s, first.lane, fact_text(first), Weight.COMMON)
    kinds = Counter(_spaced(fact.kind) for fact in facts)
    of_each = ", ".join(f"{kind} {count:,}×" for kind, count in kinds.most_common())
    text = f"… {counted(len(facts), 'more', 'more')} until {clock_text(last.at_s - zero_s)}: {of_each}"
    return Line(at_s, first.lane, text, Weight.FOLDED, tuple(facts))
