"""What is wrong with a configuration: every fault of it, each with its key."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from seawall.model.errors import SeawallError

__all__ = ["ConfigError", "Expected", "Fault", "KeyPath", "Problem", "Problems", "did_you_mean", "written"]

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys of tables and places in lists, outermost first."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN: Final = 60


@attrs.frozen
class Fault:
    """What is wrong at one place: `key` is written as in the file (`risk."BTC/USD".max_order_qty`), or is a line and column."""

    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" if self.key else self.problem


class ConfigError(SeawallError):
    """The configuration cannot be used. `faults` are all that were found; `source` is the file, or what stands for it."""

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n  ".join([f"{source}: {count}", *map(str, self.faults)]))


@attrs.frozen
class Problem:
    """A fault whose place is not yet written out."""

    path: KeyPath
    text: str

    def under(self, parent: KeyPath) -> "Problem":
        """The same, seen from further out."""
        return Problem(parent + self.path, self.text)

    def fault(self) -> Fault:
        """As it is reported."""
        return Fault(written(self.path), self.text)


class Problems(ValueError):
    """One or more problems of one value; their paths begin at it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)


class Expected(Problems):
    """A value of another kind than was expected."""

    def __init__(self, expected: str, found: object, hint: str = "") -> None:
        super().__init__([Problem((), f"expected {expected}, found {_shown(found)}{hint}")])


def written(path: KeyPath) -> str:
    """The key as the file would write it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else f'"{part}"')
    return text


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _shown(value: object) -> str:
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case str():
            return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}..."
        case _:
            return str(value)
