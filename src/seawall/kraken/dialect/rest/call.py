"""One REST call as data, and the very bytes of its body (docs.kraken.com/api/docs/guides/spot-rest-intro).

Public calls go out as GET with their parameters in the query, private ones as POST with a body that is signed as it is sent.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.times import to_seconds
from seawall.model.numbers import plain

__all__ = ["RestRequest", "form_body", "json_body", "listed", "plain_or_none", "private", "public", "seconds_or_none", "word"]

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_encode: Final = msgspec.json.Encoder().encode


class RestRequest(NamedTuple):
    """One call: HTTP method, URI path and parameters in the order they are sent, without the nonce.

    The few calls that take lists have them in `document` and no `params`: their body is JSON.
    """

    method: str
    path: str
    params: Mapping[str, str]
    document: Mapping[str, object] | None = None

    @property
    def private(self) -> bool:
        """Whether it must be signed."""
        return self.path.startswith("/0/private/")

    @property
    def name(self) -> str:
        """The endpoint's own name, such as `AddOrder`."""
        return self.path.rpartition("/")[2]

    @property
    def content_type(self) -> str:
        """What the `Content-Type` header says of `body`."""
        return _FORM if self.document is None else _JSON

    def body(self, nonce: int, otp: str | None = None) -> bytes:
        """The body of a private call, to be signed and sent as it is; `otp` is for keys with a second factor."""
        extra = {} if otp is None else {"otp": otp}
        if self.document is None:
            return form_body({**self.params, **extra}, nonce)
        return json_body({**self.document, **extra}, nonce)


def form_body(params: Mapping[str, str], nonce: int) -> bytes:
    """The body of a private call: the nonce, then the parameters in their order, form-encoded."""
    return urlencode({"nonce": str(nonce), **params}).encode("ascii")


def json_body(document: Mapping[str, object], nonce: int) -> bytes:
    """The body of a private call as JSON: the nonce as a number, then the fields in their order."""
    return _encode({"nonce": nonce, **document})


def public(name: str, **params: str | None) -> RestRequest:
    """A public call with those of its parameters that are not None."""
    return RestRequest("GET", f"/0/public/{name}", _given(params))


def private(name: str, **params: str | None) -> RestRequest:
    """A private call with those of its parameters that are not None."""
    return RestRequest("POST", f"/0/private/{name}", _given(params))


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


def word(value: bool | int | None) -> str | None:
    """`true`, `false`, or an integer in digits; None stays None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def listed(values: Sequence[str]) -> str | None:
    """A comma list; None for an empty one."""
    return ",".join(values) or None


def seconds_or_none(at_ns: int | None) -> str | None:
    """Nanoseconds since the epoch as REST's seconds; None stays None."""
    return None if at_ns is None else to_seconds(at_ns)


def plain_or_none(value: Decimal | None, name: str = "number") -> str | None:
    """The number in plain digits; None stays None.

    Raises ValueError, which has the name, for what is not finite, or so large or small that its digits would fill a screen.
    """
    refuse_unsound(name, value, signed=True)
    return None if value is None else plain(value)
