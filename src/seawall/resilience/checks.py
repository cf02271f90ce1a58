"""Settings that cannot work are refused where they are made, by name. For use as attrs validators."""

import math
from typing import TYPE_CHECKING

from seawall.resilience.errors import BadSetting

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["a_number", "above_zero", "at_least", "count", "seconds_or_none", "switch", "zero_or_more"]


def a_number(name: str, value: object, expected: str, *, least: float, inclusive: bool) -> float:
    """`value` as a float, when it is a finite number above (or at) `least`; else `BadSetting`. A bool is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadSetting(name, value, expected)
    number = float(value)
    # NaN is neither above nor below anything, so it is asked for what it must be, never for what it must not be.
    if not math.isfinite(number) or not (number > least or (inclusive and number == least)):
        raise BadSetting(name, value, expected)
    return number


def _named(instance: object, attribute: "Attribute[float]") -> str:
    return f"{type(instance).__name__}.{attribute.alias}"


def above_zero(instance: object, attribute: "Attribute[float]", value: object) -> None:
    """A finite number above zero."""
    a_number(_named(instance, attribute), value, "a finite number above zero", least=0.0, inclusive=False)


def zero_or_more(instance: object, attribute: "Attribute[float]", value: object) -> None:
    """A finite number, zero or more."""
    a_number(_named(instance, attribute), value, "a finite number, zero or more", least=0.0, inclusive=True)


def seconds_or_none(instance: object, attribute: "Attribute[float]", value: object) -> None:
    """A finite number above zero, or None."""
    if value is not None:
        a_number(_named(instance, attribute), value, "a finite number above zero, or None", least=0.0, inclusive=False)


def count(instance: object, attribute: "Attribute[int]", value: object) -> None:
    """A whole number, one or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadSetting(f"{type(instance).__name__}.{attribute.alias}", value, "a whole number, one or more")


def switch(instance: object, attribute: "Attribute[bool]", value: object) -> None:
    """True or False, and nothing that merely counts as one."""
    if not isinstance(value, bool):
        raise BadSetting(f"{type(instance).__name__}.{attribute.alias}", value, "True or False")


def at_least(name: str, value: float, least: float, of: str) -> None:
    """`BadSetting` when `value` is below `least`, which is the value of the setting `of`."""
    if value < least:
        raise BadSetting(name, value, f"at least {of}, which is {least!r}")
