"""The envelope of every REST answer: error strings, and a result that a failure need not have.

docs.kraken.com/api/docs/guides/spot-rest-intro: HTTP status 200 comes with success and with errors alike.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.model.errors import OutcomeUnknown

__all__ = ["UNREADABLE", "read_as", "read_result"]

T = TypeVar("T")
R = TypeVar("R")

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, ArithmeticError, ValueError)
"""All that msgspec raises for bytes it does not like; decimals with absurd exponents come as ArithmeticError."""


class _Envelope(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: tuple[str, ...] | str | None = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """The error strings: a list of them, as the page has it, or one as it is, or null."""
        if isinstance(self.error, str):
            return (self.error,)
        return self.error or ()


_envelope = msgspec.json.Decoder(_Envelope)


def read_result(body: bytes | str, kind: type[T], *, placing: bool = False) -> T:
    """The result of an answer with HTTP status 200, as `kind`; warnings beside it are ignored.

    Raises what `errors.exception_for` names when the answer says no, and `BadFrame` when it cannot be understood. With
    `placing`, an answer that cannot be understood is an `OutcomeUnknown`: the request was carried out, or it was not.
    """
    try:
        envelope = _envelope.decode(body)
        if read_errors(envelope.errors).failed:
            raise exception_for(envelope.errors, placing=placing)
        return msgspec.json.decode(envelope.result, type=kind)
    except UNREADABLE as error:
        if placing:
            raise OutcomeUnknown(f"the answer cannot be understood: {error}") from error
        raise BadFrame(f"answer: {error}", body) from None


def read_as(body: bytes | str, kind: type[T], make: Callable[[T], R]) -> R:
    """What `make` makes of the result; a ValueError of its own is a `BadFrame` as well."""
    result = read_result(body, kind)
    try:
        return make(result)
    except UNREADABLE as error:
        raise BadFrame(f"answer: {error}", body) from None
