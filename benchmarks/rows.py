"""What a benchmark says: rows, and how they are shown."""

import itertools
import json
import statistics
from collections.abc import Sequence

import attrs

__all__ = ["Row", "as_json", "as_table", "percentile", "rows_of"]


@attrs.frozen
class Row:
    """One number. `ratio` is how many times the number of the first case of its group it is."""

    case: str
    metric: str
    value: float
    unit: str
    ratio: float


def rows_of(group: str, metric: str, unit: str, values: dict[str, float]) -> list[Row]:
    """One row a case; the first case is what the others are compared with."""
    first = next(iter(values.values()))
    return [Row(case, f"{group}, {metric}", value, unit, value / first) for case, value in values.items()]


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def as_json(rows: Sequence[Row]) -> str:
    """A list of objects."""
    return json.dumps([attrs.asdict(row) for row in rows], indent=1)


def as_table(rows: Sequence[Row]) -> str:
    """A line for each metric, and under it one for each case."""
    lines: list[str] = []
    for metric, group in itertools.groupby(rows, key=lambda row: row.metric):
        lines += ["", metric]
        lines += [f"  {row.case:<56} {row.value:>12,.2f} {row.unit:<4} {row.ratio:>6.2f}x" for row in group]
    return "\n".join(lines)
