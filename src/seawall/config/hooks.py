"""What is taken for what: one hook for each kind of value. None coerces; each raises `Problems`."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import get_args

from seawall.config.errors import Expected, Problem
from seawall.config.gathering import gather, raise_any

__all__ = ["decimal", "free", "inexact", "member", "moment", "or_member", "speed", "text", "truth", "whole", "word"]


def or_member(hook: Callable[[object, object], object]) -> Callable[[object, object], object]:
    """A hook that leaves enumerations to their own: cattrs takes the hook of `str` for a StrEnum, too."""
    return lambda value, kind: member(value, kind) if isinstance(kind, type) and issubclass(kind, Enum) else hook(value, kind)


def text(value: object, _: object) -> str:
    """Text."""
    if not isinstance(value, str):
        raise Expected("text in quotes", value)
    return value


def moment(value: object, _: object) -> dt.datetime:
    """A moment with its time zone, as TOML writes it: without quotes."""
    if not isinstance(value, dt.datetime):
        hint = "; times are written without quotes" if isinstance(value, str) else ""
        raise Expected("a date with a time, such as 2026-12-01T10:00:00Z", value, hint)
    if value.tzinfo is None:
        raise Expected("a date with a time and its zone, such as 2026-12-01T10:00:00Z", value)
    return value


def truth(value: object, _: object) -> bool:
    """A truth value; not 0 or 1."""
    if not isinstance(value, bool):
        raise Expected("true or false", value)
    return value


def whole(value: object, _: object) -> int:
    """A whole number; not true or false, not 1.0."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Expected("a whole number", value, _unquote(value))
    return value


def decimal(value: object, _: object) -> Decimal:
    """A finite number, digit for digit."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Expected("a number", value, _unquote(value))
    number = Decimal(value)
    if not number.is_finite():
        raise Expected("a finite number", value)
    return number


def inexact(value: object, _: object) -> float:
    """A number that need not be exact: a duration, a speed."""
    return float(decimal(value, Decimal))


def _unquote(value: object) -> str:
    return "; numbers are written without quotes" if isinstance(value, str) else ""


def member(value: object, kind: type[Enum]) -> Enum:
    """A member of an enumeration, by its value."""
    known = [str(member.value) for member in kind]
    if not isinstance(value, str) or value not in known:
        raise Expected(f"one of {_quoted(known)}", value)
    return kind(value)


def word(value: object, kind: object) -> object:
    """One of the words of a `Literal`."""
    known = [str(word) for word in get_args(kind)]
    if not isinstance(value, str) or value not in known:
        raise Expected(f"one of {_quoted(known)}", value)
    return value


def speed(value: object, _: object) -> object:
    """A factor, or `max`."""
    if value == "max":
        return value
    if isinstance(value, str):
        raise Expected('a number or "max"', value)
    return inexact(value, float)


def _quoted(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def free(value: object, _: object) -> object:
    """Whatever TOML can say but for what is no number and for instants, which a strategy would take for text."""
    match value:
        case dict():
            problems: list[Problem] = []
            table = {key: gather(problems, (key,), free, item, object) for key, item in value.items()}
            raise_any(problems)
            return table
        case list():
            problems = []
            items = tuple(gather(problems, (place,), free, item, object) for place, item in enumerate(value))
            raise_any(problems)
            return items
        case Decimal() if not value.is_finite():
            raise Expected("a finite number", value)
        case dt.date() | dt.time():
            raise Expected("text, a number, true or false, a list or a table", value, "; write it in quotes")
        case _:
            return value
