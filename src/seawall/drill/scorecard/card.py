"""The table itself: a row for each trial, and in each cell that is not good the run that shows it best."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import attrs

from seawall.drill.campaign import Trial, unsteady
from seawall.drill.results import Broken
from seawall.drill.scorecard.columns import COLUMNS, Column, Figure, Level
from seawall.drill.spec import Verdict, Violation
from seawall.drill.words import command, counted

__all__ = ["Cell", "Row", "Scorecard", "scorecard"]

_TOLD: Final = 3
"""So many invariants, and ways of breaking one, are told of a trial."""


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
