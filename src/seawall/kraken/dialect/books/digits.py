"""Numbers as the wire wrote them.

WebSocket v2 sends JSON numbers with the engine's precision, trailing zeros included, and its book checksum is made of those
digits (docs.kraken.com/api/docs/guides/spot-ws-book-v2): a float would lose them. So hot fields are kept as the raw token
and turned into a decimal only when somebody asks.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from seawall.model.numbers import ZERO

__all__ = ["PLAIN", "Digits", "are_sizes", "check_sizes", "number", "refuse_unsound", "refuse_unsound_fields", "size_text"]

Digits = msgspec.Raw
"""A number token, byte for byte. `bytes(digits)` copies it out of the message it still points into."""

_MOST_DIGITS: Final = 40
"""No price, size or cost has more places on either side of the point; more would only serve to exhaust memory."""
_LONGEST: Final = 2 * _MOST_DIGITS
PLAIN: Final = _MOST_DIGITS
"""A token no longer than this cannot have too many places, so that digits and points are all that needs looking at."""


def number(digits: Digits) -> Decimal:
    """The exact value of a token. Raises ValueError when it is not a finite number."""
    text = str(bytes(digits), "ascii", "replace")
    if not text or text[0] not in "-0123456789" or len(text) > _LONGEST:
        raise ValueError(f"{text[:60]} is not a number")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} is not a number") from None
    refuse_unsound("number", value, signed=True)
    return value


def size_text(digits: Digits) -> bytes:
    """The token of a number that is not negative, in plain digits: an exponent is written out.

    Raises ValueError for negative numbers and for what is not a number.
    """
    text = bytes(digits)
    if len(text) <= PLAIN and text.replace(b".", b"", 1).isdigit():
        return text
    value = number(digits)
    refuse_unsound("number", value, signed=False)
    return format(value, "f").encode("ascii")


def check_sizes(tokens: Sequence[Digits]) -> None:
    """Raise ValueError unless each token is a finite number that is not negative.

    One join looks at all of them in the usual case: short JSON values of nothing but digits and points are sound numbers.
    """
    text = b"".join(tokens)
    if (len(text) > PLAIN and max(map(len, tokens)) > PLAIN) or not text.replace(b".", b"").isdigit():
        for token in tokens:
            size_text(token)


def refuse_unsound(name: str, value: Decimal | None, *, signed: bool) -> None:
    """Raise ValueError for NaN, infinities, absurd magnitudes, and for negative numbers unless `signed`. None passes.

    What is no Decimal at all raises TypeError: at run time the types are only a promise, and a float has no exact digits.
    """
    if value is None:
        return
    if not isinstance(value, Decimal):
        raise TypeError(f"{name}: {value!r} is a {type(value).__name__}, where only a Decimal will do: Decimal('{value}')")
    if not value.is_finite() or not -_MOST_DIGITS < value.adjusted() < _MOST_DIGITS:
        raise ValueError(f"{name}: {str(value)[:60]} is not a finite number of a sane size")
    if not signed and value < ZERO:
        raise ValueError(f"{name}: {value} is negative")


def are_sizes(values: Iterable[Decimal | None]) -> bool:
    """Whether each is None or surely a size, looked at in a third of the time that `refuse_unsound` takes.

    False says only that something wants a closer look: a zero may carry a sign, which is no fault.
    """
    for value in values:
        if value is not None and not (
            value.is_finite() and not value.is_signed() and -_MOST_DIGITS < value.adjusted() < _MOST_DIGITS
        ):
            return False
    return True


def refuse_unsound_fields(row: object, names: Sequence[str], *, signed: bool) -> None:
    """As `refuse_unsound`, for these attributes of a row."""
    for name in names:
        refuse_unsound(name, getattr(row, name), signed=signed)
