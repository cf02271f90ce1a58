"""A drill as its user sees it: progress, the scorecard, every red cell with its command, and where runs did not repeat."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs
from rich.console import Console
from rich.text import Text

from seawall.cli.exit_codes import ExitCode
from seawall.cli.session import stdout_is_terminal
from seawall.cli.sweeping import Swept, sweep_watched, tell_nothing, totals_lines
from seawall.config import Config, load_config
from seawall.console.tables import Row as TextRow
from seawall.console.tables import align, printable
from seawall.drill.campaign import CALM, Campaign, first_difference, unsteady
from seawall.drill.results import Run
from seawall.drill.scorecard import HEADINGS, Cell, Level, Row, Scorecard, scorecard
from seawall.drill.spec import RunSpec, Verdict
from seawall.drill.suspects import suspects
from seawall.drill.sweep import Sweep
from seawall.drill.totals import Totals
from seawall.drill.words import clock_text, counted, listed
from seawall.sim.catalogue import CATALOGUE
from seawall.sim.world.trace import Fact

__all__ = ["Drill", "about", "card_lines"]

_STYLES: Final = {Level.NONE: "dim", Level.GOOD: "", Level.WARN: "yellow", Level.BAD: "bold red"}
_PLAIN_WIDTH: Final = 200
_MOST_TOLD: Final = 3
"""So many runs that went two ways are looked into."""
_MOST_NAMED: Final = 8


@attrs.define(eq=False)
class Drill:
    """One drill: `go` runs it and prints it, and afterwards `card` and `totals` are there to be written down."""

    campaign: Campaign
    run: Run
    jobs: int
    card: Scorecard = attrs.field(factory=lambda: Scorecard(()), init=False)
    totals: Totals = attrs.field(factory=Totals, init=False)

    def go(self) -> ExitCode:
        """All runs of the campaign, or those before a signal came. Raises `WorkerFailed`."""
        specs = self.campaign.specs()
        swept = sweep_watched(Sweep(self.run, self.jobs), specs, len(specs), tell_failure=tell_nothing)
        self.card, self.totals = scorecard(self.campaign.sorted(swept.results), about), swept.totals
        terminal = stdout_is_terminal()
        width = shutil.get_terminal_size().columns if terminal else _PLAIN_WIDTH
        console = Console(width=width, highlight=False, soft_wrap=True)
        for line in card_lines(self.card, width):
            line.rstrip()
            console.print(line)
        for text in (*_told(self.card), *self._unsteady(swept), *totals_lines(swept)):
            console.print(Text(text))
        if self.card.bad:
            return ExitCode.BROKEN
        return ExitCode.INTERRUPTED if swept.interrupted else ExitCode.CLEAN

    def _unsteady(self, swept: Swept) -> Iterator[str]:
        """Where runs parted that should have been the same, and what in the strategies may have done it."""
        specs = unsteady(swept.results)
        if not specs or swept.interrupted:
            return
        for spec in specs[:_MOST_TOLD]:
            yield from self._parted(spec)
        found = list(_suspect_lines(load_config(self.campaign.config_file)))
        if found:
            yield "in the strategies' own sources, these lines may be why:"
            yield from found

    def _parted(self, spec: RunSpec) -> Iterator[str]:
        twice = [attrs.evolve(spec, keep_facts=True)] * 2
        again = sweep_watched(Sweep(self.run, min(2, self.jobs)), twice, 2, tell_failure=tell_nothing, in_lines=False)
        stories = [result.facts for result in again.results if isinstance(result, Verdict)]
        parted = first_difference(*stories) if len(stories) == 2 else None
        if parted is None:
            yield f"seed {spec.seed} did not go the same way twice, though it did so now"
            return
        yield f"seed {spec.seed} does not go the same way twice; the two first differ where"
        yield from (f"    {'one' if place == 0 else 'the other'} says: {_fact_text(fact)}" for place, fact in enumerate(parted))


def about(name: str) -> tuple[str, str]:
    """The group and the sentence of a trial."""
    kind = CATALOGUE.get(name)
    if kind is not None:
        return kind.group.value, kind.sentence
    return ("calm", "No fault at all.") if name == CALM else ("swarms", "A few kinds of faults, many times, together.")


def card_lines(card: Scorecard, width: int) -> Iterator[Text]:
    """The table for a terminal."""
    head: TextRow = (Text("", "bold"), *(Text(heading, "bold") for heading, _what in HEADINGS.values()))
    rows: list[TextRow] = [head]
    rows += [_cells(row) for row in card.rows]
    yield from align(rows, right=range(1, len(head)), width=width)


def _cells(row: Row) -> TextRow:
    name = Text(printable(row.name), _STYLES[row.level] or "green")
    return (name, *(Text(cell.text, _STYLES[cell.level]) for cell in row.cells))


def _told(card: Scorecard) -> Iterator[str]:
    """Every red cell with its command; those that say the same of several trials together."""
    alike: dict[tuple[str, str, str], list[tuple[Row, Cell]]] = {}
    for row, cell in card.bad:
        heading, _what = HEADINGS[cell.key]
        alike.setdefault((heading, cell.text, cell.detail), []).append((row, cell))
    for (heading, text, detail), some in alike.items():
        names = [row.name for row, _cell in some]
        if len(names) > _MOST_NAMED:
            names[_MOST_NAMED:] = [f"{len(names) - _MOST_NAMED:,} more"]
        yield ""
        yield printable(f"{listed(names)}: {heading} {text}. {detail}")
        yield f"    {some[0][1].command}"
    yield ""
    yield counted(len(card.bad), "red cell") if card.bad else "no red cell"


def _fact_text(fact: Fact | None) -> str:
    return "nothing more" if fact is None else printable(f"{clock_text(fact.at_s)}  {fact.lane}  {fact.text}")


def _suspect_lines(config: Config) -> Iterator[str]:
    for path in dict.fromkeys(_source_of(strategy.use, config.directory) for strategy in config.strategies):
        if path is not None:
            for suspect in suspects(path.read_text(encoding="utf-8")):
                yield f"    {path}:{suspect.line}  {suspect.code}  ({suspect.why})"


def _source_of(use: str, directory: Path) -> Path | None:
    where = use.rpartition(":")[0]
    if where.endswith(".py"):
        return directory / where
    spec = find_spec(where)  # imported already, when the configuration was checked
    return Path(spec.origin) if spec is not None and spec.origin is not None and spec.origin.endswith(".py") else None
