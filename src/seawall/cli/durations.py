"""Durations as people type them: `500ms`, `30s`, `5m`, `2h`, `1h30m`."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

__all__ = ["Token", "duration_s", "duration_token"]

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def duration_s(text: str) -> float:
    """Seconds. Raises ValueError for anything else, a number without a unit among them: nobody should have to guess it."""
    word = text.strip().lower()
    if not re.fullmatch(rf"({_PART.pattern})+", word):
        hint = f": a number needs its unit, as in {word}s, {word}m or {word}h" if re.fullmatch(r"[\d.]+", word) else ""
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m{hint}")
    seconds = sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(word))
    if seconds <= 0:
        raise ValueError(f"{text!r} is no time at all")
    return seconds


class Token(Protocol):
    """One word of the command line, as its parser hands it to a converter."""

    @property
    def value(self) -> str:
        """The word."""
        ...


def duration_token(_type: object, tokens: Sequence[Token]) -> float:
    """As the command line's parser wants a converter."""
    return duration_s(tokens[0].value)
