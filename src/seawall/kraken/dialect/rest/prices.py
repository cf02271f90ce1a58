"""Prices as REST takes them: in numbers, or as a distance (docs.kraken.com/api/docs/rest-api/add-order)."""

from decimal import Decimal
from typing import Literal

import attrs

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.order_checks import WordOf
from seawall.kraken.dialect.rest.call import plain_or_none
from seawall.model.numbers import plain

__all__ = ["Price", "RelativePrice", "Sign", "price_or_none", "sound_price"]

Sign = Literal["+", "-", "#"]


@attrs.frozen
class RelativePrice:
    """A distance from the last price, or for `price2` from the trigger. `#` takes its sign from side and order type."""

    sign: Sign = attrs.field(validator=WordOf(Sign))
    amount: Decimal
    percent: bool = False

    def __attrs_post_init__(self) -> None:
        refuse_unsound("amount", self.amount, signed=False)

    def __str__(self) -> str:
        return f"{self.sign}{plain(self.amount)}{'%' if self.percent else ''}"


Price = Decimal | RelativePrice


def price_or_none(price: Price | None) -> str | None:
    """The price as it is written; None stays None."""
    return str(price) if isinstance(price, RelativePrice) else plain_or_none(price)


def sound_price(_: object, field: "attrs.Attribute[Price | None]", price: Price | None) -> None:
    """An attrs validator: None, a distance, or a finite number that is not negative. Raises ValueError."""
    if not isinstance(price, RelativePrice):
        refuse_unsound(field.name, price, signed=False)
