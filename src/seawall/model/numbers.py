"""Exact decimals: how money and sizes enter the program.

Binary floats never reach an order: `0.1` as a float is not a tenth. Every price and size is a `decimal.Decimal`,
made here from text, an integer or another decimal, and refused here when it is anything else.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation
from typing import Final

from seawall.model.errors import BadNumber

__all__ = ["EXACT", "ZERO", "exact", "is_multiple", "plain", "positive", "round_down", "round_up"]

ZERO: Final = Decimal(0)

EXACT: Final = Context(prec=200, traps=[InvalidOperation, DivisionByZero])
"""For sums and products of prices and sizes: an asset of 18 decimals overflows the 28 digits of Python's default context,
which a program may moreover have set to fewer. Use its methods (`EXACT.add`), which look at no context of the thread's."""

_PLAIN_OR_SCIENTIFIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


def exact(value: str | int | Decimal, name: str) -> Decimal:
    """The decimal that `value` says, digit for digit.

    `name` is the name of the argument or key, and is in the text of the error.
    Raises `BadNumber` for floats, booleans, NaN, infinities, underscores and text that is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        hint = " (floats are not exact: write it in quotes)" if isinstance(value, float) else ""
        raise BadNumber(name, value, f"a decimal number, given as text, Decimal or int{hint}")
    if isinstance(value, str):
        text = value.strip()
        if not _PLAIN_OR_SCIENTIFIC.fullmatch(text):
            raise BadNumber(name, value, "a decimal number such as '0.001'")
        return Decimal(text)
    number = Decimal(value)
    if not number.is_finite():
        raise BadNumber(name, value, "a finite number")
    return number


def positive(value: str | int | Decimal, name: str) -> Decimal:
    """As `exact`, and above zero."""
    number = exact(value, name)
    if number <= ZERO:
        raise BadNumber(name, value, "a number above zero")
    return number


def plain(number: Decimal) -> str:
    """The digits without an exponent, trailing zeros kept: what Kraken accepts on both transports."""
    return format(number, "f")


def is_multiple(number: Decimal, increment: Decimal) -> bool:
    """Whether `number` lies on the grid of `increment`, however large it is.

    In integers: `%` of decimals raises as soon as the quotient has more digits than the context.
    """
    over, under = number.as_integer_ratio()
    step_over, step_under = increment.as_integer_ratio()
    return over * step_under % (under * step_over) == 0


def round_down(number: Decimal, increment: Decimal) -> Decimal:
    """The nearest multiple of `increment` at or below `number`, written with the increment's places."""
    return (number / increment).to_integral_value(ROUND_FLOOR) * increment


def round_up(number: Decimal, increment: Decimal) -> Decimal:
    """The nearest multiple of `increment` at or above `number`, written with the increment's places."""
    return (number / increment).to_integral_value(ROUND_CEILING) * increment
