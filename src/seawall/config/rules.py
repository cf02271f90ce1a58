"""Which values make sense, one field at a time: one table for files and for configurations made in code."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import attrs

from seawall.config.errors import KeyPath, Problem
from seawall.config.schema import Deadlines, Exchange, Lease, Restart, Sim, StrategyConfig
from seawall.engine.settings import DeadMansSwitch, ExitRules, Reconcile, RiskLimits, SymbolLimits

__all__ = ["problems_in", "problems_of_field"]

Rule = Callable[[object], str | None]
"""What is wrong with a value of the right type; None when nothing is."""

_PLAIN_NAME: Final = re.compile(r"[a-z0-9_-]+")
_SYMBOL: Final = re.compile(r"[A-Z0-9.]+/[A-Z0-9.]+")
_USE: Final = re.compile(r"[^:]+:[A-Za-z_][A-Za-z0-9_]*")
_DEPTHS: Final = (10, 25, 100, 500, 1000)
_LONGEST_SWITCH_S: Final = 86_400


@attrs.frozen
class _Each:
    """A rule for every element of a list, or every value of a table."""

    rule: Rule


def above_zero(value: object) -> str | None:
    """A finite number above zero."""
    fits = isinstance(value, int | float | Decimal) and 0 < value < math.inf
    return None if fits else f"expected a number above zero, found {_shown(value)}"


def _shown(number: object) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


def zero_or_more(value: object) -> str | None:
    """A finite number, zero or above."""
    fits = isinstance(value, int | float | Decimal) and 0 <= value < math.inf
    return None if fits else f"expected zero or more, found {_shown(value)}"


def below_one(value: object) -> str | None:
    """A fraction: above zero, below one."""
    fits = isinstance(value, Decimal) and 0 < value < 1
    return None if fits else f"expected a fraction above 0 and below 1 (0.02 is 2 %), found {value}"


def within(least: int, most: int) -> Rule:
    """A whole number between the two, both included."""

    def rule(value: object) -> str | None:
        return None if isinstance(value, int) and least <= value <= most else f"expected {least} to {most}, found {value}"

    return rule


def one_of(*known: int) -> Rule:
    """One of these numbers."""

    def rule(value: object) -> str | None:
        return None if value in known else f"expected one of {', '.join(map(str, known))}, found {value}"

    return rule


def like(pattern: re.Pattern[str], description: str) -> Rule:
    """Text of that pattern."""

    def rule(value: object) -> str | None:
        return None if pattern.fullmatch(str(value)) else f"expected {description}, found {value!r}"

    return rule


def url(secure: str, plain: str) -> Rule:
    """A URL of one of these schemes; the one without TLS only for this machine, since keys travel on it."""

    def rule(value: object) -> str | None:
        parts = urlsplit(str(value))
        if parts.scheme not in {secure, plain} or not parts.hostname:
            return f"expected a URL such as {secure}://host/path, found {value!r}"
        if parts.scheme == plain and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            return f"expected {secure}:// for a host that is not this machine, found {value!r}"
        return None

    return rule


def existing_file(value: object) -> str | None:
    """A file that is there."""
    return None if isinstance(value, Path) and value.is_file() else f"there is no file {value}"


symbol: Final = like(_SYMBOL, "a pair such as 'BTC/USD'")
plain_name: Final = like(_PLAIN_NAME, "lower-case letters, digits, - and _")

RULES: Final[Mapping[type, Mapping[str, Rule | _Each]]] = {
    Exchange: {
        "rest": url("https", "http"),
        "public": url("wss", "ws"),
        "private": url("wss", "ws"),
        "level3": url("wss", "ws"),
        "ca_file": existing_file,
        "book_depth": one_of(*_DEPTHS),
        "symbols_per_socket": within(1, 1_000),
    },
    Sim: {
        "port": within(0, 65_535),
        "pairs": _Each(symbol),
        "balances": _Each(zero_or_more),
        "replay": existing_file,
        "speed": lambda value: None if value == "max" else above_zero(value),
    },
    Deadlines: dict.fromkeys((field.name for field in attrs.fields(Deadlines)), above_zero),
    Lease: {"account": plain_name},
    SymbolLimits: dict.fromkeys((field.name for field in attrs.fields(SymbolLimits)), above_zero),
    RiskLimits: dict.fromkeys(("max_loss", "max_drawdown", "max_exposure"), _Each(above_zero)),
    ExitRules: {"stop_loss": below_one, "take_profit": above_zero, "trailing": below_one, "max_age_s": above_zero},
    # docs.kraken.com/api/docs/websocket-v2/cancel_after: the timeout must be shorter than 86400 seconds.
    DeadMansSwitch: {
        "timeout_s": within(1, _LONGEST_SWITCH_S - 1),
        "renew_s": above_zero,
        "maintenance_lead_s": above_zero,
    },
    Reconcile: {"max_differences": zero_or_more, "balance_tolerance": _Each(zero_or_more)},
    Restart: {"delays_s": _Each(zero_or_more), "within_s": above_zero, "settled_after_s": above_zero},
    StrategyConfig: {
        "name": plain_name,
        "use": like(_USE, "'package.module:attribute' or 'file.py:attribute'"),
        "symbols": _Each(symbol),
    },
}


def problems_of_field(cls: type, name: str, value: object) -> Iterator[Problem]:
    """What is wrong with the value of one field of a class; paths begin at the value."""
    rule = RULES.get(cls, {}).get(name)
    if rule is None or value is None:
        return
    if not isinstance(rule, _Each):
        found = rule(value)
        if found is not None:
            yield Problem((), found)
        return
    for place, item in _items(value):
        found = rule.rule(item)
        if found is not None:
            yield Problem((place,), found)


def problems_in(instance: object, path: KeyPath = ()) -> Iterator[Problem]:
    """What is wrong with any value inside an instance of an attrs class, and inside those within."""
    if attrs.has(type(instance)):
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(instance))):
            value = getattr(instance, field.name)
            at = (*path, field.name)
            yield from (problem.under(at) for problem in problems_of_field(type(instance), field.name, value))
            yield from problems_in(value, at)
    else:
        for place, item in _items(instance):
            yield from problems_in(item, (*path, place))


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
