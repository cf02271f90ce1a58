"""From what TOML gives to typed values: nothing is coerced, and every problem is found in one go.

cattrs walks the classes; the hooks decide what is taken for what.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from seawall.config.errors import Expected, Problem
from seawall.config.gathering import gather, raise_any, read_as
from seawall.config.hooks import decimal, free, inexact, member, moment, or_member, speed, text, truth, whole, word
from seawall.config.risk_table import read_risk
from seawall.config.rules import problems_of_field
from seawall.config.schema import Speed
from seawall.engine.settings import RiskLimits

__all__ = ["make_converter"]


def make_converter(directory: Path) -> Converter:
    """A converter for the classes of the schema; relative paths are taken from `directory`."""
    converter = Converter(forbid_extra_keys=True)
    for leaf, hook in ((str, text), (bool, truth), (int, whole), (float, inexact), (Decimal, decimal)):
        converter.register_structure_hook(leaf, or_member(hook))
    converter.register_structure_hook(dt.datetime, moment)
    converter.register_structure_hook(Path, lambda value, _: directory / Path(text(value, str)).expanduser())
    converter.register_structure_hook_func(
        lambda kind: kind == (Path | str), lambda value, _: _place(directory, text(value, str))
    )
    converter.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), member)
    converter.register_structure_hook_func(lambda kind: _origin(kind) is Literal, word)
    converter.register_structure_hook_func(lambda kind: kind == Speed, speed)
    converter.register_structure_hook_func(lambda kind: kind is object, free)
    converter.register_structure_hook_func(lambda kind: _origin(kind) is tuple, _list_hook(converter))
    converter.register_structure_hook_func(lambda kind: _origin(kind) is Mapping, _table_hook(converter))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _class_hook(converter, cls))
    converter.register_structure_hook(RiskLimits, lambda value, _: read_risk(converter, value))
    return converter


def _place(directory: Path, written: str) -> Path | str:
    """A URL as it stands, else a path."""
    return written if "://" in written else directory / Path(written).expanduser()


def _origin(kind: object) -> object:
    return get_origin(kind)


def _list_hook(converter: Converter) -> Callable[[object, object], tuple[object, ...]]:
    def hook(value: object, kind: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Expected("a list in brackets", value)
        (each, _) = get_args(kind)
        problems: list[Problem] = []
        items = tuple(gather(problems, (place,), read_as, converter, item, each) for place, item in enumerate(value))
        raise_any(problems)
        return items

    return hook


def _table_hook(converter: Converter) -> Callable[[object, object], dict[str, object]]:
    def hook(value: object, kind: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise Expected("a table", value)
        (_, each) = get_args(kind)
        problems: list[Problem] = []
        table = {key: gather(problems, (key,), read_as, converter, item, each) for key, item in value.items()}
        raise_any(problems)
        return table

    return hook


def _class_hook(converter: Converter, cls: type) -> Callable[[object, object], object]:
    """The table of a class: cattrs' own function, with the rule of each field asked as soon as the field is read."""

    def field_hook(name: str) -> Callable[[object, object], object]:
        def hook(value: object, kind: object) -> object:
            read = read_as(converter, value, kind)
            raise_any(list(problems_of_field(cls, name, read)))
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
