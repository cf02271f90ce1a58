"""The table `[risk]`: limits for all symbols, for some, and totals for each quote asset."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

import attrs
from cattrs import Converter

from seawall.config.errors import Expected, KeyPath, Problem, did_you_mean
from seawall.config.gathering import gather, raise_any, read_as, unknown_key
from seawall.config.rules import problems_of_field, symbol
from seawall.engine.settings import RiskLimits, SymbolLimits

__all__ = ["read_risk"]

_LIMITS: Final = tuple(field.name for field in attrs.fields(SymbolLimits))
_TOTALS: Final = ("max_loss", "max_drawdown", "max_exposure")


def read_risk(converter: Converter, value: object) -> RiskLimits:
    """The limits that the table says. Raises `Problems`."""
    if not isinstance(value, dict):
        raise Expected("a table", value)
    problems: list[Problem] = []
    default = _limits(converter, problems, (), {key: value[key] for key in _LIMITS if key in value}, SymbolLimits())
    others = {key: table for key, table in value.items() if key not in (*_LIMITS, *_TOTALS)}
    symbols = {key: _limits(converter, problems, (key,), table, default) for key, table in others.items()}
    totals = {name: _totals(converter, problems, name, value[name]) for name in _TOTALS if name in value}
    raise_any(problems)
    return RiskLimits(default=default, symbols=symbols, **totals)


def _limits(converter: Converter, problems: list[Problem], path: KeyPath, value: object, inherited: SymbolLimits) -> SymbolLimits:
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
