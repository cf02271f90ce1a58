"""A configuration as TOML that reads back to the same configuration."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final

import attrs

from seawall.config import Config
from seawall.engine.settings import RiskLimits, SymbolLimits
from seawall.model.numbers import plain

__all__ = ["config_text"]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

Table = Mapping[str, object]


def config_text(config: Config) -> str:
    """Everything the configuration comes to, defaults included. Keys and secrets are no part of one, so none are shown."""
    return "\n".join(_lines(_table(config, without=("directory",)))).strip() + "\n"


def _table(instance: attrs.AttrsInstance, without: tuple[str, ...] = ()) -> Table:
    names = (field.name for field in attrs.fields(type(instance)) if field.name not in without)
    table = {name: _plain(getattr(instance, name)) for name in names}
    return {name: value for name, value in table.items() if value is not None}


def _plain(value: object) -> object:
    match value:
        case RiskLimits():
            return _risk(value)
        case Enum() | Path():
            return str(value)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case _ if attrs.has(type(value)):
            return _table(value)  # type: ignore[arg-type]  # attrs.has has said so
        case _:
            return value


def _risk(risk: RiskLimits) -> Table:
    """In the file the default limits stand beside the tables of the symbols that differ, and "none" lifts a limit."""
    totals = _table(risk, without=("default", "symbols"))
    return {**_limits(risk.default), **totals, **{symbol: _limits(limits) for symbol, limits in risk.symbols.items()}}


def _limits(limits: SymbolLimits) -> Table:
    values = {field.name: getattr(limits, field.name) for field in attrs.fields(SymbolLimits)}
    return {name: "none" if value is None else value for name, value in values.items()}


def _lines(table: Table, path: tuple[str, ...] = ()) -> Iterator[str]:
    tables = {key: inner for key, value in table.items() if (inner := _tables_in(value))}
    for key, value in table.items():
        if key not in tables:
            yield f"{_key(key)} = {_value(value)}"
    for key, inner in tables.items():
        here = (*path, key)
        name = ".".join(map(_key, here))
        for one in inner:
            yield ""
            yield f"[[{name}]]" if isinstance(table[key], list) else f"[{name}]"
            yield from _lines(one, here)


def _tables_in(value: object) -> list[Table]:
    """A table, or each of a list of tables; nothing for a value that is written on one line."""
    if isinstance(value, Mapping):
        return [value] if value else []
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return value
    return []


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # JSON's escapes are TOML's too, but for DEL, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Decimal():
            return plain(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)
