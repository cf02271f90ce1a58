"""How numbers, times and commands are written for people."""

import shlex
from collections import Counter
from collections.abc import Sequence

from seawall.drill.spec import Measures, RunSpec, Verdict, Violation

__all__ = [
    "broken",
    "clock_text",
    "command",
    "counted",
    "length_text",
    "listed",
    "measures_text",
    "seconds_text",
    "title",
    "violation_text",
]


def counted(count: int, thing: str, things: str | None = None) -> str:
    """`1 fault`, `2 faults`, `1,200 faults`."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def clock_text(at_s: float) -> str:
    """A moment of a run, to the millisecond: `02:01.300`, `1:02:01.300`, `-00:00.250`."""
    millis = round(abs(at_s) * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if at_s < 0 and (millis or minutes or hours) else ""
    return f"{sign}{f'{hours}:' if hours else ''}{minutes:02}:{millis // 1000:02}.{millis % 1000:03}"


def seconds_text(seconds: float) -> str:
    """A span in the unit that reads well: `12 ms`, `4.1 s`, `3 min`, `2 h 5 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def length_text(spec: RunSpec) -> str:
    """How long a run's safety phase is, exactly, as options of the command line."""
    seconds = spec.length_s
    if seconds % 3600 == 0:
        return f"--hours {seconds / 3600:g}"
    return f"--minutes {seconds / 60:g}" if seconds % 60 == 0 else f"--seconds {seconds!r}".removesuffix(".0")


def command(spec: RunSpec, *, explain: bool = True) -> str:
    """What to type in a shell to have this run again."""
    words = ["seawall", "simulate"]
    if spec.config_file is not None:
        words += ["--config", str(spec.config_file)]
    words += ["--seed", str(spec.seed), *length_text(spec).split()]
    if spec.faults is not None:
        words += ["--faults", " ".join(map(str, spec.faults)) or "none"]
    if spec.kill_at is not None:
        words += ["--kill-at", str(spec.kill_at)]
    return shlex.join([*words, "--explain"] if explain else words)


def title(verdict: Verdict) -> str:
    """What a run was, and how it went, in one line."""
    spec, done = verdict.spec, verdict.statistics
    broke = "every invariant held" if verdict.clean else f"{counted(len(verdict.violations), 'violation')}"
    what = listed([counted(done.faults, "fault"), counted(done.kills, "kill")])
    return f"seed {spec.seed}, {seconds_text(spec.length_s)} with {what}: {broke}"


def broken(violations: Sequence[Violation]) -> list[tuple[Violation, int]]:
    """The first violation of each invariant, and how many of it there are."""
    counts = Counter(violation.invariant for violation in violations)
    first = {violation.invariant: violation for violation in reversed(violations)}
    return [(first[invariant], count) for invariant, count in counts.items()]


def violation_text(violation: Violation, count: int = 1) -> str:
    """What was promised, and how it was not kept; `count` is how often."""
    more = f", and {counted(count - 1, 'more', 'more')} of the sort" if count > 1 else ""
    return f"{violation.sentence} {violation.detail.rstrip('.')}{more} [{violation.invariant}]"


def measures_text(measures: Measures) -> str:
    """What was measured, in one line; what it did not come to is left out."""
    orders = [
        counted(measures.lost, "order") + " lost",
        f"{measures.doubled:,} doubled",
        f"{measures.left_open:,} left open",
        counted(measures.fills_missed, "fill") + " missed",
    ]
    times = (("noticed in", measures.noticed_s), ("recovered in", measures.recovered_s), ("flat in", measures.flat_s))
    spans = [f"{what} {seconds_text(seconds)}" for what, seconds in times if seconds is not None]
    blind = [f"{counted(measures.blind_orders, 'order')} wanted while blind"] if measures.blind_orders else []
    stall = [f"longest stall {seconds_text(measures.longest_stall_s)}"] if measures.longest_stall_s else []
    return ", ".join([*orders, *spans, *stall, *blind])
