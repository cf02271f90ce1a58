"""Going on after a fault, so that all of them are found."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar, cast

import attrs
from cattrs import AttributeValidationNote, BaseValidationError, Converter, ForbiddenExtraKeysError

from seawall.config.errors import KeyPath, Problem, Problems, did_you_mean

__all__ = ["gather", "raise_any", "read_as", "unknown_key"]

T = TypeVar("T")

_SECRETS: Final = ("key", "apikey", "publickey", "secret", "apisecret", "privatekey", "password", "token", "otp")


def read_as(converter: Converter, value: object, kind: object) -> object:
    """The value as one of that type, which may be any that has a hook. Raises `Problems` or what cattrs makes of them."""
    read: object = converter.structure(value, cast("type[object]", kind))
    return read


def gather(problems: list[Problem], path: KeyPath, structure: Callable[..., T], *arguments: object) -> T | None:
    """What `structure` makes of the arguments; or None, with what was wrong added to `problems` under `path`."""
    try:
        return structure(*arguments)
    except (BaseValidationError, Problems) as fault:
        problems += (problem.under(path) for problem in _problems_of(fault))
        return None


def unknown_key(key: str, known: tuple[str, ...]) -> str:
    """What to say of a key that is none of ours; never its value."""
    if key.lower().replace("_", "").replace("-", "") in _SECRETS:
        return (
            "keys do not belong in this file: set SEAWALL_KRAKEN_KEY and SEAWALL_KRAKEN_SECRET in the environment,"
            " or name a key_file that only you can read"
        )
    near = did_you_mean(key, known)
    return f"unknown key{near}" if near else f"unknown key; known are {', '.join(known)}"


def _problems_of(fault: BaseException) -> Iterator[Problem]:
    match fault:
        case Problems():
            yield from fault.problems
        case BaseValidationError():
            for one in fault.exceptions:
                place = next((note for note in getattr(one, "__notes__", ()) if isinstance(note, AttributeValidationNote)), None)
                path: KeyPath = () if place is None else (place.name,)
                yield from (problem.under(path) for problem in _problems_of(one))
        case ForbiddenExtraKeysError():
            known = tuple(field.name for field in attrs.fields(fault.cl))
            for key in sorted(fault.extra_fields):
                yield Problem((key,), unknown_key(key, known))
        case KeyError():
            yield Problem((), "is missing")
        case _:
            raise fault


def raise_any(problems: list[Problem]) -> None:
    """Raise what was gathered, if anything was."""
    if problems:
        raise Problems(problems)
