"""The scorecard as one page of HTML: the table, and under it each cell that is not good with the command that shows it."""

from collections.abc import Iterator

from seawall.drill.scorecard.card import Cell, Row, Scorecard
from seawall.drill.scorecard.columns import HEADINGS, Level
from seawall.drill.story.markup import Markup, element, joined
from seawall.drill.story.page import document, figures
from seawall.drill.totals import Totals
from seawall.drill.words import counted, seconds_text

__all__ = ["scorecard_page"]


def scorecard_page(card: Scorecard, totals: Totals, name: str) -> str:
    """The page about the configuration `name`."""
    bad, warned = _cells(card, Level.BAD), _cells(card, Level.WARN)
    return document(
        f"drill of {name}",
        element("h1", f"Drill of {name}"),
        _badge(len(bad)),
        _figures(totals, len(card.rows)),
        *_told("What is broken", bad),
        element("h2", "All of it"),
        element("div", element("table", _head(), *_rows(card), class_="card"), class_="scroll"),
        *_told("Worth a look", warned),
        element("h2", "The columns"),
        element("table", *(_explained(heading, what) for heading, what in HEADINGS.values())),
    )


def _explained(heading: str, what: str) -> Markup:
    return element("tr", element("td", heading, class_="lane"), element("td", what))


def _badge(bad: int) -> Markup:
    text = "nothing broke" if not bad else f"{counted(bad, 'cell')} in red"
    return element("span", text, class_=f"verdict {'bad' if bad else 'good'}")


def _figures(totals: Totals, trials: int) -> Markup:
    sums = totals.sums
    return figures(
        [
            ("trials", f"{trials:,}"),
            ("runs", f"{totals.runs:,}"),
            ("simulated", seconds_text(sums["simulated_s"])),
            ("faults", f"{sums['faults']:,.0f}"),
            ("kills", f"{sums['kills']:,.0f}"),
            ("orders", f"{sums['orders']:,.0f}"),
            ("fills", f"{sums['fills']:,.0f}"),
        ]
    )


def _head() -> Markup:
    return element("tr", element("th", "trial"), *(element("th", heading, title=what) for heading, what in HEADINGS.values()))


def _rows(card: Scorecard) -> Iterator[Markup]:
    group = None
    for row in card.rows:
        if row.group != group:
            group = row.group
            yield element("tr", element("th", group, colspan=str(len(HEADINGS) + 1)), class_="group")
        name = element("td", element("b", row.name), " ", element("span", row.sentence, class_="dim"))
        yield element("tr", name, *(_cell(row, cell) for cell in row.cells))


def _cell(row: Row, cell: Cell) -> Markup:
    told = element("a", cell.text, href=f"#{_anchor(row, cell)}") if cell.command is not None else cell.text
    return element("td", told, class_=cell.level.value, title=cell.detail or None)


def _cells(card: Scorecard, level: Level) -> list[tuple[Row, Cell]]:
    return [(row, cell) for row in card.rows for cell in row.cells if cell.level is level]


def _told(heading: str, cells: list[tuple[Row, Cell]]) -> Iterator[Markup]:
    if not cells:
        return
    yield element("h2", heading)
    for row, cell in cells:
        what = element("p", element("b", row.name), f": {HEADINGS[cell.key][0]} {cell.text}. {cell.detail}")
        yield element("section", joined(what, element("pre", cell.command or "")), id=_anchor(row, cell))


def _anchor(row: Row, cell: Cell) -> str:
    return f"{row.name}-{cell.key}"
