"""The catalogue of faults and the table of invariants, as they stand in the manual.

python -m seawall.drill.tables docs/simulation.md    # write them anew, after either has changed
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from seawall.drill.oracle import INVARIANTS
from seawall.sim.catalogue import CATALOGUE

__all__ = ["TABLES", "catalogue_table", "invariants_table", "renewed"]


def catalogue_table() -> str:
    """Every fault: its part of the world, its name, and what it does."""
    rows = ((kind.group.value, f"`{kind.name}`", kind.sentence) for kind in CATALOGUE.values())
    return "\n".join(_table(("where", "fault", "what it does"), rows))


def invariants_table() -> str:
    """Every invariant: its name, and what it promises."""
    rows = ((invariant.group, f"`{invariant.name}`", invariant.sentence) for invariant in INVARIANTS)
    return "\n".join(_table(("about", "invariant", "what it promises"), rows))


TABLES: Final = {"catalogue": catalogue_table, "invariants": invariants_table}
"""By the name that stands in the two comments around each: `<!-- catalogue -->` and `<!-- end of catalogue -->`."""


def renewed(page: str) -> str:
    """The page with its tables as the code has them. Raises ValueError where the comments around one are missing."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        before, found, rest = page.partition(begin)
        _old, found_too, after = rest.partition(end)
        if not found or not found_too:
            raise ValueError(f"the page has no comments {begin.strip()} and {end.strip()}")
        page = f"{before}{begin}{make()}{end}{after}"
    return page


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield _row(heads)
    yield _row(("---",) * len(heads))
    before = ""
    for first, *others in rows:
        yield _row(("" if first == before else first, *others))
        before = first


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(renewed(_page.read_text(encoding="utf-8")), encoding="utf-8")
