"""One endpoint: how its request is built, how its answer is read, and what may be done when no answer comes."""

import enum
import inspect
from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from typing import Final, Generic, ParamSpec, Protocol, TypeVar, get_type_hints, overload

import attrs

from seawall.kraken.client.api.names import Names
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.errors import UnknownSymbol

__all__ = ["Asked", "Caller", "Endpoint", "Reader", "Way", "alone", "in_rest_names"]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_ASSET_CLASSES: Final = ("aclass", "aclass_base", "asset_class")
_NEED_NOT_BE_LISTED: Final = ("AssetPairs", "AmendOrder")
"""An amend names its pair for tokenised assets only (docs.kraken.com/api/docs/rest-api/amend-order)."""


class Way(enum.Enum):
    """What a lost answer means."""

    READ = "read"
    """Nothing was changed: asked again, up to three times."""
    ORDER = "order"
    """It may have been carried out: sent once at most."""
    CANCEL = "cancel"
    """It may have been carried out, and repeating it does no harm: never held up, and left to the caller to repeat."""


@attrs.frozen
class Asked:
    """What an answer is an answer to: the request as it was sent, and the names in it."""

    request: RestRequest
    names: Names


Reader = Callable[[bytes, Asked], T]
"""Makes the result of an answer's body. Raises what the exchange's errors mean, and `BadFrame`."""


class Caller(Protocol):
    """Whoever carries out the calls of endpoints."""

    async def call(self, request: RestRequest, read: Reader[T], way: Way) -> T:
        """Send, and read the answer."""
        ...


class _Reads(Protocol[T_co]):
    def __call__(self, body: bytes | str, /) -> T_co: ...


def alone(read: _Reads[T]) -> Reader[T]:
    """A reader that needs nothing but the answer."""
    return lambda body, _asked: read(body)


class Endpoint(Generic[P, T]):
    """As an attribute of a `Caller`'s class: a coroutine function with the parameters of `build`, and the result of `read`.

    A single string where `build` takes several is a list of one.
    """

    def __init__(self, build: Callable[P, RestRequest], read: Reader[T], way: Way = Way.READ) -> None:
        self.build = build
        self.read = read
        self.way = way
        self.__doc__ = build.__doc__
        self._signature = inspect.signature(build)
        self._lists = tuple(name for name, hint in get_type_hints(build).items() if hint == Sequence[str])

    def __repr__(self) -> str:
        return f"<Endpoint {getattr(self.build, '__name__', self.build)!s}, {self.way.value}>"

    @overload
    def __get__(self, caller: None, owner: type) -> "Endpoint[P, T]": ...
    @overload
    def __get__(self, caller: Caller, owner: type) -> Callable[P, Coroutine[object, object, T]]: ...
    def __get__(self, caller: Caller | None, owner: type) -> "Endpoint[P, T] | Callable[P, Coroutine[object, object, T]]":
        if caller is None:
            return self

        @wraps(self.build)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return await caller.call(self.request(*args, **kwargs), self.read, self.way)

        return call

    def request(self, *args: P.args, **kwargs: P.kwargs) -> RestRequest:
        """What would be sent, with names as the user gave them."""
        given = self._signature.bind(*args, **kwargs)
        for name in self._lists:
            if isinstance(given.arguments.get(name), str):
                given.arguments[name] = (given.arguments[name],)
        return self.build(*given.args, **given.kwargs)


def in_rest_names(request: RestRequest, names: Names) -> RestRequest:
    """The request with its pairs as REST calls them.

    Raises `UnknownSymbol` for a pair that is not listed, except where the question is which pairs there are, or is about
    tokenised assets, whose pairs need not be in the list: the exchange is asked in the user's words then.
    """
    fields = request.params if request.document is None else request.document
    lenient = request.name in _NEED_NOT_BE_LISTED or any(name in fields for name in _ASSET_CLASSES)

    def pair(name: str) -> str:
        try:
            return names.rest_name(name)
        except UnknownSymbol:
            if lenient:
                return name
            raise

    params = dict(request.params)
    if "pair" in params:
        params["pair"] = ",".join(map(pair, params["pair"].split(",")))
    document = request.document
    if document is not None and "pair" in document:
        document = {**document, "pair": pair(str(document["pair"]))}
    return request._replace(params=params, document=document)
