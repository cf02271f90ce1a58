"""The table itself: which columns there are, what counts as bad in each, and which run shows it."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

import attrs

from seawall.drill.campaign import Trial, unsteady
from seawall.drill.results import Broken
from seawall.drill.spec import Measures, Verdict, Violation
from seawall.drill.words import command, counted, seconds_text

__all__ = ["COLUMNS", "HEADINGS", "Cell", "Column", "Level", "Row", "Scorecard", "scorecard"]

_TOLD: Final = 3
"""So many invariants, and ways of breaking one, are told of a trial."""


class Level(StrEnum):
    """How a cell is to be taken."""

    NONE = "none"
    """It did not come to it, or there is nothing to be said."""
    GOOD = "good"
    WARN = "warn"
    """Worth a look; no promise is broken."""
    BAD = "bad"


Figure = float | None


@attrs.frozen(eq=False)
class Column:
    """One thing that is measured: of several runs, the worst counts, or for numbers of things their sum."""

    key: str
    heading: str
    sentence: str
    of: Callable[[Measures], Figure]
    level: Callable[[Figure], Level]
    in_seconds: bool = False
    if_none: str = "–"

    def text(self, figure: Figure) -> str:
        """A figure as it stands in a cell."""
        if figure is None:
            return self.if_none
        return seconds_text(figure) if self.in_seconds else f"{figure:,.0f}"

    def together(self, figures: Sequence[Figure]) -> Figure:
        """What the figures of several runs come to."""
        known = [figure for figure in figures if figure is not None]
        if not known or (len(known) < len(figures) and self.level(None) is Level.BAD):
            return None
        return max(known) if self.in_seconds else sum(known)


def _none_of_it(figure: Figure) -> Level:
    return Level.BAD if figure else Level.GOOD


def _better_not(figure: Figure) -> Level:
    return Level.WARN if figure else Level.GOOD


def _within(long_s: float, too_long_s: float = float("inf"), *, never: Level = Level.NONE) -> Callable[[Figure], Level]:
    def level(figure: Figure) -> Level:
        if figure is None:
            return never
        return Level.BAD if figure > too_long_s else Level.WARN if figure > long_s else Level.GOOD

    return level


COLUMNS: Final = (
    Column(
        "lost",
        "lost",
        "Orders whose end the journal does not know, or has otherwise than the exchange.",
        lambda of: of.lost,
        _none_of_it,
    ),
    Column(
        "doubled", "doubled", "Intents that became more than one order, or were sent twice.", lambda of: of.doubled, _none_of_it
    ),
    Column("left_open", "left open", "Orders still open after the stop.", lambda of: of.left_open, _none_of_it),
    Column("fills_missed", "missed", "Fills that were not counted, or not once.", lambda of: of.fills_missed, _none_of_it),
    Column(
        "noticed_s",
        "noticed",
        "From the first fault to the first word of the engine that something is wrong; a dash where there was none.",
        lambda of: of.noticed_s,
        _within(30.0),
        in_seconds=True,
    ),
    Column(
        "recovered_s",
        "recovered",
        "From the end of all faults to being in step with the exchange, and trading.",
        lambda of: of.recovered_s,
        _within(30.0, 90.0, never=Level.BAD),
        in_seconds=True,
        if_none="never",
    ),
    Column(
        "flat_s",
        "flat",
        "From the wish to stop to the end of the last order; a dash where none was open.",
        lambda of: of.flat_s,
        _within(10.0),
        in_seconds=True,
    ),
    Column(
        "longest_stall_s",
        "stall",
        "The longest time in which the engine got to do nothing.",
        lambda of: of.longest_stall_s,
        _within(1.0),
        in_seconds=True,
    ),
    Column(
        "blind_orders",
        "blind",
        "Orders that your strategies asked for while the data behind them was stale, whatever the answer.",
        lambda of: of.blind_orders,
        _better_not,
    ),
)


HEADINGS: Final = {
    **{column.key: (column.heading, column.sentence) for column in COLUMNS},
    "violations": ("broken", "Invariants that did not hold; behind each is a sentence, and a run that shows it."),
    "same": ("same", "Whether the same run went the same way twice."),
}
"""What stands above each cell of a row, and what it means, by its key and in order."""


@attrs.frozen
class Cell:
    """One figure, how it is to be taken, and for one that is not good the command that shows it."""

    key: str
    figure: Figure
    text: str
    level: Level
    command: str | None = None
    detail: str = ""


@attrs.frozen
class Row:
    """One trial."""

    name: str
    sentence: str
    group: str
    runs: int
    cells: tuple[Cell, ...]

    @property
    def level(self) -> Level:
        """The worst of its cells."""
        return max((cell.level for cell in self.cells), key=list(Level).index, default=Level.NONE)


@attrs.frozen
class Scorecard:
    """The whole table."""

    rows: tuple[Row, ...]

    @property
    def bad(self) -> list[tuple[Row, Cell]]:
        """Every red cell."""
        return [(row, cell) for row in self.rows for cell in row.cells if cell.level is Level.BAD]


def scorecard(trials: Iterable[Trial], about: Callable[[str], tuple[str, str]]) -> Scorecard:
    """The table of these trials. `about` gives the group and the sentence of one, by its name."""
    return Scorecard(tuple(_row(trial, *about(trial.name)) for trial in trials))


def _row(trial: Trial, group: str, sentence: str) -> Row:
    verdicts = [result for result in trial.results if isinstance(result, Verdict)]
    distinct = list({verdict.spec: verdict for verdict in verdicts}.values())
    cells = [_cell(column, distinct) for column in COLUMNS]
    cells += [_violations(trial, distinct), _steady(trial)]
    return Row(trial.name, sentence, group, len(trial.results), tuple(cells))


def _cell(column: Column, verdicts: Sequence[Verdict]) -> Cell:
    figures = [column.of(verdict.measures) for verdict in verdicts]
    if not verdicts:
        return Cell(column.key, None, "–", Level.NONE)
    figure = column.together(figures)
    level = column.level(figure)
    if level in {Level.GOOD, Level.NONE}:
        return Cell(column.key, figure, column.text(figure), level)
    order = list(Level).index
    worst = max(zip(verdicts, figures, strict=True), key=lambda each: (order(column.level(each[1])), each[1] or 0.0))[0]
    return Cell(column.key, figure, column.text(figure), level, command(worst.spec), column.sentence)


def _violations(trial: Trial, verdicts: Sequence[Verdict]) -> Cell:
    broken = [result for result in trial.results if isinstance(result, Broken)]
    if broken:
        first = broken[0]
        return Cell("violations", None, "no verdict", Level.BAD, command(first.spec), f"The run {first.how}.")
    count = sum(len(verdict.violations) for verdict in verdicts)
    if not count:
        return Cell("violations", 0, "0", Level.GOOD)
    unclean = next(verdict for verdict in verdicts if not verdict.clean)
    return Cell("violations", count, f"{count:,}", Level.BAD, command(unclean.spec), _broken_text(unclean.violations))


def _broken_text(violations: Sequence[Violation]) -> str:
    """The first few invariants, and of each the first few ways in which it was broken."""
    details: dict[str, dict[str, None]] = {}
    for violation in violations:
        details.setdefault(violation.sentence, {})[violation.detail.rstrip(".")] = None
    told = [f"{sentence} {_first_few(list(ways))}." for sentence, ways in details.items()]
    more = [f"And {counted(len(told) - _TOLD, 'more', 'more')}."] if len(told) > _TOLD else []
    return " ".join([*told[:_TOLD], *more])


def _first_few(ways: list[str]) -> str:
    more = [f"and {counted(len(ways) - _TOLD, 'more', 'more')}"] if len(ways) > _TOLD else []
    return "; ".join([*ways[:_TOLD], *more])


def _steady(trial: Trial) -> Cell:
    differing = unsteady(trial.results)
    if differing:
        why = "The same run went another way the second time: it cannot be replayed."
        return Cell("same", 0, "no", Level.BAD, command(differing[0]), why)
    specs = [result.spec for result in trial.results if isinstance(result, Verdict)]
    if len(set(specs)) == len(specs):  # none was run twice
        return Cell("same", None, "–", Level.NONE)
    return Cell("same", 1, "yes", Level.GOOD)
