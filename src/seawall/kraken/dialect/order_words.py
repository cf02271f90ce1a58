"""The words of an order on either wire, and which prices each order type carries.

docs.kraken.com/api/docs/websocket-v2/add_order and docs.kraken.com/api/docs/rest-api/add-order.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import attrs

from seawall.kraken.dialect.books.digits import refuse_unsound

__all__ = [
    "RULES",
    "TRAILING",
    "FeePreference",
    "OneWayOnly",
    "OrderKind",
    "OrderSide",
    "PriceType",
    "Reference",
    "Rule",
    "StpType",
    "finite",
    "not_negative",
    "refuse_count",
    "refuse_other",
    "refuse_unless_one",
]

OrderKind = Literal[
    "market",
    "limit",
    "iceberg",
    "stop-loss",
    "take-profit",
    "stop-loss-limit",
    "take-profit-limit",
    "trailing-stop",
    "trailing-stop-limit",
    "settle-position",
]
OrderSide = Literal["buy", "sell"]
PriceType = Literal["static", "pct", "quote"]
"""A price, or a signed distance from the reference: in percent, or in the quote asset."""
Reference = Literal["last", "index"]
FeePreference = Literal["base", "quote"]
StpType = Literal["cancel_newest", "cancel_oldest", "cancel_both"]


class OneWayOnly(ValueError):
    """The order is sound, and this transport has no word for a part of it: the other one has."""


class Rule(NamedTuple):
    """The prices of one order type."""

    limit: bool
    trigger: bool


RULES: Final[dict[OrderKind, Rule]] = {
    "market": Rule(limit=False, trigger=False),
    "limit": Rule(limit=True, trigger=False),
    "iceberg": Rule(limit=True, trigger=False),
    "stop-loss": Rule(limit=False, trigger=True),
    "take-profit": Rule(limit=False, trigger=True),
    "stop-loss-limit": Rule(limit=True, trigger=True),
    "take-profit-limit": Rule(limit=True, trigger=True),
    "trailing-stop": Rule(limit=False, trigger=True),
    "trailing-stop-limit": Rule(limit=True, trigger=True),
    "settle-position": Rule(limit=False, trigger=False),
}


TRAILING: Final = frozenset({"trailing-stop", "trailing-stop-limit"})
"""The types whose trigger follows the market at a distance."""


def finite(_: object, field: "attrs.Attribute[Decimal | None]", value: Decimal | None) -> None:
    """An attrs validator: None, or a finite number of either sign. Raises ValueError."""
    refuse_unsound(field.name, value, signed=True)


def not_negative(_: object, field: "attrs.Attribute[Decimal | None]", value: Decimal | None) -> None:
    """An attrs validator: None, or a finite number that is not negative. Raises ValueError."""
    refuse_unsound(field.name, value, signed=False)


def refuse_unless_one(**given: object) -> None:
    """Raise ValueError unless exactly one of the named values is not None."""
    if sum(value is not None for value in given.values()) != 1:
        raise ValueError(f"{' or '.join(given)}: give one of them, and only one")


def refuse_other(name: str, value: int | None, allowed: Sequence[int]) -> None:
    """Raise ValueError for a number that is none of the few that the exchange takes. None passes."""
    if value is not None and value not in allowed:
        raise ValueError(f"{name}: {value} is not one of {', '.join(map(str, allowed))}")


def refuse_count(name: str, count: int, least: int, most: int) -> None:
    """Raise ValueError for a list that is shorter or longer than the exchange takes."""
    if not least <= count <= most:
        raise ValueError(f"{name}: {count} of them, where {least} to {most} can be sent")
