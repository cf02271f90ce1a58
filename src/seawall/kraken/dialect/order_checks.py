"""Validators for the fields of orders: a wrong word, an absurd time or a reference that does not fit is refused by its name.

What a type checker would refuse is refused at run time, too, as the words often come from a file or a person.
"""

from typing import Final, TypeVar, get_args

import attrs

from seawall.kraken.dialect.times import to_rfc3339

__all__ = ["WordOf", "instant", "reference_number"]

T = TypeVar("T")

_LEAST: Final = -(2**31)
_MOST: Final = 2**31 - 1


class WordOf:
    """One of the words of a `Literal`, a tuple of them, or None. Raises ValueError."""

    __slots__ = ("_words",)

    def __init__(self, words: object) -> None:
        self._words: tuple[str, ...] = get_args(words)

    def __call__(self, _: object, field: "attrs.Attribute[T]", value: T) -> None:
        """Refuse another word."""
        for word in value if isinstance(value, tuple) else (value,):
            if word is not None and word not in self._words:
                raise ValueError(f"{field.name}: {word!r} is not one of {', '.join(self._words)}")


def instant(_: object, field: "attrs.Attribute[int | None]", at_ns: int | None) -> None:
    """None, or nanoseconds since the epoch that can be written as a date. Raises ValueError, TypeError."""
    if at_ns is not None:
        _refuse_unless_whole(field.name, at_ns)
        try:
            to_rfc3339(at_ns)
        except ValueError as error:
            raise ValueError(f"{field.name}: {error}") from None


def reference_number(_: object, field: "attrs.Attribute[int | None]", number: int | None) -> None:
    """None, or a whole number of 32 bits with a sign, as a user reference is. Raises ValueError, TypeError."""
    if number is not None:
        _refuse_unless_whole(field.name, number)
        if not _LEAST <= number <= _MOST:
            raise ValueError(f"{field.name}: {number} does not fit in 32 bits")


def _refuse_unless_whole(name: str, value: int) -> None:
    if type(value) is not int:  # a bool is no number here
        raise TypeError(f"{name}: {value!r} is a {type(value).__name__}, where only an int will do")
