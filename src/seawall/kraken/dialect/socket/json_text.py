"""How a WebSocket request is written: one JSON object, its fields in one fixed order, numbers as bare digits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import plain

__all__ = ["Params", "deadline_text", "given", "number_token", "optional_token", "request_text", "second_text", "text_of"]

Params = Mapping[str, object]
"""Fields of JSON values in the order they are written, numbers of the market as `number_token`."""

_NS_PER_MS: Final = 1_000_000
_encode: Final = msgspec.json.Encoder().encode


def given(params: Params) -> dict[str, object]:
    """The fields that are not None: the others are left to the exchange's defaults."""
    return {name: value for name, value in params.items() if value is not None}


def request_text(method: str, req_id: int | None, params: Params) -> str:
    """A request with those of its params that are not None; without `req_id` its answer can only be told by its method."""
    request: dict[str, object] = {"method": method, "params": given(params)}
    if req_id is not None:
        request["req_id"] = req_id
    return text_of(request)


def text_of(request: Params) -> str:
    """The object as text. Raises ValueError for what JSON has no way to write: integers of more than 64 bits, half characters."""
    try:
        return _encode(request).decode("utf-8")
    except OverflowError as error:
        raise ValueError(f"{request.get('method', 'request')}: {error}") from None


def number_token(value: Decimal, name: str = "number") -> msgspec.Raw:
    """The number in plain digits, never with an exponent.

    Raises ValueError, which has the name, for what is not finite, or so large or small that its digits would fill a screen.
    """
    refuse_unsound(name, value, signed=True)
    return msgspec.Raw(plain(value).encode("ascii"))


def optional_token(value: Decimal | None, name: str = "number") -> msgspec.Raw | None:
    """As `number_token`; None stays None."""
    return None if value is None else number_token(value, name)


def deadline_text(at_ns: int | None) -> str | None:
    """A `deadline`: to the millisecond, or with six places, as the page of `batch_add` has it, where the time is finer."""
    return None if at_ns is None else to_rfc3339(at_ns, places=6 if at_ns % _NS_PER_MS else 3)


def second_text(at_ns: int | None) -> str | None:
    """A time that the exchange takes to the second (`effective_time`, `expire_time`); a fraction is cut off."""
    return None if at_ns is None else to_rfc3339(at_ns, places=0)
