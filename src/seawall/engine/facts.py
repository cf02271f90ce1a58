"""What a notice says, as plain data: its name, and its fields in types that JSON has.

Logs, plain lines and news all read notices through here, so that what must stay secret is left out at one place.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import PurePath
from typing import Final, TypeAlias

import attrs

from seawall.model.numbers import plain

__all__ = ["HIDDEN", "Fact", "event_name", "fact_of", "facts_of"]

Fact: TypeAlias = "bool | int | float | str | Sequence[Fact] | Mapping[str, Fact] | None"

HIDDEN: Final = "(hidden)"

# A line of a log is for reading: what is longer than this is a dump, and belongs to the journal or to a recording.
LONGEST_TEXT: Final = 2000
MOST_ITEMS: Final = 50
DEEPEST: Final = 6

_SECRET = re.compile(r"(^|_)(secret|password|token|otp|signature|authorization|credentials|api_key|api_sign)$", re.IGNORECASE)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def event_name(notice: object) -> str:
    """The name of a notice as an event: that of its class, `BreakerOpened`, as `breaker_opened`."""
    kind: type = type(notice)
    return _event_name(kind)


def facts_of(notice: object) -> dict[str, Fact]:
    """The fields of a notice, by name. What is not an attrs instance has one field, `text`.

    Decimals become text with all their digits, enumerations their values, exceptions their type and text. Left out are
    fields that their class keeps out of its own `repr`; values of fields named like a secret are replaced by `HIDDEN`.
    """
    if not attrs.has(type(notice)):
        return {"text": _shortened(str(notice))}
    return _fields(notice, 0)


def fact_of(value: object, depth: int = 0) -> Fact:
    """One value as data that JSON has; `depth` is how deep in the notice it stands."""
    match value:
        case Enum():
            return fact_of(value.value, depth)
        case None | bool() | int() | float():
            return value
        case str():
            return _shortened(value)
        case Decimal():
            return plain(value) if value.is_finite() else str(value)
        case BaseException():
            return _error(value, depth)
        case date():  # and datetime
            return value.isoformat()
        case PurePath() | type():
            return value.__name__ if isinstance(value, type) else str(value)
        case _:
            return _shortened(repr(value)) if depth >= DEEPEST else _composite(value, depth)


@functools.cache
def _event_name(kind: type) -> str:
    return _WORD.sub("_", kind.__name__).lower()


def _composite(value: object, depth: int) -> Fact:
    match value:
        case Mapping():
            return {str(key): _seen(str(key), item, depth) for key, item in islice(value.items(), MOST_ITEMS)}
        case AbstractSet():
            return _items(sorted(value, key=repr), depth)
        case list() | tuple():
            return _items(value, depth)
        case _ if attrs.has(type(value)):
            return _fields(value, depth)
        case _:
            return _shortened(repr(value))


def _fields(instance: object, depth: int) -> dict[str, Fact]:
    kind: type = type(instance)
    return {shown: _seen(name, getattr(instance, name), depth) for name, shown in _shown_fields(kind)}


@functools.cache
def _shown_fields(kind: type) -> tuple[tuple[str, str], ...]:
    """The fields of an attrs class that its `repr` shows: as they are, and without the underscore of private ones."""
    return tuple((field.name, field.name.lstrip("_")) for field in attrs.fields(kind) if field.repr is not False)


def _seen(name: str, value: object, depth: int) -> Fact:
    return HIDDEN if value is not None and _is_secret(name) else fact_of(value, depth + 1)


@functools.lru_cache(maxsize=1000)
def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def _items(values: Iterable[object], depth: int) -> Fact:
    return [fact_of(value, depth + 1) for value in islice(values, MOST_ITEMS)]


def _error(error: BaseException, depth: int) -> Fact:
    facts: dict[str, Fact] = {"type": type(error).__name__, "text": _shortened(str(error))}
    if isinstance(error, BaseExceptionGroup) and depth < DEEPEST:
        facts["errors"] = _items(error.exceptions, depth)
    return facts


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"
