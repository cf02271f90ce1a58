"""What is measured of each trial: the columns of a scorecard, and what counts as bad in each."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import attrs

from seawall.drill.spec import Measures
from seawall.drill.words import seconds_text

__all__ = ["COLUMNS", "HEADINGS", "Column", "Figure", "Level"]


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
