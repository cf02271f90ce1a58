"""From what TOML gives to typed values: nothing is coerced, and every problem is found in one go.

cattrs walks the classes; the hooks here decide what is taken for what. Each raises `Problems`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final, Literal, TypeVar, cast, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from seawall.config.errors import Expected, Path_, Problem, Problems, did_you_mean
from seawall.config.rules import problems_of_field, symbol
from seawall.config.schema import Speed
from seawall.engine.settings import RiskLimits, SymbolLimits

__all__ = ["gather", "make_converter", "read_as", "unknown_key"]

T = TypeVar("T")

_LIMITS: Final = tuple(field.name for field in attrs.fields(SymbolLimits))
_TOTALS: Final = ("max_loss", "max_drawdown", "max_exposure")
_SECRETS: Final = ("key", "apikey", "publickey", "secret", "apisecret", "privatekey", "password", "token", "otp")


def make_converter(directory: Path) -> Converter:
    """A converter for the classes of the schema; relative paths are taken from `directory`."""
    converter = Converter(forbid_extra_keys=True)
    for leaf, hook in ((str, _text), (bool, _truth), (int, _whole), (float, _float), (Decimal, _decimal)):
        converter.register_structure_hook(leaf, _or_member(hook))
    converter.register_structure_hook(Path, lambda value, _: directory / Path(_text(value, str)).expanduser())
    converter.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _member)
    converter.register_structure_hook_func(lambda kind: _origin(kind) is Literal, _word)
    converter.register_structure_hook_func(lambda kind: kind == Speed, _speed)
    converter.register_structure_hook_func(lambda kind: kind is object, _free)
    converter.register_structure_hook_func(lambda kind: _origin(kind) is tuple, _list_hook(converter))
    converter.register_structure_hook_func(lambda kind: _origin(kind) is Mapping, _table_hook(converter))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _class_hook(converter, cls))
    converter.register_structure_hook(RiskLimits, lambda value, _: _risk(converter, value))
    return converter


def read_as(converter: Converter, value: object, kind: object) -> object:
    """The value as one of that type, which may be any that has a hook. Raises `Problems` or what cattrs makes of them."""
    read: object = converter.structure(value, cast("type[object]", kind))
    return read


def gather(problems: list[Problem], path: Path_, structure: Callable[..., T], *arguments: object) -> T | None:
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
                path: Path_ = () if place is None else (place.name,)
                yield from (problem.under(path) for problem in _problems_of(one))
        case ForbiddenExtraKeysError():
            known = tuple(field.name for field in attrs.fields(fault.cl))
            for key in sorted(fault.extra_fields):
                yield Problem((key,), unknown_key(key, known))
        case KeyError():
            yield Problem((), "is missing")
        case _:
            raise fault


def _or_member(hook: Callable[[object, object], object]) -> Callable[[object, object], object]:
    """A hook that leaves enumerations to their own: cattrs takes the hook of `str` for a StrEnum, too."""
    return lambda value, kind: _member(value, kind) if isinstance(kind, type) and issubclass(kind, Enum) else hook(value, kind)


def _origin(kind: object) -> object:
    return get_origin(kind)


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise Expected("text in quotes", value)
    return value


def _truth(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise Expected("true or false", value)
    return value


def _whole(value: object, _: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Expected("a whole number", value, _unquote(value))
    return value


def _decimal(value: object, _: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Expected("a number", value, _unquote(value))
    number = Decimal(value)
    if not number.is_finite():
        raise Expected("a finite number", value)
    return number


def _float(value: object, _: object) -> float:
    return float(_decimal(value, Decimal))


def _unquote(value: object) -> str:
    return "; numbers are written without quotes" if isinstance(value, str) else ""


def _member(value: object, kind: type[Enum]) -> Enum:
    known = [str(member.value) for member in kind]
    if not isinstance(value, str) or value not in known:
        raise Expected(f"one of {_quoted(known)}", value)
    return kind(value)


def _word(value: object, kind: object) -> object:
    known = [str(word) for word in get_args(kind)]
    if not isinstance(value, str) or value not in known:
        raise Expected(f"one of {_quoted(known)}", value)
    return value


def _speed(value: object, _: object) -> object:
    if value == "max":
        return value
    if isinstance(value, str):
        raise Expected('a number or "max"', value)
    return _float(value, float)


def _quoted(words: list[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _free(value: object, _: object) -> object:
    """Whatever TOML can say but for what is no number and for instants, which a strategy would take for text."""
    match value:
        case dict():
            problems: list[Problem] = []
            table = {key: gather(problems, (key,), _free, item, object) for key, item in value.items()}
            _raise_any(problems)
            return table
        case list():
            problems = []
            items = tuple(gather(problems, (place,), _free, item, object) for place, item in enumerate(value))
            _raise_any(problems)
            return items
        case Decimal() if not value.is_finite():
            raise Expected("a finite number", value)
        case dt.date() | dt.time():
            raise Expected("text, a number, true or false, a list or a table", value, "; write it in quotes")
        case _:
            return value


def _raise_any(problems: list[Problem]) -> None:
    if problems:
        raise Problems(problems)


def _list_hook(converter: Converter) -> Callable[[object, object], tuple[object, ...]]:
    def hook(value: object, kind: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Expected("a list in brackets", value)
        (each, _) = get_args(kind)
        problems: list[Problem] = []
        items = tuple(gather(problems, (place,), read_as, converter, item, each) for place, item in enumerate(value))
        _raise_any(problems)
        return items

    return hook


def _table_hook(converter: Converter) -> Callable[[object, object], dict[str, object]]:
    def hook(value: object, kind: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise Expected("a table", value)
        (_, each) = get_args(kind)
        problems: list[Problem] = []
        table = {key: gather(problems, (key,), read_as, converter, item, each) for key, item in value.items()}
        _raise_any(problems)
        return table

    return hook


def _class_hook(converter: Converter, cls: type) -> Callable[[object, object], object]:
    """The table of a class: cattrs' own function, with the rule of each field asked as soon as the field is read."""

    def field_hook(name: str) -> Callable[[object, object], object]:
        def hook(value: object, kind: object) -> object:
            read = read_as(converter, value, kind)
            _raise_any(list(problems_of_field(cls, name, read)))
            return read

        return hook

    fields = {field.name: override(struct_hook=field_hook(field.name)) for field in attrs.fields(cls)}
    make: Callable[..., Callable[[Mapping[str, object], type], object]] = make_dict_structure_fn
    read_table = make(cls, converter, _cattrs_forbid_extra_keys=True, **fields)

    def hook(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise Expected("a table", value)
        return read_table(value, cls)

    return hook


def _risk(converter: Converter, value: object) -> RiskLimits:
    """`[risk]`: default limits, a table for each symbol that differs, and totals for each quote asset."""
    if not isinstance(value, dict):
        raise Expected("a table", value)
    problems: list[Problem] = []
    default = _limits(converter, problems, (), {key: value[key] for key in _LIMITS if key in value}, SymbolLimits())
    others = {key: table for key, table in value.items() if key not in (*_LIMITS, *_TOTALS)}
    symbols = {key: _limits(converter, problems, (key,), table, default) for key, table in others.items()}
    totals = {name: _totals(converter, problems, name, value[name]) for name in _TOTALS if name in value}
    _raise_any(problems)
    return RiskLimits(default=default, symbols=symbols, **totals)


def _limits(converter: Converter, problems: list[Problem], path: Path_, value: object, inherited: SymbolLimits) -> SymbolLimits:
    """The limits of one table; what it does not say is inherited, and "none" lifts a limit."""
    if path and symbol(path[0]) is not None:
        known = (*_LIMITS, *_TOTALS)
        key = str(path[0])
        text = f"{symbol(key)}{did_you_mean(key, known)}" if isinstance(value, dict) else unknown_key(key, known)
        problems.append(Problem(path, text))
        return inherited
    lifted = dict.fromkeys((key for key, item in value.items() if item == "none"), None) if isinstance(value, dict) else {}
    said = {key: item for key, item in value.items() if key not in lifted} if isinstance(value, dict) else value
    read = gather(problems, path, converter.structure, said, SymbolLimits)
    unknown = [key for key in lifted if key not in _LIMITS]
    problems += (Problem((*path, key), unknown_key(key, _LIMITS)) for key in unknown)
    if read is None or unknown or not isinstance(said, dict):
        return inherited
    return attrs.evolve(inherited, **{key: getattr(read, key) for key in said}, **lifted)


def _totals(converter: Converter, problems: list[Problem], name: str, value: object) -> Mapping[str, Decimal]:
    totals = gather(problems, (name,), read_as, converter, value, Mapping[str, Decimal])
    problems += (problem.under((name,)) for problem in problems_of_field(RiskLimits, name, totals))
    return cast("Mapping[str, Decimal]", totals or {})
