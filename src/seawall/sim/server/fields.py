"""Reading the fields of a request, with the complaint that Kraken makes of each kind of bad one."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar

import attrs

from seawall.kraken.dialect.times import from_rfc3339
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["MOST_INTEGER", "Fields", "Form", "Json", "as_texts", "choice", "instant_ns", "required"]

MOST_INTEGER = 2**53
"""Beyond it many readers of JSON are not exact."""

_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?|[0-9]{19}")  # the second for nanoseconds since the epoch
_WHOLE = re.compile(r"-?[0-9]{1,18}")

E = TypeVar("E", bound=StrEnum)


class Fields(Protocol):
    """Fields of a request, on either transport. Each raises `ApiError`; None is a field that is not there."""

    def text(self, name: str) -> str | None:
        """A text."""
        ...

    def number(self, name: str) -> Decimal | None:
        """An exact number that is not negative."""
        ...

    def integer(self, name: str) -> int | None:
        """A whole number."""
        ...

    def flag(self, name: str) -> bool | None:
        """Yes or no."""
        ...


def required(fields: Fields, name: str) -> str:
    """A text that has to be there."""
    value = fields.text(name)
    if not value:
        raise invalid(name)
    return value


def instant_ns(fields: Fields, name: str) -> int | None:
    """An RFC 3339 time."""
    value = fields.text(name)
    if value is None:
        return None
    try:
        return from_rfc3339(value)
    except ValueError:
        raise invalid(name) from None


def choice(fields: Fields, name: str, kind: type[E], default: E | None = None) -> E:
    """One of a few words."""
    value = fields.text(name)
    if value is None and default is not None:
        return default
    try:
        return kind((value or "").lower())
    except ValueError:
        raise invalid(name) from None


@attrs.frozen
class Json:
    """Fields of a WebSocket request: JSON values, numbers as `int` or `Decimal`."""

    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """A JSON string."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(name)
        return value

    def number(self, name: str) -> Decimal | None:
        """A JSON number; digits in quotes are refused, as Kraken does."""
        number = self.signed(name)
        if number is not None and number < 0:
            raise invalid(name)
        return number

    def signed(self, name: str) -> Decimal | None:
        """A JSON number on either side of zero: a distance."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ApiError(f"{name.capitalize()} field must be a number_float")
        number = Decimal(value)
        # No price or quantity is so long; and longer ones would not divide exactly.
        if number.adjusted() > 14 or number != round(number, 12):
            raise invalid(name)
        return number

    def integer(self, name: str) -> int | None:
        """A JSON number without a fraction."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= MOST_INTEGER:
            raise invalid(name)
        return value

    def flag(self, name: str) -> bool | None:
        """A JSON boolean."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise invalid(name)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings, or one string alone; empty when it is not there."""
        value = self.values.get(name, [])
        items = value if isinstance(value, list) else [value]
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) != len(items):
            raise invalid(name)
        return texts

    def integers(self, name: str) -> list[int]:
        """A list of whole numbers, or one alone; empty when it is not there."""
        value = self.values.get(name, [])
        items = value if isinstance(value, list) else [value]
        whole = [item for item in items if isinstance(item, int) and not isinstance(item, bool)]
        if len(whole) != len(items):
            raise invalid(name)
        return whole


def as_texts(values: Mapping[str, object]) -> dict[str, str]:
    """A JSON object as the fields of a form: what is not a text is written as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}


@attrs.frozen
class Form:
    """Fields of a REST request: text, whether they came as a form or as JSON."""

    values: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """A field that is there and not empty."""
        return self.values.get(name) or None

    def number(self, name: str) -> Decimal | None:
        """Plain digits with a point."""
        value = self.text(name)
        if value is not None and not _PLAIN.fullmatch(value):
            raise invalid(name)
        return None if value is None else Decimal(value)

    def integer(self, name: str) -> int | None:
        """Plain digits, with a minus sign perhaps."""
        value = self.text(name)
        if value is None:
            return None
        if not _WHOLE.fullmatch(value):
            raise invalid(name)
        return int(value)

    def flag(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.text(name)
        if value is not None and value.lower() not in {"true", "false", "1", "0"}:
            raise invalid(name)
        return None if value is None else value.lower() in {"true", "1"}
